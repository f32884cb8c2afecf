
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Headers and close frames: each prefix of a header tells the same, what is
 * written is what was parsed.
 */


#include "fuzz.h"


static ngx_int_t fuzz_header(const u_char *data, size_t size,
    ngx_rt_ws_frame_t *frame);
static void fuzz_write(const u_char *data, ngx_int_t n,
    ngx_rt_ws_frame_t *frame);
static void fuzz_unmask(const u_char *data, size_t size);
static void fuzz_close(const u_char *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t          n;
    ngx_rt_ws_frame_t  frame;

    n = fuzz_header(data, size, &frame);

    if (n > 0) {
        fuzz_write(data, n, &frame);
        data += n;
        size -= n;
    }

    fuzz_unmask(data, size);
    fuzz_close(data, size);

    return 0;
}


static ngx_int_t
fuzz_header(const u_char *data, size_t size, ngx_rt_ws_frame_t *frame)
{
    size_t              len;
    u_char             *p;
    ngx_int_t           n, last;
    const char         *reason;
    ngx_rt_ws_frame_t   f;

    last = NGX_AGAIN;

    for (len = 0; len <= size && len <= NGX_RT_WS_HEADER_LEN + 2; len++) {
        reason = NULL;
        p = fuzz_copy(data, len);
        n = ngx_rt_ws_frame_parse(&f, p, len, &reason);
        free(p);

        check(n == NGX_AGAIN || n == NGX_ERROR
              || (n >= 6 && n <= NGX_RT_WS_HEADER_LEN && (size_t) n <= len));
        check((n == NGX_ERROR) == (reason != NULL));
        check(last == NGX_AGAIN || n == last);
        check(n != NGX_AGAIN || len < NGX_RT_WS_HEADER_LEN);
        check(n <= 0 || last > 0 || (size_t) n == len);

        last = n;
    }

    *frame = f;

    return last;
}


/* a header has one form only */

static void
fuzz_write(const u_char *data, ngx_int_t n, ngx_rt_ws_frame_t *frame)
{
    u_char      header[NGX_RT_WS_SERVER_LEN];
    ngx_int_t   len;

    len = ngx_rt_ws_frame_write(header, frame->opcode, frame->rsv1,
                                (size_t) frame->len)
          - header;

    check(len == n - 4);
    check(header[0] == (data[0] | 0x80));
    check(frame->fin == data[0] >> 7);
    check((header[1] | 0x80) == data[1]);
    check(ngx_memcmp(header + 2, data + 2, len - 2) == 0);
    check(ngx_memcmp(frame->mask, data + len, 4) == 0);

    if (ngx_rt_ws_frame_is_control(frame)) {
        check(frame->fin && frame->len <= NGX_RT_WS_CONTROL_LEN);
    }
}


/* in two pieces, and back in one */

static void
fuzz_unmask(const u_char *data, size_t size)
{
    size_t   offset, cut, i;
    u_char  *src, *dst;

    if (size < 6) {
        return;
    }

    offset = data[4];
    cut = data[5] % (size + 1);

    src = fuzz_copy(data, size);
    dst = fuzz_copy(data, size);

    ngx_rt_ws_frame_unmask(dst, src, cut, data, offset);
    ngx_rt_ws_frame_unmask(dst + cut, src + cut, size - cut, data,
                           offset + cut);

    for (i = 0; i < size; i++) {
        check(dst[i] == (src[i] ^ data[(offset + i) % 4]));
    }

    ngx_rt_ws_frame_unmask(dst, dst, size, data, offset);

    check(ngx_memcmp(src, dst, size) == 0);

    free(src);
    free(dst);
}


static void
fuzz_close(const u_char *data, size_t size)
{
    char         text[256];
    u_char      *p, frame[2 + NGX_RT_WS_CONTROL_LEN];
    size_t       len;
    ngx_uint_t   code;
    const char  *reason;

    size = ngx_min(size, 255);
    reason = NULL;

    p = fuzz_copy(data, size);
    code = ngx_rt_ws_frame_parse_close(p, size, &reason);
    free(p);

    check((code == 0) == (reason != NULL));
    check((size == 0) == (code == NGX_RT_WS_NO_CODE));
    check(code == 0 || (code >= 1000 && code <= 4999));

    if (code == 0 || size == 0) {
        return;
    }

    ngx_memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';

    len = ngx_rt_ws_frame_write_close(frame, code, text) - frame;

    check(len >= 4 && len <= sizeof(frame));
    check(frame[0] == 0x88 && frame[1] == len - 2);
    check(ngx_rt_ws_frame_parse_close(frame + 2, len - 2, &reason) == code);
    check(ngx_memcmp(frame + 2, data, len - 2) == 0);
    check(len == sizeof(frame) || len - 4 == strlen(text));
}
