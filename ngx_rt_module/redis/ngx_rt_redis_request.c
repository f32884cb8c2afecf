
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Commands of a link: those that are sent, which Redis answers in order, and
 * those that wait for a connection.  What a moment has of them is sent at once.
 */


#include "ngx_rt_redis.h"


/* bytes that may wait to be sent */
#define NGX_RT_REDIS_OUTPUT     (16 * 1024 * 1024)
#define NGX_RT_REDIS_OUT_START  4096


static ngx_rt_redis_request_t *ngx_rt_redis_request_push(
    ngx_rt_redis_link_t *ln, ngx_rt_redis_requests_t *list, int argc,
    const char **argv, const size_t *argvlen, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler, void *data);
static ngx_int_t ngx_rt_redis_request_append(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_requests_t *list, const char *p, size_t len);
static void ngx_rt_redis_request_asking_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_rt_redis_request_ask(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_request_finish(ngx_queue_t *q, ngx_int_t rc,
    redisReply *reply);


ngx_rt_redis_request_t *
ngx_rt_redis_request_send(ngx_rt_redis_link_t *ln, int argc,
    const char **argv, const size_t *argvlen, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler, void *data)
{
    ngx_rt_redis_request_t  *rq;

    if (ln->asking && ngx_rt_redis_request_ask(ln) != NGX_OK) {
        return NULL;
    }

    rq = ngx_rt_redis_request_push(ln, &ln->sent, argc, argv, argvlen, extra,
                                   handler, data);

    /* with all others of this round */

    if (rq) {
        ngx_post_event(ln->peer.connection->write, &ngx_posted_events);
    }

    return rq;
}


ngx_rt_redis_request_t *
ngx_rt_redis_request_wait(ngx_rt_redis_link_t *ln, int argc,
    const char **argv, const size_t *argvlen, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler, void *data)
{
    return ngx_rt_redis_request_push(ln, &ln->waiting, argc, argv, argvlen,
                                     extra, handler, data);
}


ngx_int_t
ngx_rt_redis_request_resume(ngx_rt_redis_link_t *ln)
{
    ngx_queue_t              *q;
    ngx_rt_redis_request_t   *rq;
    ngx_rt_redis_requests_t  *list;

    list = &ln->waiting;

    while (!ngx_queue_empty(&list->queue)) {

        if (ln->asking && ngx_rt_redis_request_ask(ln) != NGX_OK) {
            return NGX_ERROR;
        }

        q = ngx_queue_head(&list->queue);
        rq = ngx_queue_data(q, ngx_rt_redis_request_t, queue);

        if (ngx_rt_redis_request_append(ln, &ln->sent,
                                        (char *) list->data + list->pos,
                                        rq->len)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        list->pos += rq->len;

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&ln->sent.queue, q);

        ngx_post_event(ln->peer.connection->write, &ngx_posted_events);
    }

    ngx_rt_redis_request_clear(list);

    return NGX_OK;
}


void
ngx_rt_redis_request_expire(ngx_rt_redis_link_t *ln, ngx_uint_t all)
{
    ngx_queue_t              *q;
    ngx_rt_redis_request_t   *rq;
    ngx_rt_redis_requests_t  *list;

    list = &ln->waiting;

    while (!ngx_queue_empty(&list->queue)) {

        q = ngx_queue_head(&list->queue);
        rq = ngx_queue_data(q, ngx_rt_redis_request_t, queue);

        if (!all && !ngx_rt_redis_is_due(rq->due)) {
            return;
        }

        list->pos += rq->len;

        ngx_rt_redis_request_finish(q, NGX_DECLINED, NULL);
    }

    ngx_rt_redis_request_clear(list);
}


ngx_int_t
ngx_rt_redis_request_answer(ngx_rt_redis_link_t *ln, redisReply *reply)
{
    if (ngx_queue_empty(&ln->sent.queue)) {
        return NGX_DECLINED;
    }

    ngx_rt_redis_request_finish(ngx_queue_head(&ln->sent.queue), NGX_OK,
                                reply);
    return NGX_OK;
}


void
ngx_rt_redis_request_abort(ngx_rt_redis_link_t *ln)
{
    ngx_queue_t  queue;

    /* a handler may send again, which waits for the next connection then */

    ngx_queue_init(&queue);

    if (!ngx_queue_empty(&ln->sent.queue)) {
        ngx_queue_add(&queue, &ln->sent.queue);
        ngx_queue_init(&ln->sent.queue);
    }

    ngx_rt_redis_request_clear(&ln->sent);

    while (!ngx_queue_empty(&queue)) {
        ngx_rt_redis_request_finish(ngx_queue_head(&queue), NGX_ERROR, NULL);
    }
}


void
ngx_rt_redis_request_clear(ngx_rt_redis_requests_t *list)
{
    if (list->data) {
        ngx_free(list->data);
    }

    list->data = NULL;
    list->pos = 0;
    list->len = 0;
    list->size = 0;
}


/* NULL: no memory, or too much waits */

static ngx_rt_redis_request_t *
ngx_rt_redis_request_push(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_requests_t *list, int argc, const char **argv,
    const size_t *argvlen, ngx_msec_t extra, ngx_rt_redis_reply_pt handler,
    void *data)
{
    int                      len;
    char                    *text;
    ngx_int_t                rc;
    ngx_uint_t               is_first;
    ngx_rt_redis_request_t  *rq;

    rq = ngx_alloc(sizeof(ngx_rt_redis_request_t), ln->log);
    if (rq == NULL) {
        return NULL;
    }

    len = redisFormatCommandArgv(&text, argc, argv, argvlen);

    if (len < 0) {
        ngx_free(rq);
        return NULL;
    }

    rc = ngx_rt_redis_request_append(ln, list, text, len);

    redisFreeCommand(text);

    if (rc != NGX_OK) {
        ngx_free(rq);
        return NULL;
    }

    rq->handler = handler;
    rq->data = data;
    rq->due = ngx_current_msec + ln->conf->timeout + extra;
    rq->len = len;

    is_first = ngx_queue_empty(&list->queue);

    ngx_queue_insert_tail(&list->queue, &rq->queue);

    if (is_first && (!ln->handling || ln->state == NGX_RT_REDIS_WAITING)) {
        ngx_rt_redis_link_schedule(ln);
    }

    return rq;
}


static ngx_int_t
ngx_rt_redis_request_append(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_requests_t *list, const char *p, size_t len)
{
    size_t   size, used;
    u_char  *data;

    used = list->len - list->pos;

    if (used + len > NGX_RT_REDIS_OUTPUT) {
        return NGX_ERROR;
    }

    if (list->len + len > list->size) {

        size = ngx_max(list->size, NGX_RT_REDIS_OUT_START);

        while (size < 2 * (used + len)) {
            size *= 2;
        }

        data = ngx_alloc(size, ln->log);
        if (data == NULL) {
            return NGX_ERROR;
        }

        if (used) {
            ngx_memcpy(data, list->data + list->pos, used);
        }

        ngx_rt_redis_request_clear(list);

        list->data = data;
        list->len = used;
        list->size = size;
    }

    ngx_memcpy(list->data + list->len, p, len);
    list->len += len;

    return NGX_OK;
}


/* the next command may be about a key that is just being moved there */

static ngx_int_t
ngx_rt_redis_request_ask(ngx_rt_redis_link_t *ln)
{
    size_t       len;
    const char  *asking;

    asking = "ASKING";
    len = 6;

    return ngx_rt_redis_request_push(ln, &ln->sent, 1, &asking, &len, 0,
                                     ngx_rt_redis_request_asking_handler, ln)
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_rt_redis_request_asking_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_redis_link_t *ln = data;

    if (rc == NGX_OK && reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_link_fail(ln, 0, reply->str, reply->len);
    }
}


static void
ngx_rt_redis_request_finish(ngx_queue_t *q, ngx_int_t rc, redisReply *reply)
{
    ngx_rt_redis_request_t  *rq;

    rq = ngx_queue_data(q, ngx_rt_redis_request_t, queue);

    ngx_queue_remove(q);

    if (rq->data) {
        rq->handler(rq->data, rc, reply);
    }

    ngx_free(rq);
}
