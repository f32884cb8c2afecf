
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The places of workers in the zone.  A worker takes one when it starts and
 * leaves it when it exits; the place of one that was killed is dropped by the
 * others, step by step, so that no lock is held long for a hundred thousand
 * topics.
 */


#include "ngx_rt_store.h"


/* interests dropped under one lock */
#define NGX_RT_WORKER_STEPS  256

/* workers asked at a time whether they live */
#define NGX_RT_WORKER_ASKED  64


static ngx_int_t ngx_rt_worker_drop_some(ngx_rt_zone_t *zn,
    const ngx_rt_wake_addr_t *addr);


ngx_int_t
ngx_rt_worker_register(ngx_rt_zone_t *zn, const ngx_rt_wake_addr_t *addr)
{
    ngx_rt_worker_sh_t  *wk;

    /* a dead worker may have had our address */

    ngx_rt_worker_drop(zn, addr);

    ngx_rt_zone_lock(zn);

    wk = ngx_rt_zone_alloc_locked(zn, sizeof(ngx_rt_worker_sh_t));

    if (wk == NULL) {
        ngx_rt_zone_unlock(zn);
        return NGX_ERROR;
    }

    ngx_memzero(wk, sizeof(ngx_rt_worker_sh_t));

    wk->pid = ngx_pid;
    wk->number = ngx_worker;
    wk->generation = zn->generation;
    wk->addr = *addr;
    wk->mailbox.sleeping = 1;

    wk->next = zn->sh->workers;
    ngx_rt_barrier();
    zn->sh->workers = wk;

    ngx_rt_zone_unlock(zn);

    zn->worker = wk;

    return NGX_OK;
}


void
ngx_rt_worker_unregister(ngx_rt_zone_t *zn)
{
    ngx_rt_wake_addr_t  addr;

    addr = zn->worker->addr;

    ngx_rt_worker_drop(zn, &addr);

    zn->worker = NULL;
}


void
ngx_rt_worker_drop(ngx_rt_zone_t *zn, const ngx_rt_wake_addr_t *addr)
{
    while (ngx_rt_worker_drop_some(zn, addr) == NGX_AGAIN) { /* void */ }
}


void
ngx_rt_worker_reap(ngx_rt_zone_t *zn)
{
    ngx_uint_t           i, n;
    ngx_rt_worker_sh_t  *wk;
    struct {
        ngx_pid_t            pid;
        ngx_rt_wake_addr_t   addr;
    } asked[NGX_RT_WORKER_ASKED];

    n = 0;

    ngx_rt_zone_lock(zn);

    for (wk = zn->sh->workers; wk && n < NGX_RT_WORKER_ASKED; wk = wk->next) {
        if (wk != zn->worker) {
            asked[n].pid = wk->pid;
            asked[n++].addr = wk->addr;
        }
    }

    ngx_rt_zone_unlock(zn);

    for (i = 0; i < n; i++) {

        if (kill(asked[i].pid, 0) == -1 && ngx_errno == ESRCH) {
            ngx_rt_worker_drop(zn, &asked[i].addr);
        }
    }
}


ngx_uint_t
ngx_rt_worker_has_successor(ngx_rt_zone_t *zn)
{
    ngx_rt_worker_sh_t  *wk;

    ngx_rt_zone_lock(zn);

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        if (wk->generation > zn->generation) {
            break;
        }
    }

    ngx_rt_zone_unlock(zn);

    return (wk != NULL);
}


void
ngx_rt_worker_tell_link(ngx_rt_zone_t *zn, ngx_uint_t i,
    const ngx_rt_link_info_t *info)
{
    ngx_rt_zone_lock(zn);
    zn->worker->links[i] = *info;
    ngx_rt_zone_unlock(zn);
}


ngx_uint_t
ngx_rt_worker_describe(ngx_rt_zone_t *zn, ngx_rt_worker_info_t *info,
    ngx_uint_t max)
{
    ngx_uint_t           n;
    ngx_rt_worker_sh_t  *wk;

    n = 0;

    ngx_rt_zone_lock(zn);

    for (wk = zn->sh->workers; wk; wk = wk->next) {

        if (n < max) {
            info[n].pid = wk->pid;
            info[n].number = wk->number;
            info[n].generation = wk->generation;

            ngx_memcpy(info[n].nsubscribers, wk->nsubscribers,
                       sizeof(wk->nsubscribers));
            ngx_memcpy(info[n].counters, wk->counters, sizeof(wk->counters));
            ngx_memcpy(info[n].links, wk->links, sizeof(wk->links));
        }

        n++;
    }

    ngx_rt_zone_unlock(zn);

    return n;
}


/* NGX_AGAIN if there is more to drop, NGX_OK if the worker has no place */

static ngx_int_t
ngx_rt_worker_drop_some(ngx_rt_zone_t *zn, const ngx_rt_wake_addr_t *addr)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    ngx_rt_worker_sh_t  *wk, **link;

    rc = NGX_OK;

    ngx_rt_zone_lock(zn);

    for (link = &zn->sh->workers; *link; link = &(*link)->next) {
        if ((*link)->addr.len == addr->len
            && ngx_memcmp((*link)->addr.path, addr->path, addr->len) == 0)
        {
            break;
        }
    }

    wk = *link;

    if (wk == NULL) {
        goto done;
    }

    for (i = 0; i < NGX_RT_WORKER_STEPS && wk->interests; i++) {
        ngx_rt_topic_forget_locked(zn, wk->interests);
    }

    if (wk->interests) {
        rc = NGX_AGAIN;
        goto done;
    }

    ngx_rt_mailbox_empty_locked(zn, wk);

    ngx_rt_cursor_release_locked(zn, wk);

    for (i = 0; i < NGX_RT_NCOUNTERS; i++) {
        zn->sh->counters[i] += wk->counters[i];
    }

    *link = wk->next;
    ngx_rt_barrier();

    ngx_rt_zone_free_locked(zn, wk);

done:

    ngx_rt_zone_unlock(zn);

    return rc;
}
