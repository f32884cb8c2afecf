
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * "Origin", RFC 6454, 7: a browser says by it which page makes a request.  A
 * page of another site must be named by "rt_origin", since the handshake of a
 * WebSocket carries the user's cookies and no browser asks before.
 */


#include "ngx_rt_http.h"


static ngx_uint_t ngx_rt_origin_is_own(ngx_http_request_t *r,
    ngx_str_t *origin);
static ngx_uint_t ngx_rt_origin_matches(ngx_str_t *origin, ngx_str_t *rule);
static ngx_uint_t ngx_rt_origin_split(ngx_str_t *origin, ngx_str_t *scheme,
    ngx_str_t *host);
static void ngx_rt_origin_cut_port(ngx_str_t *host, ngx_str_t *port,
    const ngx_str_t *scheme);
static ngx_uint_t ngx_rt_origin_equals(ngx_str_t *one, ngx_str_t *two);


ngx_rt_origin_e
ngx_rt_origin_check(ngx_http_request_t *r, ngx_array_t *rules,
    ngx_str_t *origin)
{
    ngx_str_t        *rule;
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    h = ngx_rt_header_find(r, "Origin", NULL);

    if (h == NULL) {
        return NGX_RT_ORIGIN_NONE;
    }

    *origin = h->value;

    if (ngx_rt_header_find(r, "Origin", h) != NULL) {
        return NGX_RT_ORIGIN_FOREIGN;
    }

    if (ngx_rt_origin_is_own(r, origin)) {
        return NGX_RT_ORIGIN_OWN;
    }

    if (rules == NULL) {
        return NGX_RT_ORIGIN_FOREIGN;
    }

    rule = rules->elts;

    for (i = 0; i < rules->nelts; i++) {

        if (rule[i].len == 1 && rule[i].data[0] == '*') {
            return NGX_RT_ORIGIN_ANY;
        }

        if (ngx_rt_origin_matches(origin, &rule[i])) {
            return NGX_RT_ORIGIN_LISTED;
        }
    }

    return NGX_RT_ORIGIN_FOREIGN;
}


ngx_int_t
ngx_rt_origin_share(ngx_http_request_t *r, ngx_array_t *rules)
{
    u_char           *p;
    ngx_str_t         origin;
    ngx_rt_origin_e   verdict;

    if (rules == NULL) {
        return NGX_OK;
    }

    verdict = ngx_rt_origin_check(r, rules, &origin);

    if (verdict == NGX_RT_ORIGIN_ANY) {
        return ngx_rt_header_set(r, "Access-Control-Allow-Origin", "*");
    }

    /* a cache must not give one origin what was meant for another */

    if (ngx_rt_header_set(r, "Vary", "Origin") != NGX_OK) {
        return NGX_ERROR;
    }

    if (verdict != NGX_RT_ORIGIN_LISTED) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, origin.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(p, origin.data, origin.len + 1);

    if (ngx_rt_header_set(r, "Access-Control-Allow-Origin", (char *) p)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_rt_header_set(r, "Access-Control-Allow-Credentials", "true");
}


ngx_uint_t
ngx_rt_origin_rule_is_valid(ngx_str_t *rule)
{
    u_char     *p;
    ngx_str_t   scheme, host;

    if (rule->len == 1 && rule->data[0] == '*') {
        return 1;
    }

    if (rule->len > 2 && ngx_strncmp(rule->data, "*.", 2) == 0) {
        host.data = rule->data + 2;
        host.len = rule->len - 2;

    } else {
        if (!ngx_rt_origin_split(rule, &scheme, &host)) {
            return 0;
        }

        if (host.len > 2 && ngx_strncmp(host.data, "*.", 2) == 0) {
            host.data += 2;
            host.len -= 2;
        }
    }

    p = host.data;

    return ngx_strlchr(p, p + host.len, '*') == NULL
           && ngx_strlchr(p, p + host.len, '/') == NULL
           && (rule->data[0] != '*'
               || ngx_strlchr(p, p + host.len, ':') == NULL);
}


/* the scheme, host and port by which the request came */

static ngx_uint_t
ngx_rt_origin_is_own(ngx_http_request_t *r, ngx_str_t *origin)
{
    ngx_str_t  own, own_port, host, port, scheme, expected;

    if (r->headers_in.host == NULL
        || !ngx_rt_origin_split(origin, &scheme, &host))
    {
        return 0;
    }

    ngx_str_set(&expected, "http");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&expected, "https");
    }
#endif

    own = r->headers_in.host->value;

    ngx_rt_origin_cut_port(&own, &own_port, &expected);
    ngx_rt_origin_cut_port(&host, &port, &scheme);

    return ngx_rt_origin_equals(&scheme, &expected)
           && ngx_rt_origin_equals(&own, &host)
           && ngx_rt_origin_equals(&own_port, &port);
}


/* a rule is an origin; its host may begin with "*.", its scheme be left out */

static ngx_uint_t
ngx_rt_origin_matches(ngx_str_t *origin, ngx_str_t *rule)
{
    ngx_str_t  scheme, host, port, rule_scheme, rule_host, rule_port;

    if (!ngx_rt_origin_split(origin, &scheme, &host)) {
        return 0;
    }

    ngx_rt_origin_cut_port(&host, &port, &scheme);

    if (rule->data[0] == '*') {
        rule_host = *rule;

    } else {
        (void) ngx_rt_origin_split(rule, &rule_scheme, &rule_host);
        ngx_rt_origin_cut_port(&rule_host, &rule_port, &rule_scheme);

        if (!ngx_rt_origin_equals(&scheme, &rule_scheme)
            || !ngx_rt_origin_equals(&port, &rule_port))
        {
            return 0;
        }
    }

    if (rule_host.data[0] == '*') {
        rule_host.data++;
        rule_host.len--;

        if (host.len <= rule_host.len) {
            return 0;
        }

        host.data += host.len - rule_host.len;
        host.len = rule_host.len;
    }

    return ngx_rt_origin_equals(&host, &rule_host);
}


static ngx_uint_t
ngx_rt_origin_split(ngx_str_t *origin, ngx_str_t *scheme, ngx_str_t *host)
{
    size_t   i;
    u_char  *p;

    p = ngx_strnstr(origin->data, "://", origin->len);

    if (p == NULL || p == origin->data) {
        return 0;
    }

    scheme->data = origin->data;
    scheme->len = p - origin->data;

    host->data = p + 3;
    host->len = origin->data + origin->len - host->data;

    for (i = 0; i < host->len; i++) {
        if (host->data[i] && ngx_strchr("/@?#\\", host->data[i]) != NULL) {
            return 0;
        }
    }

    return host->len != 0;
}


/* "port" becomes that of the scheme if there is none; IPv6 is in brackets */

static void
ngx_rt_origin_cut_port(ngx_str_t *host, ngx_str_t *port,
    const ngx_str_t *scheme)
{
    size_t  i;

    if (scheme->len == 5) {
        ngx_str_set(port, "443");

    } else {
        ngx_str_set(port, "80");
    }

    for (i = host->len; i > 0 && host->data[i - 1] != ']'; i--) {

        if (host->data[i - 1] == ':') {

            if (i < host->len) {
                port->data = host->data + i;
                port->len = host->len - i;
            }

            host->len = i - 1;
            return;
        }
    }
}


static ngx_uint_t
ngx_rt_origin_equals(ngx_str_t *one, ngx_str_t *two)
{
    return one->len == two->len
           && ngx_strncasecmp(one->data, two->data, one->len) == 0;
}
