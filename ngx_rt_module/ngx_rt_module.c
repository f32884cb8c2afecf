
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The module: its directives, and what a worker does when it starts and exits.
 * Without an "rt_stream" in the configuration that is nothing.
 */


#include "ngx_rt_conf.h"


static ngx_int_t ngx_rt_module_init_process(ngx_cycle_t *cycle);
static void ngx_rt_module_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_rt_module_slow[] = {
    { ngx_string("close"), NGX_RT_SLOW_CLOSE },
    { ngx_string("skip"), NGX_RT_SLOW_SKIP },
    { ngx_null_string, 0 }
};


#define NGX_RT_ANY_CONF                                                       \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF

static ngx_command_t  ngx_rt_module_commands[] = {

    { ngx_string("rt_stream"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_rt_conf_stream,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_subscribe"),
      NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF|NGX_CONF_TAKE23,
      ngx_rt_conf_subscribe,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_publish"),
      NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF|NGX_CONF_TAKE23,
      ngx_rt_conf_publish,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_rt_conf_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_ping"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_time_or_off,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.ping),
      NULL },

    { ngx_string("rt_retry"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.retry),
      NULL },

    { ngx_string("rt_start"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_start,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_buffer"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.buffer),
      NULL },

    { ngx_string("rt_slow"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.slow),
      &ngx_rt_module_slow },

    { ngx_string("rt_lifetime"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_time_or_off,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.lifetime),
      NULL },

    { ngx_string("rt_detach"),
      NGX_RT_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.detach),
      NULL },

    { ngx_string("rt_topics_max"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_topics_max,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_origin"),
      NGX_RT_ANY_CONF|NGX_CONF_1MORE,
      ngx_rt_conf_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_deflate"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_rt_conf_deflate,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, subscriber.deflate),
      NULL },

    { ngx_string("rt_receive"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE12,
      ngx_rt_conf_receive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rt_identity"),
      NGX_RT_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_rt_loc_conf_t, receive.identity),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_rt_module_ctx = {
    ngx_rt_variable_add,                   /* preconfiguration */
    ngx_rt_conf_check,                     /* postconfiguration */

    ngx_rt_conf_create_main,               /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_rt_conf_create_loc,                /* create location configuration */
    ngx_rt_conf_merge_loc                  /* merge location configuration */
};


ngx_module_t  ngx_rt_module = {
    NGX_MODULE_V1,
    &ngx_rt_module_ctx,                    /* module context */
    ngx_rt_module_commands,                /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_rt_module_init_process,            /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_rt_module_exit_process,            /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* a worker that cannot serve a stream serves the rest, and says so */

static ngx_int_t
ngx_rt_module_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t            i;
    ngx_rt_wake_t        *wake;
    ngx_rt_stream_t     **st;
    ngx_rt_main_conf_t   *rmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    rmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_rt_module);

    if (rmcf == NULL || rmcf->streams.nelts == 0) {
        return NGX_OK;
    }

    wake = ngx_rt_wake_create(cycle);
    if (wake == NULL) {
        return NGX_OK;
    }

    st = rmcf->streams.elts;

    for (i = 0; i < rmcf->streams.nelts; i++) {
        st[i]->hub = ngx_rt_hub_create(cycle, st[i], wake);

        if (st[i]->hub && st[i]->broker->open
            && st[i]->broker->open(st[i], cycle) != NGX_OK)
        {
            ngx_rt_hub_destroy(st[i]->hub);
            st[i]->hub = NULL;
        }
    }

    return NGX_OK;
}


static void
ngx_rt_module_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t            i;
    ngx_rt_wake_t        *wake;
    ngx_rt_stream_t     **st;
    ngx_rt_main_conf_t   *rmcf;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_rt_module);

    if (rmcf == NULL) {
        return;
    }

    wake = NULL;
    st = rmcf->streams.elts;

    for (i = 0; i < rmcf->streams.nelts; i++) {
        if (st[i]->hub) {
            wake = st[i]->hub->wake;

            if (st[i]->broker->close) {
                st[i]->broker->close(st[i]);
            }

            ngx_rt_hub_destroy(st[i]->hub);
            st[i]->hub = NULL;
        }
    }

    if (wake) {
        ngx_rt_wake_destroy(wake);
    }
}
