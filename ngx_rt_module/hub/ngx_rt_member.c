
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The topics that a subscriber joins and leaves while it is there.  Those that
 * it came with are part of its own record; when more come, all move.
 */


#include "ngx_rt_hub.h"


static ngx_int_t ngx_rt_member_grow(ngx_rt_subscriber_t *sub);
static void ngx_rt_member_move(ngx_rt_member_t *dst, ngx_rt_member_t *src);


ngx_int_t
ngx_rt_member_join(ngx_rt_subscriber_t *sub, const ngx_str_t *topic)
{
    ngx_rt_member_t  *member;

    if (ngx_rt_member_find(sub, topic)) {
        return NGX_DONE;
    }

    if (sub->nmembers == sub->room && ngx_rt_member_grow(sub) != NGX_OK) {
        return NGX_ERROR;
    }

    member = &sub->members[sub->nmembers];

    ngx_memzero(member, sizeof(ngx_rt_member_t));
    member->sub = sub;

    if (ngx_rt_hub_attach(sub->hub, member, topic, &member->told) != NGX_OK) {
        return NGX_ERROR;
    }

    sub->nmembers++;

    return NGX_OK;
}


void
ngx_rt_member_leave(ngx_rt_subscriber_t *sub, const ngx_str_t *topic)
{
    ngx_rt_member_t  *last, *member;

    member = ngx_rt_member_find(sub, topic);

    if (member == NULL) {
        return;
    }

    ngx_rt_hub_detach(sub->hub, member);

    last = &sub->members[--sub->nmembers];

    if (member != last) {
        ngx_rt_member_move(member, last);
    }
}


ngx_rt_member_t *
ngx_rt_member_find(ngx_rt_subscriber_t *sub, const ngx_str_t *topic)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    for (i = 0; i < sub->nmembers; i++) {
        name = &sub->members[i].topic->name;

        if (name->len == topic->len
            && ngx_memcmp(name->data, topic->data, name->len) == 0)
        {
            return &sub->members[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_rt_member_grow(ngx_rt_subscriber_t *sub)
{
    ngx_uint_t        i, room;
    ngx_rt_member_t  *members;

    room = sub->room ? 2 * sub->room : 4;

    members = ngx_alloc(room * sizeof(ngx_rt_member_t), sub->hub->log);
    if (members == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < sub->nmembers; i++) {
        ngx_rt_member_move(&members[i], &sub->members[i]);
    }

    if (sub->members != sub->first) {
        ngx_free(sub->members);
    }

    sub->members = members;
    sub->room = (uint32_t) room;

    return NGX_OK;
}


/* a member is linked to its neighbours among those of the topic */

static void
ngx_rt_member_move(ngx_rt_member_t *dst, ngx_rt_member_t *src)
{
    *dst = *src;

    ngx_queue_insert_after(&src->queue, &dst->queue);
    ngx_queue_remove(&src->queue);
}
