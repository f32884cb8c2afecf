
/*
 * Copyright (C) the ngx_rt authors
 */


/* What the module keeps with a request. */


#include "ngx_rt_http.h"


ngx_rt_ctx_t *
ngx_rt_ctx_create(ngx_http_request_t *r, const ngx_str_t *stream,
    const ngx_str_t *topic, void *conf)
{
    ngx_rt_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_rt_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->stream = *stream;
    ctx->topic = *topic;
    ctx->conf = conf;

    ngx_http_set_ctx(r, ctx, ngx_rt_module);

    return ctx;
}


ngx_rt_ctx_t *
ngx_rt_ctx_find(ngx_http_request_t *r)
{
    return ngx_http_get_module_ctx(r, ngx_rt_module);
}


ngx_rt_ctx_t *
ngx_rt_ctx_of_variables(ngx_http_request_t *r)
{
    ngx_rt_ctx_t  *ctx;

    ctx = ngx_rt_ctx_find(r);

    return ctx ? ctx : ngx_rt_ctx_find(r->main);
}
