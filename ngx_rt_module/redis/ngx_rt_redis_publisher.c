
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Publishes of a worker, all over one link: a command each, sent as they come
 * and answered in order.  Who published is answered when Redis has answered.
 */


#include "ngx_rt_redis.h"


/* answers to commands that publish are short */
#define NGX_RT_REDIS_PUBLISHER_REPLY  (64 * 1024)


/* a publish that Redis has not answered */

typedef struct {
    ngx_rt_redis_publisher_t  *publisher;
    ngx_rt_publish_wait_t     *wait;      /* NULL: canceled */
} ngx_rt_redis_publish_t;


static const char  ngx_rt_redis_publisher_unanswered[] =
    "redis did not answer, the message may be published or not";

static const char  ngx_rt_redis_publisher_left[] =
    "stream is ordered by another server now, redis may have the message";


static void ngx_rt_redis_publisher_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_rt_redis_publisher_take(ngx_rt_redis_publisher_t *pb,
    ngx_rt_publish_wait_t *wait, redisReply *reply);
static void ngx_rt_redis_publisher_note(ngx_rt_redis_publisher_t *pb,
    const redisReply *error);


void
ngx_rt_redis_publisher_open(ngx_rt_redis_publisher_t *pb, ngx_rt_stream_t *st,
    ngx_log_t *log)
{
    pb->stream = st;

    pb->link.conf = st->broker_conf;
    pb->link.log = log;
    pb->link.zone = &st->zone;
    pb->link.role = "publisher";
    pb->link.place = 0;
    pb->link.reply_max = NGX_RT_REDIS_PUBLISHER_REPLY;
    pb->link.data = pb;

    ngx_rt_redis_link_open(&pb->link);
}


ngx_int_t
ngx_rt_redis_publisher_send(ngx_rt_redis_publisher_t *pb, int argc,
    const char **argv, const size_t *argvlen, ngx_rt_publish_wait_t *wait)
{
    ngx_rt_redis_publish_t  *rp;

    rp = ngx_alloc(sizeof(ngx_rt_redis_publish_t), pb->link.log);

    if (rp != NULL) {
        rp->publisher = pb;
        rp->wait = wait;

        if (ngx_rt_redis_link_send(&pb->link, argc, argv, argvlen, 0,
                                   ngx_rt_redis_publisher_handler, rp)
            != NULL)
        {
            wait->request = rp;
            return NGX_AGAIN;
        }

        ngx_free(rp);
    }

    ngx_rt_counter_add(&pb->stream->zone, unconfirmed, 1);

    wait->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    wait->refusal.reason = "redis is not available";

    return NGX_DECLINED;
}


void
ngx_rt_redis_publisher_cancel(ngx_rt_publish_wait_t *wait)
{
    ngx_rt_redis_publish_t  *rp;

    rp = wait->request;
    rp->wait = NULL;

    wait->request = NULL;
}


static void
ngx_rt_redis_publisher_handler(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_rt_publish_wait_t     none, *wait;
    ngx_rt_redis_publish_t   *rp = data;
    ngx_rt_redis_publisher_t *pb;

    pb = rp->publisher;
    wait = rp->wait ? rp->wait : &none;

    ngx_free(rp);

    wait->request = NULL;

    if (rc == NGX_OK) {
        rc = ngx_rt_redis_publisher_take(pb, wait, reply);

    } else {
        wait->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        wait->refusal.reason = (rc == NGX_ERROR)
                               ? ngx_rt_redis_publisher_unanswered
                               : "redis is not available";
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        ngx_rt_counter_add(&pb->stream->zone, unconfirmed, 1);
    }

    if (wait != &none) {
        wait->handler(wait, rc);
    }
}


/* the link may be lost afterwards, and all that wait are told so */

static ngx_int_t
ngx_rt_redis_publisher_take(ngx_rt_redis_publisher_t *pb,
    ngx_rt_publish_wait_t *wait, redisReply *reply)
{
    ngx_int_t  rc;

    wait->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    wait->refusal.reason = "redis refused the message";

    if (reply->type == REDIS_REPLY_ERROR) {

        if (!ngx_rt_redis_link_redirect(&pb->link, reply)) {
            ngx_rt_redis_publisher_note(pb, reply);
        }

        return NGX_DECLINED;
    }

    rc = pb->take(pb, wait, reply);

    if (rc == NGX_ERROR) {
        wait->refusal.reason = ngx_rt_redis_publisher_unanswered;

        ngx_rt_redis_link_fail_with(&pb->link,
                                    "answer to a publish is of a wrong type");
        return NGX_DECLINED;
    }

    ngx_rt_redis_link_used(&pb->link);

    /* Redis has it, but nobody here reads that any more */

    if (ngx_rt_source_is_taken(&pb->stream->zone)) {
        wait->refusal.reason = ngx_rt_redis_publisher_left;
        return NGX_DECLINED;
    }

    if (rc == NGX_OK) {
        ngx_rt_counter_add(&pb->stream->zone, published, 1);
        ngx_rt_source_acknowledge(&pb->stream->zone, &wait->id);

        if (pb->refused) {
            pb->refused = 0;
            ngx_memzero(&pb->told, sizeof(ngx_rt_redis_told_t));

            ngx_log_error(NGX_LOG_NOTICE, pb->link.log, 0,
                          "redis \"%V\" accepts messages again",
                          &pb->link.name);
        }
    }

    return rc;
}


/*
 * Redis works, but it is full or forbids it: one line for all messages with
 * the same first word, which is the kind of an error in Redis.
 */

static void
ngx_rt_redis_publisher_note(ngx_rt_redis_publisher_t *pb,
    const redisReply *error)
{
    pb->refused = 1;

    if (!ngx_rt_redis_told_is_news(&pb->told, error->str,
                                   strcspn(error->str, " ")))
    {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, pb->link.log, 0,
                  "redis \"%V\" refuses messages: %s", &pb->link.name,
                  error->str);
}
