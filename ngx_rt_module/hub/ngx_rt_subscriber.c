
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Subscribers.  A slow client is a position, not a queue:
 *
 *   - What its socket does not take waits in the backlog, as references to the
 *     batches that all share, up to "rt_buffer" bytes.
 *   - What exceeds that is not kept.  The subscriber lags: its position stays
 *     where it is, and mail passes it by.
 *   - When the backlog has drained, it is refilled from the history as if it
 *     had just come back with this position, and then lives on mail again.
 *   - If the history has moved on, it is closed or told, see "rt_slow".
 *
 * So ids only ever increase, and nothing is left out without a word.
 *
 * A subscriber is closed from the hub's service queue, never while messages are
 * being delivered; its connection's own events may close it at once.
 */


#include "ngx_rt_hub.h"


/* bytes of history read before other events get their turn */
#define NGX_RT_SUBSCRIBER_REFILL  (256 * 1024)


typedef struct ngx_rt_piece_s  ngx_rt_piece_t;

struct ngx_rt_piece_s {
    ngx_rt_piece_t   *next;
    ngx_rt_batch_t   *batch;
};


struct ngx_rt_backlog_s {
    ngx_rt_piece_t   *first;
    ngx_rt_piece_t  **last;
    size_t            offset;             /* into the first batch */
    size_t            size;               /* bytes that wait */
    ngx_msec_t        stalled_at;         /* nothing was taken since */
};


static ngx_int_t ngx_rt_subscriber_wait(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch, size_t offset);
static ngx_int_t ngx_rt_subscriber_flush(ngx_rt_subscriber_t *sub);
static void ngx_rt_subscriber_pop(ngx_rt_backlog_t *bl);
static void ngx_rt_subscriber_end(ngx_rt_subscriber_t *sub);
static void ngx_rt_subscriber_goodbye(ngx_rt_subscriber_t *sub);


ngx_rt_subscriber_t *
ngx_rt_subscriber_create(ngx_rt_hub_t *hub,
    const ngx_rt_transport_t *transport, ngx_rt_subscriber_conf_t *conf,
    const ngx_str_t *topics, ngx_uint_t n)
{
    ngx_uint_t             i;
    ngx_rt_subscriber_t   *sub;
    ngx_rt_cursor_view_t   view;

    sub = ngx_calloc(offsetof(ngx_rt_subscriber_t, first)
                     + n * sizeof(ngx_rt_member_t), hub->log);
    if (sub == NULL) {
        return NULL;
    }

    sub->hub = hub;
    sub->transport = transport;
    sub->conf = conf;
    sub->opening = 1;
    sub->members = sub->first;
    sub->room = (uint32_t) n;

    if (n == 0) {
        ngx_rt_cursor_view(hub->zone, NULL, 0, &sub->position, &view);
        sub->position = view.last;
    }

    for (i = 0; i < n; i++) {
        sub->members[i].sub = sub;

        if (ngx_rt_hub_attach(hub, &sub->members[i], &topics[i],
                              &sub->position)
            != NGX_OK)
        {
            break;
        }

        sub->nmembers++;
    }

    if (i < n) {
        while (sub->nmembers) {
            ngx_rt_hub_detach(hub, &sub->members[--sub->nmembers]);
        }

        ngx_free(sub);
        return NULL;
    }

    if (conf->lifetime) {

        /* a tenth more or less, so that they do not all come back at once */

        sub->ends_at = ngx_current_msec + conf->lifetime
                       - conf->lifetime / 10
                       + (ngx_msec_t) ngx_random()
                         % (conf->lifetime / 5 + 1);
    }

    if (hub->draining) {
        sub->ends_at = ngx_rt_hub_drain_time();
    }

    sub->ping_at = ngx_current_msec + conf->ping;
    sub->heard_at = ngx_current_msec;

    hub->nsubscribers++;
    hub->zone->worker->nsubscribers[transport->index]++;

    ngx_rt_heartbeat_add(sub);

    return sub;
}


void
ngx_rt_subscriber_destroy(ngx_rt_subscriber_t *sub)
{
    ngx_uint_t     i;
    ngx_rt_hub_t  *hub;

    hub = sub->hub;

    if (sub->transport->release) {
        sub->transport->release(sub);
    }

    if (sub->queued) {
        ngx_queue_remove(&sub->work);
    }

    for (i = 0; i < sub->nmembers; i++) {
        ngx_rt_hub_detach(hub, &sub->members[i]);
    }

    if (sub->members != sub->first) {
        ngx_free(sub->members);
    }

    if (sub->backlog) {
        while (sub->backlog->first) {
            ngx_rt_subscriber_pop(sub->backlog);
        }

        ngx_free(sub->backlog);
    }

    hub->nsubscribers--;
    hub->zone->worker->nsubscribers[sub->transport->index]--;

    ngx_rt_heartbeat_remove(sub);

    ngx_free(sub);
}


void
ngx_rt_subscriber_deliver(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch,
    const ngx_rt_id_t *id, ngx_uint_t n)
{
    ngx_int_t  rc;

    rc = (batch == NULL) ? NGX_DECLINED : ngx_rt_subscriber_send(sub, batch);

    if (rc == NGX_OK) {
        sub->position = *id;
        ngx_rt_counter_add(sub->hub->zone, delivered, n);
        return;
    }

    if (rc == NGX_DECLINED) {
        sub->lagging = 1;
        ngx_rt_counter_add(sub->hub->zone, slow, 1);

        if (sub->backlog == NULL) {
            ngx_rt_subscriber_queue(sub);
        }
    }
}


ngx_int_t
ngx_rt_subscriber_send(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch)
{
    ssize_t  n;

    if (sub->backlog) {

        if (sub->backlog->size + batch->len > sub->conf->buffer) {
            return NGX_DECLINED;
        }

        return ngx_rt_subscriber_wait(sub, batch, 0);
    }

    n = sub->sink->send(sub, batch->data, batch->len);

    if (n == (ssize_t) batch->len) {
        return NGX_OK;
    }

    if (n == NGX_ERROR) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return NGX_ERROR;
    }

    return ngx_rt_subscriber_wait(sub, batch, n);
}


void
ngx_rt_subscriber_reply(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch)
{
    if (sub->backlog) {
        (void) ngx_rt_subscriber_wait(sub, batch, 0);

    } else {
        (void) ngx_rt_subscriber_send(sub, batch);
    }
}


void
ngx_rt_subscriber_writable(ngx_rt_subscriber_t *sub)
{
    if (sub->backlog == NULL || sub->failed) {
        return;
    }

    if (ngx_rt_subscriber_flush(sub) == NGX_ERROR) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    if (sub->backlog) {
        return;
    }

    if (sub->lagging || sub->closing) {
        ngx_rt_subscriber_queue(sub);
    }

    if (sub->transport->read) {
        ngx_rt_subscriber_resume(sub);
    }
}


void
ngx_rt_subscriber_read(ngx_rt_subscriber_t *sub, u_char *p, size_t len)
{
    /* what it sends would be answered before the greeting */

    if (sub->held) {
        sub->paused = 1;
        return;
    }

    if (len) {
        sub->heard_at = ngx_current_msec;

    } else {
        sub->paused = 0;
    }

    if (sub->transport->read && !sub->failed) {
        sub->transport->read(sub, p, len);
    }
}


ngx_int_t
ngx_rt_subscriber_receive(ngx_rt_subscriber_t *sub, ngx_connection_t *c)
{
    ssize_t       n;
    u_char        buf[NGX_RT_SINK_BUFFER];
    ngx_uint_t    i;
    ngx_event_t  *rev;

    rev = c->read;

    ngx_rt_subscriber_read(sub, NULL, 0);

    for (i = 0; i < NGX_RT_SINK_READS; i++) {

        if (!rev->ready || !ngx_rt_subscriber_is_read(sub)) {
            break;
        }

        n = c->recv(c, buf, NGX_RT_SINK_BUFFER);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == 0) {
            ngx_log_error(NGX_LOG_INFO, c->log, 0,
                          "subscriber closed connection");
            return NGX_ERROR;
        }

        ngx_rt_subscriber_read(sub, buf, n);
    }

    if (i == NGX_RT_SINK_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }

    return ngx_handle_read_event(rev, 0);
}


void
ngx_rt_subscriber_resume(ngx_rt_subscriber_t *sub)
{
    sub->heard_at = ngx_current_msec;

    if (!sub->failed) {
        sub->sink->resume(sub);
    }
}


void
ngx_rt_subscriber_close(ngx_rt_subscriber_t *sub, ngx_rt_end_e why)
{
    if (why == NGX_RT_END_FAILED) {
        sub->failed = 1;

    } else if (!sub->closing) {
        sub->why = why;
    }

    sub->closing = 1;

    ngx_rt_subscriber_queue(sub);
}


void
ngx_rt_subscriber_queue(ngx_rt_subscriber_t *sub)
{
    ngx_rt_hub_t  *hub;

    if (sub->queued) {
        return;
    }

    hub = sub->hub;

    sub->queued = 1;
    ngx_queue_insert_tail(&hub->work, &sub->work);

    ngx_post_event(&hub->service, &ngx_posted_events);
}


void
ngx_rt_subscriber_service_handler(ngx_event_t *ev)
{
    ngx_queue_t           queue, *q;
    ngx_rt_hub_t         *hub;
    ngx_rt_subscriber_t  *sub;

    hub = ev->data;

    /*
     * A read may run a turn, and a turn this, so whoever is being read must not
     * be destroyed by those that are served meanwhile.
     */

    if (hub->serving || ngx_queue_empty(&hub->work)) {
        return;
    }

    hub->serving = 1;

    /* who asks again while the queue is worked off has to wait his turn */

    ngx_queue_init(&queue);
    ngx_queue_add(&queue, &hub->work);
    ngx_queue_init(&hub->work);

    hub->refilled = 0;

    while (!ngx_queue_empty(&queue)
           && hub->refilled < NGX_RT_SUBSCRIBER_REFILL)
    {
        q = ngx_queue_head(&queue);
        ngx_queue_remove(q);

        sub = ngx_queue_data(q, ngx_rt_subscriber_t, work);
        sub->queued = 0;

        if (sub->opening) {
            sub->opening = 0;
            ngx_rt_sink_request_leave(sub);
        }

        if (sub->failed || (sub->closing && sub->backlog == NULL)) {
            ngx_rt_subscriber_end(sub);

        } else if (sub->lagging
                   && sub->backlog == NULL
                   && ngx_rt_source_is_ready(hub->zone))
        {
            ngx_rt_replay_run(sub);
        }
    }

    hub->serving = 0;

    ngx_rt_replay_forget(hub);

    if (!ngx_queue_empty(&queue)) {
        ngx_queue_add(&queue, &hub->work);
        ngx_queue_init(&hub->work);
        ngx_queue_add(&hub->work, &queue);
    }

    if (!ngx_queue_empty(&hub->work)) {

        if (ev->posted) {
            ngx_delete_posted_event(ev);
        }

        ngx_post_event(ev, &ngx_posted_next_events);
    }
}


ngx_msec_t
ngx_rt_subscriber_stalled_at(ngx_rt_subscriber_t *sub)
{
    return sub->backlog->stalled_at;
}


ngx_rt_batch_t *
ngx_rt_subscriber_waiting(ngx_rt_subscriber_t *sub)
{
    return sub->backlog ? sub->backlog->first->batch : NULL;
}


/* keeps the batch from "offset" on */

static ngx_int_t
ngx_rt_subscriber_wait(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch,
    size_t offset)
{
    ngx_rt_piece_t    *piece;
    ngx_rt_backlog_t  *bl;

    bl = sub->backlog;

    if (bl == NULL) {
        bl = ngx_alloc(sizeof(ngx_rt_backlog_t), sub->hub->log);

        if (bl == NULL) {
            ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
            return NGX_ERROR;
        }

        bl->first = NULL;
        bl->last = &bl->first;
        bl->offset = offset;
        bl->size = 0;
        bl->stalled_at = ngx_current_msec;

        sub->backlog = bl;

        /* "send_timeout" may be due before the next ping */

        ngx_rt_heartbeat_remove(sub);
        ngx_rt_heartbeat_add(sub);
    }

    piece = ngx_alloc(sizeof(ngx_rt_piece_t), sub->hub->log);

    if (piece == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return NGX_ERROR;
    }

    piece->batch = batch;
    piece->next = NULL;
    batch->refs++;

    *bl->last = piece;
    bl->last = &piece->next;
    bl->size += batch->len - offset;

    return NGX_OK;
}


static ngx_int_t
ngx_rt_subscriber_flush(ngx_rt_subscriber_t *sub)
{
    ssize_t            n;
    ngx_rt_batch_t    *batch;
    ngx_rt_backlog_t  *bl;

    bl = sub->backlog;

    while (bl->first) {
        batch = bl->first->batch;

        n = sub->sink->send(sub, batch->data + bl->offset,
                            batch->len - bl->offset);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n > 0) {
            bl->stalled_at = ngx_current_msec;
            sub->heard_at = ngx_current_msec;
        }

        bl->offset += n;
        bl->size -= n;

        if (bl->offset < batch->len) {
            return NGX_AGAIN;
        }

        ngx_rt_subscriber_pop(bl);
    }

    ngx_free(bl);
    sub->backlog = NULL;

    return NGX_OK;
}


static void
ngx_rt_subscriber_pop(ngx_rt_backlog_t *bl)
{
    ngx_rt_piece_t  *piece;

    piece = bl->first;

    bl->first = piece->next;
    bl->offset = 0;

    ngx_rt_batch_unref(piece->batch);
    ngx_free(piece);
}


/* says goodbye, which may have to wait for the client, and closes */

static void
ngx_rt_subscriber_end(ngx_rt_subscriber_t *sub)
{
    if (!sub->failed && !sub->ended) {
        ngx_rt_subscriber_goodbye(sub);
    }

    if (!sub->failed && (sub->backlog || sub->awaited)) {
        return;
    }

    sub->sink->close(sub, sub->failed);
}


static void
ngx_rt_subscriber_goodbye(ngx_rt_subscriber_t *sub)
{
    ngx_rt_batch_t  *batch;

    sub->ended = 1;

    batch = ngx_rt_batch_create(128);

    if (batch == NULL) {
        sub->failed = 1;
        return;
    }

    if (sub->transport->end(batch, sub) == NGX_AGAIN) {
        sub->awaited = 1;
        sub->ends_at = ngx_current_msec + NGX_RT_ANSWER;

        ngx_rt_heartbeat_remove(sub);
        ngx_rt_heartbeat_add(sub);
    }

    if (batch->len) {
        (void) ngx_rt_subscriber_send(sub, batch);
    }

    ngx_rt_batch_unref(batch);

    if (sub->awaited) {
        ngx_rt_subscriber_resume(sub);
    }
}
