
/*
 * Copyright (C) the ngx_rt authors
 */


/* Variables, for logs above all.  They are empty outside our locations. */


#include "ngx_rt_status.h"


static ngx_int_t ngx_rt_variable_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_rt_variables[] = {

    { ngx_string("rt_stream"), NULL, ngx_rt_variable_get,
      offsetof(ngx_rt_ctx_t, stream), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("rt_topic"), NULL, ngx_rt_variable_get,
      offsetof(ngx_rt_ctx_t, topic), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("rt_transport"), NULL, ngx_rt_variable_get,
      offsetof(ngx_rt_ctx_t, transport), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("rt_last_event_id"), NULL, ngx_rt_variable_get,
      offsetof(ngx_rt_ctx_t, last_event_id), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("rt_identity"), NULL, ngx_rt_variable_get,
      offsetof(ngx_rt_ctx_t, identity), NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_rt_variable_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_rt_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rt_variable_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t     *value;
    ngx_rt_ctx_t  *ctx;

    ctx = ngx_rt_ctx_of_variables(r);

    value = (ctx == NULL) ? NULL : (ngx_str_t *) ((char *) ctx + data);

    if (value == NULL || value->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = value->len;
    v->data = value->data;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}
