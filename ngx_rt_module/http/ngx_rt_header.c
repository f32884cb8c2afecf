
/*
 * Copyright (C) the ngx_rt authors
 */


/* Header fields that nginx has no slot for. */


#include "ngx_rt_http.h"


static ngx_table_elt_t *ngx_rt_header_push(ngx_http_request_t *r,
    const char *name, const char *value);


ngx_table_elt_t *
ngx_rt_header_find(ngx_http_request_t *r, const char *name,
    ngx_table_elt_t *prev)
{
    size_t            len;
    ngx_uint_t        i, found;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);
    found = (prev == NULL);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (&h[i] == prev) {
                found = 1;
                continue;
            }

            if (found
                && h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return &h[i];
            }
        }
    }

    return NULL;
}


ngx_int_t
ngx_rt_header_join(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    u_char           *p;
    ngx_table_elt_t  *h, *next;

    ngx_str_null(value);

    h = ngx_rt_header_find(r, name, NULL);
    if (h == NULL) {
        return NGX_OK;
    }

    next = ngx_rt_header_find(r, name, h);

    if (next == NULL) {
        *value = h->value;
        return NGX_OK;
    }

    for (next = h; next; next = ngx_rt_header_find(r, name, next)) {
        value->len += next->value.len + 1;
    }

    p = ngx_pnalloc(r->pool, value->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;
    value->len--;

    for (next = h; next; next = ngx_rt_header_find(r, name, next)) {
        p = ngx_cpymem(p, next->value.data, next->value.len);
        *p++ = ',';
    }

    return NGX_OK;
}


ngx_int_t
ngx_rt_header_set(ngx_http_request_t *r, const char *name, const char *value)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    /* a field without a hash is not sent */

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                h[i].hash = 0;
            }
        }
    }

    h = ngx_rt_header_push(r, name, value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;

    return NGX_OK;
}


ngx_int_t
ngx_rt_header_no_encoding(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    /* a response that has an encoding already is not given another one */

    h = ngx_rt_header_push(r, "Content-Encoding", "identity");
    if (h == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.content_encoding = h;

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_rt_header_push(ngx_http_request_t *r, const char *name, const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return h;
}
