
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * From the name of a server to a connection: the address, which nginx's
 * resolver gives if there is one, the socket, TLS.  Servers and their addresses
 * are tried in turn, unless another server has said where to go.
 */


#include "ngx_rt_redis.h"


static void ngx_rt_redis_server_choose(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_server_t **server);
static ngx_int_t ngx_rt_redis_server_parse(ngx_rt_redis_link_t *ln,
    ngx_sockaddr_t *sockaddr, socklen_t *socklen);
static void ngx_rt_redis_server_resolve(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_server_resolve_handler(ngx_resolver_ctx_t *ctx);
static void ngx_rt_redis_server_open(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_server_connect_handler(ngx_event_t *ev);
static void ngx_rt_redis_server_connected(ngx_rt_redis_link_t *ln);

#if (NGX_SSL)
static void ngx_rt_redis_server_secure(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_server_secure_handler(ngx_connection_t *c);
static const char *ngx_rt_redis_server_verify(ngx_rt_redis_link_t *ln,
    ngx_connection_t *c);
#endif


void
ngx_rt_redis_server_connect(ngx_rt_redis_link_t *ln)
{
    ngx_addr_t             *addr;
    ngx_rt_redis_server_t  *server;

    if (!ln->guided) {
        ngx_rt_redis_server_choose(ln, &server);

        if (server->naddrs) {
            addr = &server->addrs[ln->attempt / ln->conf->servers.nelts
                                  % server->naddrs];
            ngx_memcpy(&ln->sockaddr, addr->sockaddr, addr->socklen);
            ln->socklen = addr->socklen;

            ngx_rt_redis_server_open(ln);
            return;
        }

    } else if (ngx_rt_redis_server_parse(ln, &ln->sockaddr, &ln->socklen)
               == NGX_OK)
    {
        ngx_rt_redis_server_open(ln);
        return;
    }

    ngx_rt_redis_server_resolve(ln);
}


void
ngx_rt_redis_server_close(ngx_rt_redis_link_t *ln)
{
    ngx_connection_t  *c;

    if (ln->resolving) {
        ngx_resolve_name_done(ln->resolving);
        ln->resolving = NULL;
    }

    c = ln->peer.connection;

    if (c == NULL) {
        return;
    }

    ln->peer.connection = NULL;

#if (NGX_SSL)

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }

#endif

    if (c->pool) {
        ngx_destroy_pool(c->pool);
    }

    ngx_close_connection(c);
}


ngx_int_t
ngx_rt_redis_server_set(ngx_rt_redis_link_t *ln, const char *host, size_t len,
    ngx_int_t port)
{
    size_t  i;

    if (port < 1 || port > 65535 || len > NGX_RT_REDIS_HOST_LEN) {
        return NGX_DECLINED;
    }

    for (i = 0; i < len; i++) {
        if (host[i] <= ' ' || host[i] > '~') {
            return NGX_DECLINED;
        }
    }

    if (len == 0) {
        host = (char *) ln->host.data;
        len = ln->host.len;
    }

    ngx_memmove(ln->host_buf, host, len);
    ln->host_buf[len] = '\0';

    ln->host.data = ln->host_buf;
    ln->host.len = len;
    ln->port = (in_port_t) port;
    ln->guided = 1;

    ln->name.data = ln->name_buf;
    ln->name.len = ngx_snprintf(ln->name_buf, NGX_RT_REDIS_NAME_LEN,
                                ngx_strchr(ln->host_buf, ':') ? "[%V]:%ui"
                                                              : "%V:%ui",
                                &ln->host, (ngx_uint_t) port)
                   - ln->name_buf;

    return NGX_OK;
}


static void
ngx_rt_redis_server_choose(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_server_t **server)
{
    ngx_rt_redis_server_t  *servers;

    servers = ln->conf->servers.elts;
    *server = &servers[ln->attempt % ln->conf->servers.nelts];

    ln->host = (*server)->host;
    ln->port = (*server)->port;
    ln->name = (*server)->name;
}


/* another server says addresses, mostly; NGX_DECLINED if it is a name */

static ngx_int_t
ngx_rt_redis_server_parse(ngx_rt_redis_link_t *ln, ngx_sockaddr_t *sockaddr,
    socklen_t *socklen)
{
    in_addr_t  addr;

    ngx_memzero(sockaddr, sizeof(ngx_sockaddr_t));

    addr = ngx_inet_addr(ln->host.data, ln->host.len);

    if (addr != INADDR_NONE) {
        sockaddr->sockaddr_in.sin_family = AF_INET;
        sockaddr->sockaddr_in.sin_addr.s_addr = addr;
        *socklen = sizeof(struct sockaddr_in);

        ngx_inet_set_port(&sockaddr->sockaddr, ln->port);
        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    if (ngx_inet6_addr(ln->host.data, ln->host.len,
                       sockaddr->sockaddr_in6.sin6_addr.s6_addr)
        == NGX_OK)
    {
        sockaddr->sockaddr_in6.sin6_family = AF_INET6;
        *socklen = sizeof(struct sockaddr_in6);

        ngx_inet_set_port(&sockaddr->sockaddr, ln->port);
        return NGX_OK;
    }

#endif

    return NGX_DECLINED;
}


static void
ngx_rt_redis_server_resolve(ngx_rt_redis_link_t *ln)
{
    ngx_resolver_ctx_t  *ctx;

    if (ln->conf->resolver == NULL) {
        ngx_rt_redis_link_fail_with(ln, "there is no resolver for its name");
        return;
    }

    ctx = ngx_resolve_start(ln->conf->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_rt_redis_link_fail_with(ln, "there is no resolver for its name");
        return;
    }

    ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_RESOLVING);

    ctx->name = ln->host;
    ctx->handler = ngx_rt_redis_server_resolve_handler;
    ctx->data = ln;
    ctx->timeout = ln->conf->timeout;
    ctx->cancelable = ln->idle_only || ngx_queue_empty(&ln->waiting.queue);

    ln->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        ln->resolving = NULL;
        ngx_rt_redis_link_fail_with(ln, "its name cannot be resolved");
    }
}


static void
ngx_rt_redis_server_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    char                  *text;
    ngx_resolver_addr_t   *addr;
    ngx_rt_redis_link_t   *ln;

    ln = ctx->data;
    ln->resolving = NULL;

    if (ctx->state) {
        text = ngx_resolver_strerror(ctx->state);
        ngx_resolve_name_done(ctx);

        ngx_rt_redis_link_fail(ln, 0, text, ngx_strlen(text));
        return;
    }

    addr = &ctx->addrs[ln->attempt % ctx->naddrs];

    ngx_memcpy(&ln->sockaddr, addr->sockaddr, addr->socklen);
    ln->socklen = addr->socklen;

    ngx_inet_set_port(&ln->sockaddr.sockaddr, ln->port);

    ngx_resolve_name_done(ctx);

    ngx_rt_redis_server_open(ln);
}


static void
ngx_rt_redis_server_open(ngx_rt_redis_link_t *ln)
{
    ngx_int_t               rc;
    ngx_log_t               quiet;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *peer;

    /* nginx would log each attempt that fails at once; the link logs changes */

    quiet = *ln->log;
    quiet.log_level = ngx_min(quiet.log_level, NGX_LOG_ALERT);

    peer = &ln->peer;
    ngx_memzero(peer, sizeof(ngx_peer_connection_t));

    peer->sockaddr = &ln->sockaddr.sockaddr;
    peer->socklen = ln->socklen;
    peer->name = &ln->name;
    peer->get = ngx_event_get_peer;
    peer->log = &quiet;
    peer->log_error = NGX_ERROR_ERR;

    ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_CONNECTING);

    rc = ngx_event_connect_peer(peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_rt_redis_link_fail(ln, ngx_socket_errno, "connect() failed",
                               sizeof("connect() failed") - 1);
        return;
    }

    c = peer->connection;

    peer->log = ln->log;
    c->log = ln->log;
    c->read->log = ln->log;
    c->write->log = ln->log;

    c->data = ln;
    c->read->handler = ngx_rt_redis_server_connect_handler;
    c->write->handler = ngx_rt_redis_server_connect_handler;

    if (rc == NGX_OK) {
        ngx_rt_redis_server_connected(ln);
    }
}


static void
ngx_rt_redis_server_connect_handler(ngx_event_t *ev)
{
    int                   err;
    socklen_t             len;
    ngx_connection_t     *c;
    ngx_rt_redis_link_t  *ln;

    c = ev->data;
    ln = c->data;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_rt_redis_link_fail(ln, err, "connect() failed",
                               sizeof("connect() failed") - 1);
        return;
    }

    ngx_rt_redis_server_connected(ln);
}


static void
ngx_rt_redis_server_connected(ngx_rt_redis_link_t *ln)
{
    if (ln->sockaddr.sockaddr.sa_family != AF_UNIX) {
        (void) ngx_tcp_nodelay(ln->peer.connection);
    }

#if (NGX_SSL)

    if (ln->conf->ssl) {
        ngx_rt_redis_server_secure(ln);
        return;
    }

#endif

    ngx_rt_redis_link_connected(ln);
}


#if (NGX_SSL)

static void
ngx_rt_redis_server_secure(ngx_rt_redis_link_t *ln)
{
    ngx_int_t          rc;
    socklen_t          socklen;
    ngx_sockaddr_t     sockaddr;
    ngx_connection_t  *c;

    c = ln->peer.connection;

    c->pool = ngx_create_pool(512, ln->log);

    if (c->pool == NULL
        || ngx_ssl_create_connection(ln->conf->ssl, c,
                                     NGX_SSL_BUFFER|NGX_SSL_CLIENT)
           != NGX_OK)
    {
        ngx_rt_redis_link_fail_with(ln, "no memory");
        return;
    }

    /* what waits to be sent may move, see ngx_rt_redis_request.c */

    SSL_set_mode(c->ssl->connection, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                     |SSL_MODE_ENABLE_PARTIAL_WRITE);

    /* RFC 6066, 3: no addresses */

    if (ngx_rt_redis_server_parse(ln, &sockaddr, &socklen) != NGX_OK) {
        (void) SSL_set_tlsext_host_name(c->ssl->connection,
                                        (char *) ln->host.data);
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_rt_redis_server_secure_handler;
        return;
    }

    ngx_rt_redis_server_secure_handler(c);
}


static void
ngx_rt_redis_server_secure_handler(ngx_connection_t *c)
{
    const char           *reason;
    ngx_rt_redis_link_t  *ln;

    ln = c->data;

    if (!c->ssl->handshaked) {
        ngx_rt_redis_link_fail_with(ln, "TLS handshake failed");
        return;
    }

    reason = ln->conf->verify ? ngx_rt_redis_server_verify(ln, c) : NULL;

    if (reason) {
        ngx_rt_redis_link_fail(ln, 0, reason, ngx_strlen(reason));
        return;
    }

    ngx_rt_redis_link_connected(ln);
}


/* NULL, or what is wrong with the certificate */

static const char *
ngx_rt_redis_server_verify(ngx_rt_redis_link_t *ln, ngx_connection_t *c)
{
    int              rc;
    long             result;
    X509            *cert;
    socklen_t        socklen;
    ngx_sockaddr_t   sockaddr;

    result = SSL_get_verify_result(c->ssl->connection);

    if (result != X509_V_OK) {
        return X509_verify_cert_error_string(result);
    }

    if (ngx_rt_redis_server_parse(ln, &sockaddr, &socklen) != NGX_OK) {
        return (ngx_ssl_check_host(c, &ln->host) == NGX_OK)
               ? NULL : "its certificate is for another host";
    }

    /* ngx_ssl_check_host() knows of names only */

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return "it has no certificate";
    }

    rc = X509_check_ip_asc(cert, (char *) ln->host.data, 0);

    X509_free(cert);

    return (rc == 1) ? NULL : "its certificate is for another address";
}

#endif
