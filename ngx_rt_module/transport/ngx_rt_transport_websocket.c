
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * WebSocket, RFC 6455, with permessage-deflate, RFC 7692, over HTTP/1.1.  A
 * client that asked for the subprotocol "rt.json" is sent JSON objects, see
 * ngx_rt_envelope.c; others are sent the data of messages and nothing else.
 *
 * The variant is the subprotocol, the window for deflate, and the size from
 * which messages are deflated.  What is kept of a client's bytes lives from the
 * first byte of a message to its last.
 */


#include "ngx_rt_transport.h"


#define NGX_RT_WEBSOCKET_JSON          1
#define NGX_RT_WEBSOCKET_SUBPROTOCOL   "rt.json"

/* the window between the largest and the smallest, in bits */
#define NGX_RT_WEBSOCKET_BITS          12

/* the variant: one bit, bits of the window less 8, the size */
#define ngx_rt_websocket_variant(json, bits, size)                            \
    ((json) | (uint64_t) ((bits) - 8) << 1 | (uint64_t) (size) << 4)
#define ngx_rt_websocket_is_json(variant)                                     \
    ((variant) & NGX_RT_WEBSOCKET_JSON)
#define ngx_rt_websocket_is_deflated(variant)  (((variant) >> 1) & 7)
#define ngx_rt_websocket_bits(variant)         ((((variant) >> 1) & 7) + 8)
#define ngx_rt_websocket_size(variant)         ((variant) >> 4)


typedef struct {
    ngx_rt_ws_reader_t   reader;

    ngx_rt_batch_t      *pongs;           /* for the pings being read */

    u_char              *rest;            /* came before it was not read */
    size_t               rest_len;

    ngx_uint_t           code;            /* to close with; 0: not yet */
    const char          *reason;
    unsigned             said_close:1;    /* and waits for its messages */
    unsigned             deaf:1;          /* the rest does not matter */
} ngx_rt_websocket_t;


static ngx_int_t ngx_rt_websocket_check(ngx_http_request_t *r,
    ngx_rt_subscriber_conf_t *conf, uint64_t *variant);
static ngx_int_t ngx_rt_websocket_open(ngx_http_request_t *r,
    uint64_t *variant);
static ngx_int_t ngx_rt_websocket_greet(ngx_rt_batch_t *batch,
    ngx_rt_subscriber_t *sub, const ngx_rt_gap_t *gap);
static ngx_int_t ngx_rt_websocket_encode(ngx_rt_batch_t *batch,
    uint64_t variant, const ngx_str_t *topic, const ngx_rt_message_t *msg);
static ngx_int_t ngx_rt_websocket_gap(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_gap_t *gap);
static ngx_int_t ngx_rt_websocket_beat(ngx_rt_batch_t *batch,
    uint64_t variant, const ngx_rt_id_t *id);
static void ngx_rt_websocket_read(ngx_rt_subscriber_t *sub, u_char *p,
    size_t len);
static ngx_rt_websocket_t *ngx_rt_websocket_get(ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_websocket_keep(ngx_rt_websocket_t *ws, u_char *p,
    size_t len);
static void ngx_rt_websocket_feed(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws, u_char *p, size_t len);
static void ngx_rt_websocket_event(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws, ngx_rt_ws_event_t *ev);
static void ngx_rt_websocket_message(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws, ngx_rt_ws_event_t *ev);
static void ngx_rt_websocket_hang_up(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws);
static void ngx_rt_websocket_fail(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws, ngx_uint_t code, const char *reason);
static void ngx_rt_websocket_answer(ngx_rt_subscriber_t *sub, u_char *p,
    size_t len);
static void ngx_rt_websocket_pong(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws, const ngx_str_t *data);
static void ngx_rt_websocket_flush(ngx_rt_subscriber_t *sub,
    ngx_rt_websocket_t *ws);
static void ngx_rt_websocket_release(ngx_rt_subscriber_t *sub);
static void ngx_rt_websocket_free(ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_websocket_end(ngx_rt_batch_t *batch,
    ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_websocket_refuse(ngx_http_request_t *r);
static ngx_int_t ngx_rt_websocket_write(ngx_rt_batch_t *batch,
    uint64_t variant, ngx_uint_t opcode, const ngx_rt_part_t *parts,
    size_t len);
static ngx_int_t ngx_rt_websocket_write_frame(ngx_rt_batch_t *batch,
    ngx_uint_t opcode, u_char *data, size_t len);


static ngx_int_t
ngx_rt_websocket_check(ngx_http_request_t *r, ngx_rt_subscriber_conf_t *conf,
    uint64_t *variant)
{
    ngx_int_t         rc;
    ngx_str_t         origin;
    ngx_uint_t        bits;
    ngx_rt_upgrade_t  up;

    rc = ngx_rt_upgrade_check(r, NGX_RT_WEBSOCKET_SUBPROTOCOL, &up);

    if (rc != NGX_OK || r->header_sent) {
        return rc;
    }

    if (ngx_rt_origin_check(r, conf->origins, &origin)
        == NGX_RT_ORIGIN_FOREIGN)
    {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "origin \"%V\" is not allowed", &origin);

        return NGX_HTTP_FORBIDDEN;
    }

    *variant = up.chosen ? NGX_RT_WEBSOCKET_JSON : 0;

    if (up.deflate && conf->deflate != NGX_RT_DEFLATE_OFF) {

        /* a smaller window fits as well, and those of few sizes are shared */

        bits = (up.bits == 0 || up.bits == NGX_RT_DEFLATE_BITS_MAX)
               ? NGX_RT_DEFLATE_BITS_MAX
               : (up.bits >= NGX_RT_WEBSOCKET_BITS) ? NGX_RT_WEBSOCKET_BITS
                                                    : NGX_RT_DEFLATE_BITS_MIN;

        *variant = ngx_rt_websocket_variant(*variant, bits, conf->deflate);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_websocket_open(ngx_http_request_t *r, uint64_t *variant)
{
    return ngx_rt_upgrade_send(r, NGX_RT_WEBSOCKET_SUBPROTOCOL,
                               ngx_rt_websocket_is_deflated(*variant) != 0);
}


static ngx_int_t
ngx_rt_websocket_greet(ngx_rt_batch_t *batch, ngx_rt_subscriber_t *sub,
    const ngx_rt_gap_t *gap)
{
    u_char  text[NGX_RT_ENVELOPE_POSITION_LEN];

    if (gap) {
        return ngx_rt_websocket_gap(batch, sub->variant, gap);
    }

    if (!ngx_rt_websocket_is_json(sub->variant)) {
        return NGX_OK;
    }

    return ngx_rt_websocket_write_frame(batch, NGX_RT_WS_TEXT, text,
               ngx_rt_envelope_write_position(text, &sub->position) - text);
}


static ngx_int_t
ngx_rt_websocket_encode(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_str_t *topic, const ngx_rt_message_t *msg)
{
    size_t          len;
    u_char         *text;
    ngx_int_t       rc;
    ngx_uint_t      opcode;
    ngx_rt_part_t   whole;

    if (ngx_rt_websocket_is_json(variant)) {

        text = ngx_rt_envelope_create(topic, msg, &len);
        if (text == NULL) {
            return NGX_ERROR;
        }

        whole.next = NULL;
        whole.data = text;
        whole.len = len;

        rc = ngx_rt_websocket_write(batch, variant, NGX_RT_WS_TEXT, &whole,
                                    len);
        ngx_free(text);

        return rc;
    }

    opcode = ngx_rt_utf8_parts_are_valid(&msg->data, &len)
             ? NGX_RT_WS_TEXT : NGX_RT_WS_BINARY;

    return ngx_rt_websocket_write(batch, variant, opcode, &msg->data, len);
}


static ngx_int_t
ngx_rt_websocket_gap(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_gap_t *gap)
{
    u_char  text[NGX_RT_ENVELOPE_GAP_LEN];

    if (!ngx_rt_websocket_is_json(variant)) {
        return NGX_DECLINED;
    }

    return ngx_rt_websocket_write_frame(batch, NGX_RT_WS_TEXT, text,
                             ngx_rt_envelope_write_gap(text, gap) - text);
}


/* scripts in browsers do not see pings, so "rt.json" says where they are */

static ngx_int_t
ngx_rt_websocket_beat(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_id_t *id)
{
    u_char   text[NGX_RT_ENVELOPE_POSITION_LEN];
    u_char  *p;

    p = ngx_rt_batch_reserve(batch, NGX_RT_WS_SERVER_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p = ngx_rt_ws_frame_write(p, NGX_RT_WS_PING, 0, 0);
    ngx_rt_batch_commit(batch, p);

    if (id == NULL || !ngx_rt_websocket_is_json(variant)) {
        return NGX_OK;
    }

    return ngx_rt_websocket_write_frame(batch, NGX_RT_WS_TEXT, text,
                           ngx_rt_envelope_write_position(text, id) - text);
}


static void
ngx_rt_websocket_read(ngx_rt_subscriber_t *sub, u_char *p, size_t len)
{
    u_char              *rest;
    size_t               rest_len;
    ngx_rt_websocket_t  *ws;

    if (!sub->closing) {
        ngx_rt_receive_run(sub);
    }

    ws = sub->input;

    if (ws && ws->said_close) {

        if (!sub->closing && ngx_rt_receive_is_busy(sub)) {
            sub->paused = 1;
            return;
        }

        ngx_rt_websocket_hang_up(sub, ws);
    }

    if (len == 0 && sub->input == NULL) {
        return;
    }

    ws = ngx_rt_websocket_get(sub);
    if (ws == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    rest = ws->rest;
    rest_len = ws->rest_len;

    ws->rest = NULL;
    ws->rest_len = 0;

    if (rest) {
        ngx_rt_websocket_feed(sub, ws, rest, rest_len);
        ngx_free(rest);
    }

    ngx_rt_websocket_feed(sub, ws, p, len);

    ngx_rt_websocket_flush(sub, ws);

    if (ws->rest == NULL
        && ws->code == 0
        && ngx_rt_ws_message_is_idle(&ws->reader))
    {
        ngx_rt_websocket_free(sub);
    }
}


/* NULL: no memory */

static ngx_rt_websocket_t *
ngx_rt_websocket_get(ngx_rt_subscriber_t *sub)
{
    ngx_rt_websocket_t  *ws;

    if (sub->input) {
        return sub->input;
    }

    ws = ngx_alloc(sizeof(ngx_rt_websocket_t), sub->hub->log);
    if (ws == NULL) {
        return NULL;
    }

    ngx_memzero(ws, sizeof(ngx_rt_websocket_t));

    ngx_rt_ws_message_init(&ws->reader, sub->hub->zone->message_size,
                           ngx_rt_websocket_is_deflated(sub->variant));
    sub->input = ws;

    return ws;
}


/* behind what is kept already */

static ngx_int_t
ngx_rt_websocket_keep(ngx_rt_websocket_t *ws, u_char *p, size_t len)
{
    u_char  *rest;

    if (len == 0) {
        return NGX_OK;
    }

    rest = realloc(ws->rest, ws->rest_len + len);
    if (rest == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(rest + ws->rest_len, p, len);

    ws->rest = rest;
    ws->rest_len += len;

    return NGX_OK;
}


static void
ngx_rt_websocket_feed(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws,
    u_char *p, size_t len)
{
    u_char             *last;
    ngx_int_t           rc;
    ngx_rt_ws_event_t   ev;

    last = p + len;

    while (!ws->deaf && !ws->said_close && !sub->failed) {

        /* who is closed is read on, for his goodbye */

        if (!ngx_rt_subscriber_is_read(sub) && !sub->closing) {

            if (ngx_rt_websocket_keep(ws, p, last - p) != NGX_OK) {
                ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
            }

            return;
        }

        rc = ngx_rt_ws_message_feed(&ws->reader, &p, last, &ev);

        if (rc == NGX_AGAIN) {
            return;
        }

        if (rc == NGX_ERROR) {
            ngx_rt_counter_add(sub->hub->zone, violations, 1);
            ngx_rt_websocket_fail(sub, ws, ev.code, ev.reason);
            return;
        }

        ngx_rt_websocket_event(sub, ws, &ev);
    }
}


static void
ngx_rt_websocket_event(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws,
    ngx_rt_ws_event_t *ev)
{
    switch (ev->opcode) {

    case NGX_RT_WS_PING:

        if (!sub->ended) {
            ngx_rt_websocket_pong(sub, ws, &ev->data);
        }

        break;

    case NGX_RT_WS_PONG:
        break;

    case NGX_RT_WS_CLOSE:
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, sub->hub->log, 0,
                       "rt websocket close: %p code:%ui", sub, ev->code);

        ws->code = ev->code;
        ws->reason = "";

        /* what it sent before is not lost, if it can wait for that */

        if (!sub->closing && ngx_rt_receive_is_busy(sub)) {
            ws->said_close = 1;
            sub->paused = 1;

        } else {
            ngx_rt_websocket_hang_up(sub, ws);
        }

        break;

    default: /* NGX_RT_WS_TEXT, NGX_RT_WS_BINARY */

        if (!sub->closing) {
            ngx_rt_websocket_message(sub, ws, ev);
        }

        break;
    }
}


static void
ngx_rt_websocket_hang_up(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws)
{
    ws->deaf = 1;

    sub->awaited = 0;
    ngx_rt_subscriber_close(sub, NGX_RT_END_OWN);
}


static void
ngx_rt_websocket_message(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws,
    ngx_rt_ws_event_t *ev)
{
    const char            *reason;
    ngx_rt_receive_kind_e  kind;

    ngx_rt_counter_add(sub->hub->zone, received, 1);

    if (!ngx_rt_websocket_is_json(sub->variant)) {
        kind = (ev->opcode == NGX_RT_WS_TEXT) ? NGX_RT_RECEIVE_TEXT
                                              : NGX_RT_RECEIVE_BINARY;

    } else if (ev->opcode == NGX_RT_WS_TEXT) {
        kind = NGX_RT_RECEIVE_JSON;

    } else {
        ngx_rt_counter_add(sub->hub->zone, rejected, 1);
        ngx_rt_websocket_fail(sub, ws, NGX_RT_WS_UNSUPPORTED,
                              "\"rt.json\" has no binary messages");
        return;
    }

    if (ngx_rt_receive_message(sub, &ev->data, kind, &reason) != NGX_OK) {
        ngx_rt_counter_add(sub->hub->zone, rejected, 1);
        ngx_rt_websocket_fail(sub, ws, NGX_RT_WS_POLICY, reason);
    }
}


static void
ngx_rt_websocket_fail(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws,
    ngx_uint_t code, const char *reason)
{
    ngx_log_error(NGX_LOG_INFO, sub->sink->connection(sub)->log, 0,
                  "closing websocket with %ui: %s", code, reason);

    ws->code = code;
    ws->reason = reason;

    ngx_rt_websocket_hang_up(sub, ws);
}


static void
ngx_rt_websocket_answer(ngx_rt_subscriber_t *sub, u_char *p, size_t len)
{
    ngx_rt_batch_t  *batch;

    batch = ngx_rt_batch_create(NGX_RT_WS_SERVER_LEN + len);

    if (batch == NULL
        || ngx_rt_websocket_write_frame(batch, ngx_rt_utf8_is_valid(p, len)
                                               ? NGX_RT_WS_TEXT
                                               : NGX_RT_WS_BINARY,
                                        p, len)
           != NGX_OK)
    {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);

    } else {
        ngx_rt_subscriber_reply(sub, batch);
    }

    if (batch) {
        ngx_rt_batch_unref(batch);
    }
}


/* with all others for what is being read */

static void
ngx_rt_websocket_pong(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws,
    const ngx_str_t *data)
{
    if (ws->pongs == NULL) {
        ws->pongs = ngx_rt_batch_create(NGX_RT_WS_SERVER_LEN + data->len);
    }

    if (ws->pongs == NULL
        || ngx_rt_websocket_write_frame(ws->pongs, NGX_RT_WS_PONG, data->data,
                                        data->len)
           != NGX_OK)
    {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
    }
}


static void
ngx_rt_websocket_flush(ngx_rt_subscriber_t *sub, ngx_rt_websocket_t *ws)
{
    if (ws->pongs == NULL) {
        return;
    }

    if (!sub->failed) {
        ngx_rt_subscriber_reply(sub, ws->pongs);
    }

    ngx_rt_batch_unref(ws->pongs);
    ws->pongs = NULL;
}


static void
ngx_rt_websocket_release(ngx_rt_subscriber_t *sub)
{
    ngx_rt_receive_release(sub);
    ngx_rt_websocket_free(sub);
}


static void
ngx_rt_websocket_free(ngx_rt_subscriber_t *sub)
{
    ngx_rt_websocket_t  *ws;

    ws = sub->input;

    if (ws == NULL) {
        return;
    }

    if (ws->pongs) {
        ngx_rt_batch_unref(ws->pongs);
    }

    ngx_rt_ws_message_free(&ws->reader);
    ngx_free(ws->rest);
    ngx_free(ws);

    sub->input = NULL;
}


/* RFC 6455, 7.1.2: both sides send a close frame, then the server closes */

static ngx_int_t
ngx_rt_websocket_end(ngx_rt_batch_t *batch, ngx_rt_subscriber_t *sub)
{
    u_char              *p;
    ngx_uint_t           code;
    const char          *reason;
    ngx_rt_websocket_t  *ws;

    ws = sub->input;

    if (ws && ws->code) {
        code = ws->code;
        reason = ws->reason;

    } else {
        switch (sub->why) {

        case NGX_RT_END_SLOW:
            code = NGX_RT_WS_TRY_LATER;
            reason = "too slow";
            break;

        case NGX_RT_END_GAP:
            code = NGX_RT_WS_GAP;
            reason = "messages are missing";
            break;

        default: /* NGX_RT_END_AWAY */
            code = NGX_RT_WS_GOING_AWAY;
            reason = "";
            break;
        }
    }

    p = ngx_rt_batch_reserve(batch, NGX_RT_WS_SERVER_LEN
                                    + NGX_RT_WS_CONTROL_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p = ngx_rt_ws_frame_write_close(p, code, reason);
    ngx_rt_batch_commit(batch, p);

    return (ws && ws->code) ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_rt_websocket_refuse(ngx_http_request_t *r)
{
    return ngx_rt_answer_unavailable(r, json_pack("{s:s}", "error",
                                                  "stream has no room"));
}


/* a message in one frame, deflated if that was agreed on */

static ngx_int_t
ngx_rt_websocket_write(ngx_rt_batch_t *batch, uint64_t variant,
    ngx_uint_t opcode, const ngx_rt_part_t *parts, size_t len)
{
    u_char      *p;
    ngx_uint_t   bits;

    p = ngx_rt_batch_reserve(batch, NGX_RT_WS_SERVER_LEN + len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    bits = (ngx_rt_websocket_is_deflated(variant)
            && len >= ngx_rt_websocket_size(variant))
           ? ngx_rt_websocket_bits(variant) : 0;

    p = ngx_rt_ws_frame_write_message(p, opcode, parts, len, bits);
    ngx_rt_batch_commit(batch, p);

    return NGX_OK;
}


static ngx_int_t
ngx_rt_websocket_write_frame(ngx_rt_batch_t *batch, ngx_uint_t opcode,
    u_char *data, size_t len)
{
    ngx_rt_part_t  part;

    part.next = NULL;
    part.data = data;
    part.len = len;

    return ngx_rt_websocket_write(batch, 0, opcode, &part, len);
}


const ngx_rt_transport_t  ngx_rt_transport_websocket = {
    ngx_string("websocket"),
    0,
    ngx_rt_upgrade_is_asked,
    ngx_rt_websocket_check,
    ngx_rt_websocket_open,
    ngx_rt_websocket_greet,
    ngx_rt_websocket_encode,
    ngx_rt_websocket_gap,
    ngx_rt_websocket_beat,
    ngx_rt_websocket_read,
    ngx_rt_websocket_answer,
    ngx_rt_websocket_release,
    ngx_rt_websocket_end,
    ngx_rt_websocket_refuse
};
