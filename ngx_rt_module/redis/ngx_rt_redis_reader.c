
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * What comes from Redis, as hiredis parses it, with a limit: neither bytes that
 * do not end nor arrays that are said to be huge take more memory than the
 * largest reply that makes sense.
 */


#include "ngx_rt_redis.h"


/* an element of an array has so many bytes at least: ":0" CRLF */
#define NGX_RT_REDIS_ELEMENT  4

/* the number of elements was an int before hiredis 1.0 */
#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_rt_redis_elements_t;
#else
typedef int     ngx_rt_redis_elements_t;
#endif


static void *ngx_rt_redis_reader_create_array(const redisReadTask *task,
    ngx_rt_redis_elements_t elements);


ngx_int_t
ngx_rt_redis_reader_open(ngx_rt_redis_reader_t *rd, size_t max)
{
    rd->parser = redisReaderCreate();

    if (rd->parser == NULL) {
        return NGX_ERROR;
    }

    rd->own = rd->parser->fn;
    rd->functions = *rd->own;
    rd->functions.createArray = ngx_rt_redis_reader_create_array;

    rd->parser->fn = &rd->functions;
    rd->parser->privdata = rd;

    rd->max = max;
    rd->len = 0;
    rd->elements = 0;

    return NGX_OK;
}


void
ngx_rt_redis_reader_close(ngx_rt_redis_reader_t *rd)
{
    if (rd->parser) {
        redisReaderFree(rd->parser);
        rd->parser = NULL;
    }
}


ngx_int_t
ngx_rt_redis_reader_feed(ngx_rt_redis_reader_t *rd, u_char *p, size_t len)
{
    rd->len += len;

    return (redisReaderFeed(rd->parser, (char *) p, len) == REDIS_OK)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_rt_redis_reader_next(ngx_rt_redis_reader_t *rd, redisReply **reply,
    const char **reason)
{
    void  *object;

    *reply = NULL;

    if (redisReaderGetReply(rd->parser, &object) != REDIS_OK) {

        if (rd->elements > rd->max / NGX_RT_REDIS_ELEMENT) {
            return NGX_DECLINED;
        }

        *reason = rd->parser->errstr;
        return NGX_ERROR;
    }

    if (object != NULL) {
        rd->len = rd->parser->len - rd->parser->pos;
        rd->elements = 0;

        *reply = object;

        return NGX_OK;
    }

    if (rd->len > rd->max) {
        *reply = rd->parser->reply;
        return NGX_DECLINED;
    }

    return NGX_AGAIN;
}


static void *
ngx_rt_redis_reader_create_array(const redisReadTask *task,
    ngx_rt_redis_elements_t elements)
{
    ngx_rt_redis_reader_t  *rd;

    rd = task->privdata;

    rd->elements += (size_t) elements;

    if (rd->elements > rd->max / NGX_RT_REDIS_ELEMENT) {
        return NULL;
    }

    return rd->own->createArray(task, elements);
}
