
/*
 * Copyright (C) the ngx_rt authors
 */


/* The limits that hold for every message, whichever way it came. */


#include "ngx_rt_publish.h"


ngx_int_t
ngx_rt_publish(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_rt_publish_wait_t *wait)
{
    ngx_int_t          rc;
    ngx_rt_refusal_t  *refusal;

    refusal = &wait->refusal;
    refusal->reason = ngx_rt_publish_check(st, pub, &refusal->status);

    if (refusal->reason != NULL) {
        return NGX_DECLINED;
    }

    /* workers from before a reload may still be asked to publish */

    if (ngx_rt_source_is_taken(&st->zone)) {
        refusal->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        refusal->reason = "stream is ordered by another server now";
        return NGX_DECLINED;
    }

    wait->request = NULL;
    ngx_memzero(&pub->id, sizeof(ngx_rt_id_t));

    rc = st->broker->publish(st, pub, wait);

    if (rc == NGX_ERROR) {
        refusal->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        refusal->reason = "stream has no room";
        return NGX_DECLINED;
    }

    return rc;
}


void
ngx_rt_publish_cancel(ngx_rt_stream_t *st, ngx_rt_publish_wait_t *wait)
{
    if (wait->request) {
        st->broker->cancel(wait);
    }
}


ngx_int_t
ngx_rt_publish_deliver(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_uint_t old)
{
    ngx_int_t           rc;
    ngx_rt_wake_list_t  wake;

    rc = ngx_rt_history_append(&st->zone, pub, old ? NULL : &wake);

    if (rc == NGX_OK && !old) {
        ngx_rt_wake_send(st->hub, &wake);
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


const char *
ngx_rt_publish_take(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_uint_t old)
{
    ngx_uint_t           status;
    const char          *reason;
    ngx_rt_wake_list_t   wake;

    reason = ngx_rt_publish_check(st, pub, &status);

    if (reason != NULL || ngx_rt_publish_deliver(st, pub, old) == NGX_OK) {
        return reason;
    }

    ngx_rt_source_lose(&st->zone, pub, &wake);
    ngx_rt_wake_send(st->hub, &wake);

    return "stream has no room";
}


const char *
ngx_rt_publish_check(ngx_rt_stream_t *st, ngx_rt_publication_t *pub,
    ngx_uint_t *status)
{
    const char  *reason;

    *status = NGX_HTTP_BAD_REQUEST;

    reason = ngx_rt_name_check_topic(&pub->topic);

    if (reason == NULL) {
        reason = ngx_rt_name_check_event(&pub->event);
    }

    if (reason != NULL) {
        return reason;
    }

    if (pub->data.len > st->zone.message_size) {
        *status = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        return "message is larger than \"message_size\"";
    }

    if (st->hub == NULL) {
        *status = NGX_HTTP_SERVICE_UNAVAILABLE;
        return "stream is not served by this worker";
    }

    return NULL;
}
