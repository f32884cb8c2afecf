
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * From the history to a subscriber: one that has come back, wants to begin with
 * older messages, or was too slow.  All of them are a position.
 */


#include "ngx_rt_hub.h"


static ngx_int_t ngx_rt_replay_hold(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *asked, ngx_uint_t malformed);
static void ngx_rt_replay_let_go(ngx_rt_subscriber_t *sub);
static ngx_uint_t ngx_rt_replay_start(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *asked, ngx_uint_t malformed, ngx_rt_gap_t *gap);
static ngx_rt_cursor_t *ngx_rt_replay_cursors(ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_replay_read(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch, ngx_uint_t *n);
static ngx_int_t ngx_rt_replay_skip(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch);
static ngx_int_t ngx_rt_replay_tell(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch);
static void ngx_rt_replay_recall(ngx_rt_subscriber_t *sub);
static void ngx_rt_replay_settle(ngx_rt_subscriber_t *sub);
static ngx_uint_t ngx_rt_replay_is_common(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *from);
static ngx_uint_t ngx_rt_replay_repeat(ngx_rt_subscriber_t *sub);
static void ngx_rt_replay_locate(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *after, ngx_rt_gap_t *gap);


ngx_int_t
ngx_rt_replay_greet(ngx_rt_subscriber_t *sub, const ngx_rt_id_t *asked,
    ngx_uint_t malformed)
{
    ngx_int_t        rc;
    ngx_uint_t       is_gap;
    ngx_rt_gap_t     gap;
    ngx_rt_batch_t  *batch;

    if (!ngx_rt_source_is_ready(sub->hub->zone)) {
        return ngx_rt_replay_hold(sub, asked, malformed);
    }

    batch = ngx_rt_batch_create(512);
    if (batch == NULL) {
        return NGX_ERROR;
    }

    is_gap = ngx_rt_replay_start(sub, asked, malformed, &gap);

    rc = sub->transport->greet(batch, sub, is_gap ? &gap : NULL);

    if (rc == NGX_OK && batch->len) {
        (void) ngx_rt_subscriber_send(sub, batch);

    } else if (rc == NGX_DECLINED) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_GAP);
        rc = NGX_OK;
    }

    ngx_rt_batch_unref(batch);

    return rc;
}


static ngx_int_t
ngx_rt_replay_hold(ngx_rt_subscriber_t *sub, const ngx_rt_id_t *asked,
    ngx_uint_t malformed)
{
    ngx_int_t        rc;
    ngx_time_t      *now;
    ngx_rt_batch_t  *batch;

    sub->held = 1;
    sub->lagging = 1;
    sub->paused = 1;
    sub->malformed = (malformed != 0);
    sub->asked = (asked != NULL);

    if (asked) {
        sub->position = *asked;

    } else {
        now = ngx_timeofday();

        sub->position.ms = (uint64_t) now->sec * 1000 + now->msec;
        sub->position.seq = 0;
    }

    /* something has to come after the response header, or that is not sent */

    batch = ngx_rt_batch_create(128);

    if (batch == NULL) {
        return NGX_ERROR;
    }

    rc = sub->transport->beat(batch, sub->variant, NULL);

    if (rc == NGX_OK) {
        (void) ngx_rt_subscriber_send(sub, batch);
    }

    ngx_rt_batch_unref(batch);

    return rc;
}


static void
ngx_rt_replay_let_go(ngx_rt_subscriber_t *sub)
{
    ngx_rt_id_t            asked;
    ngx_rt_cursor_view_t   view;

    asked = sub->position;

    sub->held = 0;
    sub->missed = 0;
    sub->lagging = 0;

    ngx_rt_cursor_view(sub->hub->zone, NULL, 0, &asked, &view);
    sub->position = view.last;

    /* who wanted new messages wants those that came since he was held */

    if (sub->conf->start == NGX_RT_START_NEW
        && !sub->malformed
        && ngx_rt_id_is(&asked, <, &view.last))
    {
        sub->asked = 1;
    }

    if (ngx_rt_replay_greet(sub, sub->asked ? &asked : NULL, sub->malformed)
        != NGX_OK)
    {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    if (sub->lagging) {
        ngx_rt_subscriber_queue(sub);
    }

    if (sub->transport->read) {
        ngx_rt_subscriber_resume(sub);
    }
}


static ngx_uint_t
ngx_rt_replay_start(ngx_rt_subscriber_t *sub, const ngx_rt_id_t *asked,
    ngx_uint_t malformed, ngx_rt_gap_t *gap)
{
    ngx_rt_id_t            id, none;
    ngx_rt_cursor_t       *cursors;
    ngx_rt_cursor_view_t   view;

    ngx_memzero(gap, sizeof(ngx_rt_gap_t));
    ngx_memzero(&none, sizeof(ngx_rt_id_t));

    if (asked == NULL && !malformed && sub->conf->start == NGX_RT_START_NEW) {
        return 0;
    }

    sub->lagging = 1;

    cursors = ngx_rt_replay_cursors(sub);

    if (cursors == NULL) {

        /* the replay will find no memory either, and close */

        return 0;
    }

    if (asked != NULL) {
        ngx_rt_cursor_view(sub->hub->zone, cursors, sub->nmembers, asked,
                           &view);

        if (!view.strange && !ngx_rt_id_is(asked, <, &view.dropped)) {
            sub->position = *asked;
            return 0;
        }

        ngx_rt_replay_locate(sub, &view.from, gap);
        gap->after = *asked;

    } else if (malformed || sub->conf->start == NGX_RT_START_OLDEST) {
        ngx_rt_replay_locate(sub, &none, gap);
        gap->malformed = malformed;

    } else { /* NGX_RT_START_LAST */
        ngx_rt_cursor_rewind(sub->hub->zone, cursors, sub->nmembers,
                             sub->conf->start_count, &id);
        ngx_rt_replay_locate(sub, &id, gap);
        gap->position = id;
    }

    sub->position = gap->position;

    if (asked == NULL && !malformed) {
        return 0;
    }

    ngx_rt_counter_add(sub->hub->zone, gaps, 1);

    return 1;
}


void
ngx_rt_replay_run(ngx_rt_subscriber_t *sub)
{
    ngx_int_t             rc;
    ngx_uint_t            n, told;
    ngx_rt_id_t           from;
    ngx_rt_batch_t       *batch;
    ngx_rt_hub_refill_t  *refill;

    if (sub->held) {
        ngx_rt_replay_let_go(sub);
        return;
    }

    if (!sub->missed && ngx_rt_replay_repeat(sub)) {
        return;
    }

    batch = ngx_rt_batch_create(4096);
    if (batch == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    n = 0;
    told = sub->missed;
    rc = told ? ngx_rt_replay_tell(sub, batch) : NGX_OK;

    from = sub->position;

    if (rc == NGX_OK) {
        rc = ngx_rt_replay_read(sub, batch, &n);
    }

    if (rc == NGX_OK) {
        sub->lagging = 0;
        ngx_rt_replay_settle(sub);

    } else if (rc == NGX_ERROR) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);

    } else if (rc == NGX_DECLINED) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_SLOW);

    } else if (rc == NGX_ABORT) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_GAP);
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, sub->hub->log, 0,
                   "rt replay: %p messages:%ui bytes:%uz rc:%i",
                   sub, n, batch->len, rc);

    if (batch->len && !sub->closing) {

        refill = &sub->hub->refill;

        if (n && !told && ngx_rt_replay_is_common(sub, &from)) {
            ngx_rt_replay_forget(sub->hub);

            batch->refs++;
            refill->batch = batch;
            refill->format = ngx_rt_subscriber_format(sub);
            refill->topic = sub->members[0].topic;
            refill->from = from;
            refill->to = sub->position;
            refill->n = n;
        }

        if (ngx_rt_subscriber_send(sub, batch) == NGX_OK) {
            ngx_rt_counter_add(sub->hub->zone, delivered, n);
        }
    }

    ngx_rt_batch_unref(batch);

    if (sub->lagging && sub->backlog == NULL) {
        ngx_rt_subscriber_queue(sub);
    }
}


void
ngx_rt_replay_forget(ngx_rt_hub_t *hub)
{
    if (hub->refill.batch) {
        ngx_rt_batch_unref(hub->refill.batch);
        hub->refill.batch = NULL;
        hub->refill.topic = NULL;
    }
}


/* NULL if there is no memory */

static ngx_rt_cursor_t *
ngx_rt_replay_cursors(ngx_rt_subscriber_t *sub)
{
    ngx_uint_t     i, n;
    ngx_rt_hub_t  *hub;

    hub = sub->hub;

    if (hub->cursors == NULL || hub->ncursors < sub->nmembers) {

        if (hub->cursors) {
            ngx_free(hub->cursors);
            hub->ncursors = 0;
        }

        n = ngx_max(sub->nmembers, 1);

        hub->cursors = ngx_alloc(n * sizeof(ngx_rt_cursor_t), hub->log);
        if (hub->cursors == NULL) {
            return NULL;
        }

        hub->ncursors = n;
    }

    ngx_memzero(hub->cursors, sub->nmembers * sizeof(ngx_rt_cursor_t));

    for (i = 0; i < sub->nmembers; i++) {
        hub->cursors[i].topic = sub->members[i].topic->interest->topic;
        hub->cursors[i].told = sub->members[i].told;
    }

    return hub->cursors;
}


/*
 * Fills a batch of about "rt_buffer" bytes and moves the position.  NGX_OK if
 * all of the history is in, NGX_AGAIN if there is more, NGX_DECLINED if the
 * subscriber has to go because of a gap, NGX_ABORT if that is so because it
 * cannot be told of one, NGX_ERROR if there is no memory.
 */

static ngx_int_t
ngx_rt_replay_read(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch,
    ngx_uint_t *n)
{
    size_t            size;
    ngx_int_t         rc;
    ngx_uint_t        i, nmail;
    ngx_rt_mail_t     mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t    *zn;
    ngx_rt_cursor_t  *cursors;

    zn = sub->hub->zone;
    size = 0;
    *n = 0;

    cursors = ngx_rt_replay_cursors(sub);
    if (cursors == NULL) {
        return NGX_ERROR;
    }

    do {
        rc = ngx_rt_cursor_read(zn, cursors, sub->nmembers, &sub->position,
                                sub->conf->buffer - size, mail, &nmail);

        if (rc == NGX_DECLINED) {
            rc = ngx_rt_replay_skip(sub, batch);

            if (rc != NGX_OK) {
                return rc;
            }

            continue;
        }

        if (nmail == 0) {
            return NGX_OK;
        }

        for (i = 0; i < nmail; i++) {

            if (sub->transport->encode(batch, sub->variant,
                                     &sub->members[mail[i].tag].topic->name,
                                     &mail[i].message->msg)
                != NGX_OK)
            {
                ngx_rt_cursor_release(zn);
                return NGX_ERROR;
            }

            size += ngx_rt_message_cost(&mail[i]);
        }

        sub->position = mail[nmail - 1].message->msg.id;
        *n += nmail;

    } while (size < sub->conf->buffer);

    sub->hub->refilled += size;

    ngx_rt_cursor_release(zn);

    return NGX_AGAIN;
}


/* the history has moved on */

static ngx_int_t
ngx_rt_replay_skip(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch)
{
    if (sub->conf->slow == NGX_RT_SLOW_CLOSE) {

        ngx_log_error(NGX_LOG_INFO, sub->sink->connection(sub)->log, 0,
                      "subscriber is too slow, closing");

        return NGX_DECLINED;
    }

    return ngx_rt_replay_tell(sub, batch);
}


/* tells of a gap and moves the position behind it; NGX_ABORT: it cannot be */

static ngx_int_t
ngx_rt_replay_tell(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch)
{
    ngx_int_t     rc;
    ngx_rt_gap_t  gap;

    ngx_memzero(&gap, sizeof(ngx_rt_gap_t));

    gap.after = sub->position;

    if (ngx_rt_replay_cursors(sub) == NULL) {
        return NGX_ERROR;
    }

    if (sub->missed) {
        sub->missed = 0;
        ngx_rt_replay_recall(sub);
    }

    ngx_rt_replay_locate(sub, &sub->position, &gap);

    sub->position = gap.position;
    ngx_rt_counter_add(sub->hub->zone, gaps, 1);

    /* the cursors begin anew as well */

    (void) ngx_rt_replay_cursors(sub);

    rc = sub->transport->gap(batch, sub->variant, &gap);

    return (rc == NGX_DECLINED) ? NGX_ABORT : rc;
}


/* what the source has lost may come again, with ids that were given before */

static void
ngx_rt_replay_recall(ngx_rt_subscriber_t *sub)
{
    ngx_uint_t             i;
    ngx_rt_id_t           *told;
    ngx_rt_source_view_t   view;

    ngx_rt_source_view(sub->hub->zone, &view);

    if (ngx_rt_id_is(&view.lost_from, ==, &view.lost_to)) {
        return;
    }

    if (ngx_rt_id_is(&sub->position, >, &view.lost_from)
        && !ngx_rt_id_is(&sub->position, >, &view.lost_to))
    {
        sub->position = view.lost_from;
    }

    for (i = 0; i < sub->nmembers; i++) {
        told = &sub->members[i].told;

        if (ngx_rt_id_is(told, >, &view.lost_from)
            && !ngx_rt_id_is(told, >, &view.lost_to))
        {
            *told = view.lost_from;
        }
    }
}


/* of topics that were joined with an older position all is given by now */

static void
ngx_rt_replay_settle(ngx_rt_subscriber_t *sub)
{
    ngx_uint_t    i;
    ngx_rt_id_t  *told;

    for (i = 0; i < sub->nmembers; i++) {
        told = &sub->members[i].told;

        if (ngx_rt_id_is(told, >, &sub->position)) {
            sub->position = *told;
        }
    }
}


/*
 * The position for a reader from which messages above "after" are missing: the
 * highest from which it gets all the rest.  Where one topic still has messages
 * that are older than what another one has lost, this is before the loss, so
 * each topic's loss is noted as told; a client that comes back to this very
 * position is told once more.
 */

static void
ngx_rt_replay_locate(ngx_rt_subscriber_t *sub, const ngx_rt_id_t *after,
    ngx_rt_gap_t *gap)
{
    ngx_uint_t             i;
    ngx_rt_cursor_t       *cursors;
    ngx_rt_cursor_view_t   view;

    /* the array is there, so this cannot fail */

    cursors = ngx_rt_replay_cursors(sub);

    ngx_rt_cursor_view(sub->hub->zone, cursors, sub->nmembers, after, &view);

    for (i = 0; i < sub->nmembers; i++) {
        if (ngx_rt_id_is(&cursors[i].told, >, &sub->members[i].told)) {
            sub->members[i].told = cursors[i].told;
        }
    }

    if (!view.any) {
        gap->position = view.last;
        gap->resumed = view.last;
        return;
    }

    gap->resumed = view.oldest;
    gap->position = view.dropped;

    if (!ngx_rt_id_is(&view.dropped, <, &view.oldest)) {
        gap->position = ngx_rt_id_before(&view.oldest);
    }
}


/* does the position say all that this refill depends on? */

static ngx_uint_t
ngx_rt_replay_is_common(ngx_rt_subscriber_t *sub, const ngx_rt_id_t *from)
{
    return sub->nmembers == 1
           && !ngx_rt_id_is(&sub->members[0].told, >, from);
}


/* many come back to the same place when a connection of all of them breaks */

static ngx_uint_t
ngx_rt_replay_repeat(ngx_rt_subscriber_t *sub)
{
    ngx_rt_hub_refill_t  *refill;

    refill = &sub->hub->refill;

    if (refill->batch == NULL
        || !ngx_rt_replay_is_common(sub, &sub->position)
        || refill->topic != sub->members[0].topic
        || refill->format != ngx_rt_subscriber_format(sub)
        || !ngx_rt_id_is(&refill->from, ==, &sub->position))
    {
        return 0;
    }

    ngx_rt_subscriber_deliver(sub, refill->batch, &refill->to, refill->n);

    if (sub->backlog == NULL && !sub->closing) {
        ngx_rt_subscriber_queue(sub);
    }

    return 1;
}
