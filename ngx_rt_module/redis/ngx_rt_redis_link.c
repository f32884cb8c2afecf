
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A connection to Redis that comes back:
 *
 *     WAITING --> RESOLVING --> CONNECTING --> GREETING --> READY
 *       ^  ^          |           |  ^  |          |          |
 *       |  |          |           v  |  |          |          |
 *       |  |          |          ASKING |          |          |
 *       |  |          |           |     |          |          |
 *       |  +----------+-----------+-----+----------+----------+
 *       |    refused, closed, silent for too long, or what comes is wrong
 *       |
 *       +-- from any state, without a delay, if another server is to be asked
 *
 * A name that needs no resolver goes from WAITING to CONNECTING.  ASKING is a
 * Sentinel, which is left again for the master that it names.
 *
 * Commands are sent as they come and answered in order.  When the link is lost,
 * each that is not answered is told so.  Those that come within "timeout" after
 * that wait for the next connection.  An idle link is probed by PING; one that
 * does not answer in time is lost.
 */


#include "ngx_rt_redis.h"


/* of the memory for what is sent, in bytes */
#define NGX_RT_REDIS_OUT_KEPT   (64 * 1024)

#define NGX_RT_REDIS_BUFFER     16384
#define NGX_RT_REDIS_READS      16

/* between two attempts, in ms: doubled from one to the next, less up to half */
#define NGX_RT_REDIS_DELAY      100
#define NGX_RT_REDIS_DELAY_MAX  5000

/* what is skipped is one event if it follows in so many ms */
#define NGX_RT_REDIS_SKIPPING   10000

/* servers that may send the link on, one after the other */
#define NGX_RT_REDIS_REDIRECTS  8


static void ngx_rt_redis_link_connect(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_link_timer_handler(ngx_event_t *ev);
static void ngx_rt_redis_link_write_handler(ngx_event_t *wev);
static void ngx_rt_redis_link_read_handler(ngx_event_t *rev);
static ngx_int_t ngx_rt_redis_link_take(ngx_rt_redis_link_t *ln);
static ngx_int_t ngx_rt_redis_link_answer(ngx_rt_redis_link_t *ln,
    redisReply *reply);
static void ngx_rt_redis_link_drop(ngx_rt_redis_link_t *ln);

#define ngx_rt_redis_link_first(list)                                         \
    ngx_queue_data(ngx_queue_head(&(list)->queue), ngx_rt_redis_request_t,    \
                   queue)


void
ngx_rt_redis_link_open(ngx_rt_redis_link_t *ln)
{
    ngx_queue_init(&ln->sent.queue);
    ngx_queue_init(&ln->waiting.queue);

    ln->timer.handler = ngx_rt_redis_link_timer_handler;
    ln->timer.data = ln;
    ln->timer.log = ln->log;

    ln->lost_at = ngx_current_msec;
    ln->since = ngx_time();

    ngx_rt_redis_link_connect(ln);
}


void
ngx_rt_redis_link_close(ngx_rt_redis_link_t *ln)
{
    ngx_rt_link_info_t  none;

    if (ln->timer.handler == NULL) {
        return;
    }

    /* nobody waits for a next connection */

    ln->lost_at = ngx_current_msec - ln->conf->timeout;

    ngx_rt_redis_link_drop(ln);
    ngx_rt_redis_request_expire(ln, 1);

    if (ln->timer.timer_set) {
        ngx_del_timer(&ln->timer);
    }

    ngx_memzero(&none, sizeof(ngx_rt_link_info_t));
    ngx_rt_worker_tell_link(ln->zone, ln->place, &none);

    ln->timer.handler = NULL;
}


ngx_rt_redis_request_t *
ngx_rt_redis_link_send(ngx_rt_redis_link_t *ln, int argc, const char **argv,
    const size_t *argvlen, ngx_msec_t extra, ngx_rt_redis_reply_pt handler,
    void *data)
{
    if (ln->state == NGX_RT_REDIS_READY) {
        return ngx_rt_redis_request_send(ln, argc, argv, argvlen, extra,
                                         handler, data);
    }

    if (ngx_rt_redis_is_due(ln->lost_at + ln->conf->timeout)) {
        return NULL;
    }

    return ngx_rt_redis_request_wait(ln, argc, argv, argvlen, extra, handler,
                                     data);
}


void
ngx_rt_redis_link_fail(ngx_rt_redis_link_t *ln, ngx_err_t err,
    const char *reason, size_t len)
{
    size_t      size;
    u_char     *p, text[NGX_RT_LINK_ERROR_LEN];
    ngx_str_t   error;
    ngx_msec_t  delay;

    p = ngx_cpymem(text, reason, ngx_min(len, NGX_RT_LINK_ERROR_LEN));

    if (err) {
        p = ngx_snprintf(p, text + NGX_RT_LINK_ERROR_LEN - p, " (%d: ", err);
        p = ngx_strerror(err, p, text + NGX_RT_LINK_ERROR_LEN - p);
        p = ngx_snprintf(p, text + NGX_RT_LINK_ERROR_LEN - p, ")");
    }

    size = p - text;

    /* Redis may say anything; the log and the status are text */

    for (p = text; p < text + size; p++) {
        if (*p < ' ' || *p > '~') {
            *p = '?';
        }
    }

    ngx_memcpy(ln->error, text, size);
    ln->error_len = size;

    error.data = ln->error;
    error.len = ln->error_len;

    if (ln->failures == 0) {
        ngx_memzero(&ln->told, sizeof(ngx_rt_redis_told_t));
    }

    if (ngx_rt_redis_told_is_news(&ln->told, ln->error, ln->error_len)) {
        ngx_log_error(NGX_LOG_ERR, ln->log, 0, "redis \"%V\" is lost: %V",
                      &ln->name, &error);
    }

    if (ln->state == NGX_RT_REDIS_READY) {
        ln->lost_at = ngx_current_msec;
        ln->flaps = !ln->used;
    }

    ngx_rt_redis_link_drop(ln);

    delay = NGX_RT_REDIS_DELAY << ngx_min(ln->failures, 6);
    delay = ngx_min(delay, NGX_RT_REDIS_DELAY_MAX);
    delay -= (ngx_msec_t) ngx_random() % (delay / 2);

    ln->failures++;
    ln->attempt++;
    ln->redirects = 0;
    ln->guided = 0;
    ln->asking = 0;

    ln->until = ngx_current_msec + delay;

    ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_WAITING);
    ngx_rt_redis_link_schedule(ln);
}


ngx_uint_t
ngx_rt_redis_link_skip(ngx_rt_redis_link_t *ln)
{
    ngx_uint_t  is_first;

    ngx_rt_counter_add(ln->zone, skipped, 1);

    is_first = (ln->skipped_at == 0
                || ngx_current_msec - ln->skipped_at > NGX_RT_REDIS_SKIPPING);

    ln->skipped_at = ngx_current_msec;

    return is_first;
}


void
ngx_rt_redis_link_used(ngx_rt_redis_link_t *ln)
{
    ln->failures = 0;
    ln->used = 1;
}


ngx_uint_t
ngx_rt_redis_link_redirect(ngx_rt_redis_link_t *ln, const redisReply *error)
{
    char         *p, *host, *colon;
    ngx_int_t     port;
    ngx_uint_t    i;

    static const char  *others[] = {
        "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "NOAUTH", NULL
    };

    for (i = 0; others[i]; i++) {
        if (ngx_rt_redis_entry_is_error(error, others[i])) {
            ngx_rt_redis_link_fail(ln, 0, error->str, error->len);
            return 1;
        }
    }

    if (!ngx_rt_redis_entry_is_error(error, "MOVED")
        && !ngx_rt_redis_entry_is_error(error, "ASK"))
    {
        return 0;
    }

    /* "MOVED 3999 127.0.0.1:6381"; an IPv6 address has colons, too */

    p = strchr(error->str, ' ');
    host = p ? strchr(p + 1, ' ') : NULL;
    colon = strrchr(error->str, ':');

    port = (host && colon && colon > host)
           ? ngx_atoi((u_char *) colon + 1, error->str + error->len - colon - 1)
           : NGX_ERROR;

    if (port == NGX_ERROR
        || !ln->conf->cluster
        || ln->redirects++ == NGX_RT_REDIS_REDIRECTS
        || ngx_rt_redis_server_set(ln, host + 1, colon - host - 1, port)
           != NGX_OK)
    {
        ngx_rt_redis_link_fail(ln, 0, error->str, error->len);
        return 1;
    }

    ngx_log_error(NGX_LOG_INFO, ln->log, 0, "redis sends to \"%V\": %s",
                  &ln->name, error->str);

    ln->asking = (error->str[0] == 'A');

    ngx_rt_redis_link_move(ln);

    return 1;
}


void
ngx_rt_redis_link_move(ngx_rt_redis_link_t *ln)
{
    if (ln->state == NGX_RT_REDIS_READY) {
        ln->lost_at = ngx_current_msec;
    }

    ngx_rt_redis_link_drop(ln);

    ln->until = ngx_current_msec;

    ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_WAITING);
    ngx_rt_redis_link_schedule(ln);
}


void
ngx_rt_redis_link_set_state(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_state_e state)
{
    ngx_rt_link_info_t  info;

    static const char  *names[] = {
        "waiting", "resolving", "connecting", "asking", "greeting", "ready"
    };

    ngx_log_debug2(NGX_LOG_DEBUG_EVENT, ln->log, 0,
                   "rt redis: \"%V\" %s", &ln->name, names[state]);

    if (state != ln->state) {
        ln->state = state;
        ln->since = ngx_time();
    }

    ngx_memzero(&info, sizeof(ngx_rt_link_info_t));

    (void) ngx_cpystrn((u_char *) info.role, (u_char *) ln->role,
                       sizeof(info.role));
    (void) ngx_cpystrn((u_char *) info.state, (u_char *) names[state],
                       sizeof(info.state));

    info.since = ln->since;
    info.reconnects = ln->reconnects;
    info.name_len = ngx_min(ln->name.len, sizeof(info.name));
    info.error_len = ln->error_len;

    ngx_memcpy(info.name, ln->name.data, info.name_len);
    ngx_memcpy(info.error, ln->error, info.error_len);

    ngx_rt_worker_tell_link(ln->zone, ln->place, &info);
}


static void
ngx_rt_redis_link_connect(ngx_rt_redis_link_t *ln)
{
    ln->until = ngx_current_msec + ln->conf->timeout;

    if (ngx_rt_redis_reader_open(&ln->reader, ln->reply_max) != NGX_OK) {
        ngx_rt_redis_link_fail_with(ln, "no memory");
        return;
    }

    ngx_rt_redis_server_connect(ln);

    if (ln->state != NGX_RT_REDIS_WAITING) {
        ngx_rt_redis_link_schedule(ln);
    }
}


void
ngx_rt_redis_link_connected(ngx_rt_redis_link_t *ln)
{
    ngx_connection_t  *c;

    c = ln->peer.connection;

    c->read->handler = ngx_rt_redis_link_read_handler;
    c->write->handler = ngx_rt_redis_link_write_handler;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_rt_redis_link_fail_with(ln, "connection is broken");
        return;
    }

    if (ln->conf->sentinel.len && !ln->guided && !ln->watches) {
        ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_ASKING);
        ngx_rt_redis_greeting_auth(ln);
        ngx_rt_redis_sentinel_ask(ln);

    } else {
        ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_GREETING);
        ngx_rt_redis_greeting_start(ln);
    }
}


void
ngx_rt_redis_link_ready(ngx_rt_redis_link_t *ln)
{
    if (ln->once) {
        ln->reconnects++;
    }

    ln->once = 1;
    ln->used = 0;
    ln->redirects = 0;
    ln->until = ngx_current_msec + ln->conf->probe;

    ngx_rt_redis_link_set_state(ln, NGX_RT_REDIS_READY);

    if (!ln->flaps) {
        ngx_log_error(NGX_LOG_NOTICE, ln->log, 0, "redis \"%V\" is ready",
                      &ln->name);
    }

    ngx_rt_redis_request_expire(ln, 0);

    if (ngx_rt_redis_request_resume(ln) != NGX_OK) {
        ngx_rt_redis_link_fail_with(ln, "no memory");
        return;
    }

    if (ln->ready) {
        ln->ready(ln);
    }
}


/* to when the oldest request is due, or this state ends */

void
ngx_rt_redis_link_schedule(ngx_rt_redis_link_t *ln)
{
    ngx_msec_t               at;
    ngx_uint_t               waits;
    ngx_rt_redis_request_t  *rq;

    at = ln->until;
    waits = !ngx_queue_empty(&ln->waiting.queue);

    if (ln->state == NGX_RT_REDIS_READY
        && !ngx_queue_empty(&ln->sent.queue))
    {
        rq = ngx_rt_redis_link_first(&ln->sent);
        at = rq->due;
        waits = 1;
    }

    if (!ngx_queue_empty(&ln->waiting.queue)) {
        rq = ngx_rt_redis_link_first(&ln->waiting);

        if ((ngx_msec_int_t) (rq->due - at) < 0) {
            at = rq->due;
        }
    }

    if (ln->timer.timer_set) {
        ngx_del_timer(&ln->timer);
    }

    /* a worker that exits waits for the answers to its publishers */

    ln->timer.cancelable = ln->idle_only || !waits;

    ngx_add_timer(&ln->timer, ngx_rt_redis_is_due(at)
                              ? 1 : at - ngx_current_msec);
}


static void
ngx_rt_redis_link_timer_handler(ngx_event_t *ev)
{
    ngx_rt_redis_link_t     *ln;
    ngx_rt_redis_request_t  *rq;

    ln = ev->data;

    ngx_rt_redis_request_expire(ln, 0);

    if (ln->state == NGX_RT_REDIS_WAITING) {

        if (ngx_rt_redis_is_due(ln->until)) {
            ngx_rt_redis_link_connect(ln);
            return;
        }

    } else if (ln->state != NGX_RT_REDIS_READY) {

        if (ngx_rt_redis_is_due(ln->until)) {
            ngx_rt_redis_link_fail_with(ln, "no answer in time");
            return;
        }

    } else if (!ngx_queue_empty(&ln->sent.queue)) {

        rq = ngx_rt_redis_link_first(&ln->sent);

        if (ngx_rt_redis_is_due(rq->due)) {
            ngx_rt_redis_link_fail_with(ln, "no answer in time");
            return;
        }

    } else if (ngx_rt_redis_is_due(ln->until)) {
        ngx_rt_redis_greeting_probe(ln);
        return;
    }

    ngx_rt_redis_link_schedule(ln);
}


static void
ngx_rt_redis_link_write_handler(ngx_event_t *wev)
{
    ssize_t                   n;
    ngx_connection_t         *c;
    ngx_rt_redis_link_t      *ln;
    ngx_rt_redis_requests_t  *out;

    c = wev->data;
    ln = c->data;
    out = &ln->sent;

    while (out->pos < out->len) {

        n = c->send(c, out->data + out->pos, out->len - out->pos);

        if (n == NGX_ERROR) {
            ngx_rt_redis_link_fail(ln, ngx_socket_errno, "send() failed",
                                   sizeof("send() failed") - 1);
            return;
        }

        if (n == NGX_AGAIN || n == 0) {
            break;
        }

        out->pos += n;
    }

    if (out->pos == out->len) {
        out->pos = 0;
        out->len = 0;

        /* what one burst needed is not kept */

        if (out->size > NGX_RT_REDIS_OUT_KEPT) {
            ngx_rt_redis_request_clear(out);
        }
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_rt_redis_link_fail_with(ln, "connection is broken");
    }
}


static void
ngx_rt_redis_link_read_handler(ngx_event_t *rev)
{
    ssize_t               n;
    u_char                buf[NGX_RT_REDIS_BUFFER];
    ngx_uint_t            i;
    ngx_connection_t     *c;
    ngx_rt_redis_link_t  *ln;

    c = rev->data;
    ln = c->data;

    for (i = 0; i < NGX_RT_REDIS_READS; i++) {

        n = c->recv(c, buf, NGX_RT_REDIS_BUFFER);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            ngx_rt_redis_link_fail(ln, ngx_socket_errno, "recv() failed",
                                   sizeof("recv() failed") - 1);
            return;
        }

        if (n == 0) {
            ngx_rt_redis_link_fail_with(ln, "connection is closed");
            return;
        }

        if (ngx_rt_redis_reader_feed(&ln->reader, buf, n) != NGX_OK) {
            ngx_rt_redis_link_fail_with(ln, "no memory");
            return;
        }

        if (ngx_rt_redis_link_take(ln) != NGX_OK) {
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_rt_redis_link_fail_with(ln, "connection is broken");
        return;
    }

    if (i == NGX_RT_REDIS_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }

    if (ln->state == NGX_RT_REDIS_READY) {
        ln->until = ngx_current_msec + ln->conf->probe;
    }

    ngx_rt_redis_link_schedule(ln);
}


/* hands out the replies that are complete; NGX_ERROR: the link is lost */

static ngx_int_t
ngx_rt_redis_link_take(ngx_rt_redis_link_t *ln)
{
    ngx_int_t      rc;
    redisReply    *reply;
    const char    *reason;
    redisReader   *parser;

    parser = ln->reader.parser;

    for ( ;; ) {
        rc = ngx_rt_redis_reader_next(&ln->reader, &reply, &reason);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc == NGX_DECLINED) {

            if (ln->oversized) {
                ln->oversized(ln, reply);
            }

            ngx_rt_redis_link_fail_with(ln, "answer is too large");
            return NGX_ERROR;
        }

        if (rc == NGX_ERROR) {
            ngx_rt_redis_link_fail(ln, 0, reason, ngx_strlen(reason));
            return NGX_ERROR;
        }

        ln->handling = 1;

        rc = ngx_rt_redis_link_answer(ln, reply);

        ln->handling = 0;

        freeReplyObject(reply);

        if (rc != NGX_OK) {
            ngx_rt_redis_link_fail_with(ln, "answer to nothing");
            return NGX_ERROR;
        }

        /* the handler may have found it wrong */

        if (ln->reader.parser != parser) {
            return NGX_ERROR;
        }
    }
}


/* a handler may send again, which waits for the next connection then */

static void
ngx_rt_redis_link_drop(ngx_rt_redis_link_t *ln)
{
    if (ln->timer.timer_set) {
        ngx_del_timer(&ln->timer);
    }

    ngx_rt_redis_server_close(ln);
    ngx_rt_redis_reader_close(&ln->reader);

    if (ln->state != NGX_RT_REDIS_WAITING) {
        ln->state = NGX_RT_REDIS_WAITING;
        ln->since = ngx_time();
    }

    ngx_rt_redis_request_abort(ln);
}


/* what it has subscribed to comes without a request */

static ngx_int_t
ngx_rt_redis_link_answer(ngx_rt_redis_link_t *ln, redisReply *reply)
{
    if (ln->message
        && reply->type == REDIS_REPLY_ARRAY
        && reply->elements > 2
        && reply->element[0]->type == REDIS_REPLY_STRING
        && (ngx_strcmp(reply->element[0]->str, "message") == 0
            || ngx_strcmp(reply->element[0]->str, "pmessage") == 0))
    {
        ln->message(ln, reply);
        return NGX_OK;
    }

    return ngx_rt_redis_request_answer(ln, reply);
}
