
/*
 * Copyright (C) the ngx_rt authors
 */


/* The limits that hold for every message, whichever way it came. */


#include "ngx_rt_publish.h"


ngx_int_t
ngx_rt_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_refusal_t *refusal)
{
    refusal->status = NGX_HTTP_BAD_REQUEST;

    refusal->reason = ngx_rt_name_check_topic(&pub->topic);
    if (refusal->reason != NULL) {
        return NGX_DECLINED;
    }

    refusal->reason = ngx_rt_name_check_event(&pub->event);
    if (refusal->reason != NULL) {
        return NGX_DECLINED;
    }

    if (pub->data.len > st->zone.message_size) {
        refusal->status = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        refusal->reason = "message is larger than \"message_size\"";
        return NGX_DECLINED;
    }

    if (st->hub == NULL) {
        refusal->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        refusal->reason = "stream is not served by this worker";
        return NGX_DECLINED;
    }

    if (st->broker->publish(st, pub) != NGX_OK) {
        refusal->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        refusal->reason = "stream has no room";
        return NGX_DECLINED;
    }

    return NGX_OK;
}
