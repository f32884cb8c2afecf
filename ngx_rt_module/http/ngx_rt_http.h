
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
#include "../wire/ngx_rt_wire.h"


/* nginx 1.22 has no name for it */
#define NGX_RT_HTTP_NOT_ACCEPTABLE    406
#define NGX_RT_HTTP_UPGRADE_REQUIRED  426


extern ngx_module_t  ngx_rt_module;


/* what a request is about; the variables tell it */

typedef struct {
    ngx_str_t            stream;
    ngx_str_t            topic;          /* as the location has it */
    ngx_str_t            transport;      /* empty for a publisher */
    ngx_str_t            last_event_id;  /* as the client has it */
    ngx_str_t            identity;       /* of a call: the subscriber's */
    void                *conf;           /* of the content handler */
} ngx_rt_ctx_t;


/* ngx_rt_ctx.c */

/*
 * What the variables tell: of a request that has none of its own, as it is
 * after an internal redirect, those of the call that it belongs to.
 */
ngx_rt_ctx_t *ngx_rt_ctx_of_variables(ngx_http_request_t *r);

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

/* the values of all fields of that name as one list, RFC 9110, 5.3 */
ngx_int_t ngx_rt_header_join(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/* the only response header field of that name; the texts are not copied */
ngx_int_t ngx_rt_header_set(ngx_http_request_t *r, const char *name,
    const char *value);

/* keeps filters that compress, gzip and those of others, from the response */
ngx_int_t ngx_rt_header_no_encoding(ngx_http_request_t *r);


/* ngx_rt_upgrade.c */

/* what was chosen of a client's offers */

typedef struct {
    ngx_uint_t           chosen;         /* the subprotocol */
    ngx_uint_t           deflate;
    ngx_uint_t           bits;           /* of our window; 0: as we like */
} ngx_rt_upgrade_t;

/* does the request speak of WebSocket? */
ngx_uint_t ngx_rt_upgrade_is_asked(ngx_http_request_t *r);

/* NGX_OK, or what a content handler returns; it may have answered */
ngx_int_t ngx_rt_upgrade_check(ngx_http_request_t *r, const char *subprotocol,
    ngx_rt_upgrade_t *up);

/* sends the 101 */
ngx_int_t ngx_rt_upgrade_send(ngx_http_request_t *r, const char *subprotocol,
    ngx_uint_t deflate);


/* ngx_rt_origin.c */

typedef enum {
    NGX_RT_ORIGIN_NONE = 0,        /* this is no browser */
    NGX_RT_ORIGIN_OWN,
    NGX_RT_ORIGIN_LISTED,
    NGX_RT_ORIGIN_ANY,             /* all are welcome */
    NGX_RT_ORIGIN_FOREIGN
} ngx_rt_origin_e;

/* sets "origin" unless there is none; "rules", of ngx_str_t, may be NULL */
ngx_rt_origin_e ngx_rt_origin_check(ngx_http_request_t *r,
    ngx_array_t *rules, ngx_str_t *origin);

/* lets pages of the allowed origins read the response, by CORS */
ngx_int_t ngx_rt_origin_share(ngx_http_request_t *r, ngx_array_t *rules);

/* "*", "*.host", or an origin whose host may begin with "*." */
ngx_uint_t ngx_rt_origin_rule_is_valid(ngx_str_t *rule);


#endif /* _NGX_RT_HTTP_H_INCLUDED_ */
