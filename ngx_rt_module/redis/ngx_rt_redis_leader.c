
/*
 * Copyright (C) the ngx_rt authors
 */


/* Which worker of the host follows Redis: one that lives, and is to stay. */


#include "ngx_rt_redis.h"


/* how often it is asked for, in ms */
#define NGX_RT_REDIS_LEADER_TICK  250


static void ngx_rt_redis_leader_handler(ngx_event_t *ev);
static void ngx_rt_redis_leader_set(ngx_rt_redis_leader_t *ld, ngx_uint_t on);


void
ngx_rt_redis_leader_open(ngx_rt_redis_leader_t *ld, ngx_rt_stream_t *st,
    ngx_log_t *log)
{
    ld->stream = st;

    ld->tick.handler = ngx_rt_redis_leader_handler;
    ld->tick.data = ld;
    ld->tick.log = log;
    ld->tick.cancelable = 1;

    ngx_rt_redis_leader_handler(&ld->tick);
}


void
ngx_rt_redis_leader_close(ngx_rt_redis_leader_t *ld)
{
    if (ld->tick.timer_set) {
        ngx_del_timer(&ld->tick);
    }

    ngx_rt_redis_leader_set(ld, 0);
}


json_t *
ngx_rt_redis_leader_describe(ngx_rt_stream_t *st, const char *name,
    const ngx_str_t *value)
{
    ngx_rt_source_view_t  view;

    ngx_rt_source_view(&st->zone, &view);

    return json_pack("{s:s%,s:I,s:b,s:o,s:I}",
                     name, value->data, value->len,
                     "follower", (json_int_t) view.leader,
                     "ready", (int) view.ready,
                     "last_entry", view.entry_at
                                   ? json_integer((json_int_t) view.entry_at)
                                   : json_null(),
                     "behind", (json_int_t) view.behind);
}


static void
ngx_rt_redis_leader_handler(ngx_event_t *ev)
{
    ngx_rt_zone_t          *zn;
    ngx_rt_source_view_t    view;
    ngx_rt_redis_leader_t  *ld;

    ld = ev->data;
    zn = &ld->stream->zone;

    ngx_rt_source_view(zn, &view);

    if (ngx_exiting
        && (ld->passes_on || !ld->leads || view.other)
        && ngx_rt_worker_has_successor(zn))
    {
        ngx_rt_redis_leader_set(ld, 0);

    } else {
        ngx_rt_redis_leader_set(ld, ngx_rt_source_lead(zn));
    }

    ngx_add_timer(ev, NGX_RT_REDIS_LEADER_TICK);
}


static void
ngx_rt_redis_leader_set(ngx_rt_redis_leader_t *ld, ngx_uint_t on)
{
    if (ld->leads == on) {
        return;
    }

    ld->leads = (on != 0);

    ngx_log_error(NGX_LOG_INFO, ld->tick.log, 0,
                  "rt stream \"%V\": this worker %s redis", &ld->stream->name,
                  on ? "follows" : "leaves");

    ld->follow(ld->stream, on);

    if (!on) {
        ngx_rt_source_resign(&ld->stream->zone);
    }
}
