
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Messages of subscribers that are published.  A broker may answer later, and
 * in order; a subscriber with too many under way is paused.
 */


#include "ngx_rt_receive.h"


typedef struct {
    ngx_queue_t              queue;
    ngx_rt_subscriber_t     *sub;
    json_t                  *object;      /* NULL: raw data */
    ngx_rt_publish_wait_t    wait;
} ngx_rt_receive_wait_t;


/* the receiver of a subscriber that publishes, while any is under way */

typedef struct {
    ngx_queue_t              waits;
    ngx_uint_t               n;
} ngx_rt_receive_waits_t;


static ngx_int_t ngx_rt_receive_publish_add(ngx_rt_subscriber_t *sub,
    ngx_rt_receive_wait_t *rw);
static void ngx_rt_receive_publish_wait_handler(ngx_rt_publish_wait_t *wait,
    ngx_int_t rc);
static void ngx_rt_receive_publish_remove(ngx_rt_receive_waits_t *rws,
    ngx_rt_receive_wait_t *rw);
static void ngx_rt_receive_publish_answer(ngx_rt_receive_wait_t *rw,
    ngx_int_t rc, const ngx_rt_id_t *id);


void
ngx_rt_receive_publish_start(ngx_rt_subscriber_t *sub,
    ngx_rt_publication_t *pub, json_t *object)
{
    ngx_int_t               rc;
    ngx_rt_stream_t        *st;
    ngx_rt_receive_wait_t  *rw;

    st = sub->hub->stream;

    rw = ngx_alloc(sizeof(ngx_rt_receive_wait_t), sub->hub->log);
    if (rw == NULL) {
        ngx_rt_receive_json_refuse(sub, object, "no memory");
        return;
    }

    rw->sub = sub;
    rw->object = json_incref(object);
    rw->wait.handler = ngx_rt_receive_publish_wait_handler;
    rw->wait.data = rw;

    rc = object ? ngx_rt_publish_object(st, object, pub, &rw->wait)
                : ngx_rt_publish(st, pub, &rw->wait);

    if (rc == NGX_AGAIN) {

        if (ngx_rt_receive_publish_add(sub, rw) == NGX_OK) {
            ngx_rt_receive_publish_hold(sub);
            return;
        }

        ngx_rt_publish_cancel(st, &rw->wait);
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);

    } else {
        ngx_rt_receive_publish_answer(rw, rc, &pub->id);
    }

    json_decref(rw->object);
    ngx_free(rw);
}


void
ngx_rt_receive_publish_hold(ngx_rt_subscriber_t *sub)
{
    ngx_rt_receive_waits_t  *rws;

    rws = sub->receiver;

    if (rws && rws->n >= NGX_RT_RECEIVE_PUBLISHES) {
        sub->paused = 1;
    }
}


void
ngx_rt_receive_publish_release(ngx_rt_subscriber_t *sub)
{
    ngx_queue_t             *q;
    ngx_rt_receive_wait_t   *rw;
    ngx_rt_receive_waits_t  *rws;

    rws = sub->receiver;

    while (rws && rws->n) {
        q = ngx_queue_head(&rws->waits);
        rw = ngx_queue_data(q, ngx_rt_receive_wait_t, queue);

        ngx_rt_publish_cancel(sub->hub->stream, &rw->wait);
        ngx_rt_receive_publish_remove(rws, rw);
    }

    ngx_free(rws);

    sub->receiver = NULL;
}


static ngx_int_t
ngx_rt_receive_publish_add(ngx_rt_subscriber_t *sub,
    ngx_rt_receive_wait_t *rw)
{
    ngx_rt_receive_waits_t  *rws;

    rws = sub->receiver;

    if (rws == NULL) {
        rws = ngx_alloc(sizeof(ngx_rt_receive_waits_t), sub->hub->log);
        if (rws == NULL) {
            return NGX_ERROR;
        }

        ngx_queue_init(&rws->waits);
        rws->n = 0;

        sub->receiver = rws;
    }

    ngx_queue_insert_tail(&rws->waits, &rw->queue);
    rws->n++;

    return NGX_OK;
}


static void
ngx_rt_receive_publish_wait_handler(ngx_rt_publish_wait_t *wait, ngx_int_t rc)
{
    ngx_rt_subscriber_t     *sub;
    ngx_rt_receive_wait_t   *rw;
    ngx_rt_receive_waits_t  *rws;

    rw = wait->data;
    sub = rw->sub;
    rws = sub->receiver;

    if (!sub->closing) {
        ngx_rt_receive_publish_answer(rw, rc, &wait->id);
    }

    ngx_rt_receive_publish_remove(rws, rw);

    if (rws->n == 0) {
        ngx_free(rws);
        sub->receiver = NULL;
    }

    if (sub->paused) {
        ngx_rt_subscriber_resume(sub);
    }
}


static void
ngx_rt_receive_publish_remove(ngx_rt_receive_waits_t *rws,
    ngx_rt_receive_wait_t *rw)
{
    ngx_queue_remove(&rw->queue);
    rws->n--;

    json_decref(rw->object);
    ngx_free(rw);
}


/* raw data have no answer but an error */

static void
ngx_rt_receive_publish_answer(ngx_rt_receive_wait_t *rw, ngx_int_t rc,
    const ngx_rt_id_t *id)
{
    if (rc != NGX_OK) {
        ngx_rt_receive_json_refuse(rw->sub, rw->object,
                                   rw->wait.refusal.reason);

    } else if (rw->object) {
        ngx_rt_receive_json_acknowledge(rw->sub, rw->object, id);
    }
}
