
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
    ngx_rt_hub_topic_t *tp, ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t **batches);
static void ngx_rt_delivery_run_choice(ngx_rt_hub_t *hub, ngx_uint_t n,
    ngx_rt_subscriber_t *sub);
static ngx_rt_batch_t *ngx_rt_delivery_encode(ngx_rt_hub_t *hub,
    ngx_rt_subscriber_t *sub, ngx_uint_t *choice, ngx_uint_t n);
static void ngx_rt_delivery_defer(ngx_rt_hub_t *hub,
    ngx_rt_subscriber_t *sub);


void
ngx_rt_delivery_run(ngx_rt_hub_t *hub, ngx_uint_t n)
{
    ngx_uint_t             i;
    ngx_rt_hub_topic_t    *tp;
    ngx_rt_subscriber_t  **sub;

    hub->turns++;
    hub->nmixed = 0;

    ngx_rt_delivery_group(hub, n);

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        if (tp && tp->count && tp->first == i) {
            ngx_rt_delivery_run_topic(hub, tp);
        }
    }

    for (i = 0; i < hub->nmixed; i++) {
        sub = hub->mixed.elts;
        ngx_rt_delivery_run_choice(hub, n, sub[i]);
    }

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        if (tp) {
            tp->count = 0;
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
    ngx_uint_t            i;
    ngx_queue_t          *q;
    ngx_rt_batch_t       *batches[NGX_RT_FORMATS];
    ngx_rt_member_t      *member;
    ngx_rt_subscriber_t  *sub;

    ngx_memzero(batches, sizeof(batches));

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
            ngx_rt_delivery_run_group(hub, tp, sub, batches);

        } else if (sub->turn != hub->turns) {
            sub->turn = hub->turns;
            ngx_rt_delivery_defer(hub, sub);
        }
    }

    for (i = 0; i < NGX_RT_FORMATS; i++) {
        if (batches[i]) {
            ngx_rt_batch_unref(batches[i]);
        }
    }
}


static void
ngx_rt_delivery_run_group(ngx_rt_hub_t *hub, ngx_rt_hub_topic_t *tp,
    ngx_rt_subscriber_t *sub, ngx_rt_batch_t **batches)
{
    ngx_uint_t       i, n, choice[NGX_RT_READ_MESSAGES];
    ngx_rt_batch_t  *batch;

    if (!ngx_rt_id_is(&sub->position, <,
                      &hub->mail[tp->first].message->msg.id))
    {
        ngx_rt_delivery_run_choice(hub, tp->last + 1, sub);
        return;
    }

    batch = batches[ngx_rt_subscriber_format(sub)];

    if (batch == NULL) {
        n = 0;

        for (i = tp->first; i != NGX_RT_READ_MESSAGES; i = hub->next[i]) {
            choice[n++] = i;
        }

        batch = ngx_rt_delivery_encode(hub, sub, choice, n);
        batches[ngx_rt_subscriber_format(sub)] = batch;
    }

    ngx_rt_subscriber_deliver(sub, batch,
                              &hub->mail[tp->last].message->msg.id, tp->count);
}


static void
ngx_rt_delivery_run_choice(ngx_rt_hub_t *hub, ngx_uint_t n,
    ngx_rt_subscriber_t *sub)
{
    ngx_uint_t            i, m, choice[NGX_RT_READ_MESSAGES];
    ngx_rt_hub_topic_t   *tp;
    ngx_rt_hub_choice_t  *last;

    last = &hub->choice;
    hub->marks++;

    for (i = 0; i < sub->nmembers; i++) {
        sub->members[i].topic->mark = hub->marks;
    }

    m = 0;

    for (i = 0; i < n; i++) {
        tp = hub->topics[hub->mail[i].tag];

        if (tp && tp->count && tp->mark == hub->marks
            && tp->serial == hub->mail[i].message->serial
            && ngx_rt_id_is(&sub->position, <, &hub->mail[i].message->msg.id))
        {
            choice[m++] = i;
        }
    }

    if (m == 0) {
        return;
    }

    if (last->batch == NULL
        || last->format != ngx_rt_subscriber_format(sub)
        || last->n != m
        || ngx_memcmp(last->choice, choice, m * sizeof(ngx_uint_t)) != 0)
    {
        if (last->batch) {
            ngx_rt_batch_unref(last->batch);
        }

        last->batch = ngx_rt_delivery_encode(hub, sub, choice, m);
        last->format = ngx_rt_subscriber_format(sub);
        last->n = m;
        ngx_memcpy(last->choice, choice, m * sizeof(ngx_uint_t));
    }

    ngx_rt_subscriber_deliver(sub, last->batch,
                              &hub->mail[choice[m - 1]].message->msg.id, m);
}


/* NULL if there is no memory */

static ngx_rt_batch_t *
ngx_rt_delivery_encode(ngx_rt_hub_t *hub, ngx_rt_subscriber_t *sub,
    ngx_uint_t *choice, ngx_uint_t n)
{
    size_t               size;
    ngx_uint_t           i;
    ngx_rt_mail_t       *mail;
    ngx_rt_batch_t      *batch;

    size = 0;

    for (i = 0; i < n; i++) {
        size += hub->mail[choice[i]].message->size + 128;
    }

    batch = ngx_rt_batch_create(size);
    if (batch == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        mail = &hub->mail[choice[i]];

        if (sub->transport->encode(batch, sub->variant,
                                   &hub->topics[mail->tag]->name,
                                   &mail->message->msg)
            != NGX_OK)
        {
            ngx_rt_batch_unref(batch);
            return NULL;
        }
    }

    return batch;
}


/* to the end of the turn, when all topics with mail are known */

static void
ngx_rt_delivery_defer(ngx_rt_hub_t *hub, ngx_rt_subscriber_t *sub)
{
    ngx_rt_subscriber_t  **p;

    if (hub->nmixed < hub->mixed.nelts) {
        p = hub->mixed.elts;
        p[hub->nmixed++] = sub;
        return;
    }

    p = ngx_array_push(&hub->mixed);

    if (p == NULL) {
        sub->lagging = 1;
        ngx_rt_subscriber_queue(sub);
        return;
    }

    *p = sub;
    hub->nmixed++;
}
