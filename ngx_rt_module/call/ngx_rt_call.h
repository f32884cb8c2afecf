
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * An internal call: a request of ours to one of nginx's own locations.  There
 * is no client behind it; its answer comes to a handler.
 */


#ifndef _NGX_RT_CALL_H_INCLUDED_
#define _NGX_RT_CALL_H_INCLUDED_


#include "../http/ngx_rt_http.h"


typedef struct ngx_rt_call_s  ngx_rt_call_t;

/* the status is from 200 on; the body is good until this returns */
typedef void (*ngx_rt_call_handler_pt)(void *data, ngx_uint_t status,
    const ngx_str_t *body);


/* whoever the call is made for, as variables tell him */

typedef struct {
    struct sockaddr           *sockaddr;
    socklen_t                  socklen;
    ngx_str_t                  addr_text;
    ngx_connection_t          *connection;    /* for the server's address */
} ngx_rt_call_peer_t;


typedef struct {
    ngx_http_conf_ctx_t       *server;
    ngx_str_t                  uri;
    ngx_str_t                  args;
    ngx_str_t                  content_type;
    ngx_str_t                  body;

    /* $rt_stream, $rt_topic, $rt_transport, $rt_identity */
    ngx_rt_ctx_t               ctx;
    ngx_rt_call_peer_t         peer;

    ngx_rt_call_handler_pt     handler;
    void                      *data;
} ngx_rt_call_params_t;


/* ngx_rt_call.c */

/*
 * POSTs the body.  What the params point to is copied, except the data.  The
 * handler is called later, once, unless the call is canceled.  NULL: it could
 * not be made, for lack of memory.
 */
ngx_rt_call_t *ngx_rt_call_create(const ngx_rt_call_params_t *params);

/* ends the call wherever it is, as nginx does when a client has gone */
void ngx_rt_call_cancel(ngx_rt_call_t *call);


#endif /* _NGX_RT_CALL_H_INCLUDED_ */
