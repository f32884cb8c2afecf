
/*
 * Copyright (C) the ngx_rt authors
 */


/* JSON answers. */


#include "ngx_rt_http.h"


/* when a publisher or subscriber that found no room may try again */
#define NGX_RT_ANSWER_RETRY_AFTER  "1"


ngx_int_t
ngx_rt_answer_json(ngx_http_request_t *r, ngx_uint_t status, json_t *json)
{
    size_t        len;
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = json_dumpb(json, NULL, 0, JSON_COMPACT);

    b = ngx_create_temp_buf(r->pool, len + 1);

    if (b == NULL || len == 0) {
        json_decref(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last += json_dumpb(json, (char *) b->pos, len, JSON_COMPACT);
    *b->last++ = LF;

    json_decref(json);

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_rt_answer_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *reason)
{
    return ngx_rt_answer_json(r, status, json_pack("{s:s}", "error", reason));
}


ngx_int_t
ngx_rt_answer_not_allowed(ngx_http_request_t *r, const char *methods)
{
    if (ngx_rt_header_set(r, "Allow", methods) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_rt_answer_error(r, NGX_HTTP_NOT_ALLOWED,
                               "method is not allowed");
}


ngx_int_t
ngx_rt_answer_unavailable(ngx_http_request_t *r, json_t *json)
{
    if (ngx_rt_header_set(r, "Retry-After", NGX_RT_ANSWER_RETRY_AFTER)
        != NGX_OK)
    {
        json_decref(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_rt_answer_json(r, NGX_HTTP_SERVICE_UNAVAILABLE, json);
}
