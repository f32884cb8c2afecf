
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The zone of a stream whose messages another server orders, for many hosts.
 * One worker of the host, the leader, follows that source and is the only one
 * that appends; the newest id in the zone is its place, so the next leader goes
 * on from there.
 *
 *     fresh --> filled with what there is --> ready <--+
 *       ^                                      |  |    | messages were missed:
 *       +--- the source has lost messages -----+  +----+ the epoch grows
 *
 * Until the zone is ready no worker serves a reader, and what is appended is in
 * nobody's mailbox.  When the epoch grows, each worker tells its subscribers of
 * a gap; the overflow mark of a mailbox keeps the order: mail from before is
 * read first, and what comes after is then in the history.
 */


#include "ngx_rt_store.h"


/*
 * Hosts learn of a message at different times, so a client may know an id that
 * this one does not have yet.  One that is ahead of all clocks by more than
 * this, in ms, was made up.
 */
#define NGX_RT_SOURCE_AHEAD  10000

/* messages looked at under one lock */
#define NGX_RT_SOURCE_STEPS  512


static ngx_uint_t ngx_rt_source_is_served(ngx_rt_zone_t *zn, ngx_pid_t leader);
static ngx_uint_t ngx_rt_source_has_locked(ngx_rt_zone_t *zn,
    const ngx_rt_id_t *id);
static void ngx_rt_source_miss_locked(ngx_rt_zone_t *zn,
    const ngx_rt_id_t *id);
static void ngx_rt_source_wake_all_locked(ngx_rt_zone_t *zn,
    ngx_rt_wake_list_t *wake);


void
ngx_rt_source_view(ngx_rt_zone_t *zn, ngx_rt_source_view_t *view)
{
    ngx_rt_source_sh_t  *source;

    source = &zn->sh->source;

    ngx_rt_zone_lock(zn);

    view->last = zn->sh->last;
    view->lost_from = source->lost_from;
    view->lost_to = source->lost_to;
    view->acknowledged = source->acknowledged;
    view->leader = source->leader;
    view->entry_at = source->entry_at;
    view->behind = source->behind;
    view->ready = ngx_rt_source_is_ready(zn);
    view->other = (source->key != zn->source);

    ngx_rt_zone_unlock(zn);
}


ngx_uint_t
ngx_rt_source_lead(ngx_rt_zone_t *zn)
{
    ngx_pid_t            leader;
    ngx_rt_source_sh_t  *source;

    source = &zn->sh->source;
    leader = source->leader;

    if (leader == ngx_pid) {
        return 1;
    }

    if (leader && ngx_rt_source_is_served(zn, leader)) {
        return 0;
    }

    ngx_rt_zone_lock(zn);

    /* another worker may have been faster */

    if (source->leader == leader) {
        source->leader = ngx_pid;
        leader = ngx_pid;
    }

    ngx_rt_zone_unlock(zn);

    return (leader == ngx_pid);
}


void
ngx_rt_source_resign(ngx_rt_zone_t *zn)
{
    ngx_rt_zone_lock(zn);

    if (zn->sh->source.leader == ngx_pid) {
        zn->sh->source.leader = 0;
    }

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_adopt(ngx_rt_zone_t *zn)
{
    ngx_rt_zone_lock(zn);

    if (zn->sh->source.key != zn->source) {
        zn->sh->source.key = zn->source;
        zn->sh->source.filling = 0;
        zn->sh->source.opened = 0;
    }

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_acknowledge(ngx_rt_zone_t *zn, const ngx_rt_id_t *id)
{
    ngx_rt_zone_lock(zn);

    if (ngx_rt_id_is(id, >, &zn->sh->source.acknowledged)) {
        zn->sh->source.acknowledged = *id;
    }

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_fill(ngx_rt_zone_t *zn, const ngx_rt_id_t *id)
{
    ngx_uint_t          i;
    ngx_rt_topic_sh_t  *tp;

    ngx_rt_zone_lock(zn);

    zn->sh->source.key = zn->source;
    zn->sh->source.begin = *id;
    zn->sh->floor = *id;

    for (i = 0; i <= zn->sh->mask; i++) {
        for (tp = zn->sh->buckets[i]; tp; tp = tp->next) {
            tp->last = *id;
            tp->dropped = *id;
        }
    }

    ngx_rt_barrier();
    zn->sh->last = *id;

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_open(ngx_rt_zone_t *zn, ngx_rt_wake_list_t *wake)
{
    ngx_rt_zone_lock(zn);

    zn->sh->source.filling = 0;
    zn->sh->source.opened = 1;

    ngx_rt_source_wake_all_locked(zn, wake);

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_leave(ngx_rt_zone_t *zn)
{
    ngx_rt_id_t          id;
    ngx_rt_source_sh_t  *source;

    source = &zn->sh->source;

    ngx_rt_zone_lock(zn);

    if (source->key || source->filling) {
        source->key = 0;
        source->filling = 0;

        ngx_rt_history_next_id_locked(zn, &id);
        ngx_rt_source_miss_locked(zn, &id);
    }

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_miss(ngx_rt_zone_t *zn, const ngx_rt_id_t *id,
    ngx_rt_wake_list_t *wake)
{
    ngx_rt_id_t  next;

    ngx_rt_zone_lock(zn);

    if (id == NULL) {
        ngx_rt_history_next_id_locked(zn, &next);
        id = &next;
    }

    ngx_rt_source_miss_locked(zn, id);
    ngx_rt_source_wake_all_locked(zn, wake);

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_lose(ngx_rt_zone_t *zn, const ngx_rt_publication_t *pub,
    ngx_rt_wake_list_t *wake)
{
    uint64_t            hash;
    ngx_rt_id_t         id;
    ngx_rt_topic_sh_t  *tp;

    hash = ngx_rt_name_hash(zn->sh->key, &pub->topic);

    wake->n = 0;
    wake->self = 0;

    ngx_rt_zone_lock(zn);

    id = pub->id;

    if (!zn->foreign) {
        ngx_rt_history_next_id_locked(zn, &id);
    }

    tp = ngx_rt_topic_find_locked(zn, &pub->topic, hash);

    /* a topic that is not there has no subscribers here */

    if (tp == NULL) {
        zn->sh->floor = id;
        zn->sh->last = id;
    }

    ngx_rt_zone_unlock(zn);

    if (tp != NULL) {
        ngx_rt_source_miss(zn, &id, wake);
    }
}


/*
 * If this worker dies in the middle, "last" is still the old one, so the next
 * leader comes to the same conclusion and begins anew.
 */

void
ngx_rt_source_reset(ngx_rt_zone_t *zn, const ngx_rt_id_t *id,
    ngx_rt_wake_list_t *wake)
{
    ngx_uint_t           i;
    ngx_rt_topic_sh_t   *tp;
    ngx_rt_source_sh_t  *source;

    source = &zn->sh->source;

    ngx_rt_zone_lock(zn);

    source->filling = 1;
    source->epoch++;

    if (ngx_rt_id_is(&source->lost_from, ==, &source->lost_to)
        || ngx_rt_id_is(id, <, &source->lost_from))
    {
        source->lost_from = *id;
    }

    if (ngx_rt_id_is(&zn->sh->last, >, &source->lost_to)) {
        source->lost_to = zn->sh->last;
    }

    source->begin = *id;

    zn->sh->messages.next = &zn->sh->messages;
    ngx_rt_barrier();

    ngx_rt_zone_recover_locked(zn);

    /* topics that went by that have raised it to what they dropped */

    zn->sh->floor = *id;

    for (i = 0; i <= zn->sh->mask; i++) {
        for (tp = zn->sh->buckets[i]; tp; tp = tp->next) {
            tp->last = *id;
            tp->dropped = *id;
        }
    }

    ngx_rt_barrier();

    source->key = zn->source;
    ngx_memzero(&source->acknowledged, sizeof(ngx_rt_id_t));
    zn->sh->last = *id;

    ngx_rt_source_wake_all_locked(zn, wake);

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_source_note(ngx_rt_zone_t *zn, ngx_uint_t taken, uint64_t behind)
{
    ngx_rt_zone_lock(zn);

    if (taken) {
        zn->sh->source.entry_at = ngx_time();
    }

    zn->sh->source.behind = behind;

    ngx_rt_zone_unlock(zn);
}


ngx_uint_t
ngx_rt_source_has(ngx_rt_zone_t *zn, const ngx_rt_id_t *id)
{
    ngx_uint_t  has;

    ngx_rt_zone_lock(zn);
    has = ngx_rt_source_has_locked(zn, id);
    ngx_rt_zone_unlock(zn);

    return has;
}


ngx_uint_t
ngx_rt_source_is_strange_locked(ngx_rt_zone_t *zn, const ngx_rt_id_t *id,
    ngx_rt_id_t *from)
{
    uint64_t             ms;
    ngx_time_t          *now;
    ngx_rt_source_sh_t  *source;

    source = &zn->sh->source;

    if (ngx_rt_id_is(id, >, &source->lost_from)
        && !ngx_rt_id_is(id, >, &source->lost_to)
        && !ngx_rt_source_has_locked(zn, id))
    {
        *from = source->lost_from;
        return 1;
    }

    if (!ngx_rt_id_is(id, >, &zn->sh->last)) {
        return 0;
    }

    if (zn->foreign) {
        now = ngx_timeofday();
        ms = (uint64_t) now->sec * 1000 + now->msec;
        ms = ngx_max(ms, zn->sh->last.ms) + NGX_RT_SOURCE_AHEAD;

        if (id->ms < ms) {
            return 0;
        }
    }

    /* what is not yet may not be skipped when it comes */

    ngx_memzero(from, sizeof(ngx_rt_id_t));

    return 1;
}


static void
ngx_rt_source_miss_locked(ngx_rt_zone_t *zn, const ngx_rt_id_t *id)
{
    ngx_rt_worker_sh_t  *wk;

    zn->sh->source.epoch++;
    zn->sh->source.begin = *id;

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        wk->mailbox.overflow = 1;
    }

    ngx_rt_barrier();
    zn->sh->last = *id;
}


/* the leader lives, and it is a worker, not another process of its number */

static ngx_uint_t
ngx_rt_source_is_served(ngx_rt_zone_t *zn, ngx_pid_t leader)
{
    ngx_rt_worker_sh_t  *wk;

    ngx_rt_zone_lock(zn);

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        if (wk->pid == leader) {
            break;
        }
    }

    ngx_rt_zone_unlock(zn);

    return wk && (kill(leader, 0) == 0 || ngx_errno != ESRCH);
}


/* that of the newest may be one of an entry that was skipped */

static ngx_uint_t
ngx_rt_source_has_locked(ngx_rt_zone_t *zn, const ngx_rt_id_t *id)
{
    ngx_uint_t            n;
    ngx_queue_t          *q;
    ngx_rt_message_sh_t  *m;

    if (ngx_rt_id_is(id, ==, &zn->sh->last)) {
        return 1;
    }

    q = ngx_queue_last(&zn->sh->messages);

    for (n = 0; n < NGX_RT_SOURCE_STEPS; n++) {

        if (q == ngx_queue_sentinel(&zn->sh->messages)) {
            break;
        }

        m = ngx_queue_data(q, ngx_rt_message_sh_t, queue);

        if (!ngx_rt_id_is(&m->msg.id, >, id)) {
            return ngx_rt_id_is(&m->msg.id, ==, id);
        }

        q = ngx_queue_prev(q);
    }

    return 0;
}


static void
ngx_rt_source_wake_all_locked(ngx_rt_zone_t *zn, ngx_rt_wake_list_t *wake)
{
    ngx_rt_worker_sh_t  *wk;

    wake->n = 0;
    wake->self = 0;

    for (wk = zn->sh->workers; wk; wk = wk->next) {

        if (!wk->mailbox.sleeping) {
            continue;
        }

        if (wk == zn->worker) {
            wake->self = 1;

        } else if (wake->n < NGX_RT_WAKE_MAX) {
            wake->addr[wake->n++] = wk->addr;

        } else {
            continue;
        }

        wk->mailbox.sleeping = 0;
    }
}
