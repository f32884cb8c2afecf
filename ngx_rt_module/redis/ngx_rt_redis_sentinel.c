
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Sentinel.  A link asks one of them for the master each time it connects, so
 * it finds the new one after it has lost the old.  That the master has moved
 * while the old one still answers is told by a Sentinel that is subscribed to.
 */


#include "ngx_rt_redis.h"


#define NGX_RT_REDIS_SENTINEL_REPLY  (64 * 1024)


static void ngx_rt_redis_sentinel_master_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_sentinel_send(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_reply_pt handler);
static void ngx_rt_redis_sentinel_check_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_rt_redis_sentinel_parse(redisReply *reply,
    ngx_str_t *host);
static void ngx_rt_redis_sentinel_subscribe(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_sentinel_subscribed_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_sentinel_message(ngx_rt_redis_link_t *ln,
    redisReply *reply);


void
ngx_rt_redis_sentinel_open(ngx_rt_redis_sentinel_t *sn, ngx_rt_stream_t *st,
    ngx_log_t *log)
{
    sn->link.conf = st->broker_conf;

    if (sn->link.conf->sentinel.len == 0) {
        return;
    }

    sn->link.log = log;
    sn->link.zone = &st->zone;
    sn->link.role = "sentinel";
    sn->link.place = 2;
    sn->link.reply_max = NGX_RT_REDIS_SENTINEL_REPLY;
    sn->link.watches = 1;
    sn->link.idle_only = 1;
    sn->link.ready = ngx_rt_redis_sentinel_subscribe;
    sn->link.message = ngx_rt_redis_sentinel_message;
    sn->link.data = sn;

    ngx_rt_redis_link_open(&sn->link);
}


void
ngx_rt_redis_sentinel_close(ngx_rt_redis_sentinel_t *sn)
{
    ngx_rt_redis_link_close(&sn->link);
}


void
ngx_rt_redis_sentinel_ask(ngx_rt_redis_link_t *ln)
{
    ngx_rt_redis_sentinel_send(ln, ngx_rt_redis_sentinel_master_handler);
}


static void
ngx_rt_redis_sentinel_send(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_reply_pt handler)
{
    size_t       len[3];
    const char  *argv[3];

    argv[0] = "SENTINEL";
    len[0] = 8;
    argv[1] = "get-master-addr-by-name";
    len[1] = 23;
    argv[2] = (char *) ln->conf->sentinel.data;
    len[2] = ln->conf->sentinel.len;

    if (ngx_rt_redis_request_send(ln, 3, argv, len, 0, handler, ln) == NULL)
    {
        ngx_rt_redis_link_fail_with(ln, "no memory");
    }
}


static void
ngx_rt_redis_sentinel_master_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_int_t             port;
    ngx_str_t             host;
    ngx_rt_redis_link_t  *ln = data;

    if (rc != NGX_OK) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_link_fail(ln, 0, reply->str, reply->len);
        return;
    }

    port = ngx_rt_redis_sentinel_parse(reply, &host);

    if (port == NGX_ERROR) {
        ngx_rt_redis_link_fail_with(ln, "sentinel does not know the master");
        return;
    }

    if (ngx_rt_redis_server_set(ln, (char *) host.data, host.len, port)
        != NGX_OK)
    {
        ngx_rt_redis_link_fail_with(ln, "sentinel names no address");
        return;
    }

    ngx_rt_redis_link_move(ln);
}


/* the port, or NGX_ERROR */

static ngx_int_t
ngx_rt_redis_sentinel_parse(redisReply *reply, ngx_str_t *host)
{
    redisReply  *port;

    if (reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[0]->len == 0
        || reply->element[1]->type != REDIS_REPLY_STRING)
    {
        return NGX_ERROR;
    }

    host->data = (u_char *) reply->element[0]->str;
    host->len = reply->element[0]->len;

    port = reply->element[1];

    return ngx_atoi((u_char *) port->str, port->len);
}


/* while nobody listened the master may have moved */

static void
ngx_rt_redis_sentinel_check_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_int_t                 port;
    ngx_str_t                 host;
    ngx_uint_t                i;
    ngx_rt_redis_link_t      *other, *ln = data;
    ngx_rt_redis_sentinel_t  *sn;

    if (rc != NGX_OK) {
        return;
    }

    port = ngx_rt_redis_sentinel_parse(reply, &host);

    if (port == NGX_ERROR) {
        return;
    }

    sn = ln->data;

    for (i = 0; i < 2; i++) {
        other = sn->links[i];

        if (other
            && other->state == NGX_RT_REDIS_READY
            && (other->port != port
                || other->host.len != host.len
                || ngx_memcmp(other->host.data, host.data, host.len) != 0))
        {
            ngx_rt_redis_link_fail_with(other, "the master has moved");
        }
    }
}


static void
ngx_rt_redis_sentinel_subscribe(ngx_rt_redis_link_t *ln)
{
    size_t       len[2];
    const char  *argv[2];

    ngx_rt_redis_sentinel_send(ln, ngx_rt_redis_sentinel_check_handler);

    argv[0] = "SUBSCRIBE";
    len[0] = 9;
    argv[1] = "+switch-master";
    len[1] = 14;

    if (ngx_rt_redis_link_send(ln, 2, argv, len, 0,
                               ngx_rt_redis_sentinel_subscribed_handler, ln)
        == NULL)
    {
        ngx_rt_redis_link_fail_with(ln, "no memory");
    }
}


static void
ngx_rt_redis_sentinel_subscribed_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_redis_link_t *ln = data;

    if (rc != NGX_OK) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_link_fail(ln, 0, reply->str, reply->len);
        return;
    }

    ngx_rt_redis_link_used(ln);
}


/* "name old-ip old-port new-ip new-port" */

static void
ngx_rt_redis_sentinel_message(ngx_rt_redis_link_t *ln, redisReply *reply)
{
    ngx_uint_t                i;
    redisReply               *text;
    const ngx_str_t          *master;
    ngx_rt_redis_link_t      *other;
    ngx_rt_redis_sentinel_t  *sn;

    sn = ln->data;
    text = reply->element[2];
    master = &ln->conf->sentinel;

    if (text->type != REDIS_REPLY_STRING
        || (size_t) text->len <= master->len
        || ngx_memcmp(text->str, master->data, master->len) != 0
        || text->str[master->len] != ' ')
    {
        return;
    }

    for (i = 0; i < 2; i++) {
        other = sn->links[i];

        /* one that is not ready asks anyway, or is about to be told */

        if (other && other->state == NGX_RT_REDIS_READY) {
            ngx_rt_redis_link_fail_with(other, "the master has moved");
        }
    }
}
