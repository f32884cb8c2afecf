
/*
 * Copyright (C) the ngx_rt authors
 */


/* UTF-8 by the well-formed byte sequences of RFC 3629, section 4. */


#include "ngx_rt_wire.h"


#define NGX_RT_UTF8_HIGH_BITS  0x8080808080808080ULL


ngx_uint_t
ngx_rt_utf8_is_valid(const u_char *p, size_t len)
{
    ngx_rt_utf8_t  utf8;

    ngx_memzero(&utf8, sizeof(ngx_rt_utf8_t));

    return ngx_rt_utf8_feed(&utf8, p, len) == NGX_OK
           && ngx_rt_utf8_is_complete(&utf8);
}


ngx_int_t
ngx_rt_utf8_feed(ngx_rt_utf8_t *utf8, const u_char *p, size_t len)
{
    u_char         ch;
    uint64_t       word;
    const u_char  *last;

    last = p + len;

    while (p < last) {

        if (utf8->more) {
            if (*p < utf8->low || *p > utf8->high) {
                return NGX_ERROR;
            }

            p++;
            utf8->more--;
            utf8->low = 0x80;
            utf8->high = 0xbf;
            continue;
        }

        while (last - p >= 8) {
            ngx_memcpy(&word, p, 8);

            if (word & NGX_RT_UTF8_HIGH_BITS) {
                break;
            }

            p += 8;
        }

        if (p == last) {
            break;
        }

        ch = *p++;

        if (ch < 0x80) {
            continue;
        }

        if (ch < 0xc2 || ch > 0xf4) {
            return NGX_ERROR;
        }

        utf8->more = (ch < 0xe0) ? 1 : (ch < 0xf0) ? 2 : 3;

        /* what may follow the first byte is narrower for four of them */

        utf8->low = (ch == 0xe0) ? 0xa0 : (ch == 0xf0) ? 0x90 : 0x80;
        utf8->high = (ch == 0xed) ? 0x9f : (ch == 0xf4) ? 0x8f : 0xbf;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_rt_utf8_parts_are_valid(const ngx_rt_part_t *parts, size_t *len)
{
    ngx_uint_t     valid;
    ngx_rt_utf8_t  utf8;

    *len = 0;
    valid = 1;
    ngx_memzero(&utf8, sizeof(ngx_rt_utf8_t));

    for ( /* void */ ; parts; parts = parts->next) {
        *len += parts->len;

        valid = valid
                && ngx_rt_utf8_feed(&utf8, parts->data, parts->len) == NGX_OK;
    }

    return valid && ngx_rt_utf8_is_complete(&utf8);
}
