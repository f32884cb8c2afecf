
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The worker that reads a Redis Stream for its host.
 *
 *     ready --> CHECK ------> READ ---+
 *                 |            ^ |    |
 *                 |            | |    |  once and again: XINFO, and XREAD that
 *                 v            | +----+  waits if there is nothing
 *               FILL ----------+
 *
 * CHECK compares what Redis has and what the zone has.  FILL is for a zone that
 * is fresh, or has what Redis has lost.  XINFO goes with XREAD in one packet:
 * it tells if entries were trimmed before this XREAD could have them, and that
 * none are unread, which is when a fresh zone is complete.
 */


#include "ngx_rt_redis.h"


/* entries of one answer, the data they may have, and how long Redis waits */
#define NGX_RT_REDIS_COUNT     512
#define NGX_RT_REDIS_SIZE      (32 * 1024 * 1024)
#define NGX_RT_REDIS_BLOCK     1000

/* what an entry may have beyond its data, in bytes */
#define NGX_RT_REDIS_EXTRA     1024

/* an entry that comes so soon after XREAD lets the next one wait, both in ms */
#define NGX_RT_REDIS_SOON      4
#define NGX_RT_REDIS_PAUSE     2

/* an answer has room for so many bytes at least, in XINFO, too */
#define NGX_RT_REDIS_REPLY     (4 * 1024 * 1024)


static void ngx_rt_redis_follower_ready(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_follower_pause_handler(ngx_event_t *ev);
static void ngx_rt_redis_follower_read_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_rt_redis_follower_list(ngx_rt_redis_follower_t *fl,
    ngx_int_t rc, redisReply *reply, const redisReply **list);
static ngx_int_t ngx_rt_redis_follower_take(ngx_rt_redis_follower_t *fl,
    const redisReply *list);
static void ngx_rt_redis_follower_skip(ngx_rt_redis_follower_t *fl,
    const ngx_rt_id_t *id, const char *reason);
static void ngx_rt_redis_follower_oversized(ngx_rt_redis_link_t *ln,
    redisReply *part);
static redisReply *ngx_rt_redis_follower_part(redisReply *part, size_t i);


void
ngx_rt_redis_follower_open(ngx_rt_redis_follower_t *fl, ngx_rt_stream_t *st,
    ngx_log_t *log)
{
    ngx_uint_t  count;

    ngx_memzero(fl, sizeof(ngx_rt_redis_follower_t));

    count = NGX_RT_REDIS_SIZE / st->zone.message_size;
    count = ngx_max(count, 1);

    fl->pause.handler = ngx_rt_redis_follower_pause_handler;
    fl->pause.data = fl;
    fl->pause.log = log;
    fl->pause.cancelable = 1;

    fl->stream = st;
    fl->most = ngx_min(count, NGX_RT_REDIS_COUNT);
    fl->count = fl->most;

    fl->link.conf = st->broker_conf;
    fl->link.log = log;
    fl->link.zone = &st->zone;
    fl->link.role = "follower";
    fl->link.place = 1;
    fl->link.reply_max = NGX_RT_REDIS_REPLY
                         + fl->most * (st->zone.message_size
                                       + NGX_RT_REDIS_EXTRA);
    fl->link.idle_only = 1;
    fl->link.ready = ngx_rt_redis_follower_ready;
    fl->link.oversized = ngx_rt_redis_follower_oversized;
    fl->link.data = fl;

    ngx_rt_redis_link_open(&fl->link);
}


void
ngx_rt_redis_follower_close(ngx_rt_redis_follower_t *fl)
{
    if (fl->pause.timer_set) {
        ngx_del_timer(&fl->pause);
    }

    ngx_rt_redis_link_close(&fl->link);
}


static void
ngx_rt_redis_follower_ready(ngx_rt_redis_link_t *ln)
{
    ngx_rt_redis_follower_t  *fl;

    fl = ln->data;
    fl->paused = 0;

    ngx_rt_redis_check_start(fl);
}


/* goes on from the newest id in the zone */

void
ngx_rt_redis_follower_read(ngx_rt_redis_follower_t *fl)
{
    u_char                   id[NGX_RT_ID_LEN], count[NGX_INT_T_LEN];
    u_char                   ms[NGX_INT_T_LEN];
    const ngx_str_t         *key;
    ngx_rt_source_view_t     view;
    ngx_rt_redis_command_t   cmd;

    fl->asked = NGX_RT_REDIS_ASKED_READ;

    if (!fl->blind) {
        ngx_rt_redis_check_look(fl);
    }

    if (fl->link.state != NGX_RT_REDIS_READY) {
        return;
    }

    ngx_rt_source_view(&fl->stream->zone, &view);

    key = &fl->link.conf->key;

    cmd.argc = 0;

    ngx_rt_redis_command_word(&cmd, "XREAD");
    ngx_rt_redis_command_word(&cmd, "COUNT");
    ngx_rt_redis_command_add(&cmd, count,
                             ngx_sprintf(count, "%ui", fl->count) - count);
    ngx_rt_redis_command_word(&cmd, "BLOCK");
    ngx_rt_redis_command_add(&cmd, ms,
                             ngx_sprintf(ms, "%d", NGX_RT_REDIS_BLOCK) - ms);
    ngx_rt_redis_command_word(&cmd, "STREAMS");
    ngx_rt_redis_command_add(&cmd, key->data, key->len);
    ngx_rt_redis_command_add(&cmd, id, ngx_rt_id_write(id, &view.last) - id);

    fl->read_at = ngx_current_msec;

    ngx_rt_redis_follower_send(fl, &cmd, NGX_RT_REDIS_BLOCK,
                               ngx_rt_redis_follower_read_handler);
}


static void
ngx_rt_redis_follower_read_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_uint_t                is_full;
    const redisReply         *list;
    ngx_rt_redis_follower_t  *fl = data;

    if (ngx_rt_redis_follower_list(fl, rc, reply, &list) != NGX_OK) {
        return;
    }

    if (list == NULL) {

        if (fl->blind) {
            ngx_rt_redis_check_complete(fl);
        }

        ngx_rt_redis_follower_read(fl);
        return;
    }

    if (ngx_rt_redis_follower_take(fl, list) != NGX_OK) {
        return;
    }

    is_full = (list->elements >= fl->count);
    fl->count = ngx_min(2 * fl->count, fl->most);

    /* where entries follow each other closely, several are read at a time */

    if (!is_full && ngx_current_msec - fl->read_at < NGX_RT_REDIS_SOON) {
        fl->paused = 1;
        ngx_add_timer(&fl->pause, NGX_RT_REDIS_PAUSE);
        return;
    }

    ngx_rt_redis_follower_read(fl);
}


static void
ngx_rt_redis_follower_pause_handler(ngx_event_t *ev)
{
    ngx_rt_redis_follower_t  *fl;

    fl = ev->data;

    /* a link that was lost meanwhile begins with a check */

    if (fl->paused && fl->link.state == NGX_RT_REDIS_READY) {
        fl->paused = 0;
        ngx_rt_redis_follower_read(fl);
    }
}


/* the entries of an answer, NULL: none; NGX_ERROR: the link is lost */

static ngx_int_t
ngx_rt_redis_follower_list(ngx_rt_redis_follower_t *fl, ngx_int_t rc,
    redisReply *reply, const redisReply **list)
{
    *list = NULL;

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_follower_error(fl, reply);
        return NGX_ERROR;
    }

    if (reply->type != REDIS_REPLY_NIL) {
        *list = ngx_rt_redis_entry_list(reply);

        if (*list == NULL) {
            ngx_rt_redis_link_fail_with(&fl->link,
                                        "XREAD has a strange answer");
            return NGX_ERROR;
        }
    }

    ngx_rt_redis_link_used(&fl->link);

    return NGX_OK;
}


static ngx_int_t
ngx_rt_redis_follower_take(ngx_rt_redis_follower_t *fl, const redisReply *list)
{
    size_t                 i;
    ngx_int_t              rc;
    ngx_uint_t             old;
    const char            *reason;
    ngx_rt_publication_t   pub;

    old = !ngx_rt_source_is_ready(&fl->stream->zone);

    for (i = 0; i < list->elements; i++) {

        rc = ngx_rt_redis_entry_parse(list->element[i], &pub, &reason);

        if (rc == NGX_ERROR) {
            ngx_rt_redis_link_fail_with(&fl->link,
                                        "XREAD has a strange entry");
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            reason = ngx_rt_publish_take(fl->stream, &pub, old);
        }

        if (reason != NULL) {
            ngx_rt_redis_follower_skip(fl, &pub.id, reason);
        }
    }

    fl->added += list->elements;
    fl->behind -= ngx_min(fl->behind, list->elements);

    ngx_rt_source_note(&fl->stream->zone, list->elements, fl->behind);

    return NGX_OK;
}


static void
ngx_rt_redis_follower_skip(ngx_rt_redis_follower_t *fl, const ngx_rt_id_t *id,
    const char *reason)
{
    u_char     text[NGX_RT_ID_LEN];
    ngx_str_t  name;

    ngx_rt_history_pass(&fl->stream->zone, id);

    if (!ngx_rt_redis_link_skip(&fl->link)) {
        return;
    }

    name.data = text;
    name.len = ngx_rt_id_write(text, id) - text;

    ngx_log_error(NGX_LOG_WARN, fl->link.log, 0,
                  "redis \"%V\": entry %V of rt stream \"%V\" is skipped: %s",
                  &fl->link.name, &name, &fl->stream->name, reason);
}


/*
 * An answer that is too large ends the link.  The next one must not be the
 * same: entries are read one by one, and one that is too large by itself is
 * skipped.  Its id has come, for hiredis fills arrays from the first on.
 */

static void
ngx_rt_redis_follower_oversized(ngx_rt_redis_link_t *ln, redisReply *part)
{
    ngx_rt_id_t               id;
    ngx_rt_redis_follower_t  *fl;

    fl = ln->data;

    if (fl->asked == NGX_RT_REDIS_ASKED_INFO) {
        fl->blind = 1;
        fl->blind_at = ngx_current_msec;
        return;
    }

    if (fl->count > 1) {
        fl->count = 1;
        return;
    }

    /* the entries of the stream, or entries alone */

    if (fl->asked == NGX_RT_REDIS_ASKED_READ) {
        part = ngx_rt_redis_follower_part(part, 0);
        part = ngx_rt_redis_follower_part(part, 1);
    }

    part = ngx_rt_redis_follower_part(part, 0);
    part = ngx_rt_redis_follower_part(part, 0);

    if (part == NULL || ngx_rt_redis_entry_parse_id(part, &id) != NGX_OK) {
        return;
    }

    if (fl->asked == NGX_RT_REDIS_ASKED_FILL) {
        ngx_rt_redis_fill_settle(fl, &id);

    } else {
        ngx_rt_redis_follower_skip(fl, &id, "it is too large to be read");
    }
}


/* NULL if it has not come */

static redisReply *
ngx_rt_redis_follower_part(redisReply *part, size_t i)
{
    return (part && part->type == REDIS_REPLY_ARRAY && part->elements > i)
           ? part->element[i] : NULL;
}


void
ngx_rt_redis_follower_error(ngx_rt_redis_follower_t *fl, redisReply *reply)
{
    if (!ngx_rt_redis_link_redirect(&fl->link, reply)) {
        ngx_rt_redis_link_fail(&fl->link, 0, reply->str, reply->len);
    }
}


void
ngx_rt_redis_follower_send(ngx_rt_redis_follower_t *fl,
    ngx_rt_redis_command_t *cmd, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler)
{
    if (ngx_rt_redis_link_send(&fl->link, cmd->argc, cmd->argv, cmd->len,
                               extra, handler, fl)
        == NULL)
    {
        ngx_rt_redis_link_fail_with(&fl->link, "no memory");
    }
}
