
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The "Accept" header field.  Of the ranges that match a type the most
 * specific one decides, and a weight of zero excludes.  A range that cannot be
 * understood matches nothing.
 */


#include "ngx_rt_wire.h"


static ngx_str_t ngx_rt_accept_next(ngx_str_t *list, u_char separator);
static ngx_uint_t ngx_rt_accept_match(ngx_str_t *range, const char *type,
    const char *subtype);
static ngx_uint_t ngx_rt_accept_weight_is_zero(ngx_str_t *params);


ngx_uint_t
ngx_rt_accept_allows(const ngx_str_t *value, const char *type,
    const char *subtype)
{
    ngx_str_t   list, params, range;
    ngx_uint_t  match, best, allowed;

    list = *value;
    best = 0;
    allowed = (ngx_rt_accept_next(&list, ',').len == 0 && list.len == 0);
    list = *value;

    while (list.len) {
        params = ngx_rt_accept_next(&list, ',');
        range = ngx_rt_accept_next(&params, ';');

        match = ngx_rt_accept_match(&range, type, subtype);

        if (match > best) {
            best = match;
            allowed = !ngx_rt_accept_weight_is_zero(&params);
        }
    }

    return allowed;
}


/* takes what is before the separator, without the spaces around it */

static ngx_str_t
ngx_rt_accept_next(ngx_str_t *list, u_char separator)
{
    u_char     *p, *last;
    ngx_str_t   item;

    last = list->data + list->len;
    p = ngx_strlchr(list->data, last, separator);

    item.data = list->data;
    item.len = ((p == NULL) ? last : p) - list->data;

    list->data = (p == NULL) ? last : p + 1;
    list->len = last - list->data;

    while (item.len && (*item.data == ' ' || *item.data == '\t')) {
        item.data++;
        item.len--;
    }

    while (item.len && (item.data[item.len - 1] == ' '
                        || item.data[item.len - 1] == '\t'))
    {
        item.len--;
    }

    return item;
}


/* 0: no; 1: any type; 2: any subtype; 3: this very type */

static ngx_uint_t
ngx_rt_accept_match(ngx_str_t *range, const char *type, const char *subtype)
{
    size_t   tlen, slen;
    u_char  *sub;

    tlen = ngx_strlen(type);
    slen = ngx_strlen(subtype);

    if (range->len == 3 && ngx_strncmp(range->data, "*/*", 3) == 0) {
        return 1;
    }

    if (range->len < tlen + 2
        || range->data[tlen] != '/'
        || ngx_strncasecmp(range->data, (u_char *) type, tlen) != 0)
    {
        return 0;
    }

    sub = range->data + tlen + 1;

    if (range->len == tlen + 2 && *sub == '*') {
        return 2;
    }

    if (range->len == tlen + 1 + slen
        && ngx_strncasecmp(sub, (u_char *) subtype, slen) == 0)
    {
        return 3;
    }

    return 0;
}


/* RFC 9110, 12.4.2: the weight is "q=" and at most three decimals */

static ngx_uint_t
ngx_rt_accept_weight_is_zero(ngx_str_t *params)
{
    size_t     i;
    ngx_str_t  param;

    while (params->len) {
        param = ngx_rt_accept_next(params, ';');

        if (param.len < 3 || (param.data[0] | 0x20) != 'q'
            || param.data[1] != '=')
        {
            continue;
        }

        for (i = 2; i < param.len; i++) {
            if (param.data[i] != '0' && param.data[i] != '.') {
                return 0;
            }
        }

        return 1;
    }

    return 0;
}
