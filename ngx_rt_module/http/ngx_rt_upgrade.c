
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The handshake of WebSocket, RFC 6455, section 4, with permessage-deflate, RFC
 * 7692, section 7.1.  Both sides are always asked to forget between messages.
 */


#include "ngx_rt_http.h"


#define NGX_RT_UPGRADE_EXTENSION                                              \
    "permessage-deflate; server_no_context_takeover; "                        \
    "client_no_context_takeover"

#define NGX_RT_UPGRADE_WINDOW  "; server_max_window_bits="


static const char *ngx_rt_upgrade_check_request(ngx_http_request_t *r);
static ngx_int_t ngx_rt_upgrade_check_version(ngx_http_request_t *r);
static const char *ngx_rt_upgrade_choose(ngx_http_request_t *r,
    const char *subprotocol, ngx_rt_upgrade_t *up);
static ngx_int_t ngx_rt_upgrade_set_accept(ngx_http_request_t *r);
static ngx_int_t ngx_rt_upgrade_set_extension(ngx_http_request_t *r,
    ngx_uint_t bits);


ngx_uint_t
ngx_rt_upgrade_is_asked(ngx_http_request_t *r)
{
    ngx_str_t  upgrade;

    /* a proxy that does not know of WebSocket drops "Upgrade" on the way */

    return (ngx_rt_header_join(r, "Upgrade", &upgrade) == NGX_OK
            && ngx_rt_ws_handshake_lists(&upgrade, "websocket"))
           || ngx_rt_header_find(r, "Sec-WebSocket-Key", NULL)
           || ngx_rt_header_find(r, "Sec-WebSocket-Version", NULL);
}


ngx_int_t
ngx_rt_upgrade_check(ngx_http_request_t *r, const char *subprotocol,
    ngx_rt_upgrade_t *up)
{
    ngx_int_t    rc;
    const char  *reason;

    if (r->http_version >= NGX_HTTP_VERSION_20) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST,
                                   "WebSocket needs HTTP/1.1");
    }

    if (r->method != NGX_HTTP_GET) {
        return ngx_rt_answer_not_allowed(r, "GET");
    }

    reason = ngx_rt_upgrade_check_request(r);

    if (reason != NULL) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST, reason);
    }

    rc = ngx_rt_upgrade_check_version(r);

    if (rc != NGX_OK || r->header_sent) {
        return rc;
    }

    reason = ngx_rt_upgrade_choose(r, subprotocol, up);

    if (reason != NULL) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST, reason);
    }

    return NGX_OK;
}


ngx_int_t
ngx_rt_upgrade_send(ngx_http_request_t *r, const char *subprotocol,
    ngx_uint_t deflate)
{
    ngx_int_t         rc;
    ngx_rt_upgrade_t  up;

    if (ngx_rt_upgrade_choose(r, subprotocol, &up) != NULL) {
        return NGX_ERROR;
    }

    /* nginx adds "Connection: upgrade" */

    r->headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;
    ngx_str_set(&r->headers_out.status_line, "101 Switching Protocols");

    r->headers_out.content_type.len = 0;
    r->headers_out.charset.len = 0;
    r->disable_not_modified = 1;
    r->keepalive = 0;

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    if (ngx_rt_header_set(r, "Upgrade", "websocket") != NGX_OK
        || ngx_rt_upgrade_set_accept(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (up.chosen
        && ngx_rt_header_set(r, "Sec-WebSocket-Protocol", subprotocol)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (deflate && ngx_rt_upgrade_set_extension(r, up.bits) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return NGX_ERROR;
    }

    /* there may be nothing to say for long */

    return (ngx_http_send_special(r, NGX_HTTP_FLUSH) == NGX_ERROR) ? NGX_ERROR
                                                                   : NGX_OK;
}


/* RFC 6455, 4.2.1; NULL, or what is wrong */

static const char *
ngx_rt_upgrade_check_request(ngx_http_request_t *r)
{
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    if (r->http_version < NGX_HTTP_VERSION_11) {
        return "WebSocket needs HTTP/1.1";
    }

    if (ngx_rt_header_join(r, "Upgrade", &value) != NGX_OK
        || !ngx_rt_ws_handshake_lists(&value, "websocket"))
    {
        return "\"Upgrade\" does not name websocket";
    }

    if (ngx_rt_header_join(r, "Connection", &value) != NGX_OK
        || !ngx_rt_ws_handshake_lists(&value, "upgrade"))
    {
        return "\"Connection\" does not name upgrade";
    }

    h = ngx_rt_header_find(r, "Sec-WebSocket-Key", NULL);

    if (h == NULL
        || ngx_rt_header_find(r, "Sec-WebSocket-Key", h)
        || !ngx_rt_ws_handshake_key_is_valid(&h->value))
    {
        return "\"Sec-WebSocket-Key\" is not one key of 16 bytes";
    }

    return NULL;
}


static ngx_int_t
ngx_rt_upgrade_check_version(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_rt_header_find(r, "Sec-WebSocket-Version", NULL);

    if (h && ngx_rt_header_find(r, "Sec-WebSocket-Version", h)) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST,
                                   "\"Sec-WebSocket-Version\" is repeated");
    }

    if (h && h->value.len == 2 && ngx_strncmp(h->value.data, "13", 2) == 0) {
        return NGX_OK;
    }

    /* RFC 6455, 4.4, and RFC 9110, 15.5.22 */

    if (ngx_rt_header_set(r, "Sec-WebSocket-Version", "13") != NGX_OK
        || ngx_rt_header_set(r, "Upgrade", "websocket") != NGX_OK
        || ngx_rt_header_set(r, "Connection", "upgrade") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&r->headers_out.status_line, "426 Upgrade Required");

    return ngx_rt_answer_error(r, NGX_RT_HTTP_UPGRADE_REQUIRED,
                               "version of WebSocket is not 13");
}


/* the subprotocol and the extension; NULL, or what is wrong */

static const char *
ngx_rt_upgrade_choose(ngx_http_request_t *r, const char *subprotocol,
    ngx_rt_upgrade_t *up)
{
    ngx_int_t  rc;
    ngx_str_t  value;

    up->chosen = 0;
    up->deflate = 0;
    up->bits = 0;

    if (ngx_rt_header_find(r, "Sec-WebSocket-Protocol", NULL)) {
        rc = ngx_rt_header_join(r, "Sec-WebSocket-Protocol", &value);

        if (rc == NGX_OK) {
            rc = ngx_rt_ws_handshake_protocol(&value, subprotocol);
        }

        if (rc == NGX_ERROR) {
            return "\"Sec-WebSocket-Protocol\" is not a list of names";
        }

        up->chosen = (rc == NGX_OK);
    }

    if (ngx_rt_header_find(r, "Sec-WebSocket-Extensions", NULL)) {
        rc = ngx_rt_header_join(r, "Sec-WebSocket-Extensions", &value);

        if (rc == NGX_OK) {
            rc = ngx_rt_ws_handshake_deflate(&value, &up->bits);
        }

        if (rc == NGX_ERROR) {
            return "\"Sec-WebSocket-Extensions\" is not a list of extensions";
        }

        up->deflate = (rc == NGX_OK);
    }

    return NULL;
}


static ngx_int_t
ngx_rt_upgrade_set_accept(ngx_http_request_t *r)
{
    u_char           *accept;
    ngx_table_elt_t  *h;

    h = ngx_rt_header_find(r, "Sec-WebSocket-Key", NULL);

    accept = ngx_pcalloc(r->pool, NGX_RT_WS_HANDSHAKE_ACCEPT + 1);
    if (accept == NULL) {
        return NGX_ERROR;
    }

    ngx_rt_ws_handshake_accept(accept, &h->value);

    return ngx_rt_header_set(r, "Sec-WebSocket-Accept", (char *) accept);
}


/* RFC 7692, 7.1.2.1: who asks for a window is told that he gets it */

static ngx_int_t
ngx_rt_upgrade_set_extension(ngx_http_request_t *r, ngx_uint_t bits)
{
    u_char  *p;

    if (bits == 0) {
        return ngx_rt_header_set(r, "Sec-WebSocket-Extensions",
                                 NGX_RT_UPGRADE_EXTENSION);
    }

    p = ngx_pcalloc(r->pool, sizeof(NGX_RT_UPGRADE_EXTENSION
                                    NGX_RT_UPGRADE_WINDOW)
                             + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(p, NGX_RT_UPGRADE_EXTENSION NGX_RT_UPGRADE_WINDOW "%ui",
                       bits);

    return ngx_rt_header_set(r, "Sec-WebSocket-Extensions", (char *) p);
}
