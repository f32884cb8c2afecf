
/*
 * Copyright (C) the ngx_rt authors
 */


/* A batch: newline-delimited JSON, see ngx_rt_publish_object.c. */


#include "ngx_rt_publish.h"


/* lines published before other events, and this worker's hub, get their turn */
#define NGX_RT_BATCH_LINES  256

/* lines that wait for their broker at a time, and their bytes */
#define NGX_RT_BATCH_WAITING  1024
#define NGX_RT_BATCH_BYTES    (4 * 1024 * 1024)

/* an exiting worker waits for timers, not for posted events; in ms */
#define NGX_RT_BATCH_HOLD   1000


typedef struct {
    ngx_http_request_t    *request;
    ngx_rt_stream_t       *stream;
    ngx_rt_publication_t   model;
    u_char                *pos;           /* the next line */
    ngx_uint_t             number;        /* of the last line taken, from 1 */
    json_t                *ids;
    ngx_uint_t             bad;           /* the first line refused; 0: none */
    ngx_rt_refusal_t       refusal;
    ngx_queue_t            waits;         /* lines that wait, oldest first */
    ngx_uint_t             waiting;
    size_t                 bytes;         /* of those */
    ngx_event_t            event;
    ngx_event_t            hold;          /* keeps a worker that exits */
    unsigned               ended:1;       /* no more lines are taken */
} ngx_rt_batch_lines_t;


typedef struct {
    ngx_queue_t             queue;
    ngx_rt_batch_lines_t   *lines;
    ngx_uint_t              number;
    size_t                  bytes;
    ngx_rt_publish_wait_t   wait;
} ngx_rt_batch_wait_t;


static void ngx_rt_publish_batch_handler(ngx_event_t *ev);
static void ngx_rt_publish_batch_hold_handler(ngx_event_t *ev);
static void ngx_rt_publish_batch_cleanup(void *data);
static ngx_int_t ngx_rt_publish_batch_run(ngx_rt_batch_lines_t *lines);
static void ngx_rt_publish_batch_refuse(ngx_rt_batch_lines_t *lines,
    ngx_uint_t number, const ngx_rt_refusal_t *refusal);
static void ngx_rt_publish_batch_go_on(ngx_rt_batch_lines_t *lines);
static ngx_int_t ngx_rt_publish_batch_answer(ngx_rt_batch_lines_t *lines);
static ngx_int_t ngx_rt_publish_batch_line(ngx_rt_batch_lines_t *lines,
    const ngx_str_t *line);
static ngx_int_t ngx_rt_publish_batch_publish(ngx_rt_batch_lines_t *lines,
    json_t *object);
static void ngx_rt_publish_batch_wait_handler(ngx_rt_publish_wait_t *wait,
    ngx_int_t rc);
static ngx_int_t ngx_rt_publish_batch_add_id(ngx_rt_batch_lines_t *lines,
    const ngx_rt_id_t *id);


ngx_int_t
ngx_rt_publish_batch(ngx_http_request_t *r, ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model)
{
    ngx_int_t             rc;
    ngx_http_cleanup_t   *cln;
    ngx_rt_batch_lines_t *lines;

    lines = ngx_pcalloc(r->pool, sizeof(ngx_rt_batch_lines_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (lines == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_rt_publish_batch_cleanup;
    cln->data = lines;

    lines->ids = json_array();
    if (lines->ids == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    lines->request = r;
    lines->stream = st;
    lines->model = *model;
    lines->pos = model->data.data;

    ngx_queue_init(&lines->waits);

    rc = ngx_rt_publish_batch_run(lines);

    if (rc != NGX_AGAIN && lines->waiting == 0) {
        return ngx_rt_publish_batch_answer(lines);
    }

    lines->event.handler = ngx_rt_publish_batch_handler;
    lines->event.data = lines;
    lines->event.log = r->connection->log;

    lines->hold.handler = ngx_rt_publish_batch_hold_handler;
    lines->hold.data = lines;
    lines->hold.log = r->connection->log;

    ngx_add_timer(&lines->hold, NGX_RT_BATCH_HOLD);

    if (rc == NGX_AGAIN) {
        ngx_post_event(&lines->event, &ngx_posted_next_events);
    }

    r->main->count++;

    return NGX_DONE;
}


static void
ngx_rt_publish_batch_handler(ngx_event_t *ev)
{
    ngx_rt_batch_lines_t  *lines;

    lines = ev->data;

    ngx_http_set_log_request(lines->request->connection->log, lines->request);

    ngx_rt_publish_batch_go_on(lines);
}


/* takes more lines, or answers if there are none and none waits */

static void
ngx_rt_publish_batch_go_on(ngx_rt_batch_lines_t *lines)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    if (!lines->ended && ngx_rt_publish_batch_run(lines) == NGX_AGAIN) {
        ngx_post_event(&lines->event, &ngx_posted_next_events);
        return;
    }

    if (!lines->ended || lines->waiting) {
        return;
    }

    r = lines->request;
    c = r->connection;

    ngx_del_timer(&lines->hold);

    ngx_http_finalize_request(r, ngx_rt_publish_batch_answer(lines));
    ngx_http_run_posted_requests(c);
}


static void
ngx_rt_publish_batch_hold_handler(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_RT_BATCH_HOLD);
}


static void
ngx_rt_publish_batch_cleanup(void *data)
{
    ngx_rt_batch_lines_t *lines = data;

    ngx_queue_t          *q;
    ngx_rt_batch_wait_t  *bw;

    while (lines->waiting) {
        q = ngx_queue_head(&lines->waits);
        ngx_queue_remove(q);
        lines->waiting--;

        bw = ngx_queue_data(q, ngx_rt_batch_wait_t, queue);

        ngx_rt_publish_cancel(lines->stream, &bw->wait);
        ngx_free(bw);
    }

    if (lines->event.posted) {
        ngx_delete_posted_event(&lines->event);
    }

    if (lines->hold.timer_set) {
        ngx_del_timer(&lines->hold);
    }

    json_decref(lines->ids);
}


/* NGX_AGAIN: to be called again; NGX_BUSY: when some have been answered */

static ngx_int_t
ngx_rt_publish_batch_run(ngx_rt_batch_lines_t *lines)
{
    u_char      *end, *last;
    ngx_str_t    line;
    ngx_uint_t   i;

    last = lines->model.data.data + lines->model.data.len;

    for (i = 0; i < NGX_RT_BATCH_LINES; i++) {

        if (lines->pos >= last || lines->bad) {
            lines->ended = 1;
            return NGX_OK;
        }

        if (lines->waiting >= NGX_RT_BATCH_WAITING
            || lines->bytes >= NGX_RT_BATCH_BYTES)
        {
            return NGX_BUSY;
        }

        end = ngx_strlchr(lines->pos, last, LF);

        line.data = lines->pos;
        line.len = ((end == NULL) ? last : end) - line.data;

        lines->pos = line.data + line.len + 1;
        lines->number++;

        if (ngx_rt_publish_batch_line(lines, &line) != NGX_OK) {
            ngx_rt_publish_batch_refuse(lines, lines->number, &lines->refusal);
        }
    }

    return NGX_AGAIN;
}


/* of several the first line is the one that counts */

static void
ngx_rt_publish_batch_refuse(ngx_rt_batch_lines_t *lines, ngx_uint_t number,
    const ngx_rt_refusal_t *refusal)
{
    if (lines->bad == 0 || number < lines->bad) {
        lines->bad = number;
        lines->refusal = *refusal;
    }
}


static ngx_int_t
ngx_rt_publish_batch_answer(ngx_rt_batch_lines_t *lines)
{
    json_t              *answer;
    ngx_http_request_t  *r;

    r = lines->request;

    answer = json_pack("{s:I,s:O}",
                       "published", (json_int_t) json_array_size(lines->ids),
                       "ids", lines->ids);

    if (lines->bad == 0 || answer == NULL) {
        return ngx_rt_answer_json(r, NGX_HTTP_OK, answer);
    }

    (void) json_object_set_new(answer, "error",
                               json_string(lines->refusal.reason));
    (void) json_object_set_new(answer, "line",
                               json_integer((json_int_t) lines->bad));

    if (lines->refusal.status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return ngx_rt_answer_unavailable(r, answer);
    }

    return ngx_rt_answer_json(r, lines->refusal.status, answer);
}


/* NGX_OK, also for an empty line, or NGX_DECLINED and the refusal */

static ngx_int_t
ngx_rt_publish_batch_line(ngx_rt_batch_lines_t *lines, const ngx_str_t *line)
{
    size_t      i;
    json_t     *object;
    ngx_int_t   rc;

    for (i = 0; i < line->len; i++) {
        if (line->data[i] != ' ' && line->data[i] != '\t'
            && line->data[i] != CR)
        {
            break;
        }
    }

    if (i == line->len) {
        return NGX_OK;
    }

    lines->refusal.status = NGX_HTTP_BAD_REQUEST;

    object = json_loadb((char *) line->data, line->len,
                        JSON_REJECT_DUPLICATES|JSON_ALLOW_NUL, NULL);

    if (object == NULL) {
        lines->refusal.reason = "line is not JSON, or repeats a name, or has "
                                "a number of more than 64 bits";
        return NGX_DECLINED;
    }

    if (!json_is_object(object)) {
        json_decref(object);
        lines->refusal.reason = "line is not a JSON object";
        return NGX_DECLINED;
    }

    rc = ngx_rt_publish_batch_publish(lines, object);

    json_decref(object);

    return rc;
}


static ngx_int_t
ngx_rt_publish_batch_publish(ngx_rt_batch_lines_t *lines, json_t *object)
{
    ngx_int_t              rc;
    ngx_rt_batch_wait_t   *bw;
    ngx_rt_publication_t   pub;

    bw = ngx_alloc(sizeof(ngx_rt_batch_wait_t), ngx_cycle->log);

    if (bw == NULL) {
        lines->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        lines->refusal.reason = "no memory";
        return NGX_DECLINED;
    }

    bw->lines = lines;
    bw->number = lines->number;
    bw->wait.handler = ngx_rt_publish_batch_wait_handler;
    bw->wait.data = bw;

    pub = lines->model;

    rc = ngx_rt_publish_object(lines->stream, object, &pub, &bw->wait);

    if (rc == NGX_AGAIN) {
        bw->bytes = pub.data.len;

        ngx_queue_insert_tail(&lines->waits, &bw->queue);
        lines->waiting++;
        lines->bytes += bw->bytes;

        return NGX_OK;
    }

    lines->refusal = bw->wait.refusal;

    ngx_free(bw);

    return (rc == NGX_OK) ? ngx_rt_publish_batch_add_id(lines, &pub.id) : rc;
}


static void
ngx_rt_publish_batch_wait_handler(ngx_rt_publish_wait_t *wait, ngx_int_t rc)
{
    ngx_rt_refusal_t       refusal;
    ngx_rt_batch_wait_t   *bw;
    ngx_rt_batch_lines_t  *lines;

    bw = wait->data;
    lines = bw->lines;

    ngx_queue_remove(&bw->queue);
    lines->waiting--;
    lines->bytes -= bw->bytes;

    if (rc == NGX_OK) {
        refusal = lines->refusal;

        if (ngx_rt_publish_batch_add_id(lines, &wait->id) != NGX_OK) {
            wait->refusal = lines->refusal;
            lines->refusal = refusal;
            rc = NGX_DECLINED;
        }
    }

    if (rc != NGX_OK) {
        ngx_rt_publish_batch_refuse(lines, bw->number, &wait->refusal);
    }

    ngx_free(bw);

    /* not here: this may be one answer of many */

    if (!lines->event.posted) {
        ngx_post_event(&lines->event, &ngx_posted_events);
    }
}


static ngx_int_t
ngx_rt_publish_batch_add_id(ngx_rt_batch_lines_t *lines,
    const ngx_rt_id_t *id)
{
    if (json_array_append_new(lines->ids, ngx_rt_publish_object_id(id)) == 0) {
        return NGX_OK;
    }

    lines->refusal.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    lines->refusal.reason = "no memory for the id of this line, which is "
                            "published";
    return NGX_DECLINED;
}
