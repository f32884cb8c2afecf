
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * "rt_status": the state of all streams as JSON, or with "?topic=" of one topic
 * in each.  Each stream is looked at by itself, so sums over streams need not
 * belong to one instant.
 */


#include "ngx_rt_status.h"


/* workers described; the others are only counted */
#define NGX_RT_STATUS_WORKERS  512


static json_t *ngx_rt_status_streams(ngx_http_request_t *r,
    ngx_array_t *streams, ngx_str_t *topic);
static json_t *ngx_rt_status_stream(ngx_http_request_t *r,
    ngx_rt_stream_t *st);
static json_t *ngx_rt_status_topic(ngx_rt_stream_t *st, ngx_str_t *topic);
static json_t *ngx_rt_status_worker(ngx_rt_worker_info_t *info);
static json_t *ngx_rt_status_links(ngx_rt_link_info_t *links);
static json_t *ngx_rt_status_subscribers(ngx_uint_t *counts);
static json_t *ngx_rt_status_counters(uint64_t *counters);
static json_t *ngx_rt_status_id(ngx_rt_id_t *id);


ngx_int_t
ngx_rt_status_handler(ngx_http_request_t *r, ngx_array_t *streams)
{
    u_char       buf[NGX_RT_NAME_LEN];
    json_t      *object;
    ngx_int_t    rc;
    ngx_str_t    arg, topic;
    const char  *reason;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_rt_answer_not_allowed(r, "GET, HEAD");
    }

    ngx_str_null(&topic);

    if (ngx_http_arg(r, (u_char *) "topic", 5, &arg) == NGX_OK
        && ngx_rt_name_parse_topic(&arg, buf, &topic, &reason) != NGX_OK)
    {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST, reason);
    }

    if (topic.len && arg.data != NULL) {
        return ngx_rt_answer_error(r, NGX_HTTP_BAD_REQUEST,
                                   "the status is about one topic");
    }

    if (ngx_rt_header_set(r, "Cache-Control", "no-store") != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    object = json_pack("{s:s,s:s,s:o}",
                       "version", NGX_RT_VERSION,
                       "nginx", NGINX_VERSION,
                       "streams",
                       ngx_rt_status_streams(r, streams,
                                             topic.len ? &topic : NULL));

    return ngx_rt_answer_json(r, NGX_HTTP_OK, object);
}


/* each of these returns NULL if there is no memory, and jansson takes that */

static json_t *
ngx_rt_status_streams(ngx_http_request_t *r, ngx_array_t *streams,
    ngx_str_t *topic)
{
    json_t            *object, *value;
    ngx_uint_t         i;
    ngx_rt_stream_t  **st;

    object = json_object();
    st = streams->elts;

    for (i = 0; i < streams->nelts; i++) {

        value = topic ? ngx_rt_status_topic(st[i], topic)
                      : ngx_rt_status_stream(r, st[i]);

        (void) json_object_setn_new(object, (char *) st[i]->name.data,
                                    st[i]->name.len, value);
    }

    return object;
}


static json_t *
ngx_rt_status_stream(ngx_http_request_t *r, ngx_rt_stream_t *st)
{
    json_t                *workers, *object;
    ngx_uint_t             i, j, n;
    ngx_uint_t             subscribers[NGX_RT_TRANSPORTS];
    ngx_rt_zone_info_t     zone;
    ngx_rt_worker_info_t  *worker;

    worker = ngx_palloc(r->pool, NGX_RT_STATUS_WORKERS
                                 * sizeof(ngx_rt_worker_info_t));
    workers = json_array();

    if (worker == NULL || workers == NULL) {
        json_decref(workers);
        return NULL;
    }

    ngx_rt_zone_describe(&st->zone, &zone);

    n = ngx_rt_worker_describe(&st->zone, worker, NGX_RT_STATUS_WORKERS);
    n = ngx_min(n, NGX_RT_STATUS_WORKERS);

    ngx_memzero(subscribers, sizeof(subscribers));

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(workers,
                                     ngx_rt_status_worker(&worker[i]));

        for (j = 0; j < NGX_RT_TRANSPORTS; j++) {
            subscribers[j] += worker[i].nsubscribers[j];
        }
    }

    object = json_pack("{s:s%,s:I,s:o,s:I,s:I,s:o,s:{s:I,s:I,s:b},s:o,s:o}",
                     "broker", st->broker->name.data, st->broker->name.len,
                     "generation", (json_int_t) zone.generation,
                     "subscribers", ngx_rt_status_subscribers(subscribers),
                     "topics", (json_int_t) zone.ntopics,
                     "messages", (json_int_t) zone.nmessages,
                     "last_id", ngx_rt_status_id(&zone.last),
                     "zone",
                         "size", (json_int_t) zone.size,
                         "used", (json_int_t) zone.used,
                         "full", (int) zone.full,
                     "counters", ngx_rt_status_counters(zone.counters),
                     "workers", workers);

    if (object && st->broker->describe) {
        (void) json_object_set_new(object, "redis", st->broker->describe(st));
    }

    return object;
}


/* null if the stream has no such topic */

static json_t *
ngx_rt_status_topic(ngx_rt_stream_t *st, ngx_str_t *topic)
{
    ngx_rt_topic_info_t  info;

    if (ngx_rt_topic_describe(&st->zone, topic, &info) != NGX_OK) {
        return json_null();
    }

    return json_pack("{s:s%,s:I,s:o,s:o,s:I}",
                     "topic", topic->data, topic->len,
                     "messages", (json_int_t) info.nmessages,
                     "oldest", ngx_rt_status_id(&info.oldest),
                     "newest", ngx_rt_status_id(&info.newest),
                     "subscribers", (json_int_t) info.nsubscribers);
}


static json_t *
ngx_rt_status_worker(ngx_rt_worker_info_t *info)
{
    return json_pack("{s:I,s:I,s:I,s:o,s:o,s:o}",
                     "pid", (json_int_t) info->pid,
                     "worker", (json_int_t) info->number,
                     "generation", (json_int_t) info->generation,
                     "subscribers",
                         ngx_rt_status_subscribers(info->nsubscribers),
                     "counters", ngx_rt_status_counters(info->counters),
                     "links", ngx_rt_status_links(info->links));
}


/* to other servers; those that have a broker on this host have none */

static json_t *
ngx_rt_status_links(ngx_rt_link_info_t *links)
{
    json_t              *array;
    ngx_uint_t           i;
    ngx_rt_link_info_t  *link;

    array = json_array();

    for (i = 0; i < NGX_RT_LINKS; i++) {
        link = &links[i];

        if (link->role[0] == '\0') {
            continue;
        }

        (void) json_array_append_new(array,
                   json_pack("{s:s,s:s%,s:s,s:I,s:o,s:I}",
                             "name", link->role,
                             "server", link->name, link->name_len,
                             "state", link->state,
                             "since", (json_int_t) link->since,
                             "error", link->error_len
                                      ? json_stringn((char *) link->error,
                                                     link->error_len)
                                      : json_null(),
                             "reconnects", (json_int_t) link->reconnects));
    }

    return array;
}


static json_t *
ngx_rt_status_subscribers(ngx_uint_t *counts)
{
    json_t                    *object;
    ngx_uint_t                 i;
    const ngx_rt_transport_t  *tr;

    object = json_object();

    for (i = 0; (tr = ngx_rt_transport_get(i)) != NULL; i++) {
        (void) json_object_set_new(object, (char *) tr->name.data,
                                   json_integer((json_int_t) counts[i]));
    }

    return object;
}


#define ngx_rt_status_set_counter(name, text)                                 \
    (void) json_object_set_new(object, #name,                                 \
               json_integer((json_int_t) counters[NGX_RT_COUNTER_##name]));

static json_t *
ngx_rt_status_counters(uint64_t *counters)
{
    json_t  *object;

    object = json_object();

    NGX_RT_COUNTERS(ngx_rt_status_set_counter)

    return object;
}


static json_t *
ngx_rt_status_id(ngx_rt_id_t *id)
{
    u_char  text[NGX_RT_ID_LEN];

    return json_stringn((char *) text, ngx_rt_id_write(text, id) - text);
}
