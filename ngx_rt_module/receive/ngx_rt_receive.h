
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * What becomes of a message that a subscriber sends.  It is published, or it is
 * passed to a location; a JSON object may also be a command that changes the
 * subscriber's topics.
 */


#ifndef _NGX_RT_RECEIVE_H_INCLUDED_
#define _NGX_RT_RECEIVE_H_INCLUDED_


#include "../call/ngx_rt_call.h"
#include "../publish/ngx_rt_publish.h"


/* publishes of a subscriber that may wait for their broker */
#define NGX_RT_RECEIVE_PUBLISHES  64


/* which topics a subscriber may join */

typedef struct {
    ngx_array_t               *prefixes;  /* of ngx_str_t; NULL: the regex */
#if (NGX_PCRE)
    ngx_regex_t               *regex;
#endif
} ngx_rt_dynamic_conf_t;


struct ngx_rt_receive_conf_s {
    ngx_uint_t                 mode;
    ngx_str_t                  uri;       /* to pass to */
    ngx_str_t                  args;
    ngx_http_complex_value_t  *identity;  /* NULL: none */
    ngx_rt_dynamic_conf_t     *dynamic;   /* NULL: topics are fixed */
    ngx_http_conf_ctx_t       *server;
};

#define NGX_RT_RECEIVE_OFF       0
#define NGX_RT_RECEIVE_PUBLISH   1
#define NGX_RT_RECEIVE_PASS      2

typedef enum {
    NGX_RT_RECEIVE_TEXT = 0,       /* UTF-8 */
    NGX_RT_RECEIVE_BINARY,
    NGX_RT_RECEIVE_JSON            /* an object of "rt.json" */
} ngx_rt_receive_kind_e;


/* ngx_rt_receive.c */

/*
 * Keeps what is needed of the request, which will be gone.  NGX_DECLINED if its
 * identity is too long, NGX_ERROR: no memory.
 */
ngx_int_t ngx_rt_receive_open(ngx_rt_subscriber_t *sub,
    ngx_http_request_t *r);
void ngx_rt_receive_release(ngx_rt_subscriber_t *sub);

/*
 * Takes a message.  NGX_DECLINED and the reason if such a message breaks the
 * rules of the location.  May pause the subscriber.
 */
ngx_int_t ngx_rt_receive_message(ngx_rt_subscriber_t *sub,
    const ngx_str_t *data, ngx_rt_receive_kind_e kind, const char **reason);

/* is a message under way, or does one wait? */
ngx_uint_t ngx_rt_receive_is_busy(ngx_rt_subscriber_t *sub);

/* goes on with the messages that wait */
void ngx_rt_receive_run(ngx_rt_subscriber_t *sub);


/* ngx_rt_receive_publish.c */

/*
 * Publishes what a subscriber sent: "object", or if that is NULL the data in
 * "pub".  The answer to an object carries its "ref".
 */
void ngx_rt_receive_publish_start(ngx_rt_subscriber_t *sub,
    ngx_rt_publication_t *pub, json_t *object);

/* pauses the subscriber if too many are under way */
void ngx_rt_receive_publish_hold(ngx_rt_subscriber_t *sub);

/* forgets all that are under way */
void ngx_rt_receive_publish_release(ngx_rt_subscriber_t *sub);


/* ngx_rt_receive_json.c */

/* publishes the object to a topic of the subscriber, and answers */
void ngx_rt_receive_json_publish(ngx_rt_subscriber_t *sub, json_t *object);

/* is it about topics, and may this subscriber change them? */
ngx_uint_t ngx_rt_receive_json_is_command(ngx_rt_subscriber_t *sub,
    json_t *object);
void ngx_rt_receive_json_command(ngx_rt_subscriber_t *sub, json_t *object);

/* {"ack": ref, "id": ...} */
void ngx_rt_receive_json_acknowledge(ngx_rt_subscriber_t *sub,
    json_t *object, const ngx_rt_id_t *id);

/* sends {"error": ...} with the "ref" of the object, which may be NULL */
void ngx_rt_receive_json_refuse(ngx_rt_subscriber_t *sub, json_t *object,
    const char *reason);


#endif /* _NGX_RT_RECEIVE_H_INCLUDED_ */
