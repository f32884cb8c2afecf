
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The one way in: whoever publishes calls ngx_rt_publish(), which applies the
 * limits and hands the message to the stream's broker, the one that orders it.
 */


#ifndef _NGX_RT_PUBLISH_H_INCLUDED_
#define _NGX_RT_PUBLISH_H_INCLUDED_


#include "../http/ngx_rt_http.h"
#include "../hub/ngx_rt_hub.h"


/* why a publish was not accepted */

typedef struct {
    ngx_uint_t                 status;    /* HTTP */
    const char                *reason;
} ngx_rt_refusal_t;


struct ngx_rt_broker_s {
    ngx_str_t                  name;

    /*
     * Orders, stores and delivers the message.  NGX_OK and the id in "pub", or
     * NGX_ERROR if there is no room for it.
     */
    ngx_int_t                (*publish)(ngx_rt_stream_t *st,
                                        ngx_rt_publication_t *pub);
};


/* what a location says about its publishers */

typedef struct {
    ngx_rt_stream_t           *stream;
    ngx_http_complex_value_t   topic;
    ngx_http_complex_value_t  *event;     /* NULL: none */
} ngx_rt_publish_conf_t;


/* ngx_rt_publish.c */

/* NGX_OK, or NGX_DECLINED and the refusal */
ngx_int_t ngx_rt_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_refusal_t *refusal);


/* ngx_rt_publish_object.c */

/*
 * Publishes a JSON object.  What "pub" has of a topic is the only one allowed,
 * what it has of an event type is for objects without one.
 */
ngx_int_t ngx_rt_publish_object(ngx_rt_stream_t *st, json_t *object,
    ngx_rt_publication_t *pub, ngx_rt_refusal_t *refusal);


/* ngx_rt_broker_local.c */

extern const ngx_rt_broker_t  ngx_rt_broker_local;


/* ngx_rt_publish_http.c */

ngx_int_t ngx_rt_publish_http_handler(ngx_http_request_t *r,
    ngx_rt_publish_conf_t *pcf);


/* ngx_rt_publish_batch.c */

/*
 * Publishes a JSON object a line, in order, up to the first bad one.  Of the
 * model the data are the lines; the topic is the only one allowed, or, if it is
 * empty, each line names its own; the event type is that of lines without one.
 */
ngx_int_t ngx_rt_publish_batch(ngx_http_request_t *r, ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model);


#endif /* _NGX_RT_PUBLISH_H_INCLUDED_ */
