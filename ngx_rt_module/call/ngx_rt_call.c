
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * nginx makes requests from connections, so a call has one of its own, without
 * a socket: its events count as active, so nobody adds them to the event
 * method, and it is never closed, only freed.  The request on it has nothing to
 * do but to wait for a subrequest that keeps its response in memory.
 */


#include "ngx_rt_call.h"


#define NGX_RT_CALL_POOL  4096


struct ngx_rt_call_s {
    ngx_pool_t              *pool;
    ngx_connection_t         connection;
    ngx_event_t              read;
    ngx_event_t              write;
    ngx_log_t                log;
    ngx_http_log_ctx_t       log_ctx;
    ngx_http_connection_t    http;

    ngx_http_request_t      *main;
    ngx_http_request_t      *request;       /* to the location */
    ngx_uint_t               status;        /* 0: as in its headers */

    ngx_event_t              done;
    ngx_http_cleanup_t      *cleanup;
    ngx_rt_call_handler_pt   handler;       /* NULL: canceled */
    void                    *data;
    unsigned                 held:1;
};


static void ngx_rt_call_destroy(ngx_rt_call_t *call);
static ngx_int_t ngx_rt_call_connect(ngx_rt_call_t *call,
    const ngx_rt_call_params_t *params);
static ngx_int_t ngx_rt_call_set_peer(ngx_rt_call_t *call,
    const ngx_rt_call_peer_t *peer);
static ngx_int_t ngx_rt_call_prepare(ngx_rt_call_t *call,
    const ngx_rt_call_params_t *params);
static ngx_int_t ngx_rt_call_set_ctx(ngx_rt_call_t *call,
    const ngx_rt_ctx_t *ctx);
static ngx_int_t ngx_rt_call_set_body(ngx_http_request_t *r,
    const ngx_str_t *body);
static ngx_table_elt_t *ngx_rt_call_add_header(ngx_http_request_t *r,
    char *name, char *lowcase, const ngx_str_t *value);
static ngx_int_t ngx_rt_call_start(ngx_rt_call_t *call,
    const ngx_rt_call_params_t *params);
static ngx_int_t ngx_rt_call_subrequest_handler(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static void ngx_rt_call_resume_handler(ngx_http_request_t *r);
static void ngx_rt_call_cleanup(void *data);
static void ngx_rt_call_done_handler(ngx_event_t *ev);
static void ngx_rt_call_event_handler(ngx_event_t *ev);
static u_char *ngx_rt_call_log_handler(ngx_log_t *log, u_char *buf,
    size_t len);
static ngx_int_t ngx_rt_call_copy(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *src);


static ngx_str_t  ngx_rt_call_method = ngx_string("POST");


ngx_rt_call_t *
ngx_rt_call_create(const ngx_rt_call_params_t *params)
{
    ngx_rt_call_t  *call;

    call = ngx_calloc(sizeof(ngx_rt_call_t), ngx_cycle->log);
    if (call == NULL) {
        return NULL;
    }

    call->pool = ngx_create_pool(NGX_RT_CALL_POOL, ngx_cycle->log);
    if (call->pool == NULL) {
        ngx_free(call);
        return NULL;
    }

    call->handler = params->handler;
    call->data = params->data;

    if (ngx_rt_call_connect(call, params) != NGX_OK
        || ngx_rt_call_prepare(call, params) != NGX_OK
        || ngx_rt_call_start(call, params) != NGX_OK)
    {
        ngx_rt_call_destroy(call);
        return NULL;
    }

    ngx_http_run_posted_requests(&call->connection);

    return call;
}


void
ngx_rt_call_cancel(ngx_rt_call_t *call)
{
    call->handler = NULL;

    /* a thread may be working for it */

    if (call->main && call->main->blocked) {
        return;
    }

    ngx_rt_call_destroy(call);
}


/* as nginx ends a request whose client has gone, but at once */

static void
ngx_rt_call_destroy(ngx_rt_call_t *call)
{
    ngx_event_t  *ev[3];
    ngx_uint_t    i;

    /* nginx uses the connection until a thread has ended: better lost */

    if (call->held) {
        return;
    }

    if (call->main) {
        call->cleanup->handler = NULL;
        ngx_http_free_request(call->main, 0);
    }

    ev[0] = &call->read;
    ev[1] = &call->write;
    ev[2] = &call->done;

    for (i = 0; i < 3; i++) {
        if (ev[i]->timer_set) {
            ngx_del_timer(ev[i]);
        }

        if (ev[i]->posted) {
            ngx_delete_posted_event(ev[i]);
        }
    }

    if (call->pool) {
        ngx_destroy_pool(call->pool);
    }

    ngx_free(call);
}


/* a connection and the request on it, see ngx_http_init_connection() */

static ngx_int_t
ngx_rt_call_connect(ngx_rt_call_t *call, const ngx_rt_call_params_t *params)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = &call->connection;

    call->log = *ngx_cycle->log;
    call->log.data = &call->log_ctx;
    call->log.handler = ngx_rt_call_log_handler;
    call->log.action = "making an internal call";
    call->log_ctx.connection = c;

    c->fd = (ngx_socket_t) -1;
    c->pool = call->pool;
    c->log = &call->log;
    c->log_error = NGX_ERROR_INFO;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    call->log.connection = c->number;

    c->read = &call->read;
    call->read.data = c;
    call->read.log = c->log;
    call->read.handler = ngx_rt_call_event_handler;
    call->read.active = 1;

    c->write = &call->write;
    call->write.data = c;
    call->write.log = c->log;
    call->write.handler = ngx_rt_call_event_handler;
    call->write.write = 1;
    call->write.active = (ngx_event_flags & NGX_USE_CLEAR_EVENT) ? 1 : 0;
    call->write.ready = 1;

    call->done.handler = ngx_rt_call_done_handler;
    call->done.data = call;
    call->done.log = c->log;

    if (ngx_rt_call_set_peer(call, &params->peer) != NGX_OK) {
        return NGX_ERROR;
    }

    call->http.conf_ctx = params->server;
    c->data = &call->http;

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

    c->data = r;

    /* no client has made it, so it has no line in the access log */

    r->logged = 1;

    call->cleanup = ngx_http_cleanup_add(r, 0);

    if (call->cleanup == NULL) {
        ngx_http_free_request(r, 0);
        return NGX_ERROR;
    }

    call->cleanup->handler = ngx_rt_call_cleanup;
    call->cleanup->data = call;

    call->main = r;

    return NGX_OK;
}


/* the client may go before the call ends */

static ngx_int_t
ngx_rt_call_set_peer(ngx_rt_call_t *call, const ngx_rt_call_peer_t *peer)
{
    ngx_connection_t  *c, *client;

    c = &call->connection;
    client = peer->connection;

    c->type = client->type;
    c->listening = client->listening;

    c->socklen = peer->socklen;
    c->sockaddr = ngx_palloc(call->pool, peer->socklen);

    if (c->sockaddr == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(c->sockaddr, peer->sockaddr, peer->socklen);

    if (ngx_connection_local_sockaddr(client, NULL, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    c->local_socklen = client->local_socklen;
    c->local_sockaddr = ngx_palloc(call->pool, client->local_socklen);

    if (c->local_sockaddr == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(c->local_sockaddr, client->local_sockaddr,
               client->local_socklen);

    return ngx_rt_call_copy(call->pool, &c->addr_text, &peer->addr_text);
}


/* what a request that was read from a socket would have */

static ngx_int_t
ngx_rt_call_prepare(ngx_rt_call_t *call, const ngx_rt_call_params_t *params)
{
    u_char              *p;
    ngx_str_t            length;
    ngx_http_request_t  *r;

    r = call->main;

    r->method = NGX_HTTP_POST;
    r->method_name = ngx_rt_call_method;
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");

    r->uri = params->uri;
    r->unparsed_uri = params->uri;
    r->args = params->args;

    r->internal = 1;
    r->write_event_handler = ngx_rt_call_resume_handler;
    r->http_state = NGX_HTTP_PROCESS_REQUEST_STATE;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 2,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, NGX_SIZE_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    length.data = p;
    length.len = ngx_sprintf(p, "%uz", params->body.len) - p;

    r->headers_in.content_length_n = params->body.len;
    r->headers_in.content_length = ngx_rt_call_add_header(r, "Content-Length",
                                                          "content-length",
                                                          &length);
    r->headers_in.content_type = ngx_rt_call_add_header(r, "Content-Type",
                                                        "content-type",
                                                      &params->content_type);

    if (r->headers_in.content_length == NULL
        || r->headers_in.content_type == NULL
        || ngx_rt_call_set_ctx(call, &params->ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_rt_call_set_body(r, &params->body);
}


static ngx_int_t
ngx_rt_call_set_ctx(ngx_rt_call_t *call, const ngx_rt_ctx_t *ctx)
{
    ngx_rt_ctx_t  *copy;

    copy = ngx_rt_ctx_create(call->main, &ctx->stream, &ctx->topic, NULL);

    if (copy == NULL) {
        return NGX_ERROR;
    }

    return (ngx_rt_call_copy(call->pool, &copy->stream, &ctx->stream) == NGX_OK
            && ngx_rt_call_copy(call->pool, &copy->topic, &ctx->topic)
               == NGX_OK
            && ngx_rt_call_copy(call->pool, &copy->transport, &ctx->transport)
               == NGX_OK
            && ngx_rt_call_copy(call->pool, &copy->identity, &ctx->identity)
               == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_rt_call_set_body(ngx_http_request_t *r, const ngx_str_t *body)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    r->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (r->request_body == NULL) {
        return NGX_ERROR;
    }

    if (body->len == 0) {
        return NGX_OK;
    }

    b = ngx_create_temp_buf(r->pool, body->len);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, body->data, body->len);
    b->last_buf = 1;

    cl->buf = b;
    cl->next = NULL;

    r->request_body->bufs = cl;

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_rt_call_add_header(ngx_http_request_t *r, char *name, char *lowcase,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->lowcase_key = (u_char *) lowcase;
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
    h->value = *value;

    return h;
}


static ngx_int_t
ngx_rt_call_start(ngx_rt_call_t *call, const ngx_rt_call_params_t *params)
{
    ngx_str_t                    uri, args;
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;

    uri = params->uri;
    args = params->args;

    ps = ngx_palloc(call->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_rt_call_subrequest_handler;
    ps->data = call;

    if (ngx_http_subrequest(call->main, &uri, args.len ? &args : NULL, &sr,
                            ps, NGX_HTTP_SUBREQUEST_IN_MEMORY)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->method = NGX_HTTP_POST;
    sr->method_name = ngx_rt_call_method;

    /* nobody is there to answer for it but us */

    ngx_http_set_ctx(sr, ngx_rt_ctx_find(call->main), ngx_rt_module);

    call->request = sr;

    return NGX_OK;
}


/*
 * With these codes nginx would take the connection for broken and close it;
 * with others from 300 on it makes a page, and calls again when that is done.
 */

static ngx_int_t
ngx_rt_call_subrequest_handler(ngx_http_request_t *r, void *data,
    ngx_int_t rc)
{
    ngx_rt_call_t *call = data;

    /* a filter failed, as it does if the response is too large for memory */

    if (r->connection->error || rc == NGX_ERROR) {
        r->connection->error = 0;
        r->buffered = 0;
        r->postponed = NULL;
        call->status = NGX_HTTP_BAD_GATEWAY;
        return NGX_OK;
    }

    switch (rc) {

    case NGX_HTTP_CLOSE:
    case NGX_HTTP_REQUEST_TIME_OUT:
    case NGX_HTTP_CLIENT_CLOSED_REQUEST:
        call->status = rc;
        return NGX_OK;

    default:
        return rc;
    }
}


/* the subrequest has ended; nginx is still using the connection */

static void
ngx_rt_call_resume_handler(ngx_http_request_t *r)
{
    ngx_rt_call_t  *call;

    call = (ngx_rt_call_t *) ((u_char *) r->connection
                              - offsetof(ngx_rt_call_t, connection));

    ngx_post_event(&call->done, &ngx_posted_events);
}


/* nginx terminates the request, and what is in its pool with it */

static void
ngx_rt_call_cleanup(void *data)
{
    ngx_rt_call_t *call = data;

    call->held = call->main->blocked ? 1 : 0;
    call->main = NULL;
    call->pool = NULL;

    ngx_post_event(&call->done, &ngx_posted_events);
}


static void
ngx_rt_call_done_handler(ngx_event_t *ev)
{
    ngx_str_t            body;
    ngx_uint_t           status;
    ngx_rt_call_t       *call;
    ngx_http_request_t  *sr;

    call = ev->data;
    sr = call->request;

    ngx_str_null(&body);

    status = call->status;

    if (status == 0 && call->main) {
        status = sr->headers_out.status;
    }

    if (status == 0) {
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (call->main && sr->out) {
        body.data = sr->out->buf->pos;
        body.len = sr->out->buf->last - sr->out->buf->pos;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "rt call: status:%ui body:%uz", status, body.len);

    if (call->handler) {
        call->handler(call->data, status, &body);
    }

    ngx_rt_call_destroy(call);
}


/* a timer, as that of "limit_req", see ngx_http_request_handler() */

static void
ngx_rt_call_event_handler(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = ev->data;
    r = c->data;

    ngx_http_set_log_request(c->log, r);

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


/* as ngx_http_log_error() does for requests that came from a client */

static u_char *
ngx_rt_call_log_handler(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p;
    ngx_http_log_ctx_t  *ctx;

    ctx = log->data;

    p = ngx_snprintf(buf, len, " while %s, client: %V",
                     log->action ? log->action : "making an internal call",
                     &ctx->connection->addr_text);

    if (ctx->request) {
        p = ngx_snprintf(p, buf + len - p, ", call: \"%V\"",
                         &ctx->request->uri);
    }

    return p;
}


static ngx_int_t
ngx_rt_call_copy(ngx_pool_t *pool, ngx_str_t *dst, const ngx_str_t *src)
{
    dst->len = src->len;
    dst->data = ngx_pnalloc(pool, src->len + 1);

    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(dst->data, src->data, src->len);

    return NGX_OK;
}
