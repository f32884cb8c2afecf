
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * What the follower compares before it reads: what the Redis Stream has, and
 * what the zone has of it.  Entries may be lost there, trimmed unread, or the
 * stream may be another one than it was.
 */


#include "ngx_rt_redis.h"


/* XINFO is not asked for again for so long, if it was too large, in ms */
#define NGX_RT_REDIS_CHECK_BLIND  60000


static void ngx_rt_redis_check_find(ngx_rt_redis_follower_t *fl,
    const ngx_rt_id_t *id);
static void ngx_rt_redis_check_find_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_check_blindly(ngx_rt_redis_follower_t *fl,
    const ngx_rt_source_view_t *view);
static void ngx_rt_redis_check_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_check_look_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_check_ask(ngx_rt_redis_follower_t *fl,
    ngx_rt_redis_reply_pt handler);
static ngx_int_t ngx_rt_redis_check_take(ngx_rt_redis_follower_t *fl,
    ngx_int_t rc, redisReply *reply);
static void ngx_rt_redis_check_loss(ngx_rt_redis_follower_t *fl,
    ngx_rt_source_view_t *view);


void
ngx_rt_redis_check_start(ngx_rt_redis_follower_t *fl)
{
    ngx_rt_source_view_t  view;

    /* it may have been restarted without its data, and counts from 0 again */

    fl->counted = 0;
    fl->absent = 0;

    if (ngx_current_msec - fl->blind_at > NGX_RT_REDIS_CHECK_BLIND) {
        fl->blind = 0;
    }

    ngx_rt_source_view(&fl->stream->zone, &view);

    if (fl->blind) {
        ngx_rt_redis_check_blindly(fl, &view);
        return;
    }

    /*
     * Are the entries there that were read last, and acknowledged last?  If
     * not, this is another server, which has not had all that the last one had.
     */

    if (view.ready && view.last.ms) {
        ngx_rt_redis_check_find(fl, &view.last);
    }

    if (view.ready && ngx_rt_id_is(&view.acknowledged, >, &view.last)) {
        ngx_rt_redis_check_find(fl, &view.acknowledged);
    }

    if (fl->link.state == NGX_RT_REDIS_READY) {
        ngx_rt_redis_check_ask(fl, ngx_rt_redis_check_handler);
    }
}


static void
ngx_rt_redis_check_find(ngx_rt_redis_follower_t *fl, const ngx_rt_id_t *id)
{
    u_char                   text[NGX_RT_ID_LEN];
    size_t                   len;
    const ngx_str_t         *key;
    ngx_rt_redis_command_t   cmd;

    key = &fl->link.conf->key;
    len = ngx_rt_id_write(text, id) - text;

    cmd.argc = 0;

    ngx_rt_redis_command_word(&cmd, "XREVRANGE");
    ngx_rt_redis_command_add(&cmd, key->data, key->len);
    ngx_rt_redis_command_add(&cmd, text, len);
    ngx_rt_redis_command_add(&cmd, text, len);

    fl->asked = NGX_RT_REDIS_ASKED_INFO;

    ngx_rt_redis_follower_send(fl, &cmd, 0, ngx_rt_redis_check_find_handler);
}


static void
ngx_rt_redis_check_find_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_redis_follower_t  *fl = data;

    if (rc != NGX_OK) {
        return;
    }

    if (reply->type == REDIS_REPLY_ARRAY) {

        if (reply->elements == 0) {
            fl->absent = 1;
        }

    } else if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_follower_error(fl, reply);

    } else {
        ngx_rt_redis_link_fail_with(&fl->link,
                                    "XREVRANGE has a strange answer");
    }
}


/* the first or the last entry is too large for an answer to XINFO */

static void
ngx_rt_redis_check_blindly(ngx_rt_redis_follower_t *fl,
    const ngx_rt_source_view_t *view)
{
    if (view->ready || view->last.ms || view->last.seq) {
        ngx_rt_redis_follower_read(fl);
        return;
    }

    ngx_memset(&fl->info.last, 0xff, sizeof(ngx_rt_id_t));
    fl->info.length = 1;
    fl->info.counted = 0;
    fl->renewed = 0;

    ngx_rt_redis_fill_start(fl);
}


/* after a connect */

static void
ngx_rt_redis_check_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_uint_t                is_fresh;
    ngx_rt_source_view_t      view;
    ngx_rt_redis_follower_t  *fl = data;

    if (ngx_rt_redis_check_take(fl, rc, reply) != NGX_OK) {
        return;
    }

    ngx_rt_source_view(&fl->stream->zone, &view);

    /*
     * Two that follow would take each other's messages for lost ones, and who
     * exits must not bring back what a new configuration has left.
     */

    if (view.leader != ngx_pid || (ngx_exiting && view.other)) {
        return;
    }

    is_fresh = (!view.ready && view.last.ms == 0 && view.last.seq == 0);

    /* a restart, or a failover, and entries that we had are gone? */

    fl->renewed = !is_fresh
                  && (view.other
                      || ngx_rt_id_is(&fl->info.last, <, &view.last)
                      || ngx_rt_id_is(&fl->info.last, <, &fl->acknowledged));

    if (is_fresh || fl->renewed) {
        ngx_rt_redis_fill_start(fl);
        return;
    }

    ngx_rt_redis_check_loss(fl, &view);
    ngx_rt_redis_follower_read(fl);
}


void
ngx_rt_redis_check_look(ngx_rt_redis_follower_t *fl)
{
    ngx_rt_redis_check_ask(fl, ngx_rt_redis_check_look_handler);
}


/* before each XREAD */

static void
ngx_rt_redis_check_look_handler(void *data, ngx_int_t rc, redisReply *reply)
{
    ngx_rt_source_view_t      view;
    ngx_rt_redis_follower_t  *fl = data;

    if (ngx_rt_redis_check_take(fl, rc, reply) != NGX_OK) {
        return;
    }

    fl->asked = NGX_RT_REDIS_ASKED_READ;

    ngx_rt_source_view(&fl->stream->zone, &view);

    if (ngx_rt_id_is(&fl->info.last, <, &view.last)
        || ngx_rt_id_is(&fl->info.last, <, &fl->acknowledged))
    {
        ngx_rt_redis_link_fail_with(&fl->link, "ids went back");
        return;
    }

    ngx_rt_redis_check_loss(fl, &view);

    if (ngx_rt_id_is(&fl->info.last, >, &view.last)) {
        ngx_rt_source_note(&fl->stream->zone, 0, fl->behind);
        return;
    }

    ngx_rt_redis_check_complete(fl);
}


void
ngx_rt_redis_check_complete(ngx_rt_redis_follower_t *fl)
{
    ngx_rt_zone_t       *zn;
    ngx_rt_wake_list_t   wake;

    zn = &fl->stream->zone;

    ngx_rt_source_note(zn, 0, 0);

    if (!ngx_rt_source_is_ready(zn)) {
        ngx_rt_source_open(zn, &wake);
        ngx_rt_wake_send(fl->stream->hub, &wake);
    }
}


static void
ngx_rt_redis_check_ask(ngx_rt_redis_follower_t *fl,
    ngx_rt_redis_reply_pt handler)
{
    const ngx_str_t         *key;
    ngx_rt_source_view_t     view;
    ngx_rt_redis_command_t   cmd;

    key = &fl->link.conf->key;

    ngx_rt_source_view(&fl->stream->zone, &view);
    fl->acknowledged = view.acknowledged;

    cmd.argc = 0;

    ngx_rt_redis_command_word(&cmd, "XINFO");
    ngx_rt_redis_command_word(&cmd, "STREAM");
    ngx_rt_redis_command_add(&cmd, key->data, key->len);

    fl->asked = NGX_RT_REDIS_ASKED_INFO;

    ngx_rt_redis_follower_send(fl, &cmd, 0, handler);
}


/* NGX_ERROR: the link is lost */

static ngx_int_t
ngx_rt_redis_check_take(ngx_rt_redis_follower_t *fl, ngx_int_t rc,
    redisReply *reply)
{
    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_rt_redis_entry_parse_info(reply, &fl->info) == NGX_OK) {
        return NGX_OK;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_rt_redis_follower_error(fl, reply);

    } else {
        ngx_rt_redis_link_fail_with(&fl->link, "XINFO has a strange answer");
    }

    return NGX_ERROR;
}


/*
 * The oldest are trimmed first, so nothing is lost that is above an entry which
 * is still there.  From Redis 7.0 on the number of all entries ever added says
 * it exactly; before that it may be a false alarm.
 */

static void
ngx_rt_redis_check_loss(ngx_rt_redis_follower_t *fl,
    ngx_rt_source_view_t *view)
{
    uint64_t              gone;
    ngx_uint_t            is_loss, absent;
    ngx_rt_id_t           id;
    ngx_rt_wake_list_t    wake;
    ngx_rt_redis_info_t  *info;

    info = &fl->info;
    absent = fl->absent;
    fl->absent = 0;

    gone = info->added - info->length;

    /* it was empty, and nothing has been read, but what there was is there */

    if (view->last.ms == 0
        && view->last.seq == 0
        && (fl->acknowledged.ms == 0
            || !ngx_rt_id_is(&info->first, >, &fl->acknowledged)))
    {
        fl->added = 0;
        fl->counted = 1;
    }

    id = info->length ? ngx_rt_id_before(&info->first) : info->last;

    if (!ngx_rt_id_is(&info->last, >, &view->last)) {
        fl->added = info->added;
        fl->counted = info->counted;
        fl->behind = 0;

        return;
    }

    /* the newest that we have is not among its entries */

    if (absent && !ngx_rt_id_is(&id, >, &view->last)) {
        id = view->last;
        id.seq++;
        is_loss = 1;

    } else {
        is_loss = ngx_rt_id_is(&id, >, &view->last)
                  && (!fl->counted
                      || !info->counted
                      || gone > fl->added
                      || info->added < fl->added);
    }

    if (is_loss) {
        ngx_log_error(NGX_LOG_WARN, fl->link.log, 0,
                      "redis \"%V\": entries of rt stream \"%V\" were lost or "
                      "trimmed before they were read", &fl->link.name,
                      &fl->stream->name);

        ngx_rt_source_miss(&fl->stream->zone, &id, &wake);
        ngx_rt_wake_send(fl->stream->hub, &wake);

        view->last = id;

        fl->added = gone;
        fl->counted = info->counted && !absent;
    }

    fl->behind = (fl->counted && info->counted) ? info->added - fl->added
                                                : info->length;
}
