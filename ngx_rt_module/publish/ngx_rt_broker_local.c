
/*
 * Copyright (C) the ngx_rt authors
 */


/* The broker of a stream that lives on one host: the zone orders messages. */


#include "ngx_rt_publish.h"


static ngx_int_t
ngx_rt_broker_local_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_publish_wait_t *wait)
{
    return ngx_rt_publish_deliver(st, pub, 0);
}


const ngx_rt_broker_t  ngx_rt_broker_local = {
    ngx_string("local"),
    ngx_rt_broker_local_publish,
    NULL,                                  /* cancel */
    NULL,                                  /* open */
    NULL,                                  /* close */
    NULL                                   /* describe */
};
