
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Batches: encoded bytes that any number of subscribers share.  Written by one
 * hand first, only read once the first subscriber has it.
 */


#include "ngx_rt_hub.h"


ngx_rt_batch_t *
ngx_rt_batch_create(size_t size)
{
    ngx_rt_batch_t  *batch;

    batch = ngx_alloc(sizeof(ngx_rt_batch_t), ngx_cycle->log);
    if (batch == NULL) {
        return NULL;
    }

    batch->data = ngx_alloc(size, ngx_cycle->log);
    if (batch->data == NULL) {
        ngx_free(batch);
        return NULL;
    }

    batch->refs = 1;
    batch->len = 0;
    batch->size = size;

    return batch;
}


void
ngx_rt_batch_unref(ngx_rt_batch_t *batch)
{
    if (--batch->refs == 0) {
        ngx_free(batch->data);
        ngx_free(batch);
    }
}


u_char *
ngx_rt_batch_reserve(ngx_rt_batch_t *batch, size_t size)
{
    u_char  *p;
    size_t   need;

    need = batch->len + size;

    if (need > batch->size) {
        need = ngx_max(need, 2 * batch->size);

        p = ngx_alloc(need, ngx_cycle->log);
        if (p == NULL) {
            return NULL;
        }

        ngx_memcpy(p, batch->data, batch->len);
        ngx_free(batch->data);

        batch->data = p;
        batch->size = need;
    }

    return batch->data + batch->len;
}


ngx_rt_batch_t **
ngx_rt_batch_slot(ngx_rt_batch_set_t *set, uint64_t format)
{
    ngx_uint_t  i;

    for (i = 0; i < set->n; i++) {
        if (set->formats[i] == format) {
            return &set->batches[i];
        }
    }

    /* more formats than can be kept: the last place is used again and again */

    if (i == NGX_RT_FORMATS) {
        i--;

        if (set->batches[i]) {
            ngx_rt_batch_unref(set->batches[i]);
        }

    } else {
        set->n++;
    }

    set->formats[i] = format;
    set->batches[i] = NULL;

    return &set->batches[i];
}


void
ngx_rt_batch_release(ngx_rt_batch_set_t *set)
{
    ngx_uint_t  i;

    for (i = 0; i < set->n; i++) {
        if (set->batches[i]) {
            ngx_rt_batch_unref(set->batches[i]);
        }
    }

    set->n = 0;
}
