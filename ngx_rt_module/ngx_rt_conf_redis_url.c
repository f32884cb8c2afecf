
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * redis://[user[:password]@]host[:port][/db], rediss:// for TLS, or unix:path.
 * What is said about a bad one must not show the password.
 */


#include "ngx_rt_conf.h"


#define NGX_RT_CONF_REDIS_PORT           6379
#define NGX_RT_CONF_REDIS_SENTINEL_PORT  26379
#define NGX_RT_CONF_REDIS_DB_MAX         65535

static const char  ngx_rt_conf_redis_url_rule[] = "it must be "
    "redis[s]://[user[:password]@]host[:port][/db] or unix:path";


static const char *ngx_rt_conf_redis_url_user(ngx_conf_t *cf,
    ngx_rt_conf_redis_url_t *url, u_char *p, u_char *last);
static const char *ngx_rt_conf_redis_url_decode(ngx_conf_t *cf, u_char *p,
    u_char *last, ngx_str_t *text);
static const char *ngx_rt_conf_redis_url_server(ngx_conf_t *cf,
    ngx_rt_conf_redis_url_t *url, u_char *p, u_char *last, int family);
static ngx_int_t ngx_rt_conf_redis_url_name(ngx_conf_t *cf,
    ngx_rt_redis_server_t *server);


const char *
ngx_rt_conf_redis_url(ngx_conf_t *cf, ngx_str_t *text,
    ngx_rt_conf_redis_url_t *url)
{
    u_char      *p, *last, *at, *slash;
    ngx_int_t    db;
    const char  *reason;

    p = text->data;
    last = p + text->len;

    ngx_memzero(url, sizeof(ngx_rt_conf_redis_url_t));

    if (ngx_strncmp(p, "unix:", 5) == 0) {
        return ngx_rt_conf_redis_url_server(cf, url, p, last, AF_UNIX);
    }

    if (ngx_strncmp(p, "redis://", 8) == 0) {
        p += 8;

    } else if (ngx_strncmp(p, "rediss://", 9) == 0) {
        p += 9;
        url->tls = 1;

    } else {
        return ngx_rt_conf_redis_url_rule;
    }

    /* the last one: a password may have it, too */

    for (at = last; at > p && at[-1] != '@'; at--) { /* void */ }

    if (at > p) {
        reason = ngx_rt_conf_redis_url_user(cf, url, p, at - 1);

        if (reason != NULL) {
            return reason;
        }

        p = at;
    }

    slash = ngx_strlchr(p, last, '/');

    if (slash != NULL) {
        url->db.data = slash + 1;
        url->db.len = last - slash - 1;

        if (url->db.len) {
            db = ngx_atoi(url->db.data, url->db.len);

            if (db == NGX_ERROR || db > NGX_RT_CONF_REDIS_DB_MAX) {
                return "the database must be a number from 0 to 65535";
            }
        }

        last = slash;
    }

    return ngx_rt_conf_redis_url_server(cf, url, p, last, AF_UNSPEC);
}


void
ngx_rt_conf_redis_url_hide(ngx_str_t *text)
{
    u_char  *p, *last;

    last = text->data + text->len;

    for (p = last; p > text->data && p[-1] != '@'; p--) { /* void */ }

    if (p == text->data && ngx_strstr(p, "://") == NULL) {
        return;
    }

    /* a query, which our urls do not have, may hold one, too */

    text->data = p;

    while (p < last && *p != '?') {
        p++;
    }

    text->len = p - text->data;
}


char *
ngx_rt_conf_redis_url_resolve(ngx_conf_t *cf, ngx_rt_redis_conf_t *conf)
{
    ngx_url_t                  u;
    ngx_uint_t                 i;
    ngx_rt_redis_server_t     *server;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* http{} without the directive has one that knows nobody to ask */

    if (clcf->resolver && clcf->resolver->connections.nelts) {
        conf->resolver = clcf->resolver;
    }

    server = conf->servers.elts;

    for (i = 0; i < conf->servers.nelts; i++) {

        if (server[i].naddrs || conf->resolver) {
            continue;
        }

        ngx_memzero(&u, sizeof(ngx_url_t));

        u.url = server[i].host;
        u.default_port = server[i].port;

        if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%s in \"redis\" of \"%V\"",
                          u.err ? u.err : "no address", &server[i].name);
            return NGX_CONF_ERROR;
        }

        server[i].addrs = u.addrs;
        server[i].naddrs = u.naddrs;
    }

    return NGX_CONF_OK;
}


static const char *
ngx_rt_conf_redis_url_user(ngx_conf_t *cf, ngx_rt_conf_redis_url_t *url,
    u_char *p, u_char *last)
{
    u_char      *colon;
    const char  *reason;

    colon = ngx_strlchr(p, last, ':');

    reason = ngx_rt_conf_redis_url_decode(cf, p, colon ? colon : last,
                                          &url->user);

    if (reason != NULL || colon == NULL) {
        return reason;
    }

    return ngx_rt_conf_redis_url_decode(cf, colon + 1, last, &url->password);
}


/* RFC 3986, 2.1 */

static const char *
ngx_rt_conf_redis_url_decode(ngx_conf_t *cf, u_char *p, u_char *last,
    ngx_str_t *text)
{
    u_char     *dst;
    ngx_int_t   byte;

    dst = ngx_pnalloc(cf->pool, last - p + 1);
    if (dst == NULL) {
        return "there is no memory";
    }

    text->data = dst;

    while (p < last) {

        if (*p != '%') {
            *dst++ = *p++;
            continue;
        }

        byte = (last - p > 2) ? ngx_hextoi(p + 1, 2) : NGX_ERROR;

        if (byte == NGX_ERROR) {
            return "\"%\" in user and password must be written as %25";
        }

        *dst++ = (u_char) byte;
        p += 3;
    }

    text->len = dst - text->data;

    return NULL;
}


static const char *
ngx_rt_conf_redis_url_server(ngx_conf_t *cf, ngx_rt_conf_redis_url_t *url,
    u_char *p, u_char *last, int family)
{
    ngx_url_t               u;
    ngx_rt_redis_server_t  *server;

    server = &url->server;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url.data = p;
    u.url.len = last - p;
    u.no_resolve = 1;

    if (u.url.len == 0) {
        return ngx_rt_conf_redis_url_rule;
    }

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        return u.err ? u.err : ngx_rt_conf_redis_url_rule;
    }

    server->addrs = u.addrs;
    server->naddrs = u.naddrs;
    server->port = u.no_port ? 0 : u.port;

    if (u.family == AF_UNIX) {
        server->name = u.url;
        return (family == AF_UNIX) ? NULL : ngx_rt_conf_redis_url_rule;
    }

    if (u.uri.len || u.host.len > NGX_RT_REDIS_HOST_LEN) {
        return ngx_rt_conf_redis_url_rule;
    }

    /* it ends with a zero byte, as OpenSSL wants it, and has no brackets */

    server->host.data = ngx_pnalloc(cf->pool, u.host.len + 1);
    if (server->host.data == NULL) {
        return "there is no memory";
    }

    if (u.host.len > 1 && u.host.data[0] == '[') {
        u.host.data++;
        u.host.len -= 2;
    }

    (void) ngx_cpystrn(server->host.data, u.host.data, u.host.len + 1);
    server->host.len = u.host.len;

    return NULL;
}


const char *
ngx_rt_conf_redis_url_finish(ngx_conf_t *cf, ngx_rt_redis_conf_t *conf)
{
    ngx_uint_t              i, j;
    ngx_rt_redis_server_t  *server;

    server = conf->servers.elts;

    for (i = 0; i < conf->servers.nelts; i++) {

        if (server[i].host.len == 0) {
            continue;
        }

        if (server[i].port == 0) {
            server[i].port = conf->sentinel.len
                             ? NGX_RT_CONF_REDIS_SENTINEL_PORT
                             : NGX_RT_CONF_REDIS_PORT;

            for (j = 0; j < server[i].naddrs; j++) {
                ngx_inet_set_port(server[i].addrs[j].sockaddr,
                                  server[i].port);
            }
        }

        if (ngx_rt_conf_redis_url_name(cf, &server[i]) != NGX_OK) {
            return "there is no memory";
        }
    }

    return NULL;
}


static ngx_int_t
ngx_rt_conf_redis_url_name(ngx_conf_t *cf, ngx_rt_redis_server_t *server)
{
    u_char  *p;

    p = ngx_pnalloc(cf->pool, server->host.len + sizeof("[]:65535") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    server->name.data = p;
    server->name.len = ngx_sprintf(p, ngx_strchr(server->host.data, ':')
                                      ? "[%V]:%ui" : "%V:%ui",
                                   &server->host, (ngx_uint_t) server->port)
                       - p;

    return NGX_OK;
}
