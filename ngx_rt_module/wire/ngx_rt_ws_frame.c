
/*
 * Copyright (C) the ngx_rt authors
 */


/* Frame headers and close codes of WebSocket, RFC 6455, sections 5 and 7. */


#include "ngx_rt_wire.h"


#define NGX_RT_WS_FIN     0x80
#define NGX_RT_WS_RSV1    0x40
#define NGX_RT_WS_RSV23   0x30
#define NGX_RT_WS_OPCODE  0x0f
#define NGX_RT_WS_MASK    0x80

/* lengths that say where the length is */
#define NGX_RT_WS_LEN16   126
#define NGX_RT_WS_LEN64   127


static const char *ngx_rt_ws_frame_check(ngx_rt_ws_frame_t *frame,
    const u_char *p);


ngx_int_t
ngx_rt_ws_frame_parse(ngx_rt_ws_frame_t *frame, const u_char *p, size_t len,
    const char **reason)
{
    size_t         i, nlen;
    uint64_t       n;

    if (len < 2) {
        return NGX_AGAIN;
    }

    *reason = ngx_rt_ws_frame_check(frame, p);

    if (*reason != NULL) {
        return NGX_ERROR;
    }

    n = p[1] & ~NGX_RT_WS_MASK;
    nlen = (n == NGX_RT_WS_LEN16) ? 2 : (n == NGX_RT_WS_LEN64) ? 8 : 0;

    if (len < 2 + nlen) {
        return NGX_AGAIN;
    }

    if (nlen) {
        n = 0;

        for (i = 0; i < nlen; i++) {
            n = n << 8 | p[2 + i];
        }

        /* 5.2: the minimal number of bytes, and the highest bit is zero */

        if (n < NGX_RT_WS_LEN16 || (nlen == 8 && n <= 0xffff)) {
            *reason = "frame length is not encoded minimally";
            return NGX_ERROR;
        }

        if (n >> 63) {
            *reason = "frame length has its highest bit set";
            return NGX_ERROR;
        }
    }

    if (len < 2 + nlen + 4) {
        return NGX_AGAIN;
    }

    frame->len = n;
    ngx_memcpy(frame->mask, p + 2 + nlen, 4);

    return 2 + nlen + 4;
}


/* what the first two bytes of a client's frame may be */

static const char *
ngx_rt_ws_frame_check(ngx_rt_ws_frame_t *frame, const u_char *p)
{
    frame->fin = (p[0] & NGX_RT_WS_FIN) != 0;
    frame->rsv1 = (p[0] & NGX_RT_WS_RSV1) != 0;
    frame->opcode = p[0] & NGX_RT_WS_OPCODE;

    if (p[0] & NGX_RT_WS_RSV23) {
        return "frame has a reserved bit set";
    }

    if (frame->opcode > NGX_RT_WS_PONG
        || (frame->opcode > NGX_RT_WS_BINARY
            && frame->opcode < NGX_RT_WS_CLOSE))
    {
        return "frame has a reserved opcode";
    }

    /* 5.1: a server closes the connection upon a frame that is not masked */

    if (!(p[1] & NGX_RT_WS_MASK)) {
        return "frame is not masked";
    }

    if (ngx_rt_ws_frame_is_control(frame)) {

        /* 5.5: control frames are never fragmented, at most 125 bytes */

        if (!frame->fin) {
            return "control frame is fragmented";
        }

        if ((p[1] & ~NGX_RT_WS_MASK) > NGX_RT_WS_CONTROL_LEN) {
            return "control frame is longer than 125 bytes";
        }
    }

    return NULL;
}


void
ngx_rt_ws_frame_unmask(u_char *dst, const u_char *src, size_t len,
    const u_char mask[4], size_t offset)
{
    size_t    i;
    u_char    key[8];
    uint64_t  word, pattern;

    for (i = 0; i < 8; i++) {
        key[i] = mask[(offset + i) % 4];
    }

    ngx_memcpy(&pattern, key, 8);

    for (i = 0; i + 8 <= len; i += 8) {
        ngx_memcpy(&word, src + i, 8);
        word ^= pattern;
        ngx_memcpy(dst + i, &word, 8);
    }

    for ( /* void */ ; i < len; i++) {
        dst[i] = src[i] ^ key[i % 4];
    }
}


u_char *
ngx_rt_ws_frame_write(u_char *p, ngx_uint_t opcode, ngx_uint_t rsv1,
    size_t len)
{
    ngx_uint_t  i;

    *p++ = (u_char) (NGX_RT_WS_FIN | (rsv1 ? NGX_RT_WS_RSV1 : 0) | opcode);

    if (len < NGX_RT_WS_LEN16) {
        *p++ = (u_char) len;
        return p;
    }

    if (len <= 0xffff) {
        *p++ = NGX_RT_WS_LEN16;
        *p++ = (u_char) (len >> 8);
        *p++ = (u_char) len;
        return p;
    }

    *p++ = NGX_RT_WS_LEN64;

    for (i = 0; i < 8; i++) {
        *p++ = (u_char) ((uint64_t) len >> (8 * (7 - i)));
    }

    return p;
}


u_char *
ngx_rt_ws_frame_write_message(u_char *p, ngx_uint_t opcode,
    const ngx_rt_part_t *parts, size_t len, ngx_uint_t bits)
{
    size_t   n;
    u_char  *payload;

    payload = p + NGX_RT_WS_SERVER_LEN;
    n = bits ? ngx_rt_deflate_compress(parts, len, bits, payload, len) : 0;

    if (n) {
        p = ngx_rt_ws_frame_write(p, opcode, 1, n);

        return ngx_movemem(p, payload, n);
    }

    p = ngx_rt_ws_frame_write(p, opcode, 0, len);

    for ( /* void */ ; parts; parts = parts->next) {
        p = ngx_cpymem(p, parts->data, parts->len);
    }

    return p;
}


u_char *
ngx_rt_ws_frame_write_close(u_char *p, ngx_uint_t code, const char *reason)
{
    size_t  len;

    /* 7.1.5: no code was received, none is sent */

    if (code == NGX_RT_WS_NO_CODE) {
        return ngx_rt_ws_frame_write(p, NGX_RT_WS_CLOSE, 0, 0);
    }

    len = ngx_strlen(reason);
    len = ngx_min(len, NGX_RT_WS_CONTROL_LEN - 2);

    p = ngx_rt_ws_frame_write(p, NGX_RT_WS_CLOSE, 0, 2 + len);

    *p++ = (u_char) (code >> 8);
    *p++ = (u_char) code;

    return ngx_cpymem(p, reason, len);
}


ngx_uint_t
ngx_rt_ws_frame_parse_close(const u_char *p, size_t len, const char **reason)
{
    ngx_uint_t  code;

    if (len == 0) {
        return NGX_RT_WS_NO_CODE;
    }

    if (len == 1) {
        *reason = "close frame has half a code";
        return 0;
    }

    code = p[0] << 8 | p[1];

    /* 7.4.1 and IANA's registry; 7.4.2: 3000-4999 belong to applications */

    if (code < NGX_RT_WS_NORMAL || code > 4999
        || (code > 1014 && code < 3000)
        || (code >= 1004 && code <= 1006))
    {
        *reason = "close frame has a code that must not be sent";
        return 0;
    }

    return code;
}
