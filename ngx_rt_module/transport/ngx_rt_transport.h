
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Transports: each is one file, which ends with its table, and one line in the
 * list in ngx_rt_transport.c.  "rt_subscribe" takes the first one that serves
 * the request.
 */


#ifndef _NGX_RT_TRANSPORT_H_INCLUDED_
#define _NGX_RT_TRANSPORT_H_INCLUDED_


#include "../http/ngx_rt_http.h"
#include "../hub/ngx_rt_hub.h"
#include "../receive/ngx_rt_receive.h"


typedef struct {
    ngx_rt_stream_t           *stream;
    ngx_http_complex_value_t   topics;
    ngx_rt_dynamic_conf_t     *dynamic;   /* NULL: topics are fixed */
} ngx_rt_subscribe_conf_t;


/* ngx_rt_transport.c */

ngx_int_t ngx_rt_transport_handler(ngx_http_request_t *r,
    ngx_rt_stream_t *st, ngx_rt_subscriber_conf_t *conf);

/* NULL behind the last one */
const ngx_rt_transport_t *ngx_rt_transport_get(ngx_uint_t index);


/* ngx_rt_transport_websocket.c */

extern const ngx_rt_transport_t  ngx_rt_transport_websocket;


/* ngx_rt_transport_sse.c */

extern const ngx_rt_transport_t  ngx_rt_transport_sse;


#endif /* _NGX_RT_TRANSPORT_H_INCLUDED_ */
