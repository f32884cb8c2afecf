
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Message ids.  Both numbers are decimal; leading zeros are accepted, signs
 * and spaces are not.
 */


#include "ngx_rt_wire.h"


static u_char *ngx_rt_id_parse_number(uint64_t *n, u_char *p, u_char *last);
static u_char *ngx_rt_id_write_number(u_char *p, uint64_t n);


ngx_int_t
ngx_rt_id_parse(ngx_rt_id_t *id, u_char *p, size_t len)
{
    u_char  *last;

    last = p + len;

    p = ngx_rt_id_parse_number(&id->ms, p, last);

    if (p == NULL || p == last || *p != '-') {
        return NGX_ERROR;
    }

    p = ngx_rt_id_parse_number(&id->seq, p + 1, last);

    return (p == last) ? NGX_OK : NGX_ERROR;
}


u_char *
ngx_rt_id_write(u_char *p, const ngx_rt_id_t *id)
{
    p = ngx_rt_id_write_number(p, id->ms);
    *p++ = '-';

    return ngx_rt_id_write_number(p, id->seq);
}


ngx_rt_id_t
ngx_rt_id_before(const ngx_rt_id_t *id)
{
    ngx_rt_id_t  before;

    before = *id;

    if (before.seq) {
        before.seq--;

    } else if (before.ms) {
        before.ms--;
        before.seq = (uint64_t) -1;
    }

    return before;
}


static u_char *
ngx_rt_id_parse_number(uint64_t *n, u_char *p, u_char *last)
{
    u_char    *start;
    uint64_t   value, digit;

    value = 0;

    for (start = p; p < last && *p >= '0' && *p <= '9'; p++) {
        digit = *p - '0';

        if (value > ((uint64_t) -1 - digit) / 10) {
            return NULL;
        }

        value = value * 10 + digit;
    }

    *n = value;

    return (p == start) ? NULL : p;
}


/* "%uL" of ngx_sprintf() cannot write the upper half of the range */

static u_char *
ngx_rt_id_write_number(u_char *p, uint64_t n)
{
    u_char  *q;
    u_char   text[NGX_INT64_LEN];

    q = text + sizeof(text);

    do {
        *--q = (u_char) ('0' + n % 10);
        n /= 10;
    } while (n);

    return ngx_cpymem(p, q, text + sizeof(text) - q);
}
