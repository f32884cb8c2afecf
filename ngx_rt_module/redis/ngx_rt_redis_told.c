
/*
 * Copyright (C) the ngx_rt authors
 */


/* One line in the log for each cause of a state, not for each time it shows. */


#include "ngx_rt_redis.h"


ngx_uint_t
ngx_rt_redis_told_is_news(ngx_rt_redis_told_t *told, const void *cause,
    size_t len)
{
    uint32_t    crc;
    ngx_uint_t  i;

    /* 0 is a place that is free */

    crc = ngx_crc32_short((u_char *) cause, len) | 1;

    for (i = 0; i < NGX_RT_REDIS_CAUSES; i++) {
        if (told->causes[i] == crc) {
            return 0;
        }
    }

    ngx_memmove(&told->causes[1], told->causes,
                (NGX_RT_REDIS_CAUSES - 1) * sizeof(uint32_t));
    told->causes[0] = crc;

    return 1;
}
