
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Server-Sent Events.  CR, LF and CRLF all end a line of an event stream, so
 * each of them begins a new "data:" line here and arrives as LF.  A message
 * always has one data line: an event without any would not be dispatched.
 */


#include "ngx_rt_wire.h"


size_t
ngx_rt_sse_message_size(const ngx_rt_message_t *msg)
{
    size_t                size;
    u_char               *p, *last, prev;
    u_char                id[NGX_RT_ID_LEN];
    const ngx_rt_part_t  *part;

    size = sizeof("id: \n") - 1 + (ngx_rt_id_write(id, &msg->id) - id)
           + sizeof("data: \n\n") - 1;

    if (msg->event.len) {
        size += sizeof("event: \n") - 1 + msg->event.len;
    }

    prev = 0;

    for (part = &msg->data; part; part = part->next) {
        last = part->data + part->len;

        for (p = part->data; p < last; p++) {

            if (*p == CR || (*p == LF && prev != CR)) {
                size += sizeof("\ndata: ") - 1;

            } else if (*p != LF) {
                size++;
            }

            prev = *p;
        }
    }

    return size;
}


u_char *
ngx_rt_sse_write_message(u_char *dst, const ngx_rt_message_t *msg)
{
    u_char               *p, *last, prev;
    const ngx_rt_part_t  *part;

    dst = ngx_cpymem(dst, "id: ", 4);
    dst = ngx_rt_id_write(dst, &msg->id);
    *dst++ = LF;

    if (msg->event.len) {
        dst = ngx_cpymem(dst, "event: ", 7);
        dst = ngx_cpymem(dst, msg->event.data, msg->event.len);
        *dst++ = LF;
    }

    dst = ngx_cpymem(dst, "data: ", 6);

    prev = 0;

    for (part = &msg->data; part; part = part->next) {
        last = part->data + part->len;

        for (p = part->data; p < last; p++) {

            if (*p == CR || (*p == LF && prev != CR)) {
                dst = ngx_cpymem(dst, "\ndata: ", 7);

            } else if (*p != LF) {
                *dst++ = *p;
            }

            prev = *p;
        }
    }

    *dst++ = LF;
    *dst++ = LF;

    return dst;
}


u_char *
ngx_rt_sse_write_retry(u_char *p, ngx_msec_t retry)
{
    return ngx_sprintf(p, "retry: %M\n", retry);
}


u_char *
ngx_rt_sse_write_position(u_char *p, const ngx_rt_id_t *id)
{
    p = ngx_cpymem(p, "id: ", 4);
    p = ngx_rt_id_write(p, id);

    return ngx_cpymem(p, "\n\n", 2);
}


u_char *
ngx_rt_sse_write_gap(u_char *p, const ngx_rt_gap_t *gap)
{
    p = ngx_cpymem(p, "id: ", 4);
    p = ngx_rt_id_write(p, &gap->position);

    p = ngx_cpymem(p, "\nevent: rt.gap\ndata: {\"after\":\"",
                   sizeof("\nevent: rt.gap\ndata: {\"after\":\"") - 1);

    if (!gap->malformed) {
        p = ngx_rt_id_write(p, &gap->after);
    }

    p = ngx_cpymem(p, "\",\"resumed\":\"", sizeof("\",\"resumed\":\"") - 1);
    p = ngx_rt_id_write(p, &gap->resumed);

    return ngx_cpymem(p, "\"}\n\n", sizeof("\"}\n\n") - 1);
}
