
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * What a link says first: AUTH, SELECT, and a question whose answer shows that
 * this is the right server, and that it works.  RESP2 is what all versions of
 * Redis and of hiredis speak, so there is no HELLO.
 */


#include "ngx_rt_redis.h"


static void ngx_rt_redis_greeting_select(ngx_rt_redis_link_t *ln);
static void ngx_rt_redis_greeting_auth_handler(void *data, ngx_int_t rc,
    redisReply *reply);
static void ngx_rt_redis_greeting_probe_handler(void *data, ngx_int_t rc,
    redisReply *reply);


void
ngx_rt_redis_greeting_start(ngx_rt_redis_link_t *ln)
{
    ngx_rt_redis_greeting_auth(ln);

    if (ln->conf->db.len && !ln->watches) {
        ngx_rt_redis_greeting_select(ln);
    }

    ngx_rt_redis_greeting_probe(ln);
}


void
ngx_rt_redis_greeting_auth(ngx_rt_redis_link_t *ln)
{
    int                         argc;
    size_t                      len[3];
    const char                 *argv[3];
    const ngx_rt_redis_conf_t  *conf;

    conf = ln->conf;

    if (conf->password.len == 0) {
        return;
    }

    argc = 0;
    argv[argc] = "AUTH";
    len[argc++] = 4;

    if (conf->user.len) {
        argv[argc] = (char *) conf->user.data;
        len[argc++] = conf->user.len;
    }

    argv[argc] = (char *) conf->password.data;
    len[argc++] = conf->password.len;

    (void) ngx_rt_redis_request_send(ln, argc, argv, len, 0,
                                     ngx_rt_redis_greeting_auth_handler, ln);
}


static void
ngx_rt_redis_greeting_select(ngx_rt_redis_link_t *ln)
{
    size_t       len[2];
    const char  *argv[2];

    argv[0] = "SELECT";
    len[0] = 6;
    argv[1] = (char *) ln->conf->db.data;
    len[1] = ln->conf->db.len;

    (void) ngx_rt_redis_request_send(ln, 2, argv, len, 0,
                                     ngx_rt_redis_greeting_auth_handler, ln);
}


/* a Sentinel may know of no password; what matters is what it answers next */

static void
ngx_rt_redis_greeting_auth_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_redis_link_t *ln = data;

    if (rc == NGX_OK
        && reply->type == REDIS_REPLY_ERROR
        && ln->state == NGX_RT_REDIS_GREETING
        && !ln->watches)
    {
        ngx_rt_redis_link_fail(ln, 0, reply->str, reply->len);
    }
}


void
ngx_rt_redis_greeting_probe(ngx_rt_redis_link_t *ln)
{
    int          argc;
    size_t       len[2];
    const char  *argv[2];

    argc = 1;
    argv[0] = "PING";

    if (ln->state == NGX_RT_REDIS_GREETING && !ln->watches) {

        if (ln->conf->sentinel.len) {
            argv[0] = "ROLE";

        } else if (ln->conf->cluster && !ln->conf->pubsub) {
            argc = 2;
            argv[0] = "EXISTS";
            argv[1] = (char *) ln->conf->key.data;
            len[1] = ln->conf->key.len;
        }
    }

    len[0] = ngx_strlen(argv[0]);

    if (ngx_rt_redis_request_send(ln, argc, argv, len, 0,
                                  ngx_rt_redis_greeting_probe_handler, ln)
        == NULL)
    {
        ngx_rt_redis_link_fail_with(ln, "no memory");
    }
}


static void
ngx_rt_redis_greeting_probe_handler(void *data, ngx_int_t rc,
    redisReply *reply)
{
    ngx_rt_redis_link_t *ln = data;

    if (rc != NGX_OK) {
        return;
    }

    /* one that cannot save answers so to PING, but can be read */

    if (reply->type == REDIS_REPLY_ERROR
        && !ngx_rt_redis_entry_is_error(reply, "MISCONF"))
    {
        if (!ngx_rt_redis_link_redirect(ln, reply)) {
            ngx_rt_redis_link_fail(ln, 0, reply->str, reply->len);
        }

        return;
    }

    if (ln->state == NGX_RT_REDIS_READY) {
        ngx_rt_redis_link_used(ln);
        return;
    }

    /* ROLE begins with "master", or another word */

    if (reply->type == REDIS_REPLY_ARRAY
        && (reply->elements == 0
            || reply->element[0]->type != REDIS_REPLY_STRING
            || ngx_strcmp(reply->element[0]->str, "master") != 0))
    {
        ngx_rt_redis_link_fail_with(ln, "it is not the master");
        return;
    }

    if (reply->type != REDIS_REPLY_ARRAY
        && reply->type != REDIS_REPLY_ERROR
        && reply->type != REDIS_REPLY_STATUS
        && reply->type != REDIS_REPLY_INTEGER)
    {
        ngx_rt_redis_link_fail_with(ln, "it answers strangely");
        return;
    }

    ngx_rt_redis_link_ready(ln);
}
