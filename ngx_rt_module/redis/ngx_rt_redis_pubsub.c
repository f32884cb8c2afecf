
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The broker of a stream whose messages are those of Redis channels, for
 * backends that PUBLISH already.  The rest of a channel's name is the topic.
 * Redis keeps nothing, so the ids are the host's, and whatever passes while
 * nobody listens is lost; subscribers are told of a gap then.
 */


#include "ngx_rt_redis.h"


/* messages that come at a time */
#define NGX_RT_REDIS_PUBSUB_EXTRA  (64 * 1024)


/* a worker's */

typedef struct {
    ngx_rt_stream_t           *stream;
    ngx_rt_redis_publisher_t   publisher;
    ngx_rt_redis_link_t        follower;
    ngx_rt_redis_leader_t      leader;
    ngx_rt_redis_sentinel_t    sentinel;
} ngx_rt_redis_pubsub_t;


static ngx_int_t ngx_rt_redis_pubsub_publish(ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub, ngx_rt_publish_wait_t *wait);
static ngx_int_t ngx_rt_redis_pubsub_send(ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub, const ngx_str_t *payload,
    ngx_rt_publish_wait_t *wait);
static ngx_int_t ngx_rt_redis_pubsub_take(ngx_rt_redis_publisher_t *pb,
    ngx_rt_publish_wait_t *wait, const redisReply *reply);
static ngx_int_t ngx_rt_redis_pubsub_open(ngx_rt_stream_t *st,
    ngx_cycle_t *cycle);
static void ngx_rt_redis_pubsub_close(ngx_rt_stream_t *st);
static void ngx_rt_redis_pubsub_follow(ngx_rt_stream_t *st, ngx_uint_t on);
static void ngx_rt_redis_pubsub_ready(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_pubsub_subscribed_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_pubsub_message(ngx_rt_redis_link_t *ln,
    redisReply *reply);
static const char *ngx_rt_redis_pubsub_deliver(ngx_rt_redis_pubsub_t *ps,
    ngx_rt_publication_t *pub);
static json_t *ngx_rt_redis_pubsub_describe(ngx_rt_stream_t *st);


static ngx_int_t
ngx_rt_redis_pubsub_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_publish_wait_t *wait)
{
    char                       *text;
    json_t                     *envelope, *data;
    ngx_int_t                   rc;
    ngx_str_t                   payload;
    const ngx_rt_redis_conf_t  *conf;

    conf = st->broker_conf;

    /* bytes that are no text cannot be taken for an envelope either */

    data = conf->envelope ? json_stringn((char *) pub->data.data,
                                         pub->data.len)
                          : NULL;

    if (data == NULL) {

        if (pub->event.len) {
            wait->refusal.status = NGX_HTTP_BAD_REQUEST;
            wait->refusal.reason = conf->envelope
                                   ? "message with an event type is not UTF-8"
                                   : "stream has no event types";
            return NGX_DECLINED;
        }

        return ngx_rt_redis_pubsub_send(st, pub, &pub->data, wait);
    }

    envelope = json_pack("{s:o}", "data", data);

    if (pub->event.len
        && json_object_set_new(envelope, "event",
                               json_stringn((char *) pub->event.data,
                                            pub->event.len))
           != 0)
    {
        text = NULL;

    } else {
        text = json_dumps(envelope, JSON_COMPACT);
    }

    json_decref(envelope);

    if (text == NULL) {
        wait->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        wait->refusal.reason = "no memory";
        return NGX_DECLINED;
    }

    payload.data = (u_char *) text;
    payload.len = ngx_strlen(text);

    rc = ngx_rt_redis_pubsub_send(st, pub, &payload, wait);

    ngx_free(text);

    return rc;
}


static ngx_int_t
ngx_rt_redis_pubsub_send(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    const ngx_str_t *payload, ngx_rt_publish_wait_t *wait)
{
    u_char                     *p, *channel;
    size_t                      len[3];
    ngx_int_t                   rc;
    const char                 *argv[3];
    ngx_rt_redis_pubsub_t      *ps;
    const ngx_rt_redis_conf_t  *conf;

    ps = st->broker_data;
    conf = st->broker_conf;

    len[1] = conf->channel.len + pub->topic.len;

    channel = ngx_alloc(len[1], ps->follower.log);

    if (channel == NULL) {
        wait->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        wait->refusal.reason = "no memory";
        return NGX_DECLINED;
    }

    p = ngx_cpymem(channel, conf->channel.data, conf->channel.len);
    ngx_memcpy(p, pub->topic.data, pub->topic.len);

    argv[0] = "PUBLISH";
    len[0] = 7;
    argv[1] = (char *) channel;
    argv[2] = (char *) payload->data;
    len[2] = payload->len;

    rc = ngx_rt_redis_publisher_send(&ps->publisher, 3, argv, len, wait);

    ngx_free(channel);

    return rc;
}


/* how many got it; hosts, mostly; a cluster counts those of one node only */

static ngx_int_t
ngx_rt_redis_pubsub_take(ngx_rt_redis_publisher_t *pb,
    ngx_rt_publish_wait_t *wait, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_INTEGER) {
        return NGX_ERROR;
    }

    ngx_memzero(&wait->id, sizeof(ngx_rt_id_t));

    if (reply->integer > 0 || pb->link.conf->cluster) {
        return NGX_OK;
    }

    wait->refusal.reason = "nobody follows the channel";

    return NGX_DECLINED;
}


static ngx_int_t
ngx_rt_redis_pubsub_open(ngx_rt_stream_t *st, ngx_cycle_t *cycle)
{
    ngx_rt_redis_link_t    *ln;
    ngx_rt_redis_pubsub_t  *ps;

    ps = ngx_pcalloc(cycle->pool, sizeof(ngx_rt_redis_pubsub_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    st->broker_data = ps;

    ps->stream = st;
    ps->publisher.take = ngx_rt_redis_pubsub_take;
    ps->sentinel.links[0] = &ps->publisher.link;
    ps->sentinel.links[1] = &ps->follower;
    ps->leader.follow = ngx_rt_redis_pubsub_follow;

    ln = &ps->follower;

    ln->conf = st->broker_conf;
    ln->log = cycle->log;
    ln->zone = &st->zone;
    ln->role = "follower";
    ln->place = 1;
    ln->reply_max = 2 * st->zone.message_size + NGX_RT_REDIS_PUBSUB_EXTRA;
    ln->idle_only = 1;
    ln->ready = ngx_rt_redis_pubsub_ready;
    ln->message = ngx_rt_redis_pubsub_message;
    ln->data = ps;

    ngx_rt_source_adopt(&st->zone);

    ngx_rt_redis_publisher_open(&ps->publisher, st, cycle->log);
    ngx_rt_redis_sentinel_open(&ps->sentinel, st, cycle->log);
    ngx_rt_redis_leader_open(&ps->leader, st, cycle->log);

    return NGX_OK;
}


static void
ngx_rt_redis_pubsub_close(ngx_rt_stream_t *st)
{
    ngx_rt_redis_pubsub_t  *ps;

    ps = st->broker_data;

    ngx_rt_redis_leader_close(&ps->leader);
    ngx_rt_redis_sentinel_close(&ps->sentinel);
    ngx_rt_redis_link_close(&ps->publisher.link);
}


static void
ngx_rt_redis_pubsub_follow(ngx_rt_stream_t *st, ngx_uint_t on)
{
    ngx_rt_redis_pubsub_t  *ps;

    ps = st->broker_data;

    if (on) {
        ngx_rt_redis_link_open(&ps->follower);

    } else {
        ngx_rt_redis_link_close(&ps->follower);
    }
}


static void
ngx_rt_redis_pubsub_ready(ngx_rt_redis_link_t *ln)
{
    u_char      *p, *pattern;
    size_t       len[2];
    const char  *argv[2];

    len[1] = ln->conf->channel.len + 1;

    pattern = ngx_alloc(len[1], ln->log);

    if (pattern == NULL) {
        ngx_rt_redis_link_fail_with(ln, "no memory");
        return;
    }

    p = ngx_cpymem(pattern, ln->conf->channel.data, ln->conf->channel.len);
    *p = '*';

    argv[0] = "PSUBSCRIBE";
    len[0] = 10;
    argv[1] = (char *) pattern;

    if (ngx_rt_redis_link_send(ln, 2, argv, len, 0,
                               ngx_rt_redis_pubsub_subscribed_handler,
                               ln->data)
        == NULL)
    {
        ngx_rt_redis_link_fail_with(ln, "no memory");
    }

    ngx_free(pattern);
}


/* but for the first time, messages have passed before */

static void
ngx_rt_redis_pubsub_subscribed_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_zone_t          *zn;
    ngx_rt_wake_list_t      wake;
    ngx_rt_redis_pubsub_t  *ps = data;

    if (rc != NGX_OK) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_link_fail(&ps->follower, 0, reply->str, reply->len);
        return;
    }

    ngx_rt_redis_link_used(&ps->follower);

    zn = &ps->stream->zone;

    if (zn->sh->source.opened) {
        ngx_rt_source_miss(zn, NULL, &wake);

    } else {
        ngx_rt_source_open(zn, &wake);
    }

    ngx_rt_wake_send(ps->stream->hub, &wake);
}


/* "pmessage", the pattern, the channel, the payload */

static void
ngx_rt_redis_pubsub_message(ngx_rt_redis_link_t *ln, redisReply *reply)
{
    ngx_str_t               channel;
    const char             *reason;
    ngx_rt_publication_t    pub;
    ngx_rt_redis_pubsub_t  *ps;

    ps = ln->data;

    ngx_memzero(&pub, sizeof(ngx_rt_publication_t));

    if (reply->elements != 4
        || reply->element[2]->type != REDIS_REPLY_STRING
        || reply->element[3]->type != REDIS_REPLY_STRING
        || (size_t) reply->element[2]->len < ln->conf->channel.len)
    {
        ngx_rt_redis_link_fail_with(ln, "message is a strange one");
        return;
    }

    channel.data = (u_char *) reply->element[2]->str;
    channel.len = reply->element[2]->len;

    pub.topic.data = channel.data + ln->conf->channel.len;
    pub.topic.len = channel.len - ln->conf->channel.len;

    pub.data.data = (u_char *) reply->element[3]->str;
    pub.data.len = reply->element[3]->len;

    reason = ngx_rt_redis_pubsub_deliver(ps, &pub);

    if (reason == NULL) {
        ngx_rt_source_note(ln->zone, 1, 0);
        return;
    }

    if (ngx_rt_redis_link_skip(ln)) {
        ngx_log_error(NGX_LOG_WARN, ln->log, 0,
                      "redis \"%V\": message of channel \"%V\" is skipped: %s",
                      &ln->name, &channel, reason);
    }
}


/* NULL, or why it is skipped */

static const char *
ngx_rt_redis_pubsub_deliver(ngx_rt_redis_pubsub_t *ps,
    ngx_rt_publication_t *pub)
{
    u_char                     *buf;
    json_t                     *object;
    ngx_str_t                   topic;
    ngx_uint_t                  status;
    const char                 *reason;
    const ngx_rt_redis_conf_t  *conf;

    conf = ps->stream->broker_conf;

    buf = NULL;
    reason = NULL;
    object = NULL;

    if (conf->envelope) {
        object = json_loadb((char *) pub->data.data, pub->data.len,
                            JSON_REJECT_DUPLICATES|JSON_ALLOW_NUL, NULL);
    }

    if (json_object_get(object, "data") != NULL) {

        /* the channel says the topic, whatever the object has of that name */

        topic = pub->topic;

        (void) json_object_del(object, "topic");
        reason = ngx_rt_publish_object_parse(object, pub, &buf, &status);

        pub->topic = topic;
    }

    if (reason == NULL) {
        reason = ngx_rt_publish_take(ps->stream, pub, 0);
    }

    json_decref(object);
    ngx_free(buf);

    return reason;
}


static json_t *
ngx_rt_redis_pubsub_describe(ngx_rt_stream_t *st)
{
    const ngx_rt_redis_conf_t  *conf;

    conf = st->broker_conf;

    return ngx_rt_redis_leader_describe(st, "channel", &conf->channel);
}


const ngx_rt_broker_t  ngx_rt_redis_pubsub_broker = {
    ngx_string("redis-pubsub"),
    ngx_rt_redis_pubsub_publish,
    ngx_rt_redis_publisher_cancel,
    ngx_rt_redis_pubsub_open,
    ngx_rt_redis_pubsub_close,
    ngx_rt_redis_pubsub_describe
};
