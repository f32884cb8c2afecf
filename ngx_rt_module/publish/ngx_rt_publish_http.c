
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * "rt_publish".  A request that comes from a client says by its method what it
 * wants.  An internal one has lost its method on the way, so it publishes the
 * body that was read, or is still to be read; only without any does GET mean
 * GET.
 */


#include "ngx_rt_publish.h"


/* a message that waits for its broker */

typedef struct {
    ngx_http_request_t     *request;
    ngx_rt_stream_t        *stream;
    ngx_str_t               topic;
    ngx_rt_publish_wait_t   wait;
} ngx_rt_publish_http_t;


static ngx_int_t ngx_rt_publish_http_open(ngx_http_request_t *r,
    ngx_rt_publish_conf_t *pcf);
static ngx_uint_t ngx_rt_publish_http_has_body(ngx_http_request_t *r);
static ngx_uint_t ngx_rt_publish_http_is_batch(ngx_http_request_t *r);
static void ngx_rt_publish_http_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_rt_publish_http_publish(ngx_http_request_t *r);
static ngx_int_t ngx_rt_publish_http_message(ngx_http_request_t *r,
    ngx_rt_stream_t *st, ngx_rt_publication_t *pub);
static ngx_int_t ngx_rt_publish_http_answer(ngx_rt_publish_http_t *job,
    ngx_int_t rc, ngx_uint_t nsubscribers);
static void ngx_rt_publish_http_wait_handler(ngx_rt_publish_wait_t *wait,
    ngx_int_t rc);
static void ngx_rt_publish_http_cleanup(void *data);
static ngx_int_t ngx_rt_publish_http_read_body(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_rt_publish_http_read_buf(ngx_http_request_t *r,
    ngx_buf_t *b, u_char *p);
static ngx_int_t ngx_rt_publish_http_describe(ngx_http_request_t *r,
    ngx_rt_stream_t *st, const ngx_str_t *topic);
static ngx_int_t ngx_rt_publish_http_clear(ngx_http_request_t *r,
    ngx_rt_stream_t *st, const ngx_str_t *topic);
static const char *ngx_rt_publish_http_topic(ngx_http_request_t *r,
    ngx_str_t *list, ngx_str_t *topic);


ngx_int_t
ngx_rt_publish_http_handler(ngx_http_request_t *r, ngx_rt_publish_conf_t *pcf)
{
    ngx_int_t   rc;
    ngx_str_t   topic;
    const char *reason;

    if ((r->method & (NGX_HTTP_POST|NGX_HTTP_PUT))
        || ((r->internal || r != r->main) && ngx_rt_publish_http_has_body(r)))
    {
        return ngx_rt_publish_http_open(r, pcf);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_DELETE))) {
        return ngx_rt_answer_not_allowed(r, "GET, HEAD, POST, PUT, DELETE");
    }

    reason = ngx_rt_publish_http_topic(r, &ngx_rt_ctx_find(r)->topic, &topic);

    if (reason != NULL) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST, reason);
    }

    if (r->method == NGX_HTTP_DELETE) {
        return ngx_rt_publish_http_clear(r, pcf->stream, &topic);
    }

    return ngx_rt_publish_http_describe(r, pcf->stream, &topic);
}


static ngx_int_t
ngx_rt_publish_http_open(ngx_http_request_t *r, ngx_rt_publish_conf_t *pcf)
{
    ngx_int_t  rc;

    if (r->request_body) {
        return ngx_rt_publish_http_publish(r);
    }

    /* a body that is too large need not be read; a batch of many lines may */

    if (r->headers_in.content_length_n
        > (off_t) pcf->stream->zone.message_size
        && !ngx_rt_publish_http_is_batch(r))
    {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_rt_answer_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                   "message is larger than \"message_size\"");
    }

    rc = ngx_http_read_client_request_body(r,
                                           ngx_rt_publish_http_body_handler);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


static ngx_uint_t
ngx_rt_publish_http_has_body(ngx_http_request_t *r)
{
    if (r->request_body && r->request_body->bufs) {
        return 1;
    }

    /*
     * A subrequest cannot read the body of its main request.  One that was
     * given a body, though an empty one, is to publish; but a mirror has
     * kept the method.
     */

    if (r != r->main) {
        return r->request_body && !r->background;
    }

    return r->headers_in.content_length || r->headers_in.chunked;
}


static ngx_uint_t
ngx_rt_publish_http_is_batch(ngx_http_request_t *r)
{
    ngx_str_t  *type;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    if (type->len < sizeof("application/x-ndjson") - 1
        || ngx_strncasecmp(type->data, (u_char *) "application/x-ndjson",
                           sizeof("application/x-ndjson") - 1)
           != 0)
    {
        return 0;
    }

    return type->len == sizeof("application/x-ndjson") - 1
           || type->data[sizeof("application/x-ndjson") - 1] == ';'
           || type->data[sizeof("application/x-ndjson") - 1] == ' ';
}


static void
ngx_rt_publish_http_body_handler(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_rt_publish_http_publish(r));
}


static ngx_int_t
ngx_rt_publish_http_publish(ngx_http_request_t *r)
{
    ngx_uint_t              batch;
    const char             *reason;
    ngx_rt_ctx_t           *ctx;
    ngx_rt_publication_t    pub;
    ngx_rt_publish_conf_t  *pcf;

    ctx = ngx_rt_ctx_find(r);
    pcf = ctx->conf;

    ngx_str_null(&pub.topic);
    ngx_str_null(&pub.event);

    if (ngx_rt_publish_http_read_body(r, &pub.data) != NGX_OK
        || (pcf->event
            && ngx_http_complex_value(r, pcf->event, &pub.event) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    batch = ngx_rt_publish_http_is_batch(r);

    if (!batch || ctx->topic.len) {
        reason = ngx_rt_publish_http_topic(r, &ctx->topic, &pub.topic);

        if (reason != NULL) {
            return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST, reason);
        }
    }

    return batch ? ngx_rt_publish_batch(r, pcf->stream, &pub)
                 : ngx_rt_publish_http_message(r, pcf->stream, &pub);
}


static ngx_int_t
ngx_rt_publish_http_message(ngx_http_request_t *r, ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub)
{
    ngx_int_t                rc;
    ngx_http_cleanup_t      *cln;
    ngx_rt_publish_http_t   *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_rt_publish_http_t));
    if (job == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    job->request = r;
    job->stream = st;
    job->wait.handler = ngx_rt_publish_http_wait_handler;
    job->wait.data = job;

    rc = ngx_rt_publish(st, pub, &job->wait);

    job->topic = pub->topic;

    if (rc != NGX_AGAIN) {
        job->wait.id = pub->id;
        return ngx_rt_publish_http_answer(job, rc, pub->nsubscribers);
    }

    cln = ngx_http_cleanup_add(r, 0);

    if (cln == NULL) {
        ngx_rt_publish_cancel(st, &job->wait);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_rt_publish_http_cleanup;
    cln->data = job;

    r->main->count++;

    return NGX_DONE;
}


static ngx_int_t
ngx_rt_publish_http_answer(ngx_rt_publish_http_t *job, ngx_int_t rc,
    ngx_uint_t nsubscribers)
{
    ngx_rt_refusal_t    *refusal;
    ngx_http_request_t  *r;

    r = job->request;
    refusal = &job->wait.refusal;

    if (rc == NGX_OK) {
        return ngx_rt_answer_json(r, NGX_HTTP_OK,
                  json_pack("{s:o,s:s%,s:I}",
                            "id", ngx_rt_publish_object_id(&job->wait.id),
                            "topic", job->topic.data, job->topic.len,
                            "subscribers", (json_int_t) nsubscribers));
    }

    if (refusal->status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return ngx_rt_answer_unavailable(r, json_pack("{s:s}", "error",
                                                      refusal->reason));
    }

    return ngx_rt_answer_error(r, refusal->status, refusal->reason);
}


static void
ngx_rt_publish_http_wait_handler(ngx_rt_publish_wait_t *wait, ngx_int_t rc)
{
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_rt_topic_info_t     info;
    ngx_rt_publish_http_t  *job;

    job = wait->data;
    r = job->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    info.nsubscribers = 0;
    (void) ngx_rt_topic_describe(&job->stream->zone, &job->topic, &info);

    ngx_http_finalize_request(r, ngx_rt_publish_http_answer(job, rc,
                                                        info.nsubscribers));
    ngx_http_run_posted_requests(c);
}


static void
ngx_rt_publish_http_cleanup(void *data)
{
    ngx_rt_publish_http_t *job = data;

    ngx_rt_publish_cancel(job->stream, &job->wait);
}


/* the body as one string, which need not be a copy */

static ngx_int_t
ngx_rt_publish_http_read_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_str_null(body);

    if (r->request_body_no_buffering) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "request body was not buffered, cannot publish it");
        return NGX_ERROR;
    }

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    cl = r->request_body->bufs;

    if (cl->next == NULL && ngx_buf_in_memory(cl->buf)) {
        body->data = cl->buf->pos;
        body->len = cl->buf->last - cl->buf->pos;
        return NGX_OK;
    }

    for ( /* void */ ; cl; cl = cl->next) {
        body->len += ngx_buf_size(cl->buf);
    }

    if (body->len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, body->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_rt_publish_http_read_buf(r, b, p) != NGX_OK) {
            return NGX_ERROR;
        }

        p += ngx_buf_size(b);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_publish_http_read_buf(ngx_http_request_t *r, ngx_buf_t *b, u_char *p)
{
    size_t   size;
    ssize_t  n;

    size = (size_t) ngx_buf_size(b);

    if (size == 0) {
        return NGX_OK;
    }

    if (ngx_buf_in_memory(b)) {
        ngx_memcpy(p, b->pos, size);
        return NGX_OK;
    }

    n = ngx_read_file(b->file, p, size, b->file_pos);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    if ((size_t) n != size) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      ngx_read_file_n " read only %z of %uz from \"%V\"",
                      n, size, &b->file->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_publish_http_describe(ngx_http_request_t *r, ngx_rt_stream_t *st,
    const ngx_str_t *topic)
{
    u_char               *p, *q;
    u_char                oldest[NGX_RT_ID_LEN], newest[NGX_RT_ID_LEN];
    ngx_rt_topic_info_t   info;

    if (ngx_rt_topic_describe(&st->zone, topic, &info) != NGX_OK) {
        return ngx_rt_answer_error(r, NGX_HTTP_NOT_FOUND, "no such topic");
    }

    p = ngx_rt_id_write(oldest, &info.oldest);
    q = ngx_rt_id_write(newest, &info.newest);

    return ngx_rt_answer_json(r, NGX_HTTP_OK,
                 json_pack("{s:s%,s:I,s:s%,s:s%,s:I}",
                           "topic", topic->data, topic->len,
                           "messages", (json_int_t) info.nmessages,
                           "oldest", oldest, (size_t) (p - oldest),
                           "newest", newest, (size_t) (q - newest),
                           "subscribers", (json_int_t) info.nsubscribers));
}


static ngx_int_t
ngx_rt_publish_http_clear(ngx_http_request_t *r, ngx_rt_stream_t *st,
    const ngx_str_t *topic)
{
    ngx_uint_t  dropped;

    if (ngx_rt_history_clear(&st->zone, topic, &dropped) != NGX_OK) {
        return ngx_rt_answer_error(r, NGX_HTTP_NOT_FOUND, "no such topic");
    }

    return ngx_rt_answer_json(r, NGX_HTTP_OK,
                 json_pack("{s:s%,s:I}",
                           "topic", topic->data, topic->len,
                           "dropped", (json_int_t) dropped));
}


/* NULL and the only topic of the list, or the rule it breaks */

static const char *
ngx_rt_publish_http_topic(ngx_http_request_t *r, ngx_str_t *list,
    ngx_str_t *topic)
{
    u_char      *buf;
    ngx_str_t    rest;
    const char  *reason;

    buf = ngx_pnalloc(r->pool, NGX_RT_NAME_LEN);
    if (buf == NULL) {
        return "no memory";
    }

    rest = *list;

    if (rest.len == 0) {
        return "topic is empty";
    }

    if (ngx_rt_name_parse_topic(&rest, buf, topic, &reason) != NGX_OK) {
        return reason;
    }

    if (rest.data != NULL) {
        return "a message is published to one topic";
    }

    return NULL;
}
