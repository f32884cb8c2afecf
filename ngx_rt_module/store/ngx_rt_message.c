
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A message is stored once for the host.  One that fits into a page is one
 * object; the data of a larger one is a chain of pages.
 */


#include "ngx_rt_store.h"


static ngx_int_t ngx_rt_message_add_parts_locked(ngx_rt_zone_t *zn,
    ngx_rt_message_sh_t *m, const ngx_str_t *data);
static void ngx_rt_message_destroy_locked(ngx_rt_zone_t *zn,
    ngx_rt_message_sh_t *m);


ngx_rt_message_sh_t *
ngx_rt_message_create_locked(ngx_rt_zone_t *zn, const ngx_str_t *event,
    const ngx_str_t *data)
{
    u_char               *p;
    size_t                size, len;
    ngx_rt_message_sh_t  *m;

    ngx_rt_zone_check(zn);

    size = sizeof(ngx_rt_message_sh_t) + event->len;
    len = (size + data->len <= NGX_RT_PAGE) ? data->len : 0;

    m = ngx_rt_zone_alloc_locked(zn, size + len);
    if (m == NULL) {
        return NULL;
    }

    ngx_memzero(m, sizeof(ngx_rt_message_sh_t));

    m->refs = 1;
    m->size = (uint32_t) data->len;
    m->created = ngx_current_msec;

    p = (u_char *) m + sizeof(ngx_rt_message_sh_t);

    m->msg.event.len = event->len;
    m->msg.event.data = p;
    p = ngx_cpymem(p, event->data, event->len);

    m->msg.data.data = p;
    m->msg.data.len = len;
    ngx_memcpy(p, data->data, len);

    if (len < data->len
        && ngx_rt_message_add_parts_locked(zn, m, data) != NGX_OK)
    {
        ngx_rt_message_destroy_locked(zn, m);
        return NULL;
    }

    return m;
}


static ngx_int_t
ngx_rt_message_add_parts_locked(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m,
    const ngx_str_t *data)
{
    size_t           len;
    u_char          *p, *last;
    ngx_rt_part_t   *part, **link;

    p = data->data;
    last = p + data->len;
    link = &m->msg.data.next;

    while (p < last) {
        len = ngx_min((size_t) (last - p),
                      NGX_RT_PAGE - sizeof(ngx_rt_part_t));

        part = ngx_rt_zone_alloc_locked(zn, sizeof(ngx_rt_part_t) + len);
        if (part == NULL) {
            return NGX_ERROR;
        }

        part->next = NULL;
        part->data = (u_char *) part + sizeof(ngx_rt_part_t);
        part->len = len;

        *link = part;
        link = &part->next;

        ngx_memcpy(part->data, p, len);
        p += len;
    }

    return NGX_OK;
}


void
ngx_rt_message_unref_locked(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m)
{
    ngx_rt_zone_check(zn);

    if (--m->refs == 0) {
        ngx_rt_message_destroy_locked(zn, m);
    }
}


static void
ngx_rt_message_destroy_locked(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m)
{
    ngx_rt_part_t  *part, *next;

    for (part = m->msg.data.next; part; part = next) {
        next = part->next;
        ngx_rt_zone_free_locked(zn, part);
    }

    ngx_rt_zone_free_locked(zn, m);
}
