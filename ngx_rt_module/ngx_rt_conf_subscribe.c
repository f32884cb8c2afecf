
/*
 * Copyright (C) the ngx_rt authors
 */


/* "rt_subscribe", and what subscribers may do. */


#include "ngx_rt_conf.h"


static char *ngx_rt_conf_dynamic(ngx_conf_t *cf, ngx_str_t *text,
    ngx_rt_subscribe_conf_t *scf);
static char *ngx_rt_conf_dynamic_regex(ngx_conf_t *cf, ngx_str_t *pattern,
    ngx_rt_dynamic_conf_t *dynamic);


char *
ngx_rt_conf_subscribe(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    ngx_str_t                *value, topics;
    ngx_rt_subscribe_conf_t  *scf;

    value = cf->args->elts;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_rt_subscribe_conf_t));
    if (scf == NULL) {
        return NGX_CONF_ERROR;
    }

    scf->stream = ngx_rt_conf_stream_get(cf, &value[1]);
    if (scf->stream == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_rt_conf_complex_value(cf, &value[2], &scf->topics)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 4) {

        if (ngx_strncmp(value[3].data, "dynamic=", 8) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"%V\" directive",
                               &value[3], &cmd->name);
            return NGX_CONF_ERROR;
        }

        topics.data = value[3].data + 8;
        topics.len = value[3].len - 8;

        if (ngx_rt_conf_dynamic(cf, &topics, scf) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    rlcf->subscribe = scf;

    return ngx_rt_conf_content(cf, ngx_rt_conf_subscribe_handler);
}


ngx_int_t
ngx_rt_conf_subscribe_handler(ngx_http_request_t *r)
{
    ngx_str_t           topics;
    ngx_rt_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_rt_module);

    if (ngx_http_complex_value(r, &rlcf->subscribe->topics, &topics) != NGX_OK
        || ngx_rt_ctx_create(r, &rlcf->subscribe->stream->name, &topics,
                             rlcf->subscribe)
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_rt_transport_handler(r, rlcf->subscribe->stream,
                                    &rlcf->subscriber);
}


char *
ngx_rt_conf_receive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    u_char                 *p;
    ngx_str_t              *value;
    ngx_rt_receive_conf_t  *receive;

    receive = &rlcf->receive;

    if (receive->mode != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        receive->mode = NGX_RT_RECEIVE_OFF;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "publish") == 0) {
        receive->mode = NGX_RT_RECEIVE_PUBLISH;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 3
        && ngx_strcmp(value[1].data, "pass") == 0
        && value[2].data[0] == '/')
    {
        receive->mode = NGX_RT_RECEIVE_PASS;
        receive->uri = value[2];

        p = (u_char *) ngx_strchr(value[2].data, '?');

        if (p != NULL) {
            receive->uri.len = p - value[2].data;
            receive->args.data = p + 1;
            receive->args.len = value[2].len - receive->uri.len - 1;
        }

        return NGX_CONF_OK;
    }

    if (cf->args->nelts == 3 && ngx_strcmp(value[1].data, "pass") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be a URI of this server", &value[2], &cmd->name);
        return NGX_CONF_ERROR;
    }

    return ngx_rt_conf_invalid(cf, cmd, "it must be \"off\", \"publish\", or "
                               "\"pass\" and a URI of this server");
}


char *
ngx_rt_conf_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    ngx_str_t   *value, *rule;
    ngx_uint_t   i;

    if (rlcf->subscriber.origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    rlcf->subscriber.origins = ngx_array_create(cf->pool, cf->args->nelts,
                                                sizeof(ngx_str_t));
    if (rlcf->subscriber.origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (!ngx_rt_origin_rule_is_valid(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"%V\" directive, it "
                               "must be \"*\", \"*.example.com\", or an origin "
                               "such as \"https://example.com\"",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        rule = ngx_array_push(rlcf->subscriber.origins);
        *rule = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_rt_conf_deflate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rt_loc_conf_t *rlcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (rlcf->subscriber.deflate == NGX_CONF_UNSET_SIZE
        && ngx_strcmp(value[1].data, "off") == 0)
    {
        rlcf->subscriber.deflate = NGX_RT_DEFLATE_OFF;
        return NGX_CONF_OK;
    }

    return ngx_rt_conf_size(cf, cmd, conf);
}


void
ngx_rt_conf_merge_receive(ngx_conf_t *cf, ngx_rt_receive_conf_t *prev,
    ngx_rt_receive_conf_t *conf)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    conf->server = cscf->ctx;

    ngx_conf_merge_ptr_value(conf->identity, prev->identity, NULL);

    if (conf->mode == NGX_CONF_UNSET_UINT) {
        conf->uri = prev->uri;
        conf->args = prev->args;
    }

    ngx_conf_merge_uint_value(conf->mode, prev->mode, NGX_RT_RECEIVE_OFF);
}


/* "~" and a regular expression, or prefixes with commas between them */

static char *
ngx_rt_conf_dynamic(ngx_conf_t *cf, ngx_str_t *text,
    ngx_rt_subscribe_conf_t *scf)
{
    u_char     *p, *comma, *last;
    ngx_str_t  *prefix, pattern;

    scf->dynamic = ngx_pcalloc(cf->pool, sizeof(ngx_rt_dynamic_conf_t));
    if (scf->dynamic == NULL) {
        return NGX_CONF_ERROR;
    }

    if (text->len && text->data[0] == '~') {
        pattern.data = text->data + 1;
        pattern.len = text->len - 1;

        return ngx_rt_conf_dynamic_regex(cf, &pattern, scf->dynamic);
    }

    scf->dynamic->prefixes = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (scf->dynamic->prefixes == NULL) {
        return NGX_CONF_ERROR;
    }

    last = text->data + text->len;

    p = text->data;

    do {
        prefix = ngx_array_push(scf->dynamic->prefixes);
        if (prefix == NULL) {
            return NGX_CONF_ERROR;
        }

        comma = ngx_strlchr(p, last, ',');

        prefix->data = p;
        prefix->len = (comma ? comma : last) - p;

        if (prefix->len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"dynamic\", it must "
                               "be \"~\" and a regular expression, or a list "
                               "of prefixes", text);
            return NGX_CONF_ERROR;
        }

        p += prefix->len + 1;

    } while (p <= last);

    return NGX_CONF_OK;
}


static char *
ngx_rt_conf_dynamic_regex(ngx_conf_t *cf, ngx_str_t *pattern,
    ngx_rt_dynamic_conf_t *dynamic)
{
#if (NGX_PCRE)

    u_char               errstr[NGX_MAX_CONF_ERRSTR];
    ngx_regex_compile_t  rc;

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = *pattern;
    rc.pool = cf->pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (pattern->len == 0 || ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid regular expression \"%V\" of \"dynamic\"",
                           pattern);
        return NGX_CONF_ERROR;
    }

    dynamic->regex = rc.regex;

    return NGX_CONF_OK;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "using regex \"%V\" requires PCRE library", pattern);

    return NGX_CONF_ERROR;

#endif
}
