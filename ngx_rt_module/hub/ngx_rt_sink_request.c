
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The sink that keeps the request: each subscription begins here, and those
 * over HTTP/2 and HTTP/3 stay, as do all with "rt_detach off".
 *
 * Bytes go to the write filter past the body filters: a transport's bytes are
 * framed and final, and gzip, sub_filter and the like would hold them back.
 * Only HTTP/3 has its framing in a body filter.
 */


#include "ngx_rt_hub.h"


typedef struct {
    ngx_rt_subscriber_t  *sub;
    ngx_http_request_t   *request;
    ngx_http_cleanup_t   *cleanup;
    ngx_buf_t             buf;
    ngx_rt_batch_t       *kept;           /* nginx sends it after our end */
    unsigned              busy:1;         /* nginx still has bytes of "buf" */
} ngx_rt_sink_request_t;


static ssize_t ngx_rt_sink_request_send(ngx_rt_subscriber_t *sub, u_char *p,
    size_t len);
static ngx_connection_t *ngx_rt_sink_request_connection(
    ngx_rt_subscriber_t *sub);
static void ngx_rt_sink_request_resume(ngx_rt_subscriber_t *sub);
static void ngx_rt_sink_request_close(ngx_rt_subscriber_t *sub,
    ngx_uint_t error);

static void ngx_rt_sink_request_stay(ngx_rt_subscriber_t *sub,
    ngx_http_request_t *r);
static void ngx_rt_sink_request_read_handler(ngx_http_request_t *r);
static ngx_int_t ngx_rt_sink_request_check(ngx_http_request_t *r);
static void ngx_rt_sink_request_write_handler(ngx_http_request_t *r);
static ngx_rt_subscriber_t *ngx_rt_sink_request_find(ngx_http_request_t *r);
static void ngx_rt_sink_request_cleanup(void *data);
static void ngx_rt_sink_request_keep(ngx_rt_sink_request_t *rs);
static void ngx_rt_sink_request_pool_cleanup(void *data);
static ngx_int_t ngx_rt_sink_request_output(ngx_http_request_t *r,
    ngx_chain_t *out);
static ngx_uint_t ngx_rt_sink_request_can_leave(ngx_http_request_t *r);


static const ngx_rt_sink_t  ngx_rt_sink_request = {
    ngx_string("request"),
    ngx_rt_sink_request_send,
    ngx_rt_sink_request_connection,
    ngx_rt_sink_request_resume,
    ngx_rt_sink_request_close
};


ngx_int_t
ngx_rt_sink_request_attach(ngx_rt_subscriber_t *sub, ngx_http_request_t *r)
{
    ngx_http_cleanup_t     *cln;
    ngx_pool_cleanup_t     *pcln;
    ngx_rt_sink_request_t  *rs;

    rs = ngx_pcalloc(r->pool, sizeof(ngx_rt_sink_request_t));
    if (rs == NULL) {
        return NGX_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    pcln = ngx_pool_cleanup_add(r->pool, 0);
    if (pcln == NULL) {
        return NGX_ERROR;
    }

    pcln->handler = ngx_rt_sink_request_pool_cleanup;
    pcln->data = rs;

    cln->handler = ngx_rt_sink_request_cleanup;
    cln->data = rs;

    rs->sub = sub;
    rs->request = r;
    rs->cleanup = cln;

    sub->sink = &ngx_rt_sink_request;
    sub->peer = rs;

    return NGX_OK;
}


void
ngx_rt_sink_request_leave(ngx_rt_subscriber_t *sub)
{
    ngx_http_request_t     *r;
    ngx_rt_sink_request_t  *rs;

    rs = sub->peer;
    r = rs->request;

    if (sub->closing
        || sub->backlog
        || !sub->conf->detach
        || !ngx_rt_sink_request_can_leave(r))
    {
        ngx_rt_sink_request_stay(sub, r);
        return;
    }

    rs->cleanup->handler = NULL;

    ngx_rt_sink_connection_take(sub, r);
}


static void
ngx_rt_sink_request_stay(ngx_rt_subscriber_t *sub, ngx_http_request_t *r)
{
    ngx_buf_t                 *b;
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;

    r->read_event_handler = ngx_rt_sink_request_read_handler;
    r->write_event_handler = ngx_rt_sink_request_write_handler;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->http_version < NGX_HTTP_VERSION_20
        && clcf->tcp_nodelay
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    /* what came right behind the request is not lost */

    if (sub->transport->read) {
        b = r->header_in;
        ngx_rt_subscriber_read(sub, b->pos, b->last - b->pos);
        b->pos = b->last;
    }

    /* the client may have gone before the handler was there */

    ngx_post_event(c->read, &ngx_posted_events);
}


static ssize_t
ngx_rt_sink_request_send(ngx_rt_subscriber_t *sub, u_char *p, size_t len)
{
    ssize_t                 n;
    ngx_int_t               rc;
    ngx_buf_t              *b;
    ngx_chain_t             out;
    ngx_rt_sink_request_t  *rs;

    rs = sub->peer;
    b = &rs->buf;

    /* while nginx has some of the bytes, the caller offers just those again */

    if (rs->busy) {
        rc = ngx_rt_sink_request_output(rs->request, NULL);

    } else {
        ngx_memzero(b, sizeof(ngx_buf_t));

        b->pos = p;
        b->last = p + len;
        b->memory = 1;
        b->flush = 1;

        out.buf = b;
        out.next = NULL;

        rc = ngx_rt_sink_request_output(rs->request, &out);
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    n = b->pos - p;

    /*
     * When nginx has copied the bytes and not sent them, the caller keeps the
     * last one, so that it waits and offers it again.
     */

    if (rc == NGX_AGAIN && b->pos == b->last && n) {
        n--;
    }

    rs->busy = (rc == NGX_AGAIN);

    return n;
}


static ngx_connection_t *
ngx_rt_sink_request_connection(ngx_rt_subscriber_t *sub)
{
    ngx_rt_sink_request_t  *rs;

    rs = sub->peer;

    return rs->request->connection;
}


static void
ngx_rt_sink_request_resume(ngx_rt_subscriber_t *sub)
{
    ngx_rt_sink_request_t  *rs;

    rs = sub->peer;

    ngx_post_event(rs->request->connection->read, &ngx_posted_next_events);
}


static void
ngx_rt_sink_request_close(ngx_rt_subscriber_t *sub, ngx_uint_t error)
{
    ngx_int_t               rc;
    ngx_buf_t              *b;
    ngx_chain_t             out;
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_rt_sink_request_t  *rs;

    rs = sub->peer;
    r = rs->request;
    c = r->connection;

    rs->cleanup->handler = NULL;

    /* a client that may still be sending must not lose our last words */

    if (sub->transport->read) {
        r->lingering_close = 1;
    }

    ngx_rt_sink_request_keep(rs);
    ngx_rt_subscriber_destroy(sub);

    if (error) {
        ngx_http_finalize_request(r, c->timedout
                                     ? NGX_HTTP_REQUEST_TIME_OUT
                                     : NGX_HTTP_CLIENT_CLOSED_REQUEST);
        ngx_http_run_posted_requests(c);
        return;
    }

    b = &rs->buf;
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->last_buf = 1;
    b->flush = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_rt_sink_request_output(r, &out);

    ngx_http_finalize_request(r, (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK);
    ngx_http_run_posted_requests(c);
}


static void
ngx_rt_sink_request_read_handler(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_connection_t     *c;
    ngx_rt_subscriber_t  *sub;

    c = r->connection;
    sub = ngx_rt_sink_request_find(r);

    if (sub == NULL) {
        return;
    }

    rc = sub->transport->read ? ngx_rt_subscriber_receive(sub, c)
                              : ngx_rt_sink_request_check(r);

    if (rc == NGX_OK) {
        return;
    }

#if (NGX_HTTP_SSL)
    if (c->ssl) {
        c->ssl->no_send_shutdown = 1;
    }
#endif

    ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
}


/*
 * Learns that the client has gone, as ngx_http_test_reading() does, which would
 * finalize the request behind the subscriber's back.
 */

static ngx_int_t
ngx_rt_sink_request_check(ngx_http_request_t *r)
{
    char               buf[1];
    ssize_t            n;
    ngx_event_t       *rev;
    ngx_connection_t  *c;

    c = r->connection;
    rev = c->read;

    if (r->http_version >= NGX_HTTP_VERSION_20) {

        /* a stream: there is no socket to ask */

        if (!c->error && !rev->error) {
            return NGX_OK;
        }

    } else {
        n = recv(c->fd, buf, 1, MSG_PEEK);

        if (!rev->pending_eof
            && (n > 0 || (n == -1 && ngx_socket_errno == NGX_EAGAIN)))
        {
            /* what a client sends is left where it is */

            if ((ngx_event_flags & NGX_USE_LEVEL_EVENT) && rev->active) {
                return ngx_del_event(rev, NGX_READ_EVENT, 0);
            }

            return NGX_OK;
        }

        rev->eof = 1;
    }

    ngx_log_error(NGX_LOG_INFO, c->log, 0, "subscriber closed connection");

    return NGX_ERROR;
}


static void
ngx_rt_sink_request_write_handler(ngx_http_request_t *r)
{
    ngx_rt_subscriber_t  *sub;

    sub = ngx_rt_sink_request_find(r);

    if (sub != NULL) {
        ngx_rt_subscriber_writable(sub);
    }
}


static ngx_rt_subscriber_t *
ngx_rt_sink_request_find(ngx_http_request_t *r)
{
    ngx_http_cleanup_t     *cln;
    ngx_rt_sink_request_t  *rs;

    for (cln = r->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_rt_sink_request_cleanup) {
            rs = cln->data;
            return rs->sub;
        }
    }

    return NULL;
}


/* nginx ends the request: the client has gone, or the worker shuts down */

static void
ngx_rt_sink_request_cleanup(void *data)
{
    ngx_rt_sink_request_t  *rs = data;

    ngx_rt_sink_request_keep(rs);
    ngx_rt_subscriber_destroy(rs->sub);
}


/* an HTTP/2 stream sends its frames before it is closed, and its pool lives */

static void
ngx_rt_sink_request_keep(ngx_rt_sink_request_t *rs)
{
    if (rs->busy) {
        rs->kept = ngx_rt_subscriber_waiting(rs->sub);

        if (rs->kept) {
            rs->kept->refs++;
        }
    }
}


static void
ngx_rt_sink_request_pool_cleanup(void *data)
{
    ngx_rt_sink_request_t  *rs = data;

    if (rs->kept) {
        ngx_rt_batch_unref(rs->kept);
    }
}


static ngx_int_t
ngx_rt_sink_request_output(ngx_http_request_t *r, ngx_chain_t *out)
{
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *clcf;

#if (NGX_HTTP_V3)
    if (r->http_version == NGX_HTTP_VERSION_30) {
        return ngx_http_output_filter(r, out);
    }
#endif

    rc = ngx_http_write_filter(r, out);

    if (rc == NGX_AGAIN
        && r->http_version < NGX_HTTP_VERSION_20
        && !r->connection->write->delayed)
    {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        if (ngx_handle_write_event(r->connection->write, clcf->send_lowat)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return rc;
}


/* nothing of the request may be under way: no output, body or subrequest */

static ngx_uint_t
ngx_rt_sink_request_can_leave(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    return r == r->main
           && r->http_version < NGX_HTTP_VERSION_20
           && r->count == 1
           && r->blocked == 0
           && r->out == NULL
           && r->postponed == NULL
           && r->posted_requests == NULL
           && !r->discard_body
           && !r->reading_body
           && !r->buffered
           && !c->buffered
           && !c->error
           && !c->write->delayed
           && c->data == r;
}
