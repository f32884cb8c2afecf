
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Server-Sent Events over HTTP.  The variant says whether the response is
 * chunked: a message of an HTTP/1.1 subscriber is one chunk, made once for all.
 */


#include "ngx_rt_transport.h"


#define NGX_RT_SSE_PLAIN    0
#define NGX_RT_SSE_CHUNKED  1

/* how long a client that found no room waits, in ms */
#define NGX_RT_SSE_REFUSED  10000


static ngx_uint_t ngx_rt_sse_match(ngx_http_request_t *r);
static ngx_int_t ngx_rt_sse_check(ngx_http_request_t *r,
    ngx_rt_subscriber_conf_t *conf, uint64_t *variant);
static ngx_int_t ngx_rt_sse_preflight(ngx_http_request_t *r,
    ngx_rt_subscriber_conf_t *conf);
static ngx_int_t ngx_rt_sse_open(ngx_http_request_t *r, uint64_t *variant);
static ngx_int_t ngx_rt_sse_greet(ngx_rt_batch_t *batch,
    ngx_rt_subscriber_t *sub, const ngx_rt_gap_t *gap);
static ngx_int_t ngx_rt_sse_encode(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_str_t *topic, const ngx_rt_message_t *msg);
static ngx_int_t ngx_rt_sse_gap(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_gap_t *gap);
static ngx_int_t ngx_rt_sse_beat(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_id_t *id);
static ngx_int_t ngx_rt_sse_end(ngx_rt_batch_t *batch,
    ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_sse_refuse(ngx_http_request_t *r);
static ngx_int_t ngx_rt_sse_append(ngx_rt_batch_t *batch, uint64_t variant,
    u_char *text, size_t len);


/* what no other transport wants is for this one to answer */

static ngx_uint_t
ngx_rt_sse_match(ngx_http_request_t *r)
{
    return 1;
}


static ngx_int_t
ngx_rt_sse_check(ngx_http_request_t *r, ngx_rt_subscriber_conf_t *conf,
    uint64_t *variant)
{
    ngx_str_t  accept;

    if (ngx_rt_origin_share(r, conf->origins) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_rt_sse_preflight(r, conf);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_rt_answer_not_allowed(r, "GET, HEAD");
    }

    if (ngx_rt_header_join(r, "Accept", &accept) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_rt_accept_allows(&accept, "text", "event-stream")) {
        return ngx_rt_answer_error(r, NGX_RT_HTTP_NOT_ACCEPTABLE,
                             "no transport is acceptable to the client");
    }

    *variant = NGX_RT_SSE_PLAIN;

    return NGX_OK;
}


/*
 * A page that uses fetch() asks first if it can send "Last-Event-ID", which is
 * the CORS-preflight request of the Fetch standard.
 */

static ngx_int_t
ngx_rt_sse_preflight(ngx_http_request_t *r, ngx_rt_subscriber_conf_t *conf)
{
    ngx_str_t        origin;
    ngx_rt_origin_e  verdict;

    verdict = ngx_rt_origin_check(r, conf->origins, &origin);

    if (verdict != NGX_RT_ORIGIN_LISTED && verdict != NGX_RT_ORIGIN_ANY) {
        return ngx_rt_answer_not_allowed(r, "GET, HEAD");
    }

    if (ngx_rt_header_set(r, "Access-Control-Allow-Methods", "GET") != NGX_OK
        || ngx_rt_header_set(r, "Access-Control-Allow-Headers",
                             "Last-Event-ID, Cache-Control, Authorization")
           != NGX_OK
        || ngx_rt_header_set(r, "Access-Control-Max-Age", "7200") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


static ngx_int_t
ngx_rt_sse_open(ngx_http_request_t *r, uint64_t *variant)
{
    ngx_int_t  rc;

    r->headers_out.status = NGX_HTTP_OK;
    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    r->headers_out.charset.len = 0;
    r->disable_not_modified = 1;

    /* after an internal redirect there may be those of another response */

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    if (ngx_rt_header_set(r, "Cache-Control", "no-store") != NGX_OK
        || ngx_rt_header_set(r, "X-Accel-Buffering", "no") != NGX_OK
        || ngx_rt_header_no_encoding(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return NGX_ERROR;
    }

    *variant = r->chunked ? NGX_RT_SSE_CHUNKED : NGX_RT_SSE_PLAIN;

    return NGX_OK;
}


static ngx_int_t
ngx_rt_sse_greet(ngx_rt_batch_t *batch, ngx_rt_subscriber_t *sub,
    const ngx_rt_gap_t *gap)
{
    u_char  *p;
    u_char   text[NGX_RT_SSE_RETRY_LEN + NGX_RT_SSE_POSITION_LEN
                  + NGX_RT_SSE_GAP_LEN];

    p = ngx_rt_sse_write_retry(text, sub->conf->retry);

    p = gap ? ngx_rt_sse_write_gap(p, gap)
            : ngx_rt_sse_write_position(p, &sub->position);

    return ngx_rt_sse_append(batch, sub->variant, text, p - text);
}


static ngx_int_t
ngx_rt_sse_encode(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_str_t *topic, const ngx_rt_message_t *msg)
{
    u_char  *p;
    size_t   size;

    size = ngx_rt_sse_message_size(msg);

    p = ngx_rt_batch_reserve(batch, NGX_RT_CHUNK_LEN + size + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (variant == NGX_RT_SSE_CHUNKED) {
        p = ngx_sprintf(p, "%xz" CRLF, size);
        p = ngx_rt_sse_write_message(p, msg);
        *p++ = CR;
        *p++ = LF;

    } else {
        p = ngx_rt_sse_write_message(p, msg);
    }

    ngx_rt_batch_commit(batch, p);

    return NGX_OK;
}


static ngx_int_t
ngx_rt_sse_gap(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_gap_t *gap)
{
    u_char  text[NGX_RT_SSE_GAP_LEN];

    return ngx_rt_sse_append(batch, variant, text,
                             ngx_rt_sse_write_gap(text, gap) - text);
}


/* a comment, so that it can be seen, and where the client has come to */

static ngx_int_t
ngx_rt_sse_beat(ngx_rt_batch_t *batch, uint64_t variant,
    const ngx_rt_id_t *id)
{
    u_char  *p;
    u_char   text[sizeof(":\n\n") + NGX_RT_SSE_POSITION_LEN];

    p = ngx_cpymem(text, ":\n", 2);

    if (id) {
        p = ngx_rt_sse_write_position(p, id);

    } else {
        *p++ = LF;
    }

    return ngx_rt_sse_append(batch, variant, text, p - text);
}


static ngx_int_t
ngx_rt_sse_end(ngx_rt_batch_t *batch, ngx_rt_subscriber_t *sub)
{
    u_char  *p;

    if (sub->variant != NGX_RT_SSE_CHUNKED) {
        return NGX_OK;
    }

    p = ngx_rt_batch_reserve(batch, sizeof("0" CRLF CRLF) - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(p, "0" CRLF CRLF, sizeof("0" CRLF CRLF) - 1);
    ngx_rt_batch_commit(batch, p);

    return NGX_OK;
}


/* after a 503 an EventSource would never come back */

static ngx_int_t
ngx_rt_sse_refuse(ngx_http_request_t *r)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    uint64_t      variant;
    ngx_chain_t   out;

    b = ngx_create_temp_buf(r->pool, NGX_RT_SSE_RETRY_LEN + 1);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_rt_sse_write_retry(b->pos, NGX_RT_SSE_REFUSED);
    *b->last++ = LF;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_rt_sse_open(r, &variant);

    if (rc != NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_rt_sse_append(ngx_rt_batch_t *batch, uint64_t variant, u_char *text,
    size_t len)
{
    u_char  *p;

    p = ngx_rt_batch_reserve(batch, NGX_RT_CHUNK_LEN + len + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (variant == NGX_RT_SSE_CHUNKED) {
        p = ngx_sprintf(p, "%xz" CRLF, len);
        p = ngx_cpymem(p, text, len);
        *p++ = CR;
        *p++ = LF;

    } else {
        p = ngx_cpymem(p, text, len);
    }

    ngx_rt_batch_commit(batch, p);

    return NGX_OK;
}


const ngx_rt_transport_t  ngx_rt_transport_sse = {
    ngx_string("sse"),
    1,
    ngx_rt_sse_match,
    ngx_rt_sse_check,
    ngx_rt_sse_open,
    ngx_rt_sse_greet,
    ngx_rt_sse_encode,
    ngx_rt_sse_gap,
    ngx_rt_sse_beat,
    NULL,                                  /* read */
    NULL,                                  /* answer */
    NULL,                                  /* release */
    ngx_rt_sse_end,
    ngx_rt_sse_refuse
};
