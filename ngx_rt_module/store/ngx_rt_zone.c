
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The zone: its creation, its lock, its memory.  When the memory is used up the
 * oldest messages of the stream make room; a publish is refused only if readers
 * hold all that is left.
 */


#include "ngx_rt_store.h"


/* messages dropped at a time, under one lock */
#define NGX_RT_ZONE_EVICT    1024
#define NGX_RT_ZONE_EXPIRE   256

/* a full zone is called eased when nothing was evicted for so long, in ms */
#define NGX_RT_ZONE_EASE     10000


static ngx_int_t ngx_rt_zone_create(ngx_rt_zone_t *zn);
static ngx_rt_message_sh_t *ngx_rt_zone_oldest_locked(ngx_rt_zone_t *zn);
static void ngx_rt_zone_drop_locked(ngx_rt_zone_t *zn,
    ngx_rt_message_sh_t *m);
static void ngx_rt_zone_recover_history_locked(ngx_rt_zone_t *zn);
static void ngx_rt_zone_recover_workers_locked(ngx_rt_zone_t *zn);
static void ngx_rt_zone_recover_each_locked(ngx_rt_zone_t *zn,
    ngx_rt_worker_sh_t *wk,
    void (*handler)(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m));
static void ngx_rt_zone_recover_reset(ngx_rt_zone_t *zn,
    ngx_rt_message_sh_t *m);
static void ngx_rt_zone_recover_count(ngx_rt_zone_t *zn,
    ngx_rt_message_sh_t *m);


ngx_int_t
ngx_rt_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_rt_zone_t  *zn, *old;

    old = data;
    zn = shm_zone->data;

    if (old) {
        zn->shpool = old->shpool;
        zn->sh = old->sh;

    } else {
        zn->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

        if (shm_zone->shm.exists) {
            zn->sh = zn->shpool->data;

        } else if (ngx_rt_zone_create(zn) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "zone of rt stream \"%V\" is too small", &zn->name);
            return NGX_ERROR;
        }
    }

    /* only the master process comes here, workers read their copy of it */

    zn->generation = ++zn->sh->generation;

    if (zn->source == 0) {
        ngx_rt_source_leave(zn);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_zone_create(ngx_rt_zone_t *zn)
{
    u_char            *p;
    size_t             size;
    ngx_uint_t         n;
    ngx_time_t        *now;
    ngx_rt_zone_sh_t  *sh;

    sh = ngx_slab_calloc(zn->shpool, sizeof(ngx_rt_zone_sh_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    /* one bucket for 2 KB of zone, about four topics of an average kind */

    for (n = 64; n < zn->shm_zone->shm.size / 2048; n *= 2) { /* void */ }

    sh->mask = n - 1;

    sh->buckets = ngx_slab_calloc(zn->shpool, n * sizeof(ngx_rt_topic_sh_t *));
    if (sh->buckets == NULL) {
        return NGX_ERROR;
    }

    size = zn->shpool->pfree << ngx_pagesize_shift;

    p = ngx_slab_alloc(zn->shpool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_rt_arena_init(&sh->arena, p, size);

    for (n = 0; n < 2; n++) {
        sh->key[n] = (uint64_t) ngx_random() << 42
                     ^ (uint64_t) ngx_random() << 21
                     ^ (uint64_t) ngx_random();
    }

    ngx_queue_init(&sh->messages);

    /* what was published before is not known: a resume from then is a gap */

    sh->source.filling = zn->foreign;

    if (!zn->foreign) {
        now = ngx_timeofday();

        sh->last.ms = (uint64_t) now->sec * 1000 + now->msec;
        sh->floor = sh->last;
    }

    zn->sh = sh;
    zn->shpool->data = sh;

    return NGX_OK;
}


void
ngx_rt_zone_lock(ngx_rt_zone_t *zn)
{
    ngx_shmtx_lock(&zn->shpool->mutex);

    if (zn->sh->owner) {
        ngx_rt_zone_recover_locked(zn);
    }

    zn->sh->owner = ngx_pid;
    ngx_rt_barrier();
}


void
ngx_rt_zone_unlock(ngx_rt_zone_t *zn)
{
    ngx_rt_barrier();
    zn->sh->owner = 0;

    ngx_shmtx_unlock(&zn->shpool->mutex);
}


#if (NGX_DEBUG)

void
ngx_rt_zone_check_locked(ngx_rt_zone_t *zn, const char *function)
{
    if (*zn->shpool->mutex.lock != (ngx_atomic_uint_t) ngx_pid) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "rt zone is not locked in %s()", function);
    }
}

#endif


void *
ngx_rt_zone_alloc_locked(ngx_rt_zone_t *zn, size_t size)
{
    void                 *p;
    ngx_uint_t            n;
    ngx_rt_message_sh_t  *m;

    ngx_rt_zone_check(zn);

    for (n = 0; n < NGX_RT_ZONE_EVICT; n++) {

        p = ngx_rt_arena_alloc(&zn->sh->arena, size);

        if (p != NULL) {
            return p;
        }

        m = ngx_rt_zone_oldest_locked(zn);

        /* to drop what waits in a mailbox as well gives no room */

        if ((m == NULL || m->refs > 1)
            && ngx_rt_mailbox_reclaim_locked(zn) == NGX_OK)
        {
            continue;
        }

        if (m == NULL) {
            break;
        }

        ngx_rt_zone_drop_locked(zn, m);

        zn->sh->full = 1;
        zn->sh->evicted = ngx_current_msec;
        zn->sh->counters[NGX_RT_COUNTER_evicted]++;
    }

    return NULL;
}


void
ngx_rt_zone_free_locked(ngx_rt_zone_t *zn, void *p)
{
    ngx_rt_zone_check(zn);

    ngx_rt_arena_free(&zn->sh->arena, p);
}


ngx_rt_zone_change_e
ngx_rt_zone_expire(ngx_rt_zone_t *zn)
{
    ngx_uint_t             n;
    ngx_rt_zone_sh_t      *sh;
    ngx_rt_message_sh_t   *m;
    ngx_rt_zone_change_e   change;

    sh = zn->sh;

    do {
        ngx_rt_zone_lock(zn);

        for (n = 0; n < NGX_RT_ZONE_EXPIRE; n++) {

            m = ngx_rt_zone_oldest_locked(zn);

            if (m == NULL || !ngx_rt_is_past(m->created, zn->age)) {
                break;
            }

            ngx_rt_zone_drop_locked(zn, m);
        }

        change = NGX_RT_ZONE_STEADY;

        if (sh->full && ngx_rt_is_past(sh->evicted, NGX_RT_ZONE_EASE)) {
            change = sh->told ? NGX_RT_ZONE_EASED : NGX_RT_ZONE_STEADY;
            sh->full = 0;
            sh->told = 0;

        } else if (sh->full && !sh->told) {
            change = NGX_RT_ZONE_FULL;
            sh->told = 1;
        }

        ngx_rt_zone_unlock(zn);

    } while (n == NGX_RT_ZONE_EXPIRE);

    return change;
}


void
ngx_rt_zone_describe(ngx_rt_zone_t *zn, ngx_rt_zone_info_t *info)
{
    ngx_uint_t           i;
    ngx_rt_worker_sh_t  *wk;

    ngx_rt_zone_lock(zn);

    info->generation = zn->sh->generation;
    info->ntopics = zn->sh->ntopics;
    info->nmessages = zn->sh->nmessages;
    info->full = zn->sh->full;
    info->used = zn->sh->arena.used;
    info->last = zn->sh->last;

    ngx_memcpy(info->counters, zn->sh->counters, sizeof(info->counters));

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        for (i = 0; i < NGX_RT_NCOUNTERS; i++) {
            info->counters[i] += wk->counters[i];
        }
    }

    ngx_rt_zone_unlock(zn);

    info->size = (size_t) zn->sh->arena.npages * NGX_RT_PAGE;
}


/* of all messages of the stream; NULL: there is none */

static ngx_rt_message_sh_t *
ngx_rt_zone_oldest_locked(ngx_rt_zone_t *zn)
{
    ngx_queue_t  *q;

    if (ngx_queue_empty(&zn->sh->messages)) {
        return NULL;
    }

    q = ngx_queue_head(&zn->sh->messages);

    return ngx_queue_data(q, ngx_rt_message_sh_t, queue);
}


static void
ngx_rt_zone_drop_locked(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m)
{
    ngx_rt_topic_sh_t  *tp;

    /* the oldest message of the stream is the oldest of its topic */

    tp = m->topic;

    ngx_rt_history_drop_locked(zn, tp);
    ngx_rt_topic_release_locked(zn, tp);
}


/*
 * The last owner of the lock died in the middle.  What is computed from the
 * four chains is computed anew, and so is the use of memory.  This takes as
 * long as the zone has entries, and happens once for a worker that is killed
 * within these few microseconds.
 */

void
ngx_rt_zone_recover_locked(ngx_rt_zone_t *zn)
{
    ngx_uint_t          i;
    ngx_rt_topic_sh_t  *tp, *next;

    zn->guarded = NULL;
    zn->sh->ntopics = 0;
    zn->sh->ninterests = 0;

    ngx_rt_arena_clear(&zn->sh->arena);

    for (i = 0; i <= zn->sh->mask; i++) {
        for (tp = zn->sh->buckets[i]; tp; tp = tp->next) {
            zn->sh->ntopics++;

            tp->oldest = NULL;
            tp->newest = NULL;
            tp->nmessages = 0;
            tp->interests = NULL;
            tp->nsubscribers = 0;

            ngx_rt_arena_mark(&zn->sh->arena, tp);
        }
    }

    ngx_rt_zone_recover_history_locked(zn);
    ngx_rt_zone_recover_workers_locked(zn);

    ngx_rt_arena_rebuild(&zn->sh->arena);

    for (i = 0; i <= zn->sh->mask; i++) {
        for (tp = zn->sh->buckets[i]; tp; tp = next) {
            next = tp->next;
            ngx_rt_topic_release_locked(zn, tp);
        }
    }
}


static void
ngx_rt_zone_recover_history_locked(ngx_rt_zone_t *zn)
{
    ngx_queue_t          *q, *prev;
    ngx_rt_topic_sh_t    *tp;
    ngx_rt_message_sh_t  *m;

    zn->sh->nmessages = 0;
    prev = &zn->sh->messages;

    for (q = ngx_queue_next(prev); q != &zn->sh->messages; q = q->next) {
        q->prev = prev;
        prev = q;

        m = ngx_queue_data(q, ngx_rt_message_sh_t, queue);
        tp = m->topic;

        m->next = NULL;
        m->prev = tp->newest;

        if (tp->newest) {
            tp->newest->next = m;

        } else {
            tp->oldest = m;
        }

        tp->newest = m;
        tp->last = m->msg.id;
        tp->nmessages++;
        zn->sh->nmessages++;

        /* the last one was linked, and its id was about to be noted */

        if (ngx_rt_id_is(&m->msg.id, >, &zn->sh->last)) {
            zn->sh->last = m->msg.id;
        }
    }

    zn->sh->messages.prev = prev;
}


static void
ngx_rt_zone_recover_workers_locked(ngx_rt_zone_t *zn)
{
    ngx_uint_t             i;
    ngx_queue_t           *q;
    ngx_rt_worker_sh_t    *wk;
    ngx_rt_message_sh_t   *m;
    ngx_rt_interest_sh_t  *in, *prev;

    /* references: first none, then those that there are */

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        ngx_rt_zone_recover_each_locked(zn, wk, ngx_rt_zone_recover_reset);
    }

    for (q = ngx_queue_head(&zn->sh->messages);
         q != ngx_queue_sentinel(&zn->sh->messages);
         q = ngx_queue_next(q))
    {
        m = ngx_queue_data(q, ngx_rt_message_sh_t, queue);

        m->refs = 0;
        ngx_rt_zone_recover_count(zn, m);
    }

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        ngx_rt_zone_recover_each_locked(zn, wk, ngx_rt_zone_recover_count);

        /* a message may be in the history and not in all mailboxes */

        wk->mailbox.overflow = 1;

        ngx_rt_arena_mark(&zn->sh->arena, wk);

        for (i = 0; i < NGX_RT_MAILBOX_PAGES; i++) {
            if (wk->mailbox.pages[i]) {
                ngx_rt_arena_mark(&zn->sh->arena, wk->mailbox.pages[i]);
            }
        }

        prev = NULL;

        for (in = wk->interests; in; in = in->next) {
            ngx_rt_arena_mark(&zn->sh->arena, in);
            zn->sh->ninterests++;

            in->prev = prev;
            prev = in;

            in->topic_next = in->topic->interests;
            in->topic->interests = in;
            in->topic->nsubscribers += in->nsubscribers;
        }
    }
}


/* for each message that a worker refers to */

static void
ngx_rt_zone_recover_each_locked(ngx_rt_zone_t *zn, ngx_rt_worker_sh_t *wk,
    void (*handler)(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m))
{
    ngx_uint_t  i;

    for (i = wk->mailbox.head; i != wk->mailbox.tail; i++) {
        handler(zn, ngx_rt_mailbox_at(&wk->mailbox, i)->message);
    }

    for (i = 0; i < wk->nheld; i++) {
        handler(zn, wk->held[i]);
    }
}


static void
ngx_rt_zone_recover_reset(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m)
{
    m->refs = 0;
}


static void
ngx_rt_zone_recover_count(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m)
{
    ngx_rt_part_t  *part;

    if (m->refs++) {
        return;
    }

    ngx_rt_arena_mark(&zn->sh->arena, m);

    for (part = m->msg.data.next; part; part = part->next) {
        ngx_rt_arena_mark(&zn->sh->arena, part);
    }
}
