
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * What is due for a subscriber without any event: a ping, the end of its life,
 * the end of our patience with a client that takes nothing.  All subscribers
 * sit in a wheel, each in the slot of what comes first, and one timer turns it.
 * The timer is what keeps an exiting worker alive while it has subscribers.
 */


#include "ngx_rt_hub.h"


/* subscribers served before other events get their turn */
#define NGX_RT_HEARTBEAT_RUN  1024


static void ngx_rt_heartbeat_handler(ngx_event_t *ev);
static void ngx_rt_heartbeat_run(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_set_t *set);
static void ngx_rt_heartbeat_give_up(ngx_rt_subscriber_t *sub,
    const char *why);
static void ngx_rt_heartbeat_ping(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_set_t *set);
static ngx_msec_t ngx_rt_heartbeat_due(ngx_rt_subscriber_t *sub);
static void ngx_rt_heartbeat_schedule(ngx_rt_hub_t *hub);

#define ngx_rt_heartbeat_before(a, b)  ((ngx_msec_int_t) ((a) - (b)) < 0)


void
ngx_rt_heartbeat_init(ngx_rt_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_RT_WHEEL_SLOTS; i++) {
        ngx_queue_init(&hub->wheel[i]);
    }

    ngx_queue_init(&hub->due);

    hub->heartbeat.handler = ngx_rt_heartbeat_handler;
    hub->heartbeat.data = hub;
    hub->heartbeat.log = hub->log;
}


void
ngx_rt_heartbeat_stop(ngx_rt_hub_t *hub)
{
    if (hub->heartbeat.timer_set) {
        ngx_del_timer(&hub->heartbeat);
    }
}


void
ngx_rt_heartbeat_add(ngx_rt_subscriber_t *sub)
{
    ngx_uint_t     step, now;
    ngx_rt_hub_t  *hub;

    hub = sub->hub;
    now = ngx_current_msec / NGX_RT_WHEEL_STEP;

    if (!hub->heartbeat.timer_set) {
        hub->wheel_at = now;
    }

    step = ngx_rt_heartbeat_due(sub) / NGX_RT_WHEEL_STEP + 1;

    if (step <= hub->wheel_at) {
        step = hub->wheel_at + 1;
    }

    /* what is due later than in a round is looked at once a round */

    if (step - hub->wheel_at >= NGX_RT_WHEEL_SLOTS) {
        step = hub->wheel_at + NGX_RT_WHEEL_SLOTS - 1;
    }

    ngx_queue_insert_tail(&hub->wheel[step % NGX_RT_WHEEL_SLOTS],
                          &sub->wheel);

    if (!hub->heartbeat.timer_set
        || ngx_rt_heartbeat_before(step * NGX_RT_WHEEL_STEP,
                                   hub->heartbeat.timer.key))
    {
        ngx_add_timer(&hub->heartbeat, step * NGX_RT_WHEEL_STEP
                                       - ngx_min(ngx_current_msec,
                                                 step * NGX_RT_WHEEL_STEP));
    }
}


void
ngx_rt_heartbeat_remove(ngx_rt_subscriber_t *sub)
{
    ngx_queue_remove(&sub->wheel);

    if (sub->hub->nsubscribers == 0) {
        ngx_rt_heartbeat_stop(sub->hub);
    }
}


void
ngx_rt_heartbeat_each(ngx_rt_hub_t *hub, ngx_rt_heartbeat_each_pt handler)
{
    ngx_uint_t            i;
    ngx_queue_t           all, *q;
    ngx_rt_subscriber_t  *sub;

    ngx_queue_init(&all);
    ngx_queue_add(&all, &hub->due);
    ngx_queue_init(&hub->due);

    for (i = 0; i < NGX_RT_WHEEL_SLOTS; i++) {
        if (!ngx_queue_empty(&hub->wheel[i])) {
            ngx_queue_add(&all, &hub->wheel[i]);
            ngx_queue_init(&hub->wheel[i]);
        }
    }

    while (!ngx_queue_empty(&all)) {
        q = ngx_queue_head(&all);
        ngx_queue_remove(q);

        sub = ngx_queue_data(q, ngx_rt_subscriber_t, wheel);

        ngx_rt_heartbeat_add(sub);
        handler(sub);
    }
}


static void
ngx_rt_heartbeat_handler(ngx_event_t *ev)
{
    ngx_uint_t            i, now;
    ngx_queue_t          *q, *slot;
    ngx_rt_hub_t         *hub;
    ngx_rt_batch_set_t    set;
    ngx_rt_subscriber_t  *sub;

    hub = ev->data;
    now = ngx_current_msec / NGX_RT_WHEEL_STEP;

    /* more than a round behind, each slot still has to be visited only once */

    if (now - hub->wheel_at > NGX_RT_WHEEL_SLOTS) {
        hub->wheel_at = now - NGX_RT_WHEEL_SLOTS;
    }

    while (hub->wheel_at < now) {
        hub->wheel_at++;
        slot = &hub->wheel[hub->wheel_at % NGX_RT_WHEEL_SLOTS];

        if (!ngx_queue_empty(slot)) {
            ngx_queue_add(&hub->due, slot);
            ngx_queue_init(slot);
        }
    }

    /* a ping says where the client is, so it must have all its mail */

    ngx_rt_hub_turn(hub);

    set.n = 0;

    for (i = 0; i < NGX_RT_HEARTBEAT_RUN; i++) {

        if (ngx_queue_empty(&hub->due)) {
            break;
        }

        q = ngx_queue_head(&hub->due);
        sub = ngx_queue_data(q, ngx_rt_subscriber_t, wheel);

        ngx_rt_heartbeat_run(sub, &set);

        ngx_queue_remove(q);
        ngx_rt_heartbeat_add(sub);
    }

    ngx_rt_batch_release(&set);

    ngx_rt_heartbeat_schedule(hub);
}


static void
ngx_rt_heartbeat_run(ngx_rt_subscriber_t *sub, ngx_rt_batch_set_t *set)
{
    ngx_msec_t  now;

    now = ngx_current_msec;

    if (sub->failed) {
        return;
    }

    if (sub->backlog
        && now - ngx_rt_subscriber_stalled_at(sub) >= sub->conf->send_timeout)
    {
        ngx_rt_heartbeat_give_up(sub, "client timed out");
        return;
    }

    if (sub->awaited && !ngx_rt_heartbeat_before(now, sub->ends_at)) {
        ngx_rt_heartbeat_give_up(sub, "client did not answer the goodbye");
        return;
    }

    if (sub->closing) {
        return;
    }

    if (sub->ends_at && !ngx_rt_heartbeat_before(now, sub->ends_at)) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_AWAY);
        return;
    }

    if (sub->conf->ping && !ngx_rt_heartbeat_before(now, sub->ping_at)) {
        sub->ping_at = now + sub->conf->ping;

        if (sub->backlog || sub->opening) {
            return;
        }

        if (sub->transport->read
            && !sub->paused
            && now - sub->heard_at >= 2 * sub->conf->ping)
        {
            ngx_rt_counter_add(sub->hub->zone, silent, 1);
            ngx_rt_heartbeat_give_up(sub, "client does not answer pings");
            return;
        }

        if (!sub->lagging || !sub->hub->ready) {
            ngx_rt_heartbeat_ping(sub, set);
        }
    }
}


static void
ngx_rt_heartbeat_give_up(ngx_rt_subscriber_t *sub, const char *why)
{
    ngx_connection_t  *c;

    c = sub->sink->connection(sub);

    ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT, "%s", why);
    c->timedout = 1;

    ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
}


static void
ngx_rt_heartbeat_ping(ngx_rt_subscriber_t *sub, ngx_rt_batch_set_t *set)
{
    ngx_rt_id_t     *id;
    ngx_rt_hub_t    *hub;
    ngx_rt_batch_t  *own, **batch;

    hub = sub->hub;

    if (sub->transport->beat == NULL) {
        return;
    }

    /* some know of more than this host, or wait for their history */

    id = (hub->drained
          && !sub->lagging
          && !ngx_rt_id_is(&sub->position, >, &hub->seen))
         ? &hub->seen : NULL;

    own = NULL;

    batch = (id || !hub->drained)
            ? ngx_rt_batch_slot(set, ngx_rt_subscriber_format(sub)) : &own;

    if (*batch == NULL) {
        *batch = ngx_rt_batch_create(128);

        if (*batch == NULL) {
            return;
        }

        if (sub->transport->beat(*batch, sub->variant, id) != NGX_OK) {
            (*batch)->len = 0;
        }
    }

    if ((*batch)->len
        && ngx_rt_subscriber_send(sub, *batch) == NGX_OK
        && id)
    {
        sub->position = *id;
    }

    if (own) {
        ngx_rt_batch_unref(own);
    }
}


static ngx_msec_t
ngx_rt_heartbeat_due(ngx_rt_subscriber_t *sub)
{
    ngx_msec_t  due, at;

    due = (sub->conf->ping && !sub->closing) ? sub->ping_at
                          : ngx_current_msec + NGX_RT_WHEEL_SLOTS
                                               * NGX_RT_WHEEL_STEP;

    if (sub->ends_at
        && (!sub->closing || sub->awaited)
        && ngx_rt_heartbeat_before(sub->ends_at, due))
    {
        due = sub->ends_at;
    }

    if (sub->backlog) {
        at = ngx_rt_subscriber_stalled_at(sub) + sub->conf->send_timeout;

        if (ngx_rt_heartbeat_before(at, due)) {
            due = at;
        }
    }

    return due;
}


/* to the next slot that has anybody in it */

static void
ngx_rt_heartbeat_schedule(ngx_rt_hub_t *hub)
{
    ngx_uint_t  step;
    ngx_msec_t  at;

    if (!ngx_queue_empty(&hub->due)) {
        ngx_add_timer(&hub->heartbeat, 1);
        return;
    }

    for (step = hub->wheel_at + 1;
         step <= hub->wheel_at + NGX_RT_WHEEL_SLOTS;
         step++)
    {
        if (!ngx_queue_empty(&hub->wheel[step % NGX_RT_WHEEL_SLOTS])) {
            at = step * NGX_RT_WHEEL_STEP;

            ngx_add_timer(&hub->heartbeat,
                          ngx_rt_heartbeat_before(ngx_current_msec, at)
                          ? at - ngx_current_msec : 0);
            return;
        }
    }
}
