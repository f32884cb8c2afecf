
/*
 * Copyright (C) the ngx_rt authors
 */


/* Directives outside the "rt_stream" block. */


#include "ngx_rt_conf.h"


#define NGX_RT_CONF_TOPICS_MAX  1024
#define NGX_RT_CONF_LAST_MAX    1000


static ngx_int_t ngx_rt_conf_publish_handler(ngx_http_request_t *r);
static ngx_int_t ngx_rt_conf_status_handler(ngx_http_request_t *r);


void *
ngx_rt_conf_create_main(ngx_conf_t *cf)
{
    ngx_rt_main_conf_t  *rmcf;

    rmcf = ngx_pcalloc(cf->pool, sizeof(ngx_rt_main_conf_t));
    if (rmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&rmcf->streams, cf->pool, 4, sizeof(ngx_rt_stream_t *))
        != NGX_OK)
    {
        return NULL;
    }

    return rmcf;
}


void *
ngx_rt_conf_create_loc(ngx_conf_t *cf)
{
    ngx_rt_loc_conf_t  *rlcf;

    rlcf = ngx_pcalloc(cf->pool, sizeof(ngx_rt_loc_conf_t));
    if (rlcf == NULL) {
        return NULL;
    }

    rlcf->subscriber.ping = NGX_CONF_UNSET_MSEC;
    rlcf->subscriber.retry = NGX_CONF_UNSET_MSEC;
    rlcf->subscriber.lifetime = NGX_CONF_UNSET_MSEC;
    rlcf->subscriber.buffer = NGX_CONF_UNSET_SIZE;
    rlcf->subscriber.detach = NGX_CONF_UNSET;
    rlcf->subscriber.slow = NGX_CONF_UNSET_UINT;
    rlcf->subscriber.start = NGX_CONF_UNSET_UINT;
    rlcf->subscriber.start_count = NGX_CONF_UNSET_UINT;
    rlcf->subscriber.topics_max = NGX_CONF_UNSET_UINT;
    rlcf->subscriber.origins = NGX_CONF_UNSET_PTR;
    rlcf->subscriber.deflate = NGX_CONF_UNSET_SIZE;
    rlcf->receive.mode = NGX_CONF_UNSET_UINT;
    rlcf->receive.identity = NGX_CONF_UNSET_PTR;

    return rlcf;
}


char *
ngx_rt_conf_merge_loc(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_rt_loc_conf_t *outer = parent;
    ngx_rt_loc_conf_t *rlcf = child;

    ngx_rt_subscriber_conf_t  *prev, *conf;
    ngx_http_core_loc_conf_t  *clcf;

    prev = &outer->subscriber;
    conf = &rlcf->subscriber;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "if" and "limit_except" are still the location that they stand in */

    if (clcf->noname && rlcf->subscribe == NULL && rlcf->publish == NULL) {
        rlcf->subscribe = outer->subscribe;
        rlcf->publish = outer->publish;
    }

    if (clcf->lmt_excpt && clcf->handler == NULL) {

        if (rlcf->subscribe) {
            clcf->handler = ngx_rt_conf_subscribe_handler;

        } else if (rlcf->publish) {
            clcf->handler = ngx_rt_conf_publish_handler;
        }
    }

    conf->send_timeout = clcf->send_timeout;

    ngx_conf_merge_msec_value(conf->ping, prev->ping, 20000);
    ngx_conf_merge_msec_value(conf->retry, prev->retry, 2000);
    ngx_conf_merge_msec_value(conf->lifetime, prev->lifetime, 0);
    ngx_conf_merge_size_value(conf->buffer, prev->buffer, 256 * 1024);
    ngx_conf_merge_value(conf->detach, prev->detach, 1);
    ngx_conf_merge_uint_value(conf->slow, prev->slow, NGX_RT_SLOW_CLOSE);
    ngx_conf_merge_uint_value(conf->start_count, prev->start_count, 0);
    ngx_conf_merge_uint_value(conf->start, prev->start, NGX_RT_START_NEW);
    ngx_conf_merge_uint_value(conf->topics_max, prev->topics_max, 256);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_size_value(conf->deflate, prev->deflate, 1024);

    ngx_rt_conf_merge_receive(cf, &outer->receive, &rlcf->receive);

    conf->receive = &rlcf->receive;

    if (rlcf->subscribe) {
        rlcf->receive.dynamic = rlcf->subscribe->dynamic;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_rt_conf_check(ngx_conf_t *cf)
{
    ngx_uint_t            i;
    ngx_rt_stream_t     **st;
    ngx_rt_main_conf_t   *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_rt_module);

    st = rmcf->streams.elts;

    for (i = 0; i < rmcf->streams.nelts; i++) {
        if (st[i]->broker == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown rt stream \"%V\", no \"rt_stream\" defines "
                          "it", &st[i]->name);
            return NGX_ERROR;
        }

        if (st[i]->broker_conf
            && ngx_rt_conf_redis_url_resolve(cf, st[i]->broker_conf)
               != NGX_CONF_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_rt_conf_publish(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    ngx_str_t               *value, event;
    ngx_rt_publish_conf_t   *pcf;

    value = cf->args->elts;

    pcf = ngx_pcalloc(cf->pool, sizeof(ngx_rt_publish_conf_t));
    if (pcf == NULL) {
        return NGX_CONF_ERROR;
    }

    pcf->stream = ngx_rt_conf_stream_get(cf, &value[1]);
    if (pcf->stream == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_rt_conf_complex_value(cf, &value[2], &pcf->topic) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 4) {

        if (ngx_strncmp(value[3].data, "event=", 6) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\" directive",
                               &value[3], &cmd->name);
            return NGX_CONF_ERROR;
        }

        event.data = value[3].data + 6;
        event.len = value[3].len - 6;

        pcf->event = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
        if (pcf->event == NULL) {
            return NGX_CONF_ERROR;
        }

        if (ngx_rt_conf_complex_value(cf, &event, pcf->event) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    rlcf->publish = pcf;

    return ngx_rt_conf_content(cf, ngx_rt_conf_publish_handler);
}


char *
ngx_rt_conf_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_rt_conf_content(cf, ngx_rt_conf_status_handler);
}


char *
ngx_rt_conf_start(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (rlcf->subscriber.start != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rlcf->subscriber.start_count = 0;

    if (ngx_strcmp(value[1].data, "new") == 0) {
        rlcf->subscriber.start = NGX_RT_START_NEW;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "oldest") == 0) {
        rlcf->subscriber.start = NGX_RT_START_OLDEST;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[1].data, "last=", 5) == 0) {
        n = ngx_atoi(value[1].data + 5, value[1].len - 5);

        if (n > 0 && n <= NGX_RT_CONF_LAST_MAX) {
            rlcf->subscriber.start = NGX_RT_START_LAST;
            rlcf->subscriber.start_count = n;
            return NGX_CONF_OK;
        }
    }

    return ngx_rt_conf_invalid(cf, cmd, "it must be \"new\", \"oldest\", or "
                               "\"last=\" and a number from 1 to 1000");
}


char *
ngx_rt_conf_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t    time;
    ngx_str_t   *value;
    ngx_msec_t  *field;

    field = (ngx_msec_t *) ((char *) conf + cmd->offset);

    if (*field != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;
    time = ngx_parse_time(&value[1], 0);

    if (time <= 0) {
        return ngx_rt_conf_invalid(cf, cmd, "it must be a time greater than "
                                   "0");
    }

    *field = time;

    return NGX_CONF_OK;
}


char *
ngx_rt_conf_time_or_off(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value;
    ngx_msec_t  *field;

    field = (ngx_msec_t *) ((char *) conf + cmd->offset);
    value = cf->args->elts;

    if (*field == NGX_CONF_UNSET_MSEC
        && ngx_strcmp(value[1].data, "off") == 0)
    {
        *field = 0;
        return NGX_CONF_OK;
    }

    return ngx_rt_conf_time(cf, cmd, conf);
}


char *
ngx_rt_conf_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    size_t     *field;
    ssize_t     size;
    ngx_str_t  *value;

    field = (size_t *) ((char *) conf + cmd->offset);

    if (*field != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[1]);

    if (size <= 0) {
        return ngx_rt_conf_invalid(cf, cmd, "it must be a size greater than "
                                   "0");
    }

    *field = size;

    return NGX_CONF_OK;
}


char *
ngx_rt_conf_topics_max(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (rlcf->subscriber.topics_max != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 1 || n > NGX_RT_CONF_TOPICS_MAX) {
        return ngx_rt_conf_invalid(cf, cmd,
                                   "it must be a number from 1 to 1024");
    }

    rlcf->subscriber.topics_max = n;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_rt_conf_publish_handler(ngx_http_request_t *r)
{
    ngx_str_t           topic;
    ngx_rt_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_rt_module);

    if (ngx_http_complex_value(r, &rlcf->publish->topic, &topic) != NGX_OK
        || ngx_rt_ctx_create(r, &rlcf->publish->stream->name, &topic,
                             rlcf->publish)
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_rt_publish_http_handler(r, rlcf->publish);
}


static ngx_int_t
ngx_rt_conf_status_handler(ngx_http_request_t *r)
{
    ngx_rt_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_rt_module);

    return ngx_rt_status_handler(r, &rmcf->streams);
}


char *
ngx_rt_conf_content(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == handler) {
        return "is duplicate";
    }

    if (clcf->handler != NULL) {
        return "conflicts with another content handler of this location";
    }

    clcf->handler = handler;

    return NGX_CONF_OK;
}


char *
ngx_rt_conf_complex_value(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


char *
ngx_rt_conf_invalid(ngx_conf_t *cf, ngx_command_t *cmd, const char *rule)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive, %s",
                       &value[1], &cmd->name, rule);

    return NGX_CONF_ERROR;
}
