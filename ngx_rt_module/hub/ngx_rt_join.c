
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The history of topics that a subscriber joins while it is there: it catches
 * up with them before it is given more of the others.
 */


#include "ngx_rt_hub.h"


static ngx_int_t ngx_rt_join_one(ngx_rt_subscriber_t *sub,
    ngx_rt_member_t *member, const ngx_rt_id_t *asked,
    ngx_rt_batch_t *batch, size_t *size);
static ngx_int_t ngx_rt_join_catch_up(ngx_rt_subscriber_t *sub,
    ngx_rt_member_t *member, ngx_rt_id_t *from, ngx_rt_batch_t *batch,
    size_t *size);
static void ngx_rt_join_rewind(ngx_rt_subscriber_t *sub,
    ngx_rt_member_t *member, const ngx_rt_id_t *from);


void
ngx_rt_join_run(ngx_rt_subscriber_t *sub, ngx_uint_t first,
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

    if (!sub->lagging
        && sub->hub->drained
        && ngx_rt_id_is(&sub->position, <, &sub->hub->seen))
    {
        sub->position = sub->hub->seen;
    }

    batch = ngx_rt_batch_create(4096);

    if (batch == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    size = 0;

    for (i = first; i < sub->nmembers; i++) {
        if (ngx_rt_join_one(sub, &sub->members[i], asked, batch, &size)
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
ngx_rt_join_one(ngx_rt_subscriber_t *sub, ngx_rt_member_t *member,
    const ngx_rt_id_t *asked, ngx_rt_batch_t *batch, size_t *size)
{
    ngx_uint_t             is_gap;
    ngx_rt_id_t            from;
    ngx_rt_gap_t           gap;
    ngx_rt_cursor_t        cur;
    ngx_rt_cursor_view_t   view;

    /* while the history is filled anew, of which the subscriber is told */

    if (!ngx_rt_source_is_ready(sub->hub->zone)) {
        ngx_rt_join_rewind(sub, member, asked);
        return NGX_OK;
    }

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = member->topic->interest->topic;

    ngx_rt_cursor_view(sub->hub->zone, &cur, 1, asked, &view);

    from = view.from;
    is_gap = view.strange || ngx_rt_id_is(asked, <, &view.dropped);

    if (view.strange) {
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

    return ngx_rt_join_catch_up(sub, member, &from, batch, size);
}


/* all that the topic has up to the position; if it is too much, later */

static ngx_int_t
ngx_rt_join_catch_up(ngx_rt_subscriber_t *sub, ngx_rt_member_t *member,
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
            *size += ngx_rt_message_cost(&mail[i]);
            ngx_rt_counter_add(zn, delivered, 1);
        }
    }

    ngx_rt_cursor_release(zn);

    if (rc == NGX_OK) {
        member->told = sub->position;

    } else {
        ngx_rt_join_rewind(sub, member, from);
    }

    return NGX_OK;
}


/* as a slow client, from where the topic is; the others are not repeated */

static void
ngx_rt_join_rewind(ngx_rt_subscriber_t *sub, ngx_rt_member_t *member,
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
