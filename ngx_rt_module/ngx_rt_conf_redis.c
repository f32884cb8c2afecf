
/*
 * Copyright (C) the ngx_rt authors
 */


/* "redis" in an "rt_stream" block: URLs, then parameters. */


#include "ngx_rt_conf.h"


#define NGX_RT_CONF_REDIS_TIMEOUT  2000
#define NGX_RT_CONF_REDIS_PROBE    5000

/* entries that the key keeps at least, unless "maxlen" says so */
#define NGX_RT_CONF_REDIS_MAXLEN   10000

#define NGX_RT_CONF_REDIS_SECRET   512

/* what all parameters and urls are read into */

typedef struct {
    ngx_rt_redis_conf_t       *conf;
    ngx_rt_conf_redis_url_t    url;       /* the first one */
    ngx_str_t                  ca;
    ngx_str_t                  cert;
    ngx_str_t                  cert_key;
    uint32_t                   given;     /* a bit for each parameter */
} ngx_rt_conf_redis_t;


typedef struct {
    ngx_str_t     name;                   /* with "=" if it has a value */
    const char *(*set)(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
                       ngx_str_t *value, void *field);
    size_t        offset;                 /* in ngx_rt_redis_conf_t */
} ngx_rt_conf_redis_param_t;


static const char *ngx_rt_conf_redis_parse(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t **value, ngx_uint_t n);
static const char *ngx_rt_conf_redis_server(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value);
static const char *ngx_rt_conf_redis_param(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value);
static const char *ngx_rt_conf_redis_check(ngx_rt_conf_redis_t *rc);
static ngx_uint_t ngx_rt_conf_redis_has(ngx_rt_conf_redis_t *rc,
    const char *name);
static const char *ngx_rt_conf_redis_tls(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc);
static const char *ngx_rt_conf_redis_text(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_channel(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_number(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_time(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_pubsub(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_cluster(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_envelope(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_verify(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_password(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_ca(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_cert(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);
static const char *ngx_rt_conf_redis_cert_key(ngx_conf_t *cf,
    ngx_rt_conf_redis_t *rc, ngx_str_t *value, void *field);


static const ngx_rt_conf_redis_param_t  ngx_rt_conf_redis_params[] = {

    { ngx_string("key="), ngx_rt_conf_redis_text,
      offsetof(ngx_rt_redis_conf_t, key) },

    { ngx_string("maxlen="), ngx_rt_conf_redis_number,
      offsetof(ngx_rt_redis_conf_t, maxlen) },

    { ngx_string("pubsub"), ngx_rt_conf_redis_pubsub, 0 },

    { ngx_string("channel="), ngx_rt_conf_redis_channel,
      offsetof(ngx_rt_redis_conf_t, channel) },

    { ngx_string("envelope="), ngx_rt_conf_redis_envelope, 0 },

    { ngx_string("timeout="), ngx_rt_conf_redis_time,
      offsetof(ngx_rt_redis_conf_t, timeout) },

    { ngx_string("probe="), ngx_rt_conf_redis_time,
      offsetof(ngx_rt_redis_conf_t, probe) },

    { ngx_string("sentinel="), ngx_rt_conf_redis_text,
      offsetof(ngx_rt_redis_conf_t, sentinel) },

    { ngx_string("cluster"), ngx_rt_conf_redis_cluster, 0 },

    { ngx_string("password_file="), ngx_rt_conf_redis_password,
      offsetof(ngx_rt_redis_conf_t, password) },

    { ngx_string("ca="), ngx_rt_conf_redis_ca, 0 },

    { ngx_string("cert="), ngx_rt_conf_redis_cert, 0 },

    { ngx_string("cert_key="), ngx_rt_conf_redis_cert_key, 0 },

    { ngx_string("verify="), ngx_rt_conf_redis_verify, 0 },

    { ngx_null_string, NULL, 0 }
};


const char *
ngx_rt_conf_redis(ngx_conf_t *cf, ngx_rt_stream_t *st, ngx_str_t **value,
    ngx_uint_t n)
{
    const char           *reason;
    ngx_rt_conf_redis_t   rc;
    ngx_rt_redis_conf_t  *conf;

    if (st->broker_conf) {
        ngx_rt_conf_redis_url_hide(*value);
        return "it is duplicate";
    }

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_rt_redis_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->servers, cf->pool, 1,
                          sizeof(ngx_rt_redis_server_t))
           != NGX_OK)
    {
        return "there is no memory";
    }

    conf->timeout = NGX_RT_CONF_REDIS_TIMEOUT;
    conf->probe = NGX_RT_CONF_REDIS_PROBE;
    conf->verify = 1;

    ngx_memzero(&rc, sizeof(ngx_rt_conf_redis_t));
    rc.conf = conf;

    reason = ngx_rt_conf_redis_parse(cf, &rc, value, n);

    if (reason != NULL) {
        return reason;
    }

    st->zone.foreign = !conf->pubsub;
    st->broker_conf = conf;
    st->broker = conf->pubsub ? &ngx_rt_redis_pubsub_broker
                              : &ngx_rt_redis_stream_broker;

    return NULL;
}


char *
ngx_rt_conf_redis_finish(ngx_conf_t *cf, ngx_rt_stream_t *st)
{
    u_char               *p;
    ngx_str_t            *what;
    ngx_uint_t            n, topics;
    ngx_rt_redis_conf_t  *conf;

    conf = st->broker_conf;

    p = ngx_pnalloc(cf->pool, 2 * (st->name.len + sizeof("rt:{}"))
                              + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    if (conf->key.len == 0) {
        conf->key.data = p;
        p = ngx_sprintf(p, "rt:{%V}", &st->name);
        conf->key.len = p - conf->key.data;
    }

    /* it becomes a pattern, see ngx_rt_conf_redis_channel() */

    if (conf->pubsub
        && conf->channel.len == 0
        && strpbrk((char *) st->name.data, "*?[]\\") != NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "rt stream \"%V\" needs \"channel=\", because of "
                           "its name", &st->name);
        return NGX_CONF_ERROR;
    }

    if (conf->channel.len == 0) {
        conf->channel.data = p;
        p = ngx_sprintf(p, "rt:%V:", &st->name);
        conf->channel.len = p - conf->channel.data;
    }

    if (conf->maxlen.len == 0) {
        topics = ngx_max(st->zone.topics, 1);
        n = ngx_min(st->zone.history, NGX_MAX_INT_T_VALUE / topics) * topics;
        n = ngx_max(n, NGX_RT_CONF_REDIS_MAXLEN);

        conf->maxlen.data = p;
        conf->maxlen.len = ngx_sprintf(p, "%ui", n) - p;
    }

    what = conf->pubsub ? &conf->channel : &conf->key;

    ngx_crc32_init(st->zone.source);
    ngx_crc32_update(&st->zone.source, what->data, what->len);
    ngx_crc32_update(&st->zone.source, conf->db.data, conf->db.len);

    return NGX_CONF_OK;
}


static const char *
ngx_rt_conf_redis_parse(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t **value, ngx_uint_t n)
{
    ngx_str_t   *first;
    ngx_uint_t   i;
    const char  *reason;

    first = *value;

    for (i = 0; i < n; i++) {
        *value = &first[i];

        if (ngx_strncmp(first[i].data, "redis://", 8) == 0
            || ngx_strncmp(first[i].data, "rediss://", 9) == 0
            || ngx_strncmp(first[i].data, "unix:", 5) == 0
            || i == 0)
        {
            reason = ngx_rt_conf_redis_server(cf, rc, &first[i]);

            if (reason != NULL) {
                ngx_rt_conf_redis_url_hide(&first[i]);
                return reason;
            }

            continue;
        }

        reason = ngx_rt_conf_redis_param(cf, rc, &first[i]);

        if (reason != NULL) {
            ngx_rt_conf_redis_url_hide(&first[i]);
            return reason;
        }
    }

    *value = first;

    reason = ngx_rt_conf_redis_check(rc);

    if (reason == NULL) {
        reason = ngx_rt_conf_redis_url_finish(cf, rc->conf);
    }

    if (reason == NULL && rc->url.tls) {
        reason = ngx_rt_conf_redis_tls(cf, rc);
    }

    if (reason != NULL) {
        ngx_rt_conf_redis_url_hide(first);
    }

    return reason;
}


/* what is said beside the address is said in the first url, or in all */

static const char *
ngx_rt_conf_redis_server(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value)
{
    const char               *reason;
    ngx_rt_redis_conf_t      *conf;
    ngx_rt_redis_server_t    *server;
    ngx_rt_conf_redis_url_t   url;

    conf = rc->conf;

    reason = ngx_rt_conf_redis_url(cf, value, &url);

    if (reason != NULL) {
        return reason;
    }

#define ngx_rt_conf_redis_differs(field)                                      \
    (url.field.len                                                            \
     && (url.field.len != rc->url.field.len                                   \
         || ngx_memcmp(url.field.data, rc->url.field.data, url.field.len)     \
            != 0))

    if (conf->servers.nelts == 0) {
        rc->url = url;

        conf->user = url.user;
        conf->db = url.db;

        if (url.password.len) {
            conf->password = url.password;
        }

    } else if (ngx_rt_conf_redis_differs(user)
               || ngx_rt_conf_redis_differs(password)
               || ngx_rt_conf_redis_differs(db)
               || url.tls != rc->url.tls)
    {
        return "user, password, database, and TLS must be as in the first url";
    }

    server = ngx_array_push(&conf->servers);
    if (server == NULL) {
        return "there is no memory";
    }

    *server = url.server;

    return NULL;
}


static const char *
ngx_rt_conf_redis_param(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value)
{
    ngx_str_t                         rest;
    ngx_uint_t                        i;
    const ngx_rt_conf_redis_param_t  *param;

    for (i = 0; ngx_rt_conf_redis_params[i].name.len; i++) {
        param = &ngx_rt_conf_redis_params[i];

        if (value->len < param->name.len
            || ngx_memcmp(value->data, param->name.data, param->name.len) != 0
            || (param->name.data[param->name.len - 1] != '='
                && value->len != param->name.len))
        {
            continue;
        }

        if (rc->given & ((uint32_t) 1 << i)) {
            return "it is duplicate";
        }

        rc->given |= (uint32_t) 1 << i;

        rest.data = value->data + param->name.len;
        rest.len = value->len - param->name.len;

        return param->set(cf, rc, &rest, (char *) rc->conf + param->offset);
    }

    return "there is no such parameter";
}


/* which of them go together; NULL, or the rule */

static const char *
ngx_rt_conf_redis_check(ngx_rt_conf_redis_t *rc)
{
    ngx_uint_t              i, tls, many;
    ngx_rt_redis_conf_t    *conf;
    ngx_rt_redis_server_t  *server;

    conf = rc->conf;
    server = conf->servers.elts;

    tls = (ngx_rt_conf_redis_has(rc, "ca=")
           || ngx_rt_conf_redis_has(rc, "cert=")
           || ngx_rt_conf_redis_has(rc, "cert_key=")
           || ngx_rt_conf_redis_has(rc, "verify="));

    many = (conf->sentinel.len || conf->cluster);

    if (conf->sentinel.len && conf->cluster) {
        return "it is either \"sentinel=\" or \"cluster\"";
    }

    if (conf->servers.nelts > 1 && !many) {
        return "several urls are for \"sentinel=\" or \"cluster\"";
    }

    for (i = 0; i < conf->servers.nelts; i++) {
        if (many && server[i].host.len == 0) {
            return "\"sentinel=\" and \"cluster\" are not for \"unix:\"";
        }
    }

    if (conf->cluster
        && conf->db.len
        && ngx_atoi(conf->db.data, conf->db.len) != 0)
    {
        return "a cluster has no database but 0";
    }

    if (conf->pubsub
        && (ngx_rt_conf_redis_has(rc, "key=")
            || ngx_rt_conf_redis_has(rc, "maxlen=")))
    {
        return "\"key=\" and \"maxlen=\" are not for \"pubsub\"";
    }

    if (!conf->pubsub
        && (ngx_rt_conf_redis_has(rc, "channel=")
            || ngx_rt_conf_redis_has(rc, "envelope=")))
    {
        return "\"channel=\" and \"envelope=\" are for \"pubsub\"";
    }

    if (tls && !rc->url.tls) {
        return "\"ca=\", \"cert=\", \"cert_key=\", and \"verify=\" are for "
               "\"rediss://\"";
    }

    if ((rc->cert.len == 0) != (rc->cert_key.len == 0)) {
        return "\"cert=\" and \"cert_key=\" go together";
    }

    if (rc->url.password.len && ngx_rt_conf_redis_has(rc, "password_file=")) {
        return "it has a password, and so has \"password_file=\"";
    }

    if (conf->user.len && conf->password.len == 0) {
        return "it has a user but no password";
    }

    return NULL;
}


static ngx_uint_t
ngx_rt_conf_redis_has(ngx_rt_conf_redis_t *rc, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; ngx_rt_conf_redis_params[i].name.len; i++) {
        if (ngx_strcmp(ngx_rt_conf_redis_params[i].name.data, name) == 0) {
            return (rc->given >> i) & 1;
        }
    }

    return 0;
}


#if (NGX_SSL)

static const char *
ngx_rt_conf_redis_tls(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (ssl == NULL || cln == NULL) {
        return "there is no memory";
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return "there is no TLS context";
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    if (rc->cert.len
        && ngx_ssl_certificate(cf, ssl, &rc->cert, &rc->cert_key, NULL)
           != NGX_OK)
    {
        return "\"cert=\" or \"cert_key=\" cannot be used";
    }

    if (rc->ca.len) {
        if (ngx_ssl_trusted_certificate(cf, ssl, &rc->ca, 9) != NGX_OK) {
            return "\"ca=\" cannot be used";
        }

    } else if (SSL_CTX_set_default_verify_paths(ssl->ctx) == 0) {
        return "the system's certificates cannot be used, see \"ca=\"";
    }

    rc->conf->ssl = ssl;

    return NULL;
}

#else

static const char *
ngx_rt_conf_redis_tls(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc)
{
    return "this nginx is built without TLS";
}

#endif


static const char *
ngx_rt_conf_redis_text(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    if (value->len == 0) {
        return "the value must not be empty";
    }

    *(ngx_str_t *) field = *value;

    return NULL;
}


/* it becomes a pattern */

static const char *
ngx_rt_conf_redis_channel(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    if (strpbrk((char *) value->data, "*?[]\\") != NULL) {
        return "the prefix must be without *, ?, [, ], and \\";
    }

    return ngx_rt_conf_redis_text(cf, rc, value, field);
}


static const char *
ngx_rt_conf_redis_number(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    if (ngx_atoi(value->data, value->len) < 1) {
        return "the number must be greater than 0";
    }

    return ngx_rt_conf_redis_text(cf, rc, value, field);
}


static const char *
ngx_rt_conf_redis_time(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    ngx_int_t  time;

    time = ngx_parse_time(value, 0);

    if (time <= 0) {
        return "the time must be greater than 0";
    }

    *(ngx_msec_t *) field = (ngx_msec_t) time;

    return NULL;
}


static const char *
ngx_rt_conf_redis_pubsub(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    rc->conf->pubsub = 1;

    return NULL;
}


static const char *
ngx_rt_conf_redis_cluster(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    rc->conf->cluster = 1;

    return NULL;
}


static const char *
ngx_rt_conf_redis_envelope(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    if (ngx_strcmp(value->data, "on") == 0) {
        rc->conf->envelope = 1;
        return NULL;
    }

    return (ngx_strcmp(value->data, "off") == 0)
           ? NULL : "it must be \"on\" or \"off\"";
}


static const char *
ngx_rt_conf_redis_verify(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    if (ngx_strcmp(value->data, "off") == 0) {
        rc->conf->verify = 0;
        return NULL;
    }

    return (ngx_strcmp(value->data, "on") == 0)
           ? NULL : "it must be \"on\" or \"off\"";
}


/* the first line of the file */

static const char *
ngx_rt_conf_redis_password(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    u_char     *p;
    size_t      len;
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_str_t  *password = field;

    if (ngx_conf_full_name(cf->cycle, value, 1) != NGX_OK) {
        return "there is no memory";
    }

    p = ngx_pnalloc(cf->pool, NGX_RT_CONF_REDIS_SECRET + 1);
    if (p == NULL) {
        return "there is no memory";
    }

    fd = ngx_open_file(value->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return "the file cannot be opened";
    }

    n = ngx_read_fd(fd, p, NGX_RT_CONF_REDIS_SECRET + 1);

    (void) ngx_close_file(fd);

    for (len = 0; (ssize_t) len < n && p[len] != LF && p[len] != CR; len++) {
        /* void */
    }

    if (len == 0 || len > NGX_RT_CONF_REDIS_SECRET) {
        return "the file must begin with a password of at most 512 bytes";
    }

    password->data = p;
    password->len = len;

    return NULL;
}


static const char *
ngx_rt_conf_redis_ca(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    return ngx_rt_conf_redis_text(cf, rc, value, &rc->ca);
}


static const char *
ngx_rt_conf_redis_cert(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    return ngx_rt_conf_redis_text(cf, rc, value, &rc->cert);
}


static const char *
ngx_rt_conf_redis_cert_key(ngx_conf_t *cf, ngx_rt_conf_redis_t *rc,
    ngx_str_t *value, void *field)
{
    /* nginx prints what it cannot load */

    if (ngx_strncmp(value->data, "data:", 5) == 0) {
        return "the key must be in a file";
    }

    return ngx_rt_conf_redis_text(cf, rc, value, &rc->cert_key);
}
