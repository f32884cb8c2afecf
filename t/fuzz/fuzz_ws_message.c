
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The reader of messages: the first byte chooses the limit and the extension,
 * the second the pieces, the rest are frames.  In pieces and whole they give
 * the same events.
 */


#include "fuzz.h"


typedef struct {
    uint64_t     sum;
    ngx_uint_t   events;
    size_t       read;                 /* bytes until an error or the end */
    ngx_uint_t   idle;
} fuzz_trace_t;


static void fuzz_feed(fuzz_trace_t *trace, const u_char *data, size_t size,
    size_t max, ngx_uint_t deflate, ngx_uint_t pieces);
static ngx_int_t fuzz_piece(fuzz_trace_t *trace, ngx_rt_ws_reader_t *rd,
    const u_char *data, size_t size);
static void fuzz_event(fuzz_trace_t *trace, ngx_rt_ws_reader_t *rd,
    ngx_rt_ws_event_t *ev);
static void fuzz_add(fuzz_trace_t *trace, const void *data, size_t len);


static const size_t  limits[] = { 0, 1, 8, 125, 300, 1024, 5000, 70000 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        max;
    ngx_uint_t    deflate;
    fuzz_trace_t  whole, pieces;

    if (size < 2) {
        return 0;
    }

    max = limits[data[0] & 7];
    deflate = data[0] >> 7;

    fuzz_feed(&whole, data + 2, size - 2, max, deflate, 0);
    fuzz_feed(&pieces, data + 2, size - 2, max, deflate, data[1] | 0x100);

    check(whole.events == pieces.events);
    check(whole.sum == pieces.sum);
    check(whole.read == pieces.read);
    check(whole.idle == pieces.idle);

    return 0;
}


/* all at once if "pieces" is 0 */

static void
fuzz_feed(fuzz_trace_t *trace, const u_char *data, size_t size, size_t max,
    ngx_uint_t deflate, ngx_uint_t pieces)
{
    size_t              n, done;
    uint32_t            random;
    ngx_int_t           rc;
    ngx_rt_ws_reader_t  rd;

    ngx_memzero(trace, sizeof(fuzz_trace_t));
    trace->sum = 0xcbf29ce484222325ULL;
    random = (uint32_t) pieces;

    ngx_rt_ws_message_init(&rd, max, deflate);

    for (done = 0; done < size; done += n) {
        random = random * 1664525 + 1013904223;

        n = (pieces == 0) ? size : (pieces & 1) ? 1 : 1 + (random >> 26);
        n = ngx_min(n, size - done);

        rc = fuzz_piece(trace, &rd, data + done, n);

        if (rc == NGX_ERROR) {
            break;
        }
    }

    trace->idle = ngx_rt_ws_message_is_idle(&rd) ? 1 : 0;

    ngx_rt_ws_message_free(&rd);
}


static ngx_int_t
fuzz_piece(fuzz_trace_t *trace, ngx_rt_ws_reader_t *rd, const u_char *data,
    size_t size)
{
    u_char             *copy, *p;
    ngx_int_t           rc;
    ngx_rt_ws_event_t   ev;

    copy = fuzz_copy(data, size);
    p = copy;

    for ( ;; ) {
        rc = ngx_rt_ws_message_feed(rd, &p, copy + size, &ev);

        check(p >= copy && p <= copy + size);
        check(rc == NGX_OK || rc == NGX_AGAIN || rc == NGX_ERROR);

        /* what is kept is bounded by the limit, not by the frames */

        check(rd->len <= rd->max + rd->max / 8 + 64);
        check(rd->size <= 2 * (rd->max + rd->max / 8 + 64) + 256);

        if (rc != NGX_OK) {
            break;
        }

        fuzz_event(trace, rd, &ev);
    }

    if (rc == NGX_AGAIN) {
        check(p == copy + size);

    } else {
        check(ev.code == NGX_RT_WS_PROTOCOL || ev.code == NGX_RT_WS_BAD_DATA
              || ev.code == NGX_RT_WS_TOO_BIG);
        check(ev.reason != NULL);

        fuzz_add(trace, &ev.code, sizeof(ngx_uint_t));
        fuzz_add(trace, ev.reason, strlen(ev.reason));
    }

    /* a piece is taken before it is checked as text, so the place may differ */

    if (rc == NGX_ERROR && ev.code == NGX_RT_WS_BAD_DATA) {
        trace->read = 0;

    } else {
        trace->read += p - copy;
    }

    check(ngx_memcmp(copy, data, size) == 0);
    free(copy);

    return rc;
}


static void
fuzz_event(fuzz_trace_t *trace, ngx_rt_ws_reader_t *rd, ngx_rt_ws_event_t *ev)
{
    trace->events++;

    fuzz_add(trace, &ev->opcode, sizeof(ngx_uint_t));
    fuzz_add(trace, &ev->data.len, sizeof(size_t));
    fuzz_add(trace, ev->data.data, ev->data.len);

    switch (ev->opcode) {

    case NGX_RT_WS_TEXT:
        check(ngx_rt_utf8_is_valid(ev->data.data, ev->data.len));

        /* fall through */

    case NGX_RT_WS_BINARY:
        check(ev->data.len <= rd->max);
        check(ngx_rt_ws_message_is_idle(rd));
        break;

    case NGX_RT_WS_CLOSE:
        fuzz_add(trace, &ev->code, sizeof(ngx_uint_t));
        check(ev->code >= 1000 && ev->code <= 4999);
        check((ev->code == NGX_RT_WS_NO_CODE) == (ev->data.len == 0));
        check(ev->data.len <= 2
              || ngx_rt_utf8_is_valid(ev->data.data + 2, ev->data.len - 2));

        /* fall through */

    case NGX_RT_WS_PING:
    case NGX_RT_WS_PONG:
        check(ev->data.len <= NGX_RT_WS_CONTROL_LEN);
        break;

    default:
        check(ev->opcode == NGX_RT_WS_TEXT);
    }
}


/* FNV-1a */

static void
fuzz_add(fuzz_trace_t *trace, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;

    for (i = 0; i < len; i++) {
        trace->sum = (trace->sum ^ p[i]) * 0x100000001b3ULL;
    }
}
