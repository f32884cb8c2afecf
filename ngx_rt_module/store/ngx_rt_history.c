
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The history.  A message enters it at the end of two queues, its topic's and
 * the stream's, in id order, and leaves it as the oldest of its topic: because
 * it exceeds the topic's limit, is too old, makes room, or is told to.
 */


#include "ngx_rt_store.h"


/* messages dropped at a time, under one lock */
#define NGX_RT_HISTORY_TRIM   16
#define NGX_RT_HISTORY_CLEAR  256


static void ngx_rt_history_link_locked(ngx_rt_zone_t *zn,
    ngx_rt_topic_sh_t *tp, ngx_rt_message_sh_t *m);
static void ngx_rt_history_notify_locked(ngx_rt_zone_t *zn,
    ngx_rt_topic_sh_t *tp, ngx_rt_message_sh_t *m, ngx_rt_wake_list_t *wake);
static void ngx_rt_history_backdate(ngx_rt_zone_t *zn,
    ngx_rt_message_sh_t *m);


ngx_int_t
ngx_rt_history_append(ngx_rt_zone_t *zn, ngx_rt_publication_t *pub,
    ngx_rt_wake_list_t *wake)
{
    uint64_t              hash;
    ngx_uint_t            n, given;
    ngx_rt_topic_sh_t    *tp;
    ngx_rt_message_sh_t  *m;

    given = (pub->id.ms || pub->id.seq);

    if (wake) {
        wake->n = 0;
        wake->self = 0;
    }

    hash = ngx_rt_name_hash(zn->sh->key, &pub->topic);

    ngx_rt_zone_lock(zn);

    if (given && !ngx_rt_id_is(&pub->id, >, &zn->sh->last)) {
        ngx_rt_zone_unlock(zn);
        return NGX_DECLINED;
    }

    tp = ngx_rt_topic_get_locked(zn, &pub->topic, hash);
    if (tp == NULL) {
        goto failed;
    }

    zn->guarded = tp;

    m = ngx_rt_message_create_locked(zn, &pub->event, &pub->data);
    if (m == NULL) {
        zn->guarded = NULL;
        ngx_rt_topic_release_locked(zn, tp);
        goto failed;
    }

    if (!given) {
        ngx_rt_history_next_id_locked(zn, &pub->id);
    }

    m->msg.id = pub->id;
    m->serial = tp->serial;
    tp->last = m->msg.id;

    if (wake == NULL) {
        ngx_rt_history_backdate(zn, m);
    }

    if (zn->history) {
        ngx_rt_history_link_locked(zn, tp, m);

    } else {
        tp->dropped = m->msg.id;
    }

    if (wake) {
        ngx_rt_history_notify_locked(zn, tp, m, wake);
    }

    for (n = 0; n < NGX_RT_HISTORY_TRIM && tp->oldest; n++) {

        if (tp->nmessages <= zn->history
            && !ngx_rt_is_past(tp->oldest->created, zn->age))
        {
            break;
        }

        ngx_rt_history_drop_locked(zn, tp);
    }

    /* whoever follows after a kill begins behind what is complete */

    ngx_rt_barrier();
    zn->sh->last = pub->id;

    pub->nsubscribers = tp->nsubscribers;

    zn->guarded = NULL;

    ngx_rt_message_unref_locked(zn, m);
    ngx_rt_topic_release_locked(zn, tp);

    if (!given) {
        ngx_rt_counter_add(zn, published, 1);
    }

    ngx_rt_zone_unlock(zn);

    return NGX_OK;

failed:

    ngx_rt_counter_add(zn, refused, 1);

    ngx_rt_zone_unlock(zn);

    return NGX_ERROR;
}


void
ngx_rt_history_pass(ngx_rt_zone_t *zn, const ngx_rt_id_t *id)
{
    ngx_rt_zone_lock(zn);

    if (ngx_rt_id_is(id, >, &zn->sh->last)) {
        zn->sh->last = *id;
    }

    ngx_rt_zone_unlock(zn);
}


ngx_int_t
ngx_rt_history_clear(ngx_rt_zone_t *zn, const ngx_str_t *name,
    ngx_uint_t *dropped)
{
    uint64_t            hash, serial;
    ngx_uint_t          n;
    ngx_rt_id_t         last;
    ngx_rt_topic_sh_t  *tp;

    *dropped = 0;
    serial = 0;
    ngx_memzero(&last, sizeof(ngx_rt_id_t));

    hash = ngx_rt_name_hash(zn->sh->key, name);

    do {
        ngx_rt_zone_lock(zn);

        tp = ngx_rt_topic_find_locked(zn, name, hash);

        if (tp != NULL && serial == 0) {
            serial = tp->serial;
            last = tp->last;
        }

        n = 0;

        if (tp != NULL && tp->serial == serial) {

            while (n < NGX_RT_HISTORY_CLEAR
                   && tp->oldest
                   && !ngx_rt_id_is(&tp->oldest->msg.id, >, &last))
            {
                ngx_rt_history_drop_locked(zn, tp);
                n++;
            }

            ngx_rt_topic_release_locked(zn, tp);
        }

        ngx_rt_zone_unlock(zn);

        *dropped += n;

    } while (n == NGX_RT_HISTORY_CLEAR);

    return serial ? NGX_OK : NGX_DECLINED;
}


void
ngx_rt_history_drop_locked(ngx_rt_zone_t *zn, ngx_rt_topic_sh_t *tp)
{
    ngx_rt_message_sh_t  *m;

    ngx_rt_zone_check(zn);

    m = tp->oldest;

    tp->dropped = m->msg.id;
    ngx_rt_barrier();

    m->queue.prev->next = m->queue.next;
    ngx_rt_barrier();
    m->queue.next->prev = m->queue.prev;

    tp->oldest = m->next;

    if (m->next) {
        m->next->prev = NULL;

    } else {
        tp->newest = NULL;
    }

    tp->nmessages--;
    zn->sh->nmessages--;

    m->topic = NULL;

    ngx_rt_message_unref_locked(zn, m);
}


static void
ngx_rt_history_link_locked(ngx_rt_zone_t *zn, ngx_rt_topic_sh_t *tp,
    ngx_rt_message_sh_t *m)
{
    ngx_queue_t  *head;

    head = &zn->sh->messages;

    m->refs++;
    m->topic = tp;
    m->queue.next = head;
    m->queue.prev = head->prev;
    ngx_rt_barrier();

    head->prev->next = &m->queue;
    ngx_rt_barrier();
    head->prev = &m->queue;

    m->prev = tp->newest;

    if (tp->newest) {
        tp->newest->next = m;

    } else {
        tp->oldest = m;
    }

    tp->newest = m;
    tp->nmessages++;
    zn->sh->nmessages++;
}


static void
ngx_rt_history_notify_locked(ngx_rt_zone_t *zn, ngx_rt_topic_sh_t *tp,
    ngx_rt_message_sh_t *m, ngx_rt_wake_list_t *wake)
{
    ngx_rt_worker_sh_t    *wk;
    ngx_rt_interest_sh_t  *in;

    for (in = tp->interests; in; in = in->topic_next) {

        wk = in->worker;

        /* a full mailbox needs its owner awake just as well */

        (void) ngx_rt_mailbox_push_locked(zn, wk, m, in->tag);

        if (!wk->mailbox.sleeping) {
            continue;
        }

        if (wk == zn->worker) {
            wake->self = 1;

        } else if (wake->n < NGX_RT_WAKE_MAX) {
            wake->addr[wake->n++] = wk->addr;
            ngx_rt_counter_add(zn, wakeups, 1);

        } else {
            continue;
        }

        wk->mailbox.sleeping = 0;
    }
}


/* an old message is as old as its id says */

static void
ngx_rt_history_backdate(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m)
{
    int64_t      age;
    ngx_time_t  *now;

    now = ngx_timeofday();
    age = (int64_t) now->sec * 1000 + now->msec - (int64_t) m->msg.id.ms;

    if (age > 0) {
        m->created -= (ngx_msec_t) ngx_min(age, (int64_t) zn->age);
    }
}


/* the clock may step back or stand still, the ids may not */

void
ngx_rt_history_next_id_locked(ngx_rt_zone_t *zn, ngx_rt_id_t *id)
{
    uint64_t     ms;
    ngx_time_t  *now;

    now = ngx_timeofday();
    ms = (uint64_t) now->sec * 1000 + now->msec;

    if (ms > zn->sh->last.ms) {
        id->ms = ms;
        id->seq = 0;

    } else {
        id->ms = zn->sh->last.ms;
        id->seq = zn->sh->last.seq + 1;
    }
}
