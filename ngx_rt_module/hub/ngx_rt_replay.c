
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * From the history to a subscriber: one that has come back, wants to begin with
 * older messages, or was too slow.  All of them are a position.
 */


#include "ngx_rt_hub.h"


/* a message costs more than its data, in bytes */
#define ngx_rt_replay_size(mail)  ((mail)->message->size + 128)


static ngx_int_t ngx_rt_replay_join_one(ngx_rt_subscriber_t *sub,
    ngx_rt_member_t *member, const ngx_rt_id_t *asked,
    ngx_rt_batch_t *batch, size_t *size);
static ngx_int_t ngx_rt_replay_catch_up(ngx_rt_subscriber_t *sub,
    ngx_rt_member_t *member, ngx_rt_id_t *from, ngx_rt_batch_t *batch,
    size_t *size);
static void ngx_rt_replay_rewind(ngx_rt_subscriber_t *sub,
    ngx_rt_member_t *member, const ngx_rt_id_t *from);
static ngx_rt_cursor_t *ngx_rt_replay_cursors(ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_replay_read(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch, ngx_uint_t *n);
static ngx_int_t ngx_rt_replay_skip(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch);
static void ngx_rt_replay_settle(ngx_rt_subscriber_t *sub);
static ngx_uint_t ngx_rt_replay_is_common(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *from);
static ngx_uint_t ngx_rt_replay_repeat(ngx_rt_subscriber_t *sub);
static void ngx_rt_replay_locate(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *after, ngx_rt_gap_t *gap);


ngx_uint_t
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

        if (!ngx_rt_id_is(asked, >, &view.last)
            && !ngx_rt_id_is(asked, <, &view.dropped))
        {
            sub->position = *asked;
            return 0;
        }

        /* what is not yet may not be skipped when it comes */

        if (ngx_rt_id_is(asked, >, &view.last)) {
            ngx_rt_replay_locate(sub, &none, gap);

        } else {
            ngx_rt_replay_locate(sub, asked, gap);
        }

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
ngx_rt_replay_join(ngx_rt_subscriber_t *sub, ngx_uint_t first,
    const ngx_rt_id_t *asked)
{
    size_t           size;
    ngx_uint_t       i;
    ngx_rt_batch_t  *batch;

    /* in a turn a subscriber that is closing would be destroyed */

    if (sub->closing) {
        return;
    }

    /*
     * What is in the mailbox goes first, but for these topics, whose messages
     * are all in the history: then all that they have now is older than what
     * the subscriber may be given next.
     */

    if (!sub->lagging) {

        for (i = first; i < sub->nmembers; i++) {
            ngx_memset(&sub->members[i].told, 0xff, sizeof(ngx_rt_id_t));
        }

        ngx_rt_hub_turn(sub->hub);
    }

    if (sub->closing) {
        return;
    }

    if (!sub->lagging && sub->hub->drained) {
        sub->position = sub->hub->seen;
    }

    batch = ngx_rt_batch_create(4096);

    if (batch == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    size = 0;

    for (i = first; i < sub->nmembers; i++) {
        if (ngx_rt_replay_join_one(sub, &sub->members[i], asked, batch, &size)
            == NGX_ERROR)
        {
            ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
            break;
        }
    }

    if (batch->len && !sub->closing) {
        ngx_rt_subscriber_reply(sub, batch);
    }

    ngx_rt_batch_unref(batch);

    /* others get their turn before the next command */

    if (size) {
        sub->paused = 1;
        ngx_rt_subscriber_resume(sub);
    }
}


static ngx_int_t
ngx_rt_replay_join_one(ngx_rt_subscriber_t *sub, ngx_rt_member_t *member,
    const ngx_rt_id_t *asked, ngx_rt_batch_t *batch, size_t *size)
{
    ngx_uint_t             is_gap;
    ngx_rt_id_t            from;
    ngx_rt_gap_t           gap;
    ngx_rt_cursor_t        cur;
    ngx_rt_cursor_view_t   view;

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = member->topic->interest->topic;

    ngx_rt_cursor_view(sub->hub->zone, &cur, 1, asked, &view);

    from = *asked;
    is_gap = ngx_rt_id_is(asked, <, &view.dropped);

    /* an id that is not yet: all there is, as in ngx_rt_replay_start() */

    if (ngx_rt_id_is(asked, >, &view.last)) {
        is_gap = 1;

        ngx_memzero(&from, sizeof(ngx_rt_id_t));
        ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
        cur.topic = member->topic->interest->topic;

        ngx_rt_cursor_view(sub->hub->zone, &cur, 1, &from, &view);
    }

    if (is_gap) {
        from = view.dropped;

        ngx_memzero(&gap, sizeof(ngx_rt_gap_t));

        gap.topic = member->topic->name;
        gap.after = *asked;
        gap.resumed = view.any ? view.oldest : view.last;
        gap.position = sub->position;

        ngx_rt_counter_add(sub->hub->zone, gaps, 1);

        if (sub->transport->gap(batch, sub->variant, &gap) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_rt_replay_catch_up(sub, member, &from, batch, size);
}


/* all that the topic has up to the position; if it is too much, later */

static ngx_int_t
ngx_rt_replay_catch_up(ngx_rt_subscriber_t *sub, ngx_rt_member_t *member,
    ngx_rt_id_t *from, ngx_rt_batch_t *batch, size_t *size)
{
    ngx_int_t         rc;
    ngx_uint_t        i, n;
    ngx_rt_zone_t    *zn;
    ngx_rt_mail_t     mail[NGX_RT_READ_MESSAGES];
    ngx_rt_cursor_t   cur;

    zn = sub->hub->zone;
    rc = NGX_AGAIN;

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = member->topic->interest->topic;
    cur.told = *from;

    while (rc == NGX_AGAIN
           && !sub->lagging
           && sub->backlog == NULL
           && sub->hub->drained
           && *size < sub->conf->buffer)
    {
        rc = ngx_rt_cursor_read(zn, &cur, 1, from, sub->conf->buffer - *size,
                                mail, &n);

        if (rc == NGX_DECLINED) {
            break;
        }

        rc = n ? NGX_AGAIN : NGX_OK;

        for (i = 0; i < n; i++) {

            if (ngx_rt_id_is(&mail[i].message->msg.id, >, &sub->position)) {
                rc = NGX_OK;
                break;
            }

            if (sub->transport->encode(batch, sub->variant,
                                       &member->topic->name,
                                       &mail[i].message->msg)
                != NGX_OK)
            {
                ngx_rt_cursor_release(zn);
                return NGX_ERROR;
            }

            *from = mail[i].message->msg.id;
            *size += ngx_rt_replay_size(&mail[i]);
            ngx_rt_counter_add(zn, delivered, 1);
        }
    }

    ngx_rt_cursor_release(zn);

    if (rc == NGX_OK) {
        member->told = sub->position;

    } else {
        ngx_rt_replay_rewind(sub, member, from);
    }

    return NGX_OK;
}


/* as a slow client, from where the topic is; the others are not repeated */

static void
ngx_rt_replay_rewind(ngx_rt_subscriber_t *sub, ngx_rt_member_t *member,
    const ngx_rt_id_t *from)
{
    ngx_uint_t    i;
    ngx_rt_id_t  *told;

    member->told = *from;

    if (ngx_rt_id_is(from, <, &sub->position)) {

        for (i = 0; i < sub->nmembers; i++) {
            told = &sub->members[i].told;

            if (&sub->members[i] != member
                && ngx_rt_id_is(told, <, &sub->position))
            {
                *told = sub->position;
            }
        }

        sub->position = *from;
    }

    sub->lagging = 1;
    ngx_rt_subscriber_queue(sub);
}


void
ngx_rt_replay_run(ngx_rt_subscriber_t *sub)
{
    ngx_int_t             rc;
    ngx_uint_t            n;
    ngx_rt_id_t           from;
    ngx_rt_batch_t       *batch;
    ngx_rt_hub_refill_t  *refill;

    if (ngx_rt_replay_repeat(sub)) {
        return;
    }

    batch = ngx_rt_batch_create(4096);
    if (batch == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    from = sub->position;

    rc = ngx_rt_replay_read(sub, batch, &n);

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

        if (n && ngx_rt_replay_is_common(sub, &from)) {
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

            size += ngx_rt_replay_size(&mail[i]);
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
    ngx_int_t     rc;
    ngx_rt_gap_t  gap;

    if (sub->conf->slow == NGX_RT_SLOW_CLOSE) {

        ngx_log_error(NGX_LOG_INFO, sub->sink->connection(sub)->log, 0,
                      "subscriber is too slow, closing");

        return NGX_DECLINED;
    }

    ngx_memzero(&gap, sizeof(ngx_rt_gap_t));

    ngx_rt_replay_locate(sub, &sub->position, &gap);
    gap.after = sub->position;

    sub->position = gap.position;
    ngx_rt_counter_add(sub->hub->zone, gaps, 1);

    /* the cursors begin anew as well */

    (void) ngx_rt_replay_cursors(sub);

    rc = sub->transport->gap(batch, sub->variant, &gap);

    return (rc == NGX_DECLINED) ? NGX_ABORT : rc;
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
