
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Reading the history of one or many topics in id order.  A reader that wants
 * the messages above an id begins at the newest and goes back.  The way is gone
 * in steps, and the lock is let go between them: a cursor stays good until its
 * message is dropped, and that shows in the topic's "dropped", which is looked
 * at before any step.
 */


#include "ngx_rt_store.h"


/* messages looked at under one lock */
#define NGX_RT_CURSOR_STEPS  512


static ngx_uint_t ngx_rt_cursor_seek_locked(ngx_rt_zone_t *zn,
    ngx_rt_cursor_t *cursors, ngx_uint_t n, const ngx_rt_id_t *id);
static void ngx_rt_cursor_renew_locked(ngx_rt_zone_t *zn,
    ngx_rt_cursor_t *cur);
static ngx_int_t ngx_rt_cursor_check_locked(ngx_rt_zone_t *zn,
    ngx_rt_cursor_t *cursors, ngx_uint_t n, const ngx_rt_id_t *id);
static ngx_uint_t ngx_rt_cursor_merge_locked(ngx_rt_zone_t *zn,
    ngx_rt_cursor_t *cursors, ngx_uint_t n, size_t size, ngx_rt_mail_t *mail);
static ngx_rt_message_sh_t *ngx_rt_cursor_older_locked(ngx_rt_zone_t *zn,
    ngx_rt_cursor_t *cur);

/* no message of the topic above this is missing */
#define ngx_rt_cursor_dropped(zn, tp)                                         \
    (ngx_rt_id_is(&(tp)->dropped, <, &(zn)->sh->source.begin)                 \
     ? &(zn)->sh->source.begin : &(tp)->dropped)


void
ngx_rt_cursor_view(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors, ngx_uint_t n,
    const ngx_rt_id_t *id, ngx_rt_cursor_view_t *view)
{
    ngx_uint_t        i, found;
    ngx_rt_cursor_t  *cur;

    do {
        ngx_memzero(view, sizeof(ngx_rt_cursor_view_t));

        ngx_rt_zone_lock(zn);

        /* what a cursor finds is above what it is told of */

        for (i = 0; i < n; i++) {
            cursors[i].told = *ngx_rt_cursor_dropped(zn, cursors[i].topic);
        }

        found = ngx_rt_cursor_seek_locked(zn, cursors, n, id);

        view->last = zn->sh->last;
        view->from = *id;
        view->strange = ngx_rt_source_is_strange_locked(zn, id, &view->from);

        for (i = 0; i < n; i++) {
            cur = &cursors[i];

            if (ngx_rt_id_is(&cur->told, >, &view->dropped)) {
                view->dropped = cur->told;
            }

            if (cur->message
                && (!view->any || ngx_rt_id_is(&cur->id, <, &view->oldest)))
            {
                view->oldest = cur->id;
                view->any = 1;
            }
        }

        ngx_rt_zone_unlock(zn);

    } while (!found);
}


void
ngx_rt_cursor_rewind(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, ngx_uint_t count, ngx_rt_id_t *id)
{
    ngx_uint_t            i, steps;
    ngx_rt_cursor_t      *newest;
    ngx_rt_message_sh_t  *m, *older;

    steps = 0;

    ngx_rt_zone_lock(zn);

    *id = zn->sh->last;

    while (count--) {

        if (steps > NGX_RT_CURSOR_STEPS) {
            ngx_rt_zone_unlock(zn);
            steps = 0;
            ngx_rt_zone_lock(zn);
        }

        newest = NULL;
        m = NULL;

        for (i = 0; i < n; i++) {
            steps++;

            older = ngx_rt_cursor_older_locked(zn, &cursors[i]);

            if (older
                && (m == NULL || ngx_rt_id_is(&older->msg.id, >, &m->msg.id)))
            {
                m = older;
                newest = &cursors[i];
            }
        }

        if (m == NULL) {
            break;
        }

        newest->message = m;
        newest->id = m->msg.id;
        *id = ngx_rt_id_before(&m->msg.id);
    }

    ngx_rt_zone_unlock(zn);
}


ngx_int_t
ngx_rt_cursor_read(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors, ngx_uint_t n,
    const ngx_rt_id_t *id, size_t size, ngx_rt_mail_t *mail,
    ngx_uint_t *nmail)
{
    ngx_int_t  rc;

    *nmail = 0;

    do {
        ngx_rt_zone_lock(zn);

        ngx_rt_cursor_release_locked(zn, zn->worker);

        rc = ngx_rt_cursor_check_locked(zn, cursors, n, id);

        if (rc == NGX_OK) {
            rc = ngx_rt_cursor_seek_locked(zn, cursors, n, id) ? NGX_OK
                                                               : NGX_AGAIN;
        }

        if (rc == NGX_OK) {
            *nmail = ngx_rt_cursor_merge_locked(zn, cursors, n, size, mail);
        }

        ngx_rt_zone_unlock(zn);

    } while (rc == NGX_AGAIN);

    return rc;
}


void
ngx_rt_cursor_release(ngx_rt_zone_t *zn)
{
    ngx_rt_zone_lock(zn);
    ngx_rt_cursor_release_locked(zn, zn->worker);
    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_cursor_release_locked(ngx_rt_zone_t *zn, ngx_rt_worker_sh_t *wk)
{
    ngx_rt_message_sh_t  *m;

    while (wk->nheld) {
        m = wk->held[wk->nheld - 1];
        wk->nheld--;
        ngx_rt_barrier();

        ngx_rt_message_unref_locked(zn, m);
    }
}


/* NGX_DECLINED if something is missing that the reader does not know of */

static ngx_int_t
ngx_rt_cursor_check_locked(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, const ngx_rt_id_t *id)
{
    ngx_uint_t          i;
    const ngx_rt_id_t  *dropped;

    for (i = 0; i < n; i++) {
        dropped = ngx_rt_cursor_dropped(zn, cursors[i].topic);

        if (ngx_rt_id_is(dropped, >, id)
            && ngx_rt_id_is(dropped, >, &cursors[i].told))
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* takes the oldest of all cursors' messages again and again, and holds it */

static ngx_uint_t
ngx_rt_cursor_merge_locked(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, size_t size, ngx_rt_mail_t *mail)
{
    size_t                taken;
    ngx_uint_t            i, steps;
    ngx_rt_cursor_t      *cur, *oldest;
    ngx_rt_worker_sh_t   *wk;
    ngx_rt_message_sh_t  *m;

    wk = zn->worker;
    taken = 0;

    for (steps = 0; steps < NGX_RT_CURSOR_STEPS; steps += n) {

        if (wk->nheld == NGX_RT_READ_MESSAGES || taken >= size) {
            break;
        }

        oldest = NULL;

        for (i = 0; i < n; i++) {
            cur = &cursors[i];

            if (cur->message
                && (oldest == NULL
                    || ngx_rt_id_is(&cur->id, <, &oldest->id)))
            {
                oldest = cur;
            }
        }

        if (oldest == NULL) {
            break;
        }

        m = oldest->message;
        oldest->message = m->next;

        if (m->next) {
            oldest->id = m->next->msg.id;
        }

        mail[wk->nheld].message = m;
        mail[wk->nheld].tag = oldest - cursors;

        m->refs++;
        wk->held[wk->nheld] = m;
        ngx_rt_barrier();
        wk->nheld++;

        taken += m->size;
    }

    return wk->nheld;
}


static ngx_rt_message_sh_t *
ngx_rt_cursor_older_locked(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cur)
{
    ngx_rt_cursor_renew_locked(zn, cur);

    if (cur->message == NULL) {
        return cur->topic->newest;
    }

    /* what is older than a dropped message is dropped too */

    return ngx_rt_id_is(&cur->topic->dropped, <, &cur->id) ? cur->message->prev
                                                           : NULL;
}


/* returns 0 if it has to be called again, after the lock was let go */

static ngx_uint_t
ngx_rt_cursor_seek_locked(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, const ngx_rt_id_t *id)
{
    ngx_uint_t            i, steps;
    ngx_rt_cursor_t      *cur;
    ngx_rt_topic_sh_t    *tp;
    const ngx_rt_id_t    *from;
    ngx_rt_message_sh_t  *m;

    steps = 0;

    for (i = 0; i < n; i++) {
        cur = &cursors[i];
        tp = cur->topic;
        from = ngx_rt_id_is(&cur->told, >, id) ? &cur->told : id;

        ngx_rt_cursor_renew_locked(zn, cur);

        /* behind the newest there may be another one by now */

        if (cur->found && cur->message) {
            continue;
        }

        cur->found = 0;

        if (tp->oldest && ngx_rt_id_is(&tp->oldest->msg.id, >, from)) {
            cur->message = tp->oldest;
            cur->id = tp->oldest->msg.id;
            cur->found = 1;
            continue;
        }

        /* the newest, or where the last call stopped */

        m = (cur->message
             && tp->oldest
             && !ngx_rt_id_is(&tp->oldest->msg.id, >, &cur->id))
            ? cur->message->prev : tp->newest;

        while (m && ngx_rt_id_is(&m->msg.id, >, from)) {

            if (steps++ == NGX_RT_CURSOR_STEPS) {
                return 0;
            }

            cur->message = m;
            cur->id = m->msg.id;
            m = m->prev;
        }

        cur->found = 1;
    }

    return 1;
}


/* messages may have been dropped in another way than from the oldest on */

static void
ngx_rt_cursor_renew_locked(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cur)
{
    if (cur->epoch != zn->sh->source.epoch) {
        cur->epoch = zn->sh->source.epoch;
        cur->message = NULL;
        cur->found = 0;
    }
}
