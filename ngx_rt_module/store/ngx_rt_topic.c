
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Topics come into being on first use and go when they have neither messages
 * nor subscribers.  The newest id that a topic dropped survives it as the floor
 * of the zone, so a topic that comes back does not claim to be complete.
 */


#include "ngx_rt_store.h"


/*
 * A worker may have subscribers of a topic for that much of a zone, in bytes.
 * Clients choose topics, and must not push all messages out by that.
 */
#define NGX_RT_TOPIC_SHARE  1024


ngx_rt_topic_sh_t *
ngx_rt_topic_find_locked(ngx_rt_zone_t *zn, const ngx_str_t *name,
    uint64_t hash)
{
    ngx_rt_topic_sh_t  *tp;

    ngx_rt_zone_check(zn);

    for (tp = zn->sh->buckets[hash & zn->sh->mask]; tp; tp = tp->next) {

        if (tp->hash == hash
            && tp->name.len == name->len
            && ngx_memcmp(tp->name.data, name->data, name->len) == 0)
        {
            return tp;
        }
    }

    return NULL;
}


ngx_rt_topic_sh_t *
ngx_rt_topic_get_locked(ngx_rt_zone_t *zn, const ngx_str_t *name,
    uint64_t hash)
{
    ngx_rt_topic_sh_t  *tp, **bucket;

    tp = ngx_rt_topic_find_locked(zn, name, hash);
    if (tp != NULL) {
        return tp;
    }

    if (zn->topics && zn->sh->ntopics >= zn->topics) {
        return NULL;
    }

    tp = ngx_rt_zone_alloc_locked(zn, sizeof(ngx_rt_topic_sh_t) + name->len);
    if (tp == NULL) {
        return NULL;
    }

    ngx_memzero(tp, sizeof(ngx_rt_topic_sh_t));

    tp->hash = hash;
    tp->serial = ++zn->sh->serial;
    tp->dropped = zn->sh->floor;
    tp->last = zn->sh->floor;

    tp->name.len = name->len;
    tp->name.data = (u_char *) tp + sizeof(ngx_rt_topic_sh_t);
    ngx_memcpy(tp->name.data, name->data, name->len);

    bucket = &zn->sh->buckets[hash & zn->sh->mask];

    tp->next = *bucket;
    ngx_rt_barrier();
    *bucket = tp;

    zn->sh->ntopics++;

    return tp;
}


void
ngx_rt_topic_release_locked(ngx_rt_zone_t *zn, ngx_rt_topic_sh_t *tp)
{
    ngx_rt_topic_sh_t  **link;

    ngx_rt_zone_check(zn);

    if (tp->oldest || tp->interests || tp == zn->guarded) {
        return;
    }

    if (ngx_rt_id_is(&tp->dropped, >, &zn->sh->floor)) {
        zn->sh->floor = tp->dropped;
    }

    link = &zn->sh->buckets[tp->hash & zn->sh->mask];

    while (*link != tp) {
        link = &(*link)->next;
    }

    *link = tp->next;
    ngx_rt_barrier();

    zn->sh->ntopics--;

    ngx_rt_zone_free_locked(zn, tp);
}


ngx_rt_interest_sh_t *
ngx_rt_topic_attach(ngx_rt_zone_t *zn, const ngx_str_t *name, ngx_uint_t *tag,
    ngx_rt_id_t *last)
{
    uint64_t               hash;
    ngx_rt_topic_sh_t     *tp;
    ngx_rt_worker_sh_t    *wk;
    ngx_rt_interest_sh_t  *in;

    hash = ngx_rt_name_hash(zn->sh->key, name);
    wk = zn->worker;

    ngx_rt_zone_lock(zn);

    in = NULL;

    tp = ngx_rt_topic_get_locked(zn, name, hash);
    if (tp == NULL) {
        goto done;
    }

    for (in = tp->interests; in; in = in->topic_next) {
        if (in->worker == wk) {
            *tag = in->tag;
            break;
        }
    }

    if (in == NULL) {

        if (zn->sh->ninterests < ngx_max(zn->topics,
                                         zn->size / NGX_RT_TOPIC_SHARE))
        {
            zn->guarded = tp;
            in = ngx_rt_zone_alloc_locked(zn, sizeof(ngx_rt_interest_sh_t));
            zn->guarded = NULL;
        }

        if (in == NULL) {
            ngx_rt_topic_release_locked(zn, tp);
            goto done;
        }

        in->worker = wk;
        in->topic = tp;
        in->nsubscribers = 0;
        in->tag = *tag;
        in->prev = NULL;
        in->next = wk->interests;
        ngx_rt_barrier();
        wk->interests = in;

        if (in->next) {
            in->next->prev = in;
        }

        in->topic_next = tp->interests;
        tp->interests = in;

        zn->sh->ninterests++;
    }

    in->nsubscribers++;
    tp->nsubscribers++;

    *last = zn->sh->last;

done:

    if (in == NULL) {
        ngx_rt_counter_add(zn, refused, 1);
    }

    ngx_rt_zone_unlock(zn);

    return in;
}


void
ngx_rt_topic_detach(ngx_rt_zone_t *zn, ngx_rt_interest_sh_t *in)
{
    ngx_rt_zone_lock(zn);

    if (in->nsubscribers > 1) {
        in->nsubscribers--;
        in->topic->nsubscribers--;

    } else {
        ngx_rt_topic_forget_locked(zn, in);
    }

    ngx_rt_zone_unlock(zn);
}


void
ngx_rt_topic_forget_locked(ngx_rt_zone_t *zn, ngx_rt_interest_sh_t *in)
{
    ngx_rt_topic_sh_t     *tp;
    ngx_rt_interest_sh_t **link;

    ngx_rt_zone_check(zn);

    tp = in->topic;
    tp->nsubscribers -= in->nsubscribers;

    if (in->prev) {
        in->prev->next = in->next;

    } else {
        in->worker->interests = in->next;
    }

    ngx_rt_barrier();

    if (in->next) {
        in->next->prev = in->prev;
    }

    link = &tp->interests;

    while (*link != in) {
        link = &(*link)->topic_next;
    }

    *link = in->topic_next;

    zn->sh->ninterests--;

    ngx_rt_zone_free_locked(zn, in);
    ngx_rt_topic_release_locked(zn, tp);
}


ngx_int_t
ngx_rt_topic_describe(ngx_rt_zone_t *zn, const ngx_str_t *name,
    ngx_rt_topic_info_t *info)
{
    uint64_t            hash;
    ngx_rt_topic_sh_t  *tp;

    hash = ngx_rt_name_hash(zn->sh->key, name);

    ngx_rt_zone_lock(zn);

    tp = ngx_rt_topic_find_locked(zn, name, hash);

    if (tp != NULL) {
        info->nmessages = tp->nmessages;
        info->nsubscribers = tp->nsubscribers;
        info->newest = tp->last;
        info->oldest = tp->oldest ? tp->oldest->msg.id : tp->last;
    }

    ngx_rt_zone_unlock(zn);

    return (tp == NULL) ? NGX_DECLINED : NGX_OK;
}
