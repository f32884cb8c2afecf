
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * How the zone of a host that starts, or whose Redis has lost entries, gets its
 * history: back from the newest entry, page by page, as far as the history may
 * reach, to see where it begins; from there the follower reads.
 */


#include "ngx_rt_redis.h"


/* what a message takes in the zone beyond its data, in bytes */
#define NGX_RT_REDIS_FILL_OVERHEAD  256


static void ngx_rt_redis_fill_read(ngx_rt_redis_follower_t *fl);
static void ngx_rt_redis_fill_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_rt_redis_fill_page(ngx_rt_redis_follower_t *fl,
    const redisReply *reply);
static void ngx_rt_redis_fill_end(ngx_rt_redis_follower_t *fl,
    const ngx_rt_id_t *id);
static void ngx_rt_redis_fill_reset(ngx_rt_redis_follower_t *fl,
    const ngx_rt_id_t *id);


void
ngx_rt_redis_fill_start(ngx_rt_redis_follower_t *fl)
{
    fl->fill = fl->info.last;
    fl->filled = 0;
    ngx_memzero(&fl->common, sizeof(ngx_rt_id_t));

    ngx_rt_redis_fill_read(fl);
}


static void
ngx_rt_redis_fill_read(ngx_rt_redis_follower_t *fl)
{
    u_char                   id[NGX_RT_ID_LEN], count[NGX_INT_T_LEN];
    const ngx_str_t         *key;
    ngx_rt_redis_command_t   cmd;

    if (fl->info.length == 0 || fl->stream->zone.history == 0) {
        ngx_rt_redis_fill_end(fl, &fl->info.last);
        return;
    }

    key = &fl->link.conf->key;

    cmd.argc = 0;

    ngx_rt_redis_command_word(&cmd, "XREVRANGE");
    ngx_rt_redis_command_add(&cmd, key->data, key->len);
    ngx_rt_redis_command_add(&cmd, id, ngx_rt_id_write(id, &fl->fill) - id);
    ngx_rt_redis_command_word(&cmd, "-");
    ngx_rt_redis_command_word(&cmd, "COUNT");
    ngx_rt_redis_command_add(&cmd, count,
                              ngx_sprintf(count, "%ui", fl->count) - count);

    fl->asked = NGX_RT_REDIS_ASKED_FILL;

    ngx_rt_redis_follower_send(fl, &cmd, 0,
                               ngx_rt_redis_fill_handler);
}


static void
ngx_rt_redis_fill_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_id_t               none;
    ngx_rt_redis_follower_t  *fl = data;

    if (rc != NGX_OK) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_follower_error(fl, reply);
        return;
    }

    rc = (reply->type == REDIS_REPLY_ARRAY)
         ? ngx_rt_redis_fill_page(fl, reply) : NGX_ERROR;

    switch (rc) {

    case NGX_AGAIN:
        ngx_rt_redis_fill_read(fl);
        return;

    case NGX_DONE:

        /* all that there is, and, if that is known, that there ever was */

        if (fl->info.counted && fl->info.added == fl->info.length) {
            ngx_memzero(&none, sizeof(ngx_rt_id_t));
            ngx_rt_redis_fill_end(fl, &none);
            return;
        }

        /* fall through */

    case NGX_OK:
        ngx_rt_redis_fill_end(fl, &fl->fill);
        return;

    default:
        ngx_rt_redis_link_fail_with(&fl->link,
                                    "XREVRANGE has a strange answer");
        return;
    }
}


/*
 * Moves "fill" before the oldest entry that is wanted.  NGX_OK if no older one
 * is wanted, NGX_DONE if there is none, NGX_AGAIN: on to the next page.
 */

static ngx_int_t
ngx_rt_redis_fill_page(ngx_rt_redis_follower_t *fl,
    const redisReply *reply)
{
    size_t             i;
    uint64_t           now;
    ngx_time_t        *tp;
    ngx_rt_id_t        id;
    ngx_rt_zone_t     *zn;
    const redisReply  *entry;

    zn = &fl->stream->zone;
    tp = ngx_timeofday();
    now = (uint64_t) tp->sec * 1000 + tp->msec;

    for (i = 0; i < reply->elements; i++) {
        entry = reply->element[i];

        if (entry->type != REDIS_REPLY_ARRAY
            || entry->elements != 2
            || ngx_rt_redis_entry_parse_id(entry->element[0], &id) != NGX_OK)
        {
            return NGX_ERROR;
        }

        fl->filled += ngx_rt_redis_entry_size(entry)
                      + NGX_RT_REDIS_FILL_OVERHEAD;

        if (fl->filled > zn->size || id.ms + zn->age < now) {
            return NGX_OK;
        }

        fl->fill = ngx_rt_id_before(&id);

        if (fl->renewed
            && ngx_rt_id_is(&id, >, &fl->common)
            && ngx_rt_source_has(zn, &id))
        {
            fl->common = id;
        }
    }

    return (reply->elements < fl->count) ? NGX_DONE : NGX_AGAIN;
}


static void
ngx_rt_redis_fill_end(ngx_rt_redis_follower_t *fl,
    const ngx_rt_id_t *id)
{
    ngx_rt_redis_fill_settle(fl, id);
    ngx_rt_redis_follower_read(fl);
}


void
ngx_rt_redis_fill_settle(ngx_rt_redis_follower_t *fl, const ngx_rt_id_t *id)
{
    if (fl->renewed) {
        ngx_rt_redis_fill_reset(fl, id);
        fl->renewed = 0;
    }

    ngx_rt_source_fill(&fl->stream->zone, id);

    fl->count = fl->most;
    fl->added = 0;
    fl->counted = (id->ms == 0 && id->seq == 0);
}


/*
 * Subscribers have what the zone and Redis have in common, and nothing of what
 * came after it.
 */

static void
ngx_rt_redis_fill_reset(ngx_rt_redis_follower_t *fl, const ngx_rt_id_t *id)
{
    u_char               text[NGX_RT_ID_LEN];
    ngx_str_t            common;
    ngx_rt_wake_list_t   wake;

    if (ngx_rt_id_is(id, >, &fl->common)) {
        fl->common = *id;
    }

    common.data = text;
    common.len = ngx_rt_id_write(text, &fl->common) - text;

    ngx_log_error(NGX_LOG_WARN, fl->link.log, 0,
                  "redis \"%V\": rt stream \"%V\" begins anew after %V",
                  &fl->link.name, &fl->stream->name, &common);

    ngx_rt_source_reset(&fl->stream->zone, &fl->common, &wake);
    ngx_rt_wake_send(fl->stream->hub, &wake);
}
