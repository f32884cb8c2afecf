
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * From mail to subscribers.  The messages of a turn are grouped by topic, and a
 * group is encoded once for each format in use.  A subscriber of several topics
 * must see ids increase, so when more than one of them has mail it is given its
 * choice of the messages in mailbox order; so is one whose position lies within
 * the group.  Those who choose alike share a batch as well.
 */


#include "ngx_rt_hub.h"


static void ngx_rt_delivery_group(ngx_rt_hub_t *hub, ngx_uint_t n);
static void ngx_rt_delivery_run_topic(ngx_rt_hub_t *hub,
    ngx_rt_hub_topic_t *tp);
static void ngx_rt_delivery_run_group(ngx_rt_hub_t *hub,
    ngx_rt_member_t *member, ngx_rt_batch_set_t *set);
static void ngx_rt_delivery_run_mixed(ngx_rt_hub_t *hub, ngx_uint_t n);
static void ngx_rt_delivery_choose_of_one(ngx_rt_hub_t *hub,
    ngx_rt_member_t *member);
static void ngx_rt_delivery_choose_of_all(ngx_rt_hub_t *hub, ngx_uint_t n,
    ngx_rt_subscriber_t *sub);
static void ngx_rt_delivery_run_choice(ngx_rt_hub_t *hub, ngx_uint_t *choice,
    ngx_uint_t n, ngx_rt_subscriber_t *sub);
static ngx_rt_batch_t *ngx_rt_delivery_encode(ngx_rt_hub_t *hub,
    ngx_rt_subscriber_t *sub, ngx_uint_t *choice, ngx_uint_t n);
static ngx_int_t ngx_rt_delivery_encode_one(ngx_rt_hub_t *hub,
    ngx_rt_subscriber_t *sub, ngx_uint_t i, ngx_rt_batch_t *batch);
static void ngx_rt_delivery_defer(ngx_rt_hub_t *hub,
    ngx_rt_member_t *member);

#define ngx_rt_delivery_is_wanted(member, mail)                               \
    (ngx_rt_id_is(&(member)->sub->position, <, &(mail)->message->msg.id)      \
     && ngx_rt_id_is(&(member)->told, <, &(mail)->message->msg.id))


void
ngx_rt_delivery_run(ngx_rt_hub_t *hub, ngx_uint_t n)
{
    ngx_uint_t           i;
    ngx_rt_hub_topic_t  *tp;

    hub->turns++;
    hub->nmixed = 0;

    ngx_rt_delivery_group(hub, n);

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        if (tp && tp->count && tp->first == i) {
            ngx_rt_delivery_run_topic(hub, tp);
        }
    }

    ngx_rt_delivery_run_mixed(hub, n);

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        if (tp) {
            tp->count = 0;
        }

        while (hub->frames[i].n) {
            hub->frames[i].n--;
            ngx_rt_batch_unref(hub->frames[i].frames[hub->frames[i].n].batch);
        }
    }

    if (hub->choice.batch) {
        ngx_rt_batch_unref(hub->choice.batch);
        hub->choice.batch = NULL;
    }
}


/* links the messages of each topic; NGX_RT_READ_MESSAGES ends a chain */

static void
ngx_rt_delivery_group(ngx_rt_hub_t *hub, ngx_uint_t n)
{
    ngx_uint_t           i;
    ngx_rt_hub_topic_t  *tp;

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        /* the topic may have lost its last subscriber, another may be there */

        if (tp == NULL || tp->serial != hub->mail[i].message->serial) {
            continue;
        }

        if (tp->count++ == 0) {
            tp->first = i;

        } else {
            hub->next[tp->last] = i;
        }

        tp->last = i;
        hub->next[i] = NGX_RT_READ_MESSAGES;
    }
}


static void
ngx_rt_delivery_run_topic(ngx_rt_hub_t *hub, ngx_rt_hub_topic_t *tp)
{
    ngx_queue_t          *q;
    ngx_rt_member_t      *member;
    ngx_rt_batch_set_t    set;
    ngx_rt_subscriber_t  *sub;

    set.n = 0;

    for (q = ngx_queue_head(&tp->members);
         q != ngx_queue_sentinel(&tp->members);
         q = ngx_queue_next(q))
    {
        member = ngx_queue_data(q, ngx_rt_member_t, queue);
        sub = member->sub;

        if (sub->lagging || sub->closing) {
            continue;
        }

        if (sub->nmembers == 1) {
            ngx_rt_delivery_run_group(hub, member, &set);

        } else {
            ngx_rt_delivery_defer(hub, member);
        }
    }

    ngx_rt_batch_release(&set);
}


static void
ngx_rt_delivery_run_group(ngx_rt_hub_t *hub, ngx_rt_member_t *member,
    ngx_rt_batch_set_t *set)
{
    ngx_uint_t             i, n, choice[NGX_RT_READ_MESSAGES];
    ngx_rt_batch_t       **batch;
    ngx_rt_hub_topic_t    *tp;
    ngx_rt_subscriber_t   *sub;

    tp = member->topic;
    sub = member->sub;

    if (!ngx_rt_delivery_is_wanted(member, &hub->mail[tp->first])) {
        ngx_rt_delivery_choose_of_one(hub, member);
        return;
    }

    batch = ngx_rt_batch_slot(set, ngx_rt_subscriber_format(sub));

    if (*batch == NULL) {
        n = 0;

        for (i = tp->first; i != NGX_RT_READ_MESSAGES; i = hub->next[i]) {
            choice[n++] = i;
        }

        *batch = ngx_rt_delivery_encode(hub, sub, choice, n);
    }

    ngx_rt_subscriber_deliver(sub, *batch,
                              &hub->mail[tp->last].message->msg.id, tp->count);
}


/* those of one format after those of another, so that they can share batches */

static void
ngx_rt_delivery_run_mixed(ngx_rt_hub_t *hub, ngx_uint_t n)
{
    uint64_t             format;
    ngx_uint_t           i, first;
    ngx_rt_hub_mixed_t  *mixed;

    mixed = hub->mixed.elts;
    first = 0;

    for ( ;; ) {

        while (first < hub->nmixed && mixed[first].sub == NULL) {
            first++;
        }

        if (first == hub->nmixed) {
            return;
        }

        format = ngx_rt_subscriber_format(mixed[first].sub);

        for (i = first; i < hub->nmixed; i++) {

            if (mixed[i].sub == NULL
                || ngx_rt_subscriber_format(mixed[i].sub) != format)
            {
                continue;
            }

            if (mixed[i].member) {
                ngx_rt_delivery_choose_of_one(hub, mixed[i].member);

            } else {
                ngx_rt_delivery_choose_of_all(hub, n, mixed[i].sub);
            }

            mixed[i].sub = NULL;
        }
    }
}


static void
ngx_rt_delivery_choose_of_one(ngx_rt_hub_t *hub, ngx_rt_member_t *member)
{
    ngx_uint_t  i, n, choice[NGX_RT_READ_MESSAGES];

    n = 0;
    i = member->topic->first;

    for ( /* void */ ; i != NGX_RT_READ_MESSAGES; i = hub->next[i]) {
        if (ngx_rt_delivery_is_wanted(member, &hub->mail[i])) {
            choice[n++] = i;
        }
    }

    ngx_rt_delivery_run_choice(hub, choice, n, member->sub);
}


static void
ngx_rt_delivery_choose_of_all(ngx_rt_hub_t *hub, ngx_uint_t n,
    ngx_rt_subscriber_t *sub)
{
    ngx_uint_t           i, m, choice[NGX_RT_READ_MESSAGES];
    ngx_rt_hub_topic_t  *tp;

    hub->marks++;

    for (i = 0; i < sub->nmembers; i++) {
        sub->members[i].topic->mark = hub->marks;
        sub->members[i].topic->chooser = &sub->members[i];
    }

    m = 0;

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        if (tp && tp->count && tp->mark == hub->marks
            && tp->serial == hub->mail[i].message->serial
            && ngx_rt_delivery_is_wanted(tp->chooser, &hub->mail[i]))
        {
            choice[m++] = i;
        }
    }

    ngx_rt_delivery_run_choice(hub, choice, m, sub);
}


static void
ngx_rt_delivery_run_choice(ngx_rt_hub_t *hub, ngx_uint_t *choice,
    ngx_uint_t n, ngx_rt_subscriber_t *sub)
{
    ngx_rt_hub_choice_t  *last;

    if (n == 0) {
        return;
    }

    last = &hub->choice;

    if (last->batch == NULL
        || last->format != ngx_rt_subscriber_format(sub)
        || last->n != n
        || ngx_memcmp(last->choice, choice, n * sizeof(ngx_uint_t)) != 0)
    {
        if (last->batch) {
            ngx_rt_batch_unref(last->batch);
        }

        last->batch = ngx_rt_delivery_encode(hub, sub, choice, n);
        last->format = ngx_rt_subscriber_format(sub);
        last->n = n;
        ngx_memcpy(last->choice, choice, n * sizeof(ngx_uint_t));
    }

    ngx_rt_subscriber_deliver(sub, last->batch,
                              &hub->mail[choice[n - 1]].message->msg.id, n);
}


/* NULL if there is no memory */

static ngx_rt_batch_t *
ngx_rt_delivery_encode(ngx_rt_hub_t *hub, ngx_rt_subscriber_t *sub,
    ngx_uint_t *choice, ngx_uint_t n)
{
    size_t           size;
    ngx_uint_t       i;
    ngx_rt_batch_t  *batch;

    size = 0;

    for (i = 0; i < n; i++) {
        size += hub->mail[choice[i]].message->size + 128;
    }

    batch = ngx_rt_batch_create(size);
    if (batch == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        if (ngx_rt_delivery_encode_one(hub, sub, choice[i], batch) != NGX_OK) {
            ngx_rt_batch_unref(batch);
            return NULL;
        }
    }

    return batch;
}


/* a message is encoded once for each of a few formats, whoever chooses it */

static ngx_int_t
ngx_rt_delivery_encode_one(ngx_rt_hub_t *hub, ngx_rt_subscriber_t *sub,
    ngx_uint_t i, ngx_rt_batch_t *batch)
{
    size_t                offset;
    u_char               *p;
    ngx_int_t             rc;
    ngx_rt_mail_t        *mail;
    ngx_rt_hub_frame_t   *frame;
    ngx_rt_hub_frames_t  *frames;

    mail = &hub->mail[i];
    frames = &hub->frames[i];
    frame = frames->frames;

    for ( /* void */ ; frame < &frames->frames[frames->n]; frame++) {

        if (frame->format == ngx_rt_subscriber_format(sub)) {

            p = ngx_rt_batch_reserve(batch, frame->len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            p = ngx_cpymem(p, frame->batch->data + frame->offset, frame->len);
            ngx_rt_batch_commit(batch, p);

            return NGX_OK;
        }
    }

    offset = batch->len;

    rc = sub->transport->encode(batch, sub->variant,
                                &hub->topics[mail->tag]->name,
                                &mail->message->msg);

    if (rc != NGX_OK || frames->n == NGX_RT_FRAMES) {
        return rc;
    }

    frames->n++;
    batch->refs++;

    frame->batch = batch;
    frame->format = ngx_rt_subscriber_format(sub);
    frame->offset = offset;
    frame->len = batch->len - offset;

    return NGX_OK;
}


/* to the end of the turn, when all its topics with mail are known */

static void
ngx_rt_delivery_defer(ngx_rt_hub_t *hub, ngx_rt_member_t *member)
{
    ngx_rt_hub_mixed_t   *mixed;
    ngx_rt_subscriber_t  *sub;

    sub = member->sub;
    mixed = hub->mixed.elts;

    if (sub->turn == hub->turns) {
        mixed[sub->mixed].member = NULL;
        return;
    }

    if (hub->nmixed < hub->mixed.nelts) {
        mixed = &mixed[hub->nmixed];

    } else {
        mixed = ngx_array_push(&hub->mixed);

        if (mixed == NULL) {
            sub->lagging = 1;
            ngx_rt_subscriber_queue(sub);
            return;
        }
    }

    mixed->sub = sub;
    mixed->member = member;

    sub->turn = hub->turns;
    sub->mixed = (uint32_t) hub->nmixed++;
}
