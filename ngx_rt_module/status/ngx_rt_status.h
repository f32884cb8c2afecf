
/*
 * Copyright (C) the ngx_rt authors
 */


/* What an operator sees: the status and the variables. */


#ifndef _NGX_RT_STATUS_H_INCLUDED_
#define _NGX_RT_STATUS_H_INCLUDED_


#include "../http/ngx_rt_http.h"
#include "../hub/ngx_rt_hub.h"
#include "../publish/ngx_rt_publish.h"
#include "../transport/ngx_rt_transport.h"


#define NGX_RT_VERSION  "0.1.0"


/* ngx_rt_status.c */

/* "streams" are of ngx_rt_stream_t * */
ngx_int_t ngx_rt_status_handler(ngx_http_request_t *r, ngx_array_t *streams);


/* ngx_rt_variable.c */

ngx_int_t ngx_rt_variable_add(ngx_conf_t *cf);


#endif /* _NGX_RT_STATUS_H_INCLUDED_ */
