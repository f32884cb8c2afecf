
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The sink that has left its request behind.  The request ends as one with a
 * keepalive response does, see ngx_http_set_keepalive(): it is logged, its pool
 * and the header buffers are freed, and the connection stays, with nothing but
 * the subscriber on it.
 */


#include "ngx_rt_hub.h"


/* the largest TLS record, RFC 8446, 5.1 */
#define NGX_RT_SINK_RECORD  16384

/* how long a client that was told goodbye may go on sending, in ms */
#define NGX_RT_SINK_LINGER  5000


static ssize_t ngx_rt_sink_connection_send(ngx_rt_subscriber_t *sub,
    u_char *p, size_t len);
static ngx_connection_t *ngx_rt_sink_connection_connection(
    ngx_rt_subscriber_t *sub);
static void ngx_rt_sink_connection_resume(ngx_rt_subscriber_t *sub);
static void ngx_rt_sink_connection_close(ngx_rt_subscriber_t *sub,
    ngx_uint_t error);

static void ngx_rt_sink_connection_free_buffers(ngx_connection_t *c,
    ngx_http_connection_t *hc);
static ngx_int_t ngx_rt_sink_connection_push(ngx_connection_t *c,
    ngx_flag_t nodelay);
static void ngx_rt_sink_connection_read_handler(ngx_event_t *rev);
static void ngx_rt_sink_connection_write_handler(ngx_event_t *wev);
static void ngx_rt_sink_connection_linger(ngx_connection_t *c);
static void ngx_rt_sink_connection_linger_handler(ngx_event_t *rev);
static void ngx_rt_sink_connection_empty_handler(ngx_event_t *wev);


static const ngx_rt_sink_t  ngx_rt_sink_connection = {
    ngx_string("connection"),
    ngx_rt_sink_connection_send,
    ngx_rt_sink_connection_connection,
    ngx_rt_sink_connection_resume,
    ngx_rt_sink_connection_close
};


void
ngx_rt_sink_connection_take(ngx_rt_subscriber_t *sub, ngx_http_request_t *r)
{
    ngx_buf_t                 *b;
    ngx_flag_t                 nodelay;
    ngx_event_t               *rev, *wev;
    ngx_connection_t          *c;
    ngx_http_connection_t     *hc;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;
    rev = c->read;
    wev = c->write;
    hc = r->http_connection;
    b = r->header_in;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    nodelay = clcf->tcp_nodelay;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    ngx_http_free_request(r, 0);

    c->data = sub;
    c->destroyed = 0;
    c->sent = 0;
    c->log->action = "sending to subscriber";

    sub->sink = &ngx_rt_sink_connection;
    sub->peer = c;

    rev->handler = ngx_rt_sink_connection_read_handler;
    wev->handler = ngx_rt_sink_connection_write_handler;

    /* what came right behind the request is not lost */

    ngx_rt_subscriber_read(sub, b->pos, b->last - b->pos);

    ngx_rt_sink_connection_free_buffers(c, hc);

    if (ngx_rt_sink_connection_push(c, nodelay) != NGX_OK
        || ngx_handle_read_event(rev, 0) != NGX_OK)
    {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    /* nginx calls the read handler when the worker is told to exit */

    c->idle = 1;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
    }
}


static void
ngx_rt_sink_connection_free_buffers(ngx_connection_t *c,
    ngx_http_connection_t *hc)
{
    ngx_chain_t  *cl, *ln;

    if (c->buffer && c->buffer->start) {
        (void) ngx_pfree(c->pool, c->buffer->start);
        c->buffer = NULL;
    }

    for (cl = hc->free; cl; /* void */) {
        ln = cl;
        cl = cl->next;
        (void) ngx_pfree(c->pool, ln->buf->start);
        ngx_free_chain(c->pool, ln);
    }

    for (cl = hc->busy; cl; /* void */) {
        ln = cl;
        cl = cl->next;
        (void) ngx_pfree(c->pool, ln->buf->start);
        ngx_free_chain(c->pool, ln);
    }

    hc->free = NULL;
    hc->busy = NULL;
    hc->nbusy = 0;

#if (NGX_HTTP_SSL)
    if (c->ssl) {
        ngx_ssl_free_buffer(c);
    }
#endif
}


static ngx_int_t
ngx_rt_sink_connection_push(ngx_connection_t *c, ngx_flag_t nodelay)
{
    if (c->tcp_nopush == NGX_TCP_NOPUSH_SET) {

        if (ngx_tcp_push(c->fd) == -1) {
            ngx_connection_error(c, ngx_socket_errno,
                                 ngx_tcp_push_n " failed");
            return NGX_ERROR;
        }

        c->tcp_nopush = NGX_TCP_NOPUSH_UNSET;
    }

    return nodelay ? ngx_tcp_nodelay(c) : NGX_OK;
}


static ssize_t
ngx_rt_sink_connection_send(ngx_rt_subscriber_t *sub, u_char *p, size_t len)
{
    ssize_t            n, sent;
    ngx_connection_t  *c;

    c = sub->peer;

    for (sent = 0; (size_t) sent < len; sent += n) {

        /* OpenSSL takes all or nothing; by records it shows some progress */

        n = c->send(c, p + sent, c->ssl ? ngx_min(len - sent,
                                                  NGX_RT_SINK_RECORD)
                                        : len - sent);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == NGX_AGAIN || n == 0) {

            if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
                return NGX_ERROR;
            }

            break;
        }
    }

    return sent;
}


static ngx_connection_t *
ngx_rt_sink_connection_connection(ngx_rt_subscriber_t *sub)
{
    return sub->peer;
}


static void
ngx_rt_sink_connection_resume(ngx_rt_subscriber_t *sub)
{
    ngx_connection_t  *c;

    c = sub->peer;

    ngx_post_event(c->read, &ngx_posted_next_events);
}


static void
ngx_rt_sink_connection_close(ngx_rt_subscriber_t *sub, ngx_uint_t error)
{
    ngx_uint_t         linger;
    ngx_connection_t  *c;

    c = sub->peer;

    /* a client that may still be sending must not lose our last words */

    linger = (sub->transport->read && !error);

    ngx_rt_subscriber_destroy(sub);

    c->idle = 0;
    c->error |= error;

    if (linger) {
        ngx_rt_sink_connection_linger(c);
        return;
    }

#if (NGX_HTTP_SSL)
    if (c->ssl && error) {
        c->ssl->no_send_shutdown = 1;
    }
#endif

    ngx_http_close_connection(c);
}


static void
ngx_rt_sink_connection_read_handler(ngx_event_t *rev)
{
    ngx_connection_t     *c;
    ngx_rt_subscriber_t  *sub;

    c = rev->data;
    sub = c->data;

    if (c->close) {

        /* the worker exits; its time is up only if there is an error too */

        if (c->error) {
            ngx_rt_sink_connection_close(sub, 0);
            return;
        }

        c->close = 0;
    }

    if (ngx_rt_subscriber_receive(sub, c) != NGX_OK) {
        ngx_rt_sink_connection_close(sub, 1);
    }
}


static void
ngx_rt_sink_connection_write_handler(ngx_event_t *wev)
{
    ngx_connection_t     *c;
    ngx_rt_subscriber_t  *sub;

    c = wev->data;
    sub = c->data;

    ngx_rt_subscriber_writable(sub);

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
    }
}


/* as ngx_http_set_lingering_close() */

static void
ngx_rt_sink_connection_linger(ngx_connection_t *c)
{
    ngx_event_t  *rev, *wev;

    rev = c->read;
    wev = c->write;

#if (NGX_HTTP_SSL)

    if (c->ssl) {
        ngx_int_t  rc;

        c->ssl->shutdown_without_free = 1;

        rc = ngx_ssl_shutdown(c);

        if (rc == NGX_ERROR) {
            ngx_http_close_connection(c);
            return;
        }

        if (rc == NGX_AGAIN) {
            c->ssl->handler = ngx_rt_sink_connection_linger;
            return;
        }
    }

#endif

    rev->handler = ngx_rt_sink_connection_linger_handler;
    wev->handler = ngx_rt_sink_connection_empty_handler;

    if (ngx_handle_read_event(rev, 0) != NGX_OK
        || ((ngx_event_flags & NGX_USE_LEVEL_EVENT) && wev->active
            && ngx_del_event(wev, NGX_WRITE_EVENT, 0) != NGX_OK))
    {
        ngx_http_close_connection(c);
        return;
    }

    if (ngx_shutdown_socket(c->fd, NGX_WRITE_SHUTDOWN) == -1) {
        ngx_connection_error(c, ngx_socket_errno,
                             ngx_shutdown_socket_n " failed");
        ngx_http_close_connection(c);
        return;
    }

    c->log->action = "waiting for subscriber to close";
    c->close = 0;
    ngx_reusable_connection(c, 1);

    ngx_add_timer(rev, NGX_RT_SINK_LINGER);

    if (rev->ready) {
        ngx_rt_sink_connection_linger_handler(rev);
    }
}


static void
ngx_rt_sink_connection_linger_handler(ngx_event_t *rev)
{
    ssize_t            n;
    u_char             buf[NGX_RT_SINK_BUFFER];
    ngx_uint_t         i;
    ngx_connection_t  *c;

    c = rev->data;

    if (rev->timedout || c->close) {
        ngx_http_close_connection(c);
        return;
    }

    for (i = 0; i < NGX_RT_SINK_READS && rev->ready; i++) {

        n = c->recv(c, buf, NGX_RT_SINK_BUFFER);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_http_close_connection(c);
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_close_connection(c);
        return;
    }

    if (i == NGX_RT_SINK_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }
}


static void
ngx_rt_sink_connection_empty_handler(ngx_event_t *wev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, wev->log, 0, "rt lingering write");
}
