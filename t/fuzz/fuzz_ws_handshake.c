
/*
 * Copyright (C) the ngx_rt authors
 */


/* Each function of the handshake, with changes that must make no difference. */


#include "fuzz.h"


#define PROTOCOL  "rt.json"


static void fuzz_key(const ngx_str_t *value);
static void fuzz_lists(const ngx_str_t *value);
static void fuzz_protocol(const ngx_str_t *value);
static void fuzz_deflate(const ngx_str_t *value);
static ngx_str_t fuzz_join(const char *before, const ngx_str_t *value,
    const char *after);
static ngx_uint_t fuzz_has(const ngx_str_t *value, const char *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t  value;

    value.len = size;
    value.data = fuzz_copy(data, size);

    fuzz_key(&value);
    fuzz_lists(&value);
    fuzz_protocol(&value);
    fuzz_deflate(&value);

    check(ngx_memcmp(value.data, data, size) == 0);
    free(value.data);

    return 0;
}


static void
fuzz_key(const ngx_str_t *value)
{
    u_char     *accept, hash[32], bytes[32];
    ngx_str_t   src, dst;

    accept = malloc(NGX_RT_WS_HANDSHAKE_ACCEPT);
    ngx_rt_ws_handshake_accept(accept, value);

    src.data = accept;
    src.len = NGX_RT_WS_HANDSHAKE_ACCEPT;
    dst.data = hash;

    check(ngx_decode_base64(&dst, &src) == NGX_OK && dst.len == 20);
    free(accept);

    if (ngx_rt_ws_handshake_key_is_valid(value)) {
        src = *value;
        dst.data = bytes;
        check(ngx_decode_base64(&dst, &src) == NGX_OK && dst.len == 16);
    }
}


static void
fuzz_lists(const ngx_str_t *value)
{
    ngx_str_t   other;
    ngx_uint_t  found;

    found = ngx_rt_ws_handshake_lists(value, "Upgrade");

    check(!found || fuzz_has(value, "upgrade"));

    other = fuzz_join(" ,\t", value, " ,");
    check(ngx_rt_ws_handshake_lists(&other, "uPGRADE") == found);
    free(other.data);

    other = fuzz_join("", value, ",upgrade");
    check(ngx_rt_ws_handshake_lists(&other, "upgrade"));
    free(other.data);

    other = fuzz_join("upgrade\t,", value, "");
    check(ngx_rt_ws_handshake_lists(&other, "upgrade"));
    free(other.data);
}


static void
fuzz_protocol(const ngx_str_t *value)
{
    ngx_int_t  rc;
    ngx_str_t  other;

    rc = ngx_rt_ws_handshake_protocol(value, PROTOCOL);

    check(rc == NGX_OK || rc == NGX_DECLINED || rc == NGX_ERROR);
    check(rc != NGX_OK || fuzz_has(value, PROTOCOL));

    other = fuzz_join(",, ", value, "\t, ");
    check(ngx_rt_ws_handshake_protocol(&other, PROTOCOL) == rc);
    free(other.data);

    /* twice is once too often */

    other = fuzz_join(PROTOCOL ",", value, "," PROTOCOL);
    check(ngx_rt_ws_handshake_protocol(&other, PROTOCOL) == NGX_ERROR);
    free(other.data);

    if (rc == NGX_OK) {
        other = fuzz_join(PROTOCOL ",", value, "");
        check(ngx_rt_ws_handshake_protocol(&other, PROTOCOL) == NGX_ERROR);
        free(other.data);
    }
}


static void
fuzz_deflate(const ngx_str_t *value)
{
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   other;
    ngx_uint_t  bits, again;

    bits = 0;
    rc = ngx_rt_ws_handshake_deflate(value, &bits);

    check(rc == NGX_OK || rc == NGX_DECLINED || rc == NGX_ERROR);
    check(rc != NGX_OK || fuzz_has(value, "permessage-deflate"));
    check(rc == NGX_OK ? (bits == 0
                          || (bits >= NGX_RT_DEFLATE_BITS_MIN
                              && bits <= NGX_RT_DEFLATE_BITS_MAX))
                       : (rc == NGX_DECLINED ? bits == 0 : 1));

    other = fuzz_join(",\t", value, " ,,");
    again = 0;
    check(ngx_rt_ws_handshake_deflate(&other, &again) == rc);
    check(rc != NGX_OK || again == bits);

    for (i = 0; i < other.len; i++) {
        other.data[i] = ngx_toupper(other.data[i]);
    }

    check(ngx_rt_ws_handshake_deflate(&other, &again) == rc);
    check(rc != NGX_OK || again == bits);
    free(other.data);

    /* the first that can be met wins, the last makes up for all others */

    if (rc == NGX_ERROR) {
        return;
    }

    other = fuzz_join("permessage-deflate; server_max_window_bits=12,", value,
                      "");
    check(ngx_rt_ws_handshake_deflate(&other, &again) == NGX_OK);
    check(again == 12);
    free(other.data);

    other = fuzz_join("", value, ",permessage-deflate");
    check(ngx_rt_ws_handshake_deflate(&other, &again) == NGX_OK);
    check(again == (rc == NGX_OK ? bits : 0));
    free(other.data);
}


static ngx_str_t
fuzz_join(const char *before, const ngx_str_t *value, const char *after)
{
    u_char     *p;
    ngx_str_t   s;

    s.len = strlen(before) + value->len + strlen(after);
    s.data = malloc(s.len);

    p = ngx_cpymem(s.data, before, strlen(before));
    p = ngx_cpymem(p, value->data, value->len);
    ngx_memcpy(p, after, strlen(after));

    return s;
}


static ngx_uint_t
fuzz_has(const ngx_str_t *value, const char *text)
{
    size_t  i, len;

    len = strlen(text);

    for (i = 0; i + len <= value->len; i++) {
        if (ngx_strncasecmp(value->data + i, (u_char *) text, len) == 0) {
            return 1;
        }
    }

    return 0;
}
