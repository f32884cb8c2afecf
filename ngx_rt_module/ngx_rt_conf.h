
/*
 * Copyright (C) the ngx_rt authors
 */


/* What the configuration says.  It is read-only once it is parsed. */


#ifndef _NGX_RT_CONF_H_INCLUDED_
#define _NGX_RT_CONF_H_INCLUDED_


#include "publish/ngx_rt_publish.h"
#include "receive/ngx_rt_receive.h"
#include "redis/ngx_rt_redis.h"
#include "status/ngx_rt_status.h"
#include "transport/ngx_rt_transport.h"


typedef struct {
    ngx_array_t                streams;   /* of ngx_rt_stream_t * */
} ngx_rt_main_conf_t;


typedef struct {
    ngx_rt_subscriber_conf_t   subscriber;
    ngx_rt_receive_conf_t      receive;
    ngx_rt_subscribe_conf_t   *subscribe;
    ngx_rt_publish_conf_t     *publish;
} ngx_rt_loc_conf_t;


/* ngx_rt_conf.c */

void *ngx_rt_conf_create_main(ngx_conf_t *cf);
void *ngx_rt_conf_create_loc(ngx_conf_t *cf);
char *ngx_rt_conf_merge_loc(ngx_conf_t *cf, void *parent, void *child);

/* are all streams that locations speak of defined, and their servers known? */
ngx_int_t ngx_rt_conf_check(ngx_conf_t *cf);

char *ngx_rt_conf_publish(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_rt_conf_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_rt_conf_start(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* as ngx_conf_set_..._slot(), but say what is wrong; "off" is 0 */
char *ngx_rt_conf_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_rt_conf_time_or_off(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_rt_conf_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_rt_conf_topics_max(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* a location has one content handler */
char *ngx_rt_conf_content(ngx_conf_t *cf, ngx_http_handler_pt handler);

char *ngx_rt_conf_complex_value(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value);

/* says that the first argument is wrong, and the rule */
char *ngx_rt_conf_invalid(ngx_conf_t *cf, ngx_command_t *cmd,
    const char *rule);


/* ngx_rt_conf_subscribe.c */

char *ngx_rt_conf_subscribe(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_rt_conf_subscribe_handler(ngx_http_request_t *r);

char *ngx_rt_conf_receive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_rt_conf_merge_receive(ngx_conf_t *cf, ngx_rt_receive_conf_t *prev,
    ngx_rt_receive_conf_t *conf);
char *ngx_rt_conf_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_rt_conf_deflate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_rt_conf_stream.c */

char *ngx_rt_conf_stream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* the stream of that name, which may be defined later; NULL: no memory */
ngx_rt_stream_t *ngx_rt_conf_stream_get(ngx_conf_t *cf, ngx_str_t *name);


/* ngx_rt_conf_redis.c */

/* NULL, or what "value", moved to the bad one, should have been */
const char *ngx_rt_conf_redis(ngx_conf_t *cf, ngx_rt_stream_t *st,
    ngx_str_t **value, ngx_uint_t n);

/* what depends on the rest of the block */
char *ngx_rt_conf_redis_finish(ngx_conf_t *cf, ngx_rt_stream_t *st);


/* ngx_rt_conf_redis_url.c */

typedef struct {
    ngx_rt_redis_server_t      server;    /* port 0: not said */
    ngx_str_t                  user;
    ngx_str_t                  password;
    ngx_str_t                  db;
    unsigned                   tls:1;
} ngx_rt_conf_redis_url_t;

/* NULL, or the rule that is broken */
const char *ngx_rt_conf_redis_url(ngx_conf_t *cf, ngx_str_t *text,
    ngx_rt_conf_redis_url_t *url);

/* gives ports and names to all servers */
const char *ngx_rt_conf_redis_url_finish(ngx_conf_t *cf,
    ngx_rt_redis_conf_t *conf);

/* cuts off what comes before the host */
void ngx_rt_conf_redis_url_hide(ngx_str_t *text);

/* gives addresses to all, or a resolver if http{} has one */
char *ngx_rt_conf_redis_url_resolve(ngx_conf_t *cf,
    ngx_rt_redis_conf_t *conf);


#endif /* _NGX_RT_CONF_H_INCLUDED_ */
