
/*
 * Copyright (C) the ngx_rt authors
 */


/* "rt_subscribe": from a request to a subscriber. */


#include "ngx_rt_transport.h"


static ngx_int_t ngx_rt_transport_topics(ngx_http_request_t *r, ngx_uint_t max,
    ngx_array_t *topics, const char **reason);
static ngx_int_t ngx_rt_transport_subscribe(ngx_http_request_t *r,
    ngx_rt_stream_t *st, ngx_rt_subscriber_conf_t *conf,
    const ngx_rt_transport_t *tr, uint64_t variant, ngx_array_t *topics);
static void ngx_rt_transport_last_event_id(ngx_http_request_t *r,
    ngx_str_t *value);


/* in the order in which they are asked, which is that of their index */

static const ngx_rt_transport_t  *ngx_rt_transports[] = {
    &ngx_rt_transport_websocket,
    &ngx_rt_transport_sse,
    NULL
};


const ngx_rt_transport_t *
ngx_rt_transport_get(ngx_uint_t index)
{
    return ngx_rt_transports[index];
}


ngx_int_t
ngx_rt_transport_handler(ngx_http_request_t *r, ngx_rt_stream_t *st,
    ngx_rt_subscriber_conf_t *conf)
{
    uint64_t                   variant;
    ngx_int_t                  rc;
    ngx_uint_t                 i, has_body;
    const char                *reason;
    ngx_array_t                topics;
    ngx_rt_ctx_t              *ctx;
    const ngx_rt_transport_t  *tr;

    if (r != r->main) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "a subrequest cannot subscribe");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* to be asked before: what is discarded is not there afterwards */

    has_body = (r->headers_in.content_length_n > 0 || r->headers_in.chunked);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    for (i = 0; !ngx_rt_transports[i]->match(r); i++) { /* void */ }

    tr = ngx_rt_transports[i];

    rc = tr->check(r, conf, &variant);

    if (rc == NGX_HTTP_FORBIDDEN) {

        if (st->hub) {
            ngx_rt_counter_add(&st->zone, forbidden, 1);
        }

        return ngx_rt_answer_error(r, rc, "origin is not allowed");
    }

    if (rc != NGX_OK || r->header_sent) {
        return rc;
    }

    /* a body that is still to come could never be left behind */

    if (has_body) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST,
                                   "a subscription has no request body");
    }

    ctx = ngx_rt_ctx_find(r);

    ctx->transport = tr->name;
    ngx_rt_transport_last_event_id(r, &ctx->last_event_id);

    reason = NULL;
    rc = ngx_rt_transport_topics(r, conf->topics_max, &topics, &reason);

    /* who can join topics later may begin with none */

    if (rc == NGX_DECLINED
        && ctx->topic.len == 0
        && tr->read
        && conf->receive->dynamic)
    {
        rc = NGX_OK;
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST, reason);
    }

    if (r->method == NGX_HTTP_HEAD) {
        return tr->open(r, &variant);
    }

    return ngx_rt_transport_subscribe(r, st, conf, tr, variant, &topics);
}


/* NGX_OK, NGX_DECLINED and the reason, or NGX_ERROR: no memory */

static ngx_int_t
ngx_rt_transport_topics(ngx_http_request_t *r, ngx_uint_t max,
    ngx_array_t *topics, const char **reason)
{
    u_char       buf[NGX_RT_NAME_LEN];
    ngx_int_t    rc;
    ngx_str_t    list, name, *topic;
    ngx_uint_t   i;

    if (ngx_array_init(topics, r->pool, 4, sizeof(ngx_str_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    list = ngx_rt_ctx_find(r)->topic;

    if (list.len == 0) {
        *reason = "topic is empty";
        return NGX_DECLINED;
    }

    for ( ;; ) {
        rc = ngx_rt_name_parse_topic(&list, buf, &name, reason);

        if (rc == NGX_DONE) {
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            return NGX_DECLINED;
        }

        topic = topics->elts;

        for (i = 0; i < topics->nelts; i++) {
            if (topic[i].len == name.len
                && ngx_memcmp(topic[i].data, name.data, name.len) == 0)
            {
                break;
            }
        }

        if (i < topics->nelts) {
            continue;
        }

        if (topics->nelts == max) {
            *reason = "more topics than \"rt_topics_max\"";
            return NGX_DECLINED;
        }

        topic = ngx_array_push(topics);
        if (topic == NULL) {
            return NGX_ERROR;
        }

        topic->len = name.len;
        topic->data = ngx_pstrdup(r->pool, &name);

        if (topic->data == NULL) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_rt_transport_subscribe(ngx_http_request_t *r,
    ngx_rt_stream_t *st, ngx_rt_subscriber_conf_t *conf,
    const ngx_rt_transport_t *tr, uint64_t variant, ngx_array_t *topics)
{
    ngx_int_t              rc;
    ngx_str_t             *asked;
    ngx_uint_t             malformed;
    ngx_rt_id_t            id;
    ngx_rt_subscriber_t   *sub;

    sub = NULL;

    if (st->hub) {
        sub = ngx_rt_subscriber_create(st->hub, tr, conf, topics->elts,
                                       topics->nelts);
    }

    if (sub == NULL) {
        return tr->refuse(r);
    }

    if (ngx_rt_sink_request_attach(sub, r) != NGX_OK) {
        ngx_rt_subscriber_destroy(sub);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* from here on the end of the request is the end of the subscriber */

    rc = tr->read ? ngx_rt_receive_open(sub, r) : NGX_OK;

    if (rc == NGX_DECLINED) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST,
                                   "identity is longer than 256 bytes");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    asked = &ngx_rt_ctx_find(r)->last_event_id;

    malformed = (asked->len
                 && ngx_rt_id_parse(&id, asked->data, asked->len) != NGX_OK);

    if (tr->open(r, &variant) == NGX_ERROR) {
        return NGX_ERROR;
    }

    sub->variant = variant;

    if (ngx_rt_replay_greet(sub, (asked->len && !malformed) ? &id : NULL,
                            malformed)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the content phase still uses the request */

    r->main->count++;

    ngx_rt_subscriber_queue(sub);

    return NGX_DONE;
}


/*
 * A header field says where a client is now, an argument where it was when it
 * was given the URL, so the former wins.
 */

static void
ngx_rt_transport_last_event_id(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    ngx_str_null(value);

    h = ngx_rt_header_find(r, "Last-Event-ID", NULL);

    if (h != NULL && h->value.len) {
        *value = h->value;
        return;
    }

    (void) ngx_http_arg(r, (u_char *) "last_event_id",
                        sizeof("last_event_id") - 1, value);
}
