
/*
 * Copyright (C) the ngx_rt authors
 */


/* What nginx leaves to a module that speaks JSON over HTTP. */


#ifndef _NGX_RT_HTTP_H_INCLUDED_
#define _NGX_RT_HTTP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>


/* nginx 1.22 has no name for it */
#define NGX_RT_HTTP_NOT_ACCEPTABLE  406


extern ngx_module_t  ngx_rt_module;


/* what a request is about; the variables tell it */

typedef struct {
    ngx_str_t            stream;
    ngx_str_t            topic;          /* as the location has it */
    ngx_str_t            transport;      /* empty for a publisher */
    ngx_str_t            last_event_id;  /* as the client has it */
    void                *conf;           /* of the content handler */
} ngx_rt_ctx_t;


/* ngx_rt_ctx.c */

/* NULL: no memory */
ngx_rt_ctx_t *ngx_rt_ctx_create(ngx_http_request_t *r,
    const ngx_str_t *stream, const ngx_str_t *topic, void *conf);
ngx_rt_ctx_t *ngx_rt_ctx_find(ngx_http_request_t *r);


/* ngx_rt_answer.c: each returns what a content handler returns */

/* sends a JSON text and takes the reference to "json", which may be NULL */
ngx_int_t ngx_rt_answer_json(ngx_http_request_t *r, ngx_uint_t status,
    json_t *json);

/* {"error": reason} */
ngx_int_t ngx_rt_answer_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *reason);

/* 405 with "Allow" */
ngx_int_t ngx_rt_answer_not_allowed(ngx_http_request_t *r,
    const char *methods);

/* 503 with "Retry-After", in seconds */
ngx_int_t ngx_rt_answer_unavailable(ngx_http_request_t *r, json_t *json);


/* ngx_rt_header.c */

/* the next header field of that name after "prev"; NULL: no more */
ngx_table_elt_t *ngx_rt_header_find(ngx_http_request_t *r, const char *name,
    ngx_table_elt_t *prev);

/* the only response header field of that name; the texts are not copied */
ngx_int_t ngx_rt_header_set(ngx_http_request_t *r, const char *name,
    const char *value);

/* keeps filters that compress, gzip and those of others, from the response */
ngx_int_t ngx_rt_header_no_encoding(ngx_http_request_t *r);


#endif /* _NGX_RT_HTTP_H_INCLUDED_ */
