
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The broker of a stream that lives in a Redis Stream, which orders it for all
 * hosts.  Each worker publishes by XADD; one worker of the host follows.
 */


#include "ngx_rt_redis.h"


/* a worker's */

typedef struct {
    ngx_rt_redis_publisher_t   publisher;
    ngx_rt_redis_follower_t    follower;
    ngx_rt_redis_leader_t      leader;
    ngx_rt_redis_sentinel_t    sentinel;
} ngx_rt_redis_stream_t;


static ngx_int_t ngx_rt_redis_stream_publish(ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub, ngx_rt_publish_wait_t *wait);
static ngx_int_t ngx_rt_redis_stream_take(ngx_rt_redis_publisher_t *pb,
    ngx_rt_publish_wait_t *wait, const redisReply *reply);
static ngx_int_t ngx_rt_redis_stream_open(ngx_rt_stream_t *st,
    ngx_cycle_t *cycle);
static void ngx_rt_redis_stream_close(ngx_rt_stream_t *st);
static void ngx_rt_redis_stream_follow(ngx_rt_stream_t *st, ngx_uint_t on);
static json_t *ngx_rt_redis_stream_describe(ngx_rt_stream_t *st);


static ngx_int_t
ngx_rt_redis_stream_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_publish_wait_t *wait)
{
    int                         argc;
    size_t                      len[12];
    const char                 *argv[12];
    ngx_rt_redis_stream_t      *rs;
    const ngx_rt_redis_conf_t  *conf;

    rs = st->broker_data;
    conf = st->broker_conf;

    argc = 0;

#define ngx_rt_redis_stream_add(p, n)                                         \
    argv[argc] = (const char *) (p); len[argc++] = (n)

    ngx_rt_redis_stream_add("XADD", 4);
    ngx_rt_redis_stream_add(conf->key.data, conf->key.len);
    ngx_rt_redis_stream_add("MAXLEN", 6);
    ngx_rt_redis_stream_add("~", 1);
    ngx_rt_redis_stream_add(conf->maxlen.data, conf->maxlen.len);
    ngx_rt_redis_stream_add("*", 1);
    ngx_rt_redis_stream_add("t", 1);
    ngx_rt_redis_stream_add(pub->topic.data, pub->topic.len);
    ngx_rt_redis_stream_add("d", 1);
    ngx_rt_redis_stream_add(pub->data.data, pub->data.len);

    if (pub->event.len) {
        ngx_rt_redis_stream_add("e", 1);
        ngx_rt_redis_stream_add(pub->event.data, pub->event.len);
    }

    return ngx_rt_redis_publisher_send(&rs->publisher, argc, argv, len, wait);
}


static ngx_int_t
ngx_rt_redis_stream_take(ngx_rt_redis_publisher_t *pb,
    ngx_rt_publish_wait_t *wait, const redisReply *reply)
{
    return (ngx_rt_redis_entry_parse_id(reply, &wait->id) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_rt_redis_stream_open(ngx_rt_stream_t *st, ngx_cycle_t *cycle)
{
    ngx_rt_redis_stream_t  *rs;

    rs = ngx_pcalloc(cycle->pool, sizeof(ngx_rt_redis_stream_t));
    if (rs == NULL) {
        return NGX_ERROR;
    }

    st->broker_data = rs;

    rs->publisher.take = ngx_rt_redis_stream_take;
    rs->sentinel.links[0] = &rs->publisher.link;
    rs->sentinel.links[1] = &rs->follower.link;
    rs->leader.follow = ngx_rt_redis_stream_follow;
    rs->leader.passes_on = 1;

    ngx_rt_redis_publisher_open(&rs->publisher, st, cycle->log);
    ngx_rt_redis_sentinel_open(&rs->sentinel, st, cycle->log);
    ngx_rt_redis_leader_open(&rs->leader, st, cycle->log);

    return NGX_OK;
}


static void
ngx_rt_redis_stream_close(ngx_rt_stream_t *st)
{
    ngx_rt_redis_stream_t  *rs;

    rs = st->broker_data;

    ngx_rt_redis_leader_close(&rs->leader);
    ngx_rt_redis_sentinel_close(&rs->sentinel);
    ngx_rt_redis_link_close(&rs->publisher.link);
}


static void
ngx_rt_redis_stream_follow(ngx_rt_stream_t *st, ngx_uint_t on)
{
    ngx_rt_redis_stream_t  *rs;

    rs = st->broker_data;

    if (on) {
        ngx_rt_redis_follower_open(&rs->follower, st, rs->publisher.link.log);

    } else {
        ngx_rt_redis_follower_close(&rs->follower);
    }
}


static json_t *
ngx_rt_redis_stream_describe(ngx_rt_stream_t *st)
{
    const ngx_rt_redis_conf_t  *conf;

    conf = st->broker_conf;

    return ngx_rt_redis_leader_describe(st, "key", &conf->key);
}


const ngx_rt_broker_t  ngx_rt_redis_stream_broker = {
    ngx_string("redis"),
    ngx_rt_redis_stream_publish,
    ngx_rt_redis_publisher_cancel,
    ngx_rt_redis_stream_open,
    ngx_rt_redis_stream_close,
    ngx_rt_redis_stream_describe
};
