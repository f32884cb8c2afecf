
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


/*
 * A publish that is answered later.  The caller owns it, and cancels it if it
 * goes before the answer.
 */

typedef struct ngx_rt_publish_wait_s  ngx_rt_publish_wait_t;

/* the answer, as that of ngx_rt_publish(); sets "id" or "refusal" before */
typedef void (*ngx_rt_publish_handler_pt)(ngx_rt_publish_wait_t *wait,
    ngx_int_t rc);

struct ngx_rt_publish_wait_s {
    ngx_rt_publish_handler_pt  handler;
    void                      *data;

    void                      *request;   /* the broker's; NULL: answered */
    ngx_rt_id_t                id;        /* 0-0: it is not known */
    ngx_rt_refusal_t           refusal;
};


struct ngx_rt_broker_s {
    ngx_str_t                  name;

    /*
     * Orders, stores and delivers the message.  NGX_OK and the id in "pub",
     * NGX_AGAIN if the handler will be called, or NGX_ERROR if there is no
     * room for it.
     */
    ngx_int_t                (*publish)(ngx_rt_stream_t *st,
                                        ngx_rt_publication_t *pub,
                                        ngx_rt_publish_wait_t *wait);

    /* forgets whom to call; NULL if nobody ever waits */
    void                     (*cancel)(ngx_rt_publish_wait_t *wait);

    /* what a worker does for it, from its start on; NULL if nothing */
    ngx_int_t                (*open)(ngx_rt_stream_t *st, ngx_cycle_t *cycle);
    void                     (*close)(ngx_rt_stream_t *st);

    /* more of the status, for the caller to free; NULL if there is none */
    json_t                  *(*describe)(ngx_rt_stream_t *st);
};


/* what a location says about its publishers */

typedef struct {
    ngx_rt_stream_t           *stream;
    ngx_http_complex_value_t   topic;
    ngx_http_complex_value_t  *event;     /* NULL: none */
} ngx_rt_publish_conf_t;


/* ngx_rt_publish.c */

/*
 * NGX_OK and the id in "pub", NGX_DECLINED and the refusal in "wait", or
 * NGX_AGAIN: the handler is called later.  What "pub" points to is not needed
 * after the call.
 */
ngx_int_t ngx_rt_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_publish_wait_t *wait);
void ngx_rt_publish_cancel(ngx_rt_stream_t *st, ngx_rt_publish_wait_t *wait);

/* NULL, or the limit that is broken, and the HTTP status for it */
const char *ngx_rt_publish_check(ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub, ngx_uint_t *status);

/*
 * For brokers: stores a message that is ordered, and wakes those who want it;
 * an old one only goes into the history.  One that the zone has already, by its
 * id, is left out.  NGX_ERROR: there is no room.
 */
ngx_int_t ngx_rt_publish_deliver(ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub, ngx_uint_t old);

/*
 * The same for a message that another server has accepted; NULL, or the limit
 * that is broken.  If there is no room for it, subscribers are told of a gap.
 */
const char *ngx_rt_publish_take(ngx_rt_stream_t *st,
    ngx_rt_publication_t *pub, ngx_uint_t old);


/* ngx_rt_publish_object.c */

/*
 * Publishes a JSON object.  What "pub" has of a topic is the only one allowed,
 * what it has of an event type is for objects without one.
 */
ngx_int_t ngx_rt_publish_object(ngx_rt_stream_t *st, json_t *object,
    ngx_rt_publication_t *pub, ngx_rt_publish_wait_t *wait);

/*
 * Takes the members over into "pub", as above; NULL, or what is wrong with
 * them.  "buf", which may be NULL then, has to be freed after "pub" was used.
 */
const char *ngx_rt_publish_object_parse(json_t *object,
    ngx_rt_publication_t *pub, u_char **buf, ngx_uint_t *status);

/* a JSON string, or null if the id is not known */
json_t *ngx_rt_publish_object_id(const ngx_rt_id_t *id);


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
