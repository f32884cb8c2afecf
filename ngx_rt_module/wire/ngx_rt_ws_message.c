
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * From a client's bytes to messages, RFC 6455, 5.4 to 5.6, and RFC 7692.  The
 * bytes may come in any pieces.  Memory grows with what has come, never with
 * what a frame says will come.
 */


#include "ngx_rt_wire.h"


#define NGX_RT_WS_MESSAGE_START  256

/*
 * Deflate may lengthen what it cannot shorten: zlib by 4 % at its smallest
 * memory level, codes of 9 bits for each byte, RFC 1951, 3.2.6, by an eighth.
 */
#define ngx_rt_ws_message_deflated_max(max)  ((max) + (max) / 8 + 64)


static ngx_int_t ngx_rt_ws_message_begin(ngx_rt_ws_reader_t *rd,
    u_char **pos, u_char *last, ngx_rt_ws_event_t *ev);
static ngx_int_t ngx_rt_ws_message_check(ngx_rt_ws_reader_t *rd,
    ngx_rt_ws_event_t *ev);
static ngx_int_t ngx_rt_ws_message_payload(ngx_rt_ws_reader_t *rd,
    u_char **pos, u_char *last, ngx_rt_ws_event_t *ev);
static ngx_int_t ngx_rt_ws_message_reserve(ngx_rt_ws_reader_t *rd, size_t n);
static ngx_int_t ngx_rt_ws_message_end_control(ngx_rt_ws_reader_t *rd,
    ngx_rt_ws_event_t *ev);
static ngx_int_t ngx_rt_ws_message_end_data(ngx_rt_ws_reader_t *rd,
    ngx_rt_ws_event_t *ev);
static ngx_int_t ngx_rt_ws_message_inflate(ngx_rt_ws_reader_t *rd,
    ngx_rt_ws_event_t *ev);
static ngx_int_t ngx_rt_ws_message_error(ngx_rt_ws_event_t *ev,
    ngx_uint_t code, const char *reason);


void
ngx_rt_ws_message_init(ngx_rt_ws_reader_t *rd, size_t max, ngx_uint_t deflate)
{
    ngx_memzero(rd, sizeof(ngx_rt_ws_reader_t));

    rd->max = max;
    rd->deflate = deflate ? 1 : 0;
}


void
ngx_rt_ws_message_free(ngx_rt_ws_reader_t *rd)
{
    ngx_free(rd->data);

    rd->data = NULL;
    rd->len = 0;
    rd->size = 0;
}


ngx_int_t
ngx_rt_ws_message_feed(ngx_rt_ws_reader_t *rd, u_char **pos, u_char *last,
    ngx_rt_ws_event_t *ev)
{
    ngx_int_t  rc;

    /* what the last call gave is the caller's no more */

    if (rd->given) {
        rd->given = 0;
        ngx_rt_ws_message_free(rd);
    }

    for ( ;; ) {

        if (!rd->in_frame) {
            rc = ngx_rt_ws_message_begin(rd, pos, last, ev);

            if (rc != NGX_OK) {
                return rc;
            }
        }

        rc = ngx_rt_ws_message_payload(rd, pos, last, ev);

        if (rc != NGX_OK) {
            return rc;
        }

        rd->in_frame = 0;

        if (ngx_rt_ws_frame_is_control(&rd->frame)) {
            return ngx_rt_ws_message_end_control(rd, ev);
        }

        if (rd->frame.fin) {
            return ngx_rt_ws_message_end_data(rd, ev);
        }
    }
}


/* the header of a frame; what has come of it is kept until it is complete */

static ngx_int_t
ngx_rt_ws_message_begin(ngx_rt_ws_reader_t *rd, u_char **pos, u_char *last,
    ngx_rt_ws_event_t *ev)
{
    ngx_int_t    n;
    const char  *reason;

    for ( ;; ) {
        n = ngx_rt_ws_frame_parse(&rd->frame, rd->head, rd->nhead, &reason);

        if (n == NGX_ERROR) {
            return ngx_rt_ws_message_error(ev, NGX_RT_WS_PROTOCOL, reason);
        }

        if (n > 0) {
            rd->nhead = 0;
            rd->in_frame = 1;
            rd->got = 0;

            return ngx_rt_ws_message_check(rd, ev);
        }

        if (*pos == last) {
            return NGX_AGAIN;
        }

        rd->head[rd->nhead++] = *(*pos)++;
    }
}


/* may this frame come now? */

static ngx_int_t
ngx_rt_ws_message_check(ngx_rt_ws_reader_t *rd, ngx_rt_ws_event_t *ev)
{
    size_t              max;
    ngx_rt_ws_frame_t  *frame;

    frame = &rd->frame;

    /* RFC 7692, 6: the bit belongs to the first frame of a data message */

    if (frame->rsv1
        && (!rd->deflate || ngx_rt_ws_frame_is_control(frame)
            || frame->opcode == NGX_RT_WS_CONTINUATION))
    {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_PROTOCOL,
                                       "frame has a reserved bit set");
    }

    if (ngx_rt_ws_frame_is_control(frame)) {
        return NGX_OK;
    }

    if (frame->opcode == NGX_RT_WS_CONTINUATION) {

        if (!rd->opcode) {
            return ngx_rt_ws_message_error(ev, NGX_RT_WS_PROTOCOL,
                                           "nothing is to be continued");
        }

    } else {

        if (rd->opcode) {
            return ngx_rt_ws_message_error(ev, NGX_RT_WS_PROTOCOL,
                                           "last message is not complete");
        }

        rd->opcode = frame->opcode;
        rd->deflated = frame->rsv1;
        ngx_memzero(&rd->utf8, sizeof(ngx_rt_utf8_t));
    }

    max = rd->deflated ? ngx_rt_ws_message_deflated_max(rd->max) : rd->max;

    if (frame->len > max || rd->len + frame->len > max) {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_TOO_BIG,
                                       NGX_RT_WS_TOO_BIG_REASON);
    }

    return NGX_OK;
}


/* NGX_OK at the end of the frame */

static ngx_int_t
ngx_rt_ws_message_payload(ngx_rt_ws_reader_t *rd, u_char **pos, u_char *last,
    ngx_rt_ws_event_t *ev)
{
    size_t   n;
    u_char  *dst;

    n = last - *pos;

    if (n > rd->frame.len - rd->got) {
        n = (size_t) (rd->frame.len - rd->got);
    }

    if (ngx_rt_ws_frame_is_control(&rd->frame)) {
        dst = rd->control + rd->got;

    } else {
        if (ngx_rt_ws_message_reserve(rd, n) != NGX_OK) {
            return ngx_rt_ws_message_error(ev, NGX_RT_WS_INTERNAL,
                                           "no memory");
        }

        dst = rd->data + rd->len;
        rd->len += n;
    }

    if (n) {
        ngx_rt_ws_frame_unmask(dst, *pos, n, rd->frame.mask, rd->got);

        *pos += n;
        rd->got += n;

        if (!ngx_rt_ws_frame_is_control(&rd->frame)
            && rd->opcode == NGX_RT_WS_TEXT
            && !rd->deflated
            && ngx_rt_utf8_feed(&rd->utf8, dst, n) != NGX_OK)
        {
            return ngx_rt_ws_message_error(ev, NGX_RT_WS_BAD_DATA,
                                           "text is not UTF-8");
        }
    }

    return (rd->got == rd->frame.len) ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_rt_ws_message_reserve(ngx_rt_ws_reader_t *rd, size_t n)
{
    size_t   size;
    u_char  *p;

    if (rd->data && rd->len + n <= rd->size) {
        return NGX_OK;
    }

    size = ngx_max(2 * rd->size, NGX_RT_WS_MESSAGE_START);
    size = ngx_max(size, rd->len + n);

    p = realloc(rd->data, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    rd->data = p;
    rd->size = size;

    return NGX_OK;
}


static ngx_int_t
ngx_rt_ws_message_end_control(ngx_rt_ws_reader_t *rd, ngx_rt_ws_event_t *ev)
{
    const char  *reason;

    ev->opcode = rd->frame.opcode;
    ev->data.data = rd->control;
    ev->data.len = (size_t) rd->got;

    if (ev->opcode != NGX_RT_WS_CLOSE) {
        return NGX_OK;
    }

    ev->code = ngx_rt_ws_frame_parse_close(rd->control, ev->data.len,
                                           &reason);
    if (ev->code == 0) {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_PROTOCOL, reason);
    }

    if (ev->data.len > 2
        && !ngx_rt_utf8_is_valid(rd->control + 2, ev->data.len - 2))
    {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_BAD_DATA,
                                       "close reason is not UTF-8");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_ws_message_end_data(ngx_rt_ws_reader_t *rd, ngx_rt_ws_event_t *ev)
{
    if (rd->deflated && ngx_rt_ws_message_inflate(rd, ev) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rd->opcode == NGX_RT_WS_TEXT
        && !ngx_rt_utf8_is_complete(&rd->utf8))
    {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_BAD_DATA,
                                       "text is not UTF-8");
    }

    ev->opcode = rd->opcode;
    ev->data.data = rd->data;
    ev->data.len = rd->len;

    rd->opcode = 0;
    rd->given = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_rt_ws_message_inflate(ngx_rt_ws_reader_t *rd, ngx_rt_ws_event_t *ev)
{
    ngx_int_t  rc;
    ngx_str_t  out;

    rc = ngx_rt_deflate_decompress(rd->data, rd->len, rd->max, &out);

    if (rc == NGX_DECLINED) {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_TOO_BIG,
                                       NGX_RT_WS_TOO_BIG_REASON);
    }

    if (rc == NGX_ABORT) {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_INTERNAL, "no memory");
    }

    if (rc == NGX_ERROR) {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_BAD_DATA,
                                       "compressed data is damaged");
    }

    ngx_rt_ws_message_free(rd);

    rd->data = out.data;
    rd->len = out.len;
    rd->size = out.len;

    if (rd->opcode == NGX_RT_WS_TEXT
        && ngx_rt_utf8_feed(&rd->utf8, rd->data, rd->len) != NGX_OK)
    {
        return ngx_rt_ws_message_error(ev, NGX_RT_WS_BAD_DATA,
                                       "text is not UTF-8");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_ws_message_error(ngx_rt_ws_event_t *ev, ngx_uint_t code,
    const char *reason)
{
    ev->code = code;
    ev->reason = reason;

    return NGX_ERROR;
}
