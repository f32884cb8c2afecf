
/*
 * Copyright (C) the ngx_rt authors
 */


/* The "rt_stream" block. */


#include "ngx_rt_conf.h"


/* less than this holds no more than the zone's own tables */
#define NGX_RT_CONF_ZONE_MIN      (256 * 1024)

/* a zone must have room for that many of the largest messages */
#define NGX_RT_CONF_ZONE_SHARE    8

#define NGX_RT_CONF_HISTORY_MAX   10000000


typedef struct {
    ngx_str_t     name;
    ngx_uint_t    args;                   /* at most, with the name */

    /* NULL, or what "value", moved to the bad one, should have been */
    const char *(*set)(ngx_conf_t *cf, ngx_rt_stream_t *st,
                       ngx_str_t **value, ngx_uint_t n);
} ngx_rt_conf_stream_command_t;


static char *ngx_rt_conf_stream_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_rt_conf_stream_finish(ngx_conf_t *cf, ngx_rt_stream_t *st);
static const char *ngx_rt_conf_stream_zone(ngx_conf_t *cf,
    ngx_rt_stream_t *st, ngx_str_t **value, ngx_uint_t n);
static const char *ngx_rt_conf_stream_history(ngx_conf_t *cf,
    ngx_rt_stream_t *st, ngx_str_t **value, ngx_uint_t n);
static const char *ngx_rt_conf_stream_message_size(ngx_conf_t *cf,
    ngx_rt_stream_t *st, ngx_str_t **value, ngx_uint_t n);
static const char *ngx_rt_conf_stream_topics(ngx_conf_t *cf,
    ngx_rt_stream_t *st, ngx_str_t **value, ngx_uint_t n);


static ngx_rt_conf_stream_command_t  ngx_rt_conf_stream_commands[] = {

    { ngx_string("zone"), 2, ngx_rt_conf_stream_zone },

    { ngx_string("history"), 3, ngx_rt_conf_stream_history },

    { ngx_string("message_size"), 2, ngx_rt_conf_stream_message_size },

    { ngx_string("topics"), 2, ngx_rt_conf_stream_topics },

    { ngx_string("redis"), 32, ngx_rt_conf_redis },

    { ngx_null_string, 0, NULL }
};


char *
ngx_rt_conf_stream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char             *rv;
    ngx_str_t        *value;
    ngx_conf_t        save;
    ngx_rt_stream_t  *st;

    value = cf->args->elts;

    if (ngx_rt_name_check_topic(&value[1]) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid rt stream name \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    st = ngx_rt_conf_stream_get(cf, &value[1]);
    if (st == NULL) {
        return NGX_CONF_ERROR;
    }

    if (st->broker) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate rt stream \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    st->broker = &ngx_rt_broker_local;

    save = *cf;
    cf->handler = ngx_rt_conf_stream_directive;
    cf->handler_conf = (char *) st;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_rt_conf_stream_finish(cf, st);
}


ngx_rt_stream_t *
ngx_rt_conf_stream_get(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t            i;
    ngx_rt_stream_t      *st, **p;
    ngx_rt_main_conf_t   *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_rt_module);

    p = rmcf->streams.elts;

    for (i = 0; i < rmcf->streams.nelts; i++) {
        if (p[i]->name.len == name->len
            && ngx_strncmp(p[i]->name.data, name->data, name->len) == 0)
        {
            return p[i];
        }
    }

    st = ngx_pcalloc(cf->pool, sizeof(ngx_rt_stream_t));
    if (st == NULL) {
        return NULL;
    }

    st->name = *name;
    st->zone.name = *name;
    st->zone.history = NGX_CONF_UNSET_UINT;
    st->zone.message_size = NGX_CONF_UNSET_SIZE;
    st->zone.topics = NGX_CONF_UNSET_UINT;

    p = ngx_array_push(&rmcf->streams);
    if (p == NULL) {
        return NULL;
    }

    *p = st;

    return st;
}


static char *
ngx_rt_conf_stream_directive(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_str_t                     *value;
    const char                    *reason;
    ngx_rt_stream_t               *st;
    ngx_rt_conf_stream_command_t  *cmd;

    st = conf;
    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (cmd = ngx_rt_conf_stream_commands; cmd->name.len; cmd++) {
        if (value[0].len == cmd->name.len
            && ngx_strcmp(value[0].data, cmd->name.data) == 0)
        {
            break;
        }
    }

    if (cmd->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in \"rt_stream\"",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts < 2 || cf->args->nelts > cmd->args) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" directive",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    value++;
    reason = cmd->set(cf, st, &value, cf->args->nelts - 1);

    if (reason != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, %s",
                           value, &cmd->name, reason);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_rt_conf_stream_finish(ngx_conf_t *cf, ngx_rt_stream_t *st)
{
    ngx_str_t        name;
    ngx_shm_zone_t  *shm_zone;
    ngx_rt_zone_t   *zn;

    zn = &st->zone;

    if (zn->size == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"zone\" in rt stream \"%V\"", &st->name);
        return NGX_CONF_ERROR;
    }

    if (zn->history == NGX_CONF_UNSET_UINT) {
        zn->history = 100;
        zn->age = 600000;
    }

    ngx_conf_init_size_value(zn->message_size,
                             ngx_min(64 * 1024,
                                     zn->size / NGX_RT_CONF_ZONE_SHARE));
    ngx_conf_init_uint_value(zn->topics, 0);

    if (zn->message_size > zn->size / NGX_RT_CONF_ZONE_SHARE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"message_size\" %uz of rt stream \"%V\" is more "
                           "than an eighth of its \"zone\" %uz",
                           zn->message_size, &st->name, zn->size);
        return NGX_CONF_ERROR;
    }

    name.len = sizeof("rt_stream ") - 1 + st->name.len;
    name.data = ngx_pnalloc(cf->pool, name.len);

    if (name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_sprintf(name.data, "rt_stream %V", &st->name);

    shm_zone = ngx_shared_memory_add(cf, &name, zn->size, &ngx_rt_module);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    shm_zone->init = ngx_rt_zone_init;
    shm_zone->data = zn;

    zn->shm_zone = shm_zone;

    if (st->broker_conf) {
        return ngx_rt_conf_redis_finish(cf, st);
    }

    return NGX_CONF_OK;
}


static const char *
ngx_rt_conf_stream_zone(ngx_conf_t *cf, ngx_rt_stream_t *st,
    ngx_str_t **value, ngx_uint_t n)
{
    ssize_t         size;
    ngx_rt_zone_t  *zn;

    zn = &st->zone;

    if (zn->size) {
        return "it is duplicate";
    }

    size = ngx_parse_size(*value);

    if (size < NGX_RT_CONF_ZONE_MIN) {
        return "it must be a size in k or m, of 256k or more";
    }

    zn->size = size;

    return NULL;
}


static const char *
ngx_rt_conf_stream_history(ngx_conf_t *cf, ngx_rt_stream_t *st,
    ngx_str_t **value, ngx_uint_t n)
{
    ngx_int_t       number, age;
    ngx_rt_zone_t  *zn;

    zn = &st->zone;

    if (zn->history != NGX_CONF_UNSET_UINT) {
        return "it is duplicate";
    }

    if (n == 1) {

        if (ngx_strcmp((*value)->data, "off") != 0) {
            return "it must be a number and a time, or \"off\"";
        }

        zn->history = 0;

        return NULL;
    }

    number = ngx_atoi((*value)->data, (*value)->len);

    if (number < 1 || number > NGX_RT_CONF_HISTORY_MAX) {
        return "the number must be from 1 to 10000000";
    }

    (*value)++;
    age = ngx_parse_time(*value, 0);

    if (age <= 0) {
        return "the time must be greater than 0";
    }

    zn->history = number;
    zn->age = age;

    return NULL;
}


static const char *
ngx_rt_conf_stream_message_size(ngx_conf_t *cf, ngx_rt_stream_t *st,
    ngx_str_t **value, ngx_uint_t n)
{
    ssize_t         size;
    ngx_rt_zone_t  *zn;

    zn = &st->zone;

    if (zn->message_size != NGX_CONF_UNSET_SIZE) {
        return "it is duplicate";
    }

    size = ngx_parse_size(*value);

    if (size < 1 || size > NGX_MAX_INT32_VALUE) {
        return "it must be a size from 1 to 2047m";
    }

    zn->message_size = size;

    return NULL;
}


static const char *
ngx_rt_conf_stream_topics(ngx_conf_t *cf, ngx_rt_stream_t *st,
    ngx_str_t **value, ngx_uint_t n)
{
    ngx_int_t       number;
    ngx_rt_zone_t  *zn;

    zn = &st->zone;

    if (zn->topics != NGX_CONF_UNSET_UINT) {
        return "it is duplicate";
    }

    number = ngx_atoi((*value)->data, (*value)->len);

    if (number < 1) {
        return "it must be a number greater than 0";
    }

    zn->topics = number;

    return NULL;
}
