
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The hub: topics that this worker has subscribers of, and the turn, in which
 * it takes its mail.  Publishing only posts a turn for the next round of the
 * event loop, so that all publishes of this round share it.  Where messages
 * follow each other faster than they can be delivered, a turn waits for a part
 * of the time that the last one took: several messages then cost each
 * subscriber one send().
 */


#include "ngx_rt_hub.h"


/* mail is read so many times in a turn before other events get theirs */
#define NGX_RT_HUB_READS   8

/* mail is called pressing if it comes so soon after a turn, in us */
#define NGX_RT_HUB_SOON    2000

/* a turn waits for a fourth of the last one's time, and at most so many ms */
#define NGX_RT_HUB_PART    4
#define NGX_RT_HUB_WAIT    5

#define NGX_RT_HUB_TICK    1000

/* an exiting worker without a successor closes its subscribers, in ms */
#define NGX_RT_HUB_GRACE   2000


static uint64_t ngx_rt_hub_now(void);
static void ngx_rt_hub_turn_handler(ngx_event_t *ev);
static void ngx_rt_hub_tick_handler(ngx_event_t *ev);
static void ngx_rt_hub_drain(ngx_rt_hub_t *hub);
static void ngx_rt_hub_let_end(ngx_rt_subscriber_t *sub);
static void ngx_rt_hub_let_lag(ngx_rt_subscriber_t *sub);
static void ngx_rt_hub_let_miss(ngx_rt_subscriber_t *sub);
static void ngx_rt_hub_let_go_on(ngx_rt_subscriber_t *sub);
static void ngx_rt_hub_look(ngx_rt_hub_t *hub,
    const ngx_rt_mailbox_view_t *view);
static ngx_rt_hub_topic_t *ngx_rt_hub_topic_create(ngx_rt_hub_t *hub);
static void ngx_rt_hub_topic_destroy(ngx_rt_hub_t *hub,
    ngx_rt_hub_topic_t *tp);
static ngx_int_t ngx_rt_hub_grow(ngx_rt_hub_t *hub);


ngx_rt_hub_t *
ngx_rt_hub_create(ngx_cycle_t *cycle, ngx_rt_stream_t *st, ngx_rt_wake_t *wake)
{
    ngx_rt_hub_t  *hub;

    hub = ngx_pcalloc(cycle->pool, sizeof(ngx_rt_hub_t));
    if (hub == NULL) {
        return NULL;
    }

    if (ngx_array_init(&hub->mixed, cycle->pool, 64,
                       sizeof(ngx_rt_hub_mixed_t))
        != NGX_OK)
    {
        return NULL;
    }

    hub->stream = st;
    hub->zone = &st->zone;
    hub->wake = wake;
    hub->log = cycle->log;
    hub->epoch = st->zone.sh->source.epoch;
    hub->ready = ngx_rt_source_is_ready(&st->zone);

    if (ngx_rt_worker_register(hub->zone, ngx_rt_wake_addr(wake)) != NGX_OK) {
        ngx_log_error(NGX_LOG_CRIT, cycle->log, 0,
                      "zone of rt stream \"%V\" has no room for this worker",
                      &st->name);
        return NULL;
    }

    /* where workers die within their first second, no tick comes to that */

    ngx_rt_worker_reap(hub->zone);

    hub->turn.handler = ngx_rt_hub_turn_handler;
    hub->turn.data = hub;
    hub->turn.log = cycle->log;

    hub->service.handler = ngx_rt_subscriber_service_handler;
    hub->service.data = hub;
    hub->service.log = cycle->log;

    ngx_queue_init(&hub->work);
    ngx_rt_heartbeat_init(hub);

    /* does not keep a worker that exits: subscribers do, by the heartbeat */

    hub->tick.handler = ngx_rt_hub_tick_handler;
    hub->tick.data = hub;
    hub->tick.log = cycle->log;
    hub->tick.cancelable = 1;

    ngx_add_timer(&hub->tick, NGX_RT_HUB_TICK);

    ngx_rt_wake_add_hub(wake, hub);

    return hub;
}


void
ngx_rt_hub_destroy(ngx_rt_hub_t *hub)
{
    ngx_rt_heartbeat_each(hub, ngx_rt_subscriber_destroy);
    ngx_rt_heartbeat_stop(hub);

    if (hub->tick.timer_set) {
        ngx_del_timer(&hub->tick);
    }

    if (hub->turn.timer_set) {
        ngx_del_timer(&hub->turn);
    }

    ngx_rt_worker_unregister(hub->zone);

    if (hub->topics) {
        ngx_free(hub->topics);
        ngx_free(hub->free);
    }

    if (hub->cursors) {
        ngx_free(hub->cursors);
    }
}


void
ngx_rt_hub_post_turn(ngx_rt_hub_t *hub)
{
    ngx_msec_t  wait;

    if (hub->turn.timer_set) {
        return;
    }

    wait = (ngx_msec_t) (hub->turn_took / NGX_RT_HUB_PART / 1000);

    if (wait && ngx_rt_hub_now() - hub->turn_end < NGX_RT_HUB_SOON) {
        ngx_add_timer(&hub->turn, ngx_min(wait, NGX_RT_HUB_WAIT));
        return;
    }

    ngx_post_event(&hub->turn, &ngx_posted_next_events);
}


void
ngx_rt_hub_turn(ngx_rt_hub_t *hub)
{
    uint64_t                began;
    ngx_uint_t              i, n;
    ngx_rt_mailbox_view_t   view;

    if (hub->turn.timer_set) {
        ngx_del_timer(&hub->turn);
    }

    /* who has just come gets his own before the mail that followed it */

    ngx_rt_subscriber_service_handler(&hub->service);

    began = ngx_rt_hub_now();
    hub->drained = 0;

    for (i = 0; i < NGX_RT_HUB_READS; i++) {

        n = ngx_rt_mailbox_claim(hub->zone, hub->mail, &view);

        if (n == 0) {
            ngx_rt_hub_look(hub, &view);
            break;
        }

        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, hub->log, 0,
                       "rt turn: \"%V\" messages:%ui subscribers:%ui",
                       &hub->stream->name, n, hub->nsubscribers);

        ngx_rt_delivery_run(hub, n);
    }

    if (i) {
        hub->turn_end = ngx_rt_hub_now();
        hub->turn_took = hub->turn_end - began;
    }

    if (!hub->drained) {
        ngx_post_event(&hub->turn, &ngx_posted_next_events);
    }
}


ngx_int_t
ngx_rt_hub_attach(ngx_rt_hub_t *hub, ngx_rt_member_t *member,
    const ngx_str_t *name, ngx_rt_id_t *last)
{
    ngx_uint_t             tag;
    ngx_rt_hub_topic_t    *fresh, *tp;
    ngx_rt_interest_sh_t  *in;

    fresh = ngx_rt_hub_topic_create(hub);
    if (fresh == NULL) {
        return NGX_ERROR;
    }

    tag = fresh->index;

    in = ngx_rt_topic_attach(hub->zone, name, &tag, last);

    tp = (in == NULL) ? NULL : hub->topics[tag];

    if (tp != fresh) {
        ngx_rt_hub_topic_destroy(hub, fresh);
    }

    if (tp == NULL) {
        return NGX_ERROR;
    }

    if (tp == fresh) {
        tp->interest = in;
        tp->serial = in->topic->serial;
        tp->name = in->topic->name;
    }

    member->topic = tp;
    ngx_queue_insert_tail(&tp->members, &member->queue);
    tp->nmembers++;

    return NGX_OK;
}


void
ngx_rt_hub_detach(ngx_rt_hub_t *hub, ngx_rt_member_t *member)
{
    ngx_rt_hub_topic_t  *tp;

    tp = member->topic;

    ngx_queue_remove(&member->queue);
    tp->nmembers--;

    ngx_rt_topic_detach(hub->zone, tp->interest);

    if (tp->nmembers == 0) {
        ngx_rt_hub_topic_destroy(hub, tp);
    }
}


/* the time of now, not of when this round of the event loop began, in us */

static uint64_t
ngx_rt_hub_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static void
ngx_rt_hub_turn_handler(ngx_event_t *ev)
{
    ngx_rt_hub_turn(ev->data);
}


/* once a second: what no event tells */

static void
ngx_rt_hub_tick_handler(ngx_event_t *ev)
{
    ngx_rt_hub_t  *hub;

    hub = ev->data;

    switch (ngx_rt_zone_expire(hub->zone)) {

    case NGX_RT_ZONE_FULL:
        ngx_log_error(NGX_LOG_WARN, hub->log, 0,
                      "rt stream \"%V\" is full, evicting the oldest messages",
                      &hub->stream->name);
        break;

    case NGX_RT_ZONE_EASED:
        ngx_log_error(NGX_LOG_NOTICE, hub->log, 0,
                      "rt stream \"%V\" is not full any more",
                      &hub->stream->name);
        break;

    default: /* NGX_RT_ZONE_STEADY */
        break;
    }

    ngx_rt_worker_reap(hub->zone);

    /* whoever was to wake us may have died before it could */

    ngx_rt_hub_turn(hub);

    if (ngx_exiting) {
        ngx_rt_hub_drain(hub);
    }

    ngx_add_timer(ev, NGX_RT_HUB_TICK);
}


/*
 * After a reload subscribers stay: new workers publish to old ones.  When
 * nobody succeeds this worker in the zone, which is so when nginx quits and
 * when the stream is gone or has another zone, they are closed, but not all at
 * once.
 */

static void
ngx_rt_hub_drain(ngx_rt_hub_t *hub)
{
    if (hub->exiting_at == 0) {
        hub->exiting_at = ngx_current_msec;
    }

    if (hub->draining
        || ngx_current_msec - hub->exiting_at < NGX_RT_HUB_GRACE
        || ngx_rt_worker_has_successor(hub->zone))
    {
        return;
    }

    hub->draining = 1;

    ngx_log_error(NGX_LOG_NOTICE, hub->log, 0,
                  "rt stream \"%V\": closing %ui subscribers",
                  &hub->stream->name, hub->nsubscribers);

    ngx_rt_heartbeat_each(hub, ngx_rt_hub_let_end);
}


/* the mailbox is empty: is there more than mail? */

static void
ngx_rt_hub_look(ngx_rt_hub_t *hub, const ngx_rt_mailbox_view_t *view)
{
    ngx_uint_t  missed, ready;

    missed = (view->epoch != hub->epoch);
    ready = (view->ready && !hub->ready);

    hub->seen = view->last;
    hub->drained = 1;
    hub->epoch = view->epoch;
    hub->ready = view->ready;

    if (missed) {
        ngx_rt_heartbeat_each(hub, ngx_rt_hub_let_miss);

    } else if (view->overflow) {
        ngx_rt_heartbeat_each(hub, ngx_rt_hub_let_lag);

    } else if (ready) {
        ngx_rt_heartbeat_each(hub, ngx_rt_hub_let_go_on);
    }
}


static void
ngx_rt_hub_let_end(ngx_rt_subscriber_t *sub)
{
    sub->ends_at = ngx_rt_hub_drain_time();

    ngx_rt_heartbeat_remove(sub);
    ngx_rt_heartbeat_add(sub);
}


static void
ngx_rt_hub_let_lag(ngx_rt_subscriber_t *sub)
{
    sub->lagging = 1;
    ngx_rt_subscriber_queue(sub);
}


static void
ngx_rt_hub_let_miss(ngx_rt_subscriber_t *sub)
{
    sub->missed = 1;
    ngx_rt_hub_let_lag(sub);
}


static void
ngx_rt_hub_let_go_on(ngx_rt_subscriber_t *sub)
{
    if (sub->lagging) {
        ngx_rt_subscriber_queue(sub);
    }
}


static ngx_rt_hub_topic_t *
ngx_rt_hub_topic_create(ngx_rt_hub_t *hub)
{
    ngx_rt_hub_topic_t  *tp;

    if (hub->nfree == 0 && ngx_rt_hub_grow(hub) != NGX_OK) {
        return NULL;
    }

    tp = ngx_calloc(sizeof(ngx_rt_hub_topic_t), hub->log);
    if (tp == NULL) {
        return NULL;
    }

    ngx_queue_init(&tp->members);

    tp->index = hub->free[--hub->nfree];
    hub->topics[tp->index] = tp;

    return tp;
}


static void
ngx_rt_hub_topic_destroy(ngx_rt_hub_t *hub, ngx_rt_hub_topic_t *tp)
{
    if (hub->refill.topic == tp) {
        ngx_rt_replay_forget(hub);
    }

    hub->topics[tp->index] = NULL;
    hub->free[hub->nfree++] = tp->index;

    ngx_free(tp);
}


static ngx_int_t
ngx_rt_hub_grow(ngx_rt_hub_t *hub)
{
    ngx_uint_t            i, n, *indices;
    ngx_rt_hub_topic_t  **topics;

    n = hub->ntopics ? 2 * hub->ntopics : 64;

    topics = ngx_calloc(n * sizeof(ngx_rt_hub_topic_t *), hub->log);
    if (topics == NULL) {
        return NGX_ERROR;
    }

    indices = ngx_alloc(n * sizeof(ngx_uint_t), hub->log);
    if (indices == NULL) {
        ngx_free(topics);
        return NGX_ERROR;
    }

    if (hub->topics) {
        ngx_memcpy(topics, hub->topics,
                   hub->ntopics * sizeof(ngx_rt_hub_topic_t *));
        ngx_free(hub->topics);
        ngx_free(hub->free);
    }

    for (i = n; i > hub->ntopics; i--) {
        indices[hub->nfree++] = i - 1;
    }

    hub->topics = topics;
    hub->free = indices;
    hub->ntopics = n;

    return NGX_OK;
}
