
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Topics and event types.  A topic is what stands in a configuration, a URL, a
 * log and a JSON text alike, so it is short and printable; "%" and "," are left
 * out, so that decoding a list of topics once more cannot give another list.
 */


#include "ngx_rt_wire.h"


static const char *ngx_rt_name_check(const ngx_str_t *name);
static ngx_int_t ngx_rt_name_hex(u_char ch);


const char *
ngx_rt_name_check_topic(const ngx_str_t *name)
{
    if (name->len == 0) {
        return "topic is empty";
    }

    if (name->len > NGX_RT_NAME_LEN) {
        return "topic is longer than 255 bytes";
    }

    if (ngx_rt_name_check(name) != NULL) {
        return ngx_rt_name_check(name);
    }

    if (ngx_strlchr(name->data, name->data + name->len, '%') != NULL) {
        return "topic has a percent sign after it was decoded";
    }

    if (ngx_strlchr(name->data, name->data + name->len, ',') != NULL) {
        return "topic has a comma";
    }

    return NULL;
}


const char *
ngx_rt_name_check_event(const ngx_str_t *name)
{
    if (name->len > NGX_RT_NAME_LEN) {
        return "event type is longer than 255 bytes";
    }

    if (name->len >= 3 && ngx_strncmp(name->data, "rt.", 3) == 0) {
        return "event type begins with \"rt.\", which is reserved";
    }

    if (ngx_rt_name_check(name) != NULL) {
        return "event type is not UTF-8 or has a control character";
    }

    return NULL;
}


ngx_int_t
ngx_rt_name_parse_topic(ngx_str_t *list, u_char *buf, ngx_str_t *name,
    const char **reason)
{
    u_char     *p, *last, *dst;
    ngx_int_t   high, low;

    if (list->data == NULL) {
        return NGX_DONE;
    }

    p = list->data;
    last = p + list->len;
    dst = buf;

    while (p < last && *p != ',') {

        if (dst == buf + NGX_RT_NAME_LEN) {
            *reason = "topic is longer than 255 bytes";
            return NGX_ERROR;
        }

        if (*p != '%') {
            *dst++ = *p++;
            continue;
        }

        high = (last - p > 1) ? ngx_rt_name_hex(p[1]) : NGX_ERROR;
        low = (last - p > 2) ? ngx_rt_name_hex(p[2]) : NGX_ERROR;

        if (high == NGX_ERROR || low == NGX_ERROR) {
            *reason = "topic has a percent sign without two hexadecimal "
                      "digits";
            return NGX_ERROR;
        }

        *dst++ = (u_char) (high << 4 | low);
        p += 3;
    }

    if (p < last) {
        list->data = p + 1;
        list->len = last - p - 1;

    } else {
        ngx_str_null(list);
    }

    name->data = buf;
    name->len = dst - buf;

    *reason = ngx_rt_name_check_topic(name);

    return (*reason == NULL) ? NGX_OK : NGX_ERROR;
}


/*
 * SipHash-1-3 (Aumasson and Bernstein): clients choose topics, and must not be
 * able to choose those that share a bucket.
 */

#define ngx_rt_rotl(x, n)  ((x) << (n) | (x) >> (64 - (n)))

#define ngx_rt_sip_round()                                                    \
    v0 += v1; v1 = ngx_rt_rotl(v1, 13); v1 ^= v0; v0 = ngx_rt_rotl(v0, 32);   \
    v2 += v3; v3 = ngx_rt_rotl(v3, 16); v3 ^= v2;                             \
    v0 += v3; v3 = ngx_rt_rotl(v3, 21); v3 ^= v0;                             \
    v2 += v1; v1 = ngx_rt_rotl(v1, 17); v1 ^= v2; v2 = ngx_rt_rotl(v2, 32)

uint64_t
ngx_rt_name_hash(const uint64_t key[2], const ngx_str_t *name)
{
    size_t          n;
    uint64_t        v0, v1, v2, v3, m;
    const u_char   *p;

    v0 = key[0] ^ 0x736f6d6570736575ULL;
    v1 = key[1] ^ 0x646f72616e646f6dULL;
    v2 = key[0] ^ 0x6c7967656e657261ULL;
    v3 = key[1] ^ 0x7465646279746573ULL;

    p = name->data;

    for (n = name->len; n >= 8; n -= 8) {
        ngx_memcpy(&m, p, 8);
        p += 8;

        v3 ^= m;
        ngx_rt_sip_round();
        v0 ^= m;
    }

    m = (uint64_t) name->len << 56;

    while (n--) {
        m |= (uint64_t) p[n] << (8 * n);
    }

    v3 ^= m;
    ngx_rt_sip_round();
    v0 ^= m;

    v2 ^= 0xff;
    ngx_rt_sip_round();
    ngx_rt_sip_round();
    ngx_rt_sip_round();

    return v0 ^ v1 ^ v2 ^ v3;
}


static const char *
ngx_rt_name_check(const ngx_str_t *name)
{
    size_t   i;
    u_char  *p;

    p = name->data;

    if (!ngx_rt_utf8_is_valid(p, name->len)) {
        return "topic is not UTF-8";
    }

    for (i = 0; i < name->len; i++) {

        /* C0, DEL, and C1, which is U+0080 to U+009F */

        if (p[i] < 0x20 || p[i] == 0x7f
            || (p[i] == 0xc2 && p[i + 1] < 0xa0))
        {
            return "topic has a control character";
        }
    }

    return NULL;
}


static ngx_int_t
ngx_rt_name_hex(u_char ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }

    ch = (u_char) (ch | 0x20);

    if (ch >= 'a' && ch <= 'f') {
        return ch - 'a' + 10;
    }

    return NGX_ERROR;
}
