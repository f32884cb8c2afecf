
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Header fields of the WebSocket handshake, RFC 6455, 4.2 and 9.1, and RFC
 * 7692, 7.1.  A field that may come several times is one list here, its values
 * joined by commas.
 */


#include "ngx_rt_wire.h"
#include <ngx_sha1.h>


/* 16 bytes in base64: 22 characters and two of padding */
#define NGX_RT_WS_HANDSHAKE_KEY  22

#define NGX_RT_WS_HANDSHAKE_GUID  "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


/* what is said of permessage-deflate in one offer */

typedef struct {
    ngx_uint_t   bits;
    unsigned     refused:1;
    unsigned     seen:4;                  /* a bit for each parameter */
} ngx_rt_ws_handshake_offer_t;


static ngx_int_t ngx_rt_ws_handshake_parse_param(ngx_str_t *list,
    ngx_rt_ws_handshake_offer_t *offer);
static void ngx_rt_ws_handshake_apply(ngx_rt_ws_handshake_offer_t *offer,
    ngx_str_t *name, ngx_str_t *value, ngx_uint_t has_value);
static ngx_uint_t ngx_rt_ws_handshake_bits(ngx_str_t *value);
static ngx_int_t ngx_rt_ws_handshake_parse_value(ngx_str_t *list,
    ngx_str_t *value);
static ngx_int_t ngx_rt_ws_handshake_take_token(ngx_str_t *list,
    ngx_str_t *token);
static ngx_uint_t ngx_rt_ws_handshake_is_token(u_char ch);
static ngx_int_t ngx_rt_ws_handshake_peek(ngx_str_t *list);
static void ngx_rt_ws_handshake_skip(ngx_str_t *list);

#define ngx_rt_ws_handshake_equals(s, text)                                   \
    ((s)->len == sizeof(text) - 1                                             \
     && ngx_strncasecmp((s)->data, (u_char *) text, sizeof(text) - 1) == 0)


ngx_uint_t
ngx_rt_ws_handshake_key_is_valid(const ngx_str_t *key)
{
    u_char      ch;
    ngx_uint_t  i;

    if (key->len != NGX_RT_WS_HANDSHAKE_KEY + 2
        || key->data[NGX_RT_WS_HANDSHAKE_KEY] != '='
        || key->data[NGX_RT_WS_HANDSHAKE_KEY + 1] != '=')
    {
        return 0;
    }

    for (i = 0; i < NGX_RT_WS_HANDSHAKE_KEY; i++) {
        ch = key->data[i];

        if (!((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z')
              || (ch >= '0' && ch <= '9') || ch == '+' || ch == '/'))
        {
            return 0;
        }
    }

    return 1;
}


void
ngx_rt_ws_handshake_accept(u_char *accept, const ngx_str_t *key)
{
    u_char      hash[20];
    ngx_str_t   src, dst;
    ngx_sha1_t  sha1;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, key->data, key->len);
    ngx_sha1_update(&sha1, NGX_RT_WS_HANDSHAKE_GUID,
                    sizeof(NGX_RT_WS_HANDSHAKE_GUID) - 1);
    ngx_sha1_final(hash, &sha1);

    src.data = hash;
    src.len = sizeof(hash);
    dst.data = accept;

    ngx_encode_base64(&dst, &src);
}


ngx_uint_t
ngx_rt_ws_handshake_lists(const ngx_str_t *value, const char *token)
{
    size_t     len;
    u_char    *p;
    ngx_str_t  list, item;

    list = *value;
    len = ngx_strlen(token);

    while (list.len) {
        ngx_rt_ws_handshake_skip(&list);

        /* a token with a version, "websocket/1", is another one */

        p = ngx_strlchr(list.data, list.data + list.len, ',');

        item.data = list.data;
        item.len = p ? (size_t) (p - list.data) : list.len;

        list.data += item.len;
        list.len -= item.len;

        if (list.len) {
            list.data++;
            list.len--;
        }

        while (item.len && (item.data[item.len - 1] == ' '
                            || item.data[item.len - 1] == '\t'))
        {
            item.len--;
        }

        if (item.len == len
            && ngx_strncasecmp(item.data, (u_char *) token, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_rt_ws_handshake_protocol(const ngx_str_t *value, const char *name)
{
    ngx_str_t   list, *token, tokens[NGX_RT_WS_HANDSHAKE_PROTOCOLS];
    ngx_uint_t  i, n, chosen;

    list = *value;
    n = 0;
    chosen = 0;

    while (ngx_rt_ws_handshake_peek(&list) != NGX_DONE) {

        if (ngx_rt_ws_handshake_peek(&list) == ',') {
            list.data++;
            list.len--;
            continue;
        }

        if (n == NGX_RT_WS_HANDSHAKE_PROTOCOLS) {
            return NGX_ERROR;
        }

        token = &tokens[n];

        if (ngx_rt_ws_handshake_take_token(&list, token) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_rt_ws_handshake_peek(&list) != ','
            && ngx_rt_ws_handshake_peek(&list) != NGX_DONE)
        {
            return NGX_ERROR;
        }

        /* RFC 6455, 4.1: the elements are unique, and case matters */

        for (i = 0; i < n; i++) {
            if (tokens[i].len == token->len
                && ngx_memcmp(tokens[i].data, token->data, token->len) == 0)
            {
                return NGX_ERROR;
            }
        }

        n++;

        if (token->len == ngx_strlen(name)
            && ngx_memcmp(token->data, name, token->len) == 0)
        {
            chosen = 1;
        }
    }

    /* an empty list is none by the grammar, 1#token */

    return n ? (chosen ? NGX_OK : NGX_DECLINED) : NGX_ERROR;
}


ngx_int_t
ngx_rt_ws_handshake_deflate(const ngx_str_t *value, ngx_uint_t *bits)
{
    ngx_int_t                    ch;
    ngx_str_t                    list, name;
    ngx_uint_t                   n, found;
    ngx_rt_ws_handshake_offer_t  offer;

    list = *value;
    found = 0;
    n = 0;

    while (ngx_rt_ws_handshake_peek(&list) != NGX_DONE) {

        if (ngx_rt_ws_handshake_peek(&list) == ',') {
            list.data++;
            list.len--;
            continue;
        }

        if (ngx_rt_ws_handshake_take_token(&list, &name) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_memzero(&offer, sizeof(ngx_rt_ws_handshake_offer_t));

        /* RFC 6455, 9.1: names are compared without regard to case */

        offer.refused = !ngx_rt_ws_handshake_equals(&name,
                                                    "permessage-deflate");

        while (ngx_rt_ws_handshake_peek(&list) == ';') {
            list.data++;
            list.len--;

            if (ngx_rt_ws_handshake_parse_param(&list, &offer) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        ch = ngx_rt_ws_handshake_peek(&list);

        if (ch != ',' && ch != NGX_DONE) {
            return NGX_ERROR;
        }

        n++;

        /* offers come in the order in which the client likes them */

        if (!offer.refused && !found) {
            found = 1;
            *bits = offer.bits;
        }
    }

    return n ? (found ? NGX_OK : NGX_DECLINED) : NGX_ERROR;
}


static ngx_int_t
ngx_rt_ws_handshake_parse_param(ngx_str_t *list,
    ngx_rt_ws_handshake_offer_t *offer)
{
    ngx_str_t   name, value;
    ngx_uint_t  has_value;

    (void) ngx_rt_ws_handshake_peek(list);

    if (ngx_rt_ws_handshake_take_token(list, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_null(&value);
    has_value = 0;

    if (ngx_rt_ws_handshake_peek(list) == '=') {
        list->data++;
        list->len--;
        has_value = 1;

        if (ngx_rt_ws_handshake_parse_value(list, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_rt_ws_handshake_apply(offer, &name, &value, has_value);

    return NGX_OK;
}


/* RFC 7692, 7.1: an offer with anything wrong in it is declined */

static void
ngx_rt_ws_handshake_apply(ngx_rt_ws_handshake_offer_t *offer, ngx_str_t *name,
    ngx_str_t *value, ngx_uint_t has_value)
{
    ngx_uint_t  bits, flag;

    if (ngx_rt_ws_handshake_equals(name, "server_no_context_takeover")) {
        flag = 1;
        offer->refused |= has_value;

    } else if (ngx_rt_ws_handshake_equals(name, "client_no_context_takeover"))
    {
        flag = 2;
        offer->refused |= has_value;

    } else if (ngx_rt_ws_handshake_equals(name, "server_max_window_bits")) {
        flag = 4;
        bits = ngx_rt_ws_handshake_bits(value);

        /* zlib cannot deflate with a window of 256 bytes */

        offer->refused |= (bits < NGX_RT_DEFLATE_BITS_MIN);
        offer->bits = bits;

    } else if (ngx_rt_ws_handshake_equals(name, "client_max_window_bits")) {
        flag = 8;
        offer->refused |= (has_value && ngx_rt_ws_handshake_bits(value) == 0);

    } else {
        offer->refused = 1;
        return;
    }

    offer->refused |= (offer->seen & flag) != 0;
    offer->seen |= flag;
}


/* 8 to 15 without leading zeros, or 0 */

static ngx_uint_t
ngx_rt_ws_handshake_bits(ngx_str_t *value)
{
    ngx_int_t  n;

    if (value->len == 0 || value->len > 2 || value->data[0] == '0') {
        return 0;
    }

    n = ngx_atoi(value->data, value->len);

    return (n >= 8 && n <= NGX_RT_DEFLATE_BITS_MAX) ? n : 0;
}


/*
 * A token, or a quoted string that holds one, RFC 6455, 9.1.  Nobody escapes
 * what needs no escape, so a value with any is left empty.
 */

static ngx_int_t
ngx_rt_ws_handshake_parse_value(ngx_str_t *list, ngx_str_t *value)
{
    ngx_uint_t  escaped;

    if (ngx_rt_ws_handshake_peek(list) != '"') {
        return ngx_rt_ws_handshake_take_token(list, value);
    }

    list->data++;
    list->len--;

    value->data = list->data;
    value->len = 0;
    escaped = 0;

    while (list->len && *list->data != '"') {

        if (*list->data == '\\' && list->len > 1) {
            escaped = 1;
            list->data++;
            list->len--;
        }

        if (!ngx_rt_ws_handshake_is_token(*list->data)) {
            return NGX_ERROR;
        }

        value->len++;
        list->data++;
        list->len--;
    }

    if (list->len == 0 || value->len == 0) {
        return NGX_ERROR;
    }

    if (escaped) {
        value->len = 0;
    }

    list->data++;
    list->len--;

    return NGX_OK;
}


static ngx_int_t
ngx_rt_ws_handshake_take_token(ngx_str_t *list, ngx_str_t *token)
{
    token->data = list->data;
    token->len = 0;

    while (list->len && ngx_rt_ws_handshake_is_token(*list->data)) {
        token->len++;
        list->data++;
        list->len--;
    }

    return token->len ? NGX_OK : NGX_ERROR;
}


/* RFC 9110, 5.6.2 */

static ngx_uint_t
ngx_rt_ws_handshake_is_token(u_char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
           || (ch >= '0' && ch <= '9')
           || (ch && ngx_strchr("!#$%&'*+-.^_`|~", ch) != NULL);
}


/* the next character that is no space, or NGX_DONE */

static ngx_int_t
ngx_rt_ws_handshake_peek(ngx_str_t *list)
{
    ngx_rt_ws_handshake_skip(list);

    return list->len ? *list->data : NGX_DONE;
}


static void
ngx_rt_ws_handshake_skip(ngx_str_t *list)
{
    while (list->len && (*list->data == ' ' || *list->data == '\t')) {
        list->data++;
        list->len--;
    }
}
