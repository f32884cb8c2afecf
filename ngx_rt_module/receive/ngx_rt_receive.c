
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Messages of a subscriber in their order.  Of those that are passed to a
 * location one is under way; some more wait, and then the subscriber is paused,
 * so that TCP holds its client back.
 */


#include "ngx_rt_receive.h"


/* as soon as so many messages, or "message_size" bytes, wait, no more may */
#define NGX_RT_RECEIVE_WAITING   16

#define NGX_RT_RECEIVE_IDENTITY  256


typedef struct ngx_rt_receive_item_s  ngx_rt_receive_item_t;

struct ngx_rt_receive_item_s {
    ngx_rt_receive_item_t   *next;
    ngx_rt_receive_kind_e    kind;
    size_t                   len;
    u_char                   data[1];
};


typedef struct {
    ngx_rt_call_t           *call;        /* NULL: none is under way */

    ngx_rt_receive_item_t   *first;
    ngx_rt_receive_item_t  **last;
    ngx_uint_t               n;
    size_t                   size;

    /* as the request had it, see ngx_http_realip_module */
    ngx_sockaddr_t           sockaddr;
    socklen_t                socklen;
    ngx_str_t                addr_text;

    ngx_str_t                identity;
    u_char                   text[1];
} ngx_rt_receiver_t;


static void ngx_rt_receive_hold(ngx_rt_subscriber_t *sub);
static ngx_int_t ngx_rt_receive_json(ngx_rt_subscriber_t *sub,
    const ngx_str_t *data, const char **reason);
static ngx_int_t ngx_rt_receive_publish(ngx_rt_subscriber_t *sub,
    const ngx_str_t *data, const char **reason);
static void ngx_rt_receive_pass(ngx_rt_subscriber_t *sub,
    const ngx_str_t *data, ngx_rt_receive_kind_e kind);
static void ngx_rt_receive_call(ngx_rt_subscriber_t *sub,
    const ngx_str_t *data, ngx_rt_receive_kind_e kind);
static ngx_int_t ngx_rt_receive_topics(ngx_rt_subscriber_t *sub,
    ngx_str_t *list);
static void ngx_rt_receive_params(ngx_rt_subscriber_t *sub,
    ngx_rt_call_params_t *params);
static void ngx_rt_receive_answer_handler(void *data, ngx_uint_t status,
    const ngx_str_t *body);
static void ngx_rt_receive_fail(ngx_rt_subscriber_t *sub, ngx_uint_t status);


static ngx_str_t  ngx_rt_receive_types[] = {
    ngx_string("text/plain; charset=utf-8"),
    ngx_string("application/octet-stream"),
    ngx_string("application/json")
};


ngx_int_t
ngx_rt_receive_open(ngx_rt_subscriber_t *sub, ngx_http_request_t *r)
{
    u_char                 *p;
    ngx_str_t               identity;
    ngx_connection_t       *c;
    ngx_rt_receiver_t      *rx;
    ngx_rt_receive_conf_t  *conf;

    c = r->connection;
    conf = sub->conf->receive;

    if (conf->mode != NGX_RT_RECEIVE_PASS) {
        return NGX_OK;
    }

    ngx_str_null(&identity);

    if (conf->identity
        && ngx_http_complex_value(r, conf->identity, &identity) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (identity.len > NGX_RT_RECEIVE_IDENTITY) {
        return NGX_DECLINED;
    }

    rx = ngx_alloc(offsetof(ngx_rt_receiver_t, text) + identity.len
                   + c->addr_text.len, sub->hub->log);
    if (rx == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(rx, offsetof(ngx_rt_receiver_t, text));

    rx->last = &rx->first;

    rx->socklen = ngx_min(c->socklen, sizeof(ngx_sockaddr_t));
    ngx_memcpy(&rx->sockaddr, c->sockaddr, rx->socklen);

    rx->identity.data = rx->text;
    rx->identity.len = identity.len;
    p = ngx_cpymem(rx->text, identity.data, identity.len);

    rx->addr_text.data = p;
    rx->addr_text.len = c->addr_text.len;
    ngx_memcpy(p, c->addr_text.data, c->addr_text.len);

    sub->receiver = rx;
    ngx_rt_ctx_find(r)->identity = identity;

    return NGX_OK;
}


void
ngx_rt_receive_release(ngx_rt_subscriber_t *sub)
{
    ngx_rt_receiver_t      *rx;
    ngx_rt_receive_item_t  *item;

    if (sub->conf->receive->mode == NGX_RT_RECEIVE_PUBLISH) {
        ngx_rt_receive_publish_release(sub);
        return;
    }

    rx = sub->receiver;

    if (rx == NULL) {
        return;
    }

    if (rx->call) {
        ngx_rt_call_cancel(rx->call);
    }

    while (rx->first) {
        item = rx->first;
        rx->first = item->next;
        ngx_free(item);
    }

    ngx_free(rx);

    sub->receiver = NULL;
}


ngx_int_t
ngx_rt_receive_message(ngx_rt_subscriber_t *sub, const ngx_str_t *data,
    ngx_rt_receive_kind_e kind, const char **reason)
{
    if (kind == NGX_RT_RECEIVE_JSON) {
        return ngx_rt_receive_json(sub, data, reason);
    }

    switch (sub->conf->receive->mode) {

    case NGX_RT_RECEIVE_PUBLISH:
        return ngx_rt_receive_publish(sub, data, reason);

    case NGX_RT_RECEIVE_PASS:
        ngx_rt_receive_pass(sub, data, kind);
        return NGX_OK;

    default: /* NGX_RT_RECEIVE_OFF */
        *reason = "messages are not accepted here";
        return NGX_DECLINED;
    }
}


ngx_uint_t
ngx_rt_receive_is_busy(ngx_rt_subscriber_t *sub)
{
    ngx_rt_receiver_t  *rx;

    if (sub->conf->receive->mode == NGX_RT_RECEIVE_PUBLISH) {
        return sub->receiver != NULL;
    }

    rx = sub->receiver;

    return rx && (rx->call || rx->first);
}


void
ngx_rt_receive_run(ngx_rt_subscriber_t *sub)
{
    ngx_str_t               data;
    ngx_rt_receiver_t      *rx;
    ngx_rt_receive_item_t  *item;

    if (sub->conf->receive->mode == NGX_RT_RECEIVE_PUBLISH) {
        ngx_rt_receive_publish_hold(sub);
        return;
    }

    rx = sub->receiver;

    /* what is answered has to be taken first */

    while (rx && rx->call == NULL && rx->first && sub->backlog == NULL) {

        item = rx->first;
        rx->first = item->next;
        rx->n--;
        rx->size -= item->len;

        if (rx->first == NULL) {
            rx->last = &rx->first;
        }

        data.data = item->data;
        data.len = item->len;

        ngx_rt_receive_call(sub, &data, item->kind);

        ngx_free(item);
    }

    if (rx) {
        ngx_rt_receive_hold(sub);
    }
}


/* no more can wait */

static void
ngx_rt_receive_hold(ngx_rt_subscriber_t *sub)
{
    ngx_rt_receiver_t  *rx;

    rx = sub->receiver;

    if (rx->n >= NGX_RT_RECEIVE_WAITING
        || rx->size >= sub->hub->zone->message_size)
    {
        sub->paused = 1;
    }
}


static ngx_int_t
ngx_rt_receive_json(ngx_rt_subscriber_t *sub, const ngx_str_t *data,
    const char **reason)
{
    json_t      *object;
    ngx_int_t    rc;
    ngx_uint_t   mode;

    rc = NGX_OK;
    mode = sub->conf->receive->mode;
    object = NULL;

    if (mode != NGX_RT_RECEIVE_PASS || sub->conf->receive->dynamic) {
        object = json_loadb((char *) data->data, data->len,
                            JSON_REJECT_DUPLICATES|JSON_ALLOW_NUL, NULL);
    }

    if (json_is_object(object)
        && ngx_rt_receive_json_is_command(sub, object))
    {
        ngx_rt_receive_json_command(sub, object);

    } else if (mode == NGX_RT_RECEIVE_PASS) {
        ngx_rt_receive_pass(sub, data, NGX_RT_RECEIVE_JSON);

    } else if (mode == NGX_RT_RECEIVE_OFF) {
        *reason = "messages are not accepted here";
        rc = NGX_DECLINED;

    } else if (!json_is_object(object)) {
        ngx_rt_receive_json_refuse(sub, NULL, "message is not a JSON object");

    } else {
        ngx_rt_receive_json_publish(sub, object);
    }

    json_decref(object);

    return rc;
}


static ngx_int_t
ngx_rt_receive_publish(ngx_rt_subscriber_t *sub, const ngx_str_t *data,
    const char **reason)
{
    ngx_rt_publication_t  pub;

    if (sub->nmembers != 1) {
        *reason = "a message is published to one topic";
        return NGX_DECLINED;
    }

    pub.topic = sub->members[0].topic->name;
    ngx_str_null(&pub.event);
    pub.data = *data;

    ngx_rt_receive_publish_start(sub, &pub, NULL);

    return NGX_OK;
}


static void
ngx_rt_receive_pass(ngx_rt_subscriber_t *sub, const ngx_str_t *data,
    ngx_rt_receive_kind_e kind)
{
    ngx_rt_receiver_t      *rx;
    ngx_rt_receive_item_t  *item;

    rx = sub->receiver;

    if (rx->call == NULL && rx->first == NULL && sub->backlog == NULL) {
        ngx_rt_receive_call(sub, data, kind);
        return;
    }

    item = ngx_alloc(offsetof(ngx_rt_receive_item_t, data) + data->len + 1,
                     sub->hub->log);
    if (item == NULL) {
        ngx_rt_receive_fail(sub, NGX_HTTP_SERVICE_UNAVAILABLE);
        return;
    }

    item->next = NULL;
    item->kind = kind;
    item->len = data->len;
    ngx_memcpy(item->data, data->data, data->len);

    *rx->last = item;
    rx->last = &item->next;
    rx->n++;
    rx->size += data->len;

    ngx_rt_receive_hold(sub);
}


static void
ngx_rt_receive_call(ngx_rt_subscriber_t *sub, const ngx_str_t *data,
    ngx_rt_receive_kind_e kind)
{
    ngx_rt_receiver_t     *rx;
    ngx_rt_call_params_t   params;

    rx = sub->receiver;

    ngx_memzero(&params, sizeof(ngx_rt_call_params_t));

    ngx_rt_receive_params(sub, &params);

    params.content_type = ngx_rt_receive_types[kind];
    params.body = *data;

    if (ngx_rt_receive_topics(sub, &params.ctx.topic) == NGX_OK) {
        rx->call = ngx_rt_call_create(&params);
    }

    ngx_free(params.ctx.topic.data);

    if (rx->call == NULL) {
        ngx_rt_receive_fail(sub, NGX_HTTP_SERVICE_UNAVAILABLE);
    }
}


/* on the heap, with commas, as "rt_subscribe" takes them */

static ngx_int_t
ngx_rt_receive_topics(ngx_rt_subscriber_t *sub, ngx_str_t *list)
{
    u_char      *p;
    ngx_str_t   *name;
    ngx_uint_t   i;

    list->len = 0;

    for (i = 0; i < sub->nmembers; i++) {
        list->len += sub->members[i].topic->name.len + 1;
    }

    list->data = ngx_alloc(list->len + 1, sub->hub->log);
    if (list->data == NULL) {
        return NGX_ERROR;
    }

    p = list->data;

    for (i = 0; i < sub->nmembers; i++) {
        name = &sub->members[i].topic->name;

        if (i) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, name->data, name->len);
    }

    list->len = p - list->data;

    return NGX_OK;
}


static void
ngx_rt_receive_params(ngx_rt_subscriber_t *sub, ngx_rt_call_params_t *params)
{
    ngx_rt_receiver_t      *rx;
    ngx_rt_receive_conf_t  *conf;

    rx = sub->receiver;
    conf = sub->conf->receive;

    params->server = conf->server;
    params->uri = conf->uri;
    params->args = conf->args;

    params->ctx.stream = sub->hub->stream->name;
    params->ctx.transport = sub->transport->name;
    params->ctx.identity = rx->identity;

    params->peer.sockaddr = (struct sockaddr *) &rx->sockaddr;
    params->peer.socklen = rx->socklen;
    params->peer.addr_text = rx->addr_text;
    params->peer.connection = sub->sink->connection(sub);

    params->handler = ngx_rt_receive_answer_handler;
    params->data = sub;
}


static void
ngx_rt_receive_answer_handler(void *data, ngx_uint_t status,
    const ngx_str_t *body)
{
    ngx_rt_receiver_t    *rx;
    ngx_rt_subscriber_t  *sub;

    sub = data;
    rx = sub->receiver;

    rx->call = NULL;

    if (sub->closing) {
        return;
    }

    if (status >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_rt_receive_fail(sub, status);

    } else if (status != NGX_HTTP_NO_CONTENT && body->len) {
        sub->transport->answer(sub, body->data, body->len);
    }

    ngx_rt_subscriber_resume(sub);
}


static void
ngx_rt_receive_fail(ngx_rt_subscriber_t *sub, ngx_uint_t status)
{
    u_char   text[sizeof("{\"error\":}") + NGX_INT_T_LEN];
    u_char  *p;

    ngx_rt_counter_add(sub->hub->zone, rejected, 1);

    p = ngx_sprintf(text, "{\"error\":%ui}", status);

    sub->transport->answer(sub, text, p - text);
}
