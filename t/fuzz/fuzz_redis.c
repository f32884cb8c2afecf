
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * What comes from Redis: bytes in any pieces give the same replies, within the
 * limit, and a reply of any shape is an entry or none.
 */


#include "fuzz.h"
#include <redis/ngx_rt_redis.h>


#define MAX  256                          /* of one reply, in bytes */


typedef struct {
    ngx_uint_t    nreplies;
    ngx_uint_t    failed;                 /* NGX_DECLINED or NGX_ERROR came */
    uint64_t      hash;
} fuzz_t;


static void fuzz_run(const u_char *data, size_t size, size_t piece,
    fuzz_t *fz);
static size_t fuzz_reply(fuzz_t *fz, const redisReply *reply);
static void fuzz_hash(fuzz_t *fz, const void *data, size_t len);
static void fuzz_entry(const redisReply *entry);
static void fuzz_info(const redisReply *reply);
static void fuzz_part(const redisReply *part);
static void fuzz_text(const ngx_str_t *text);


/* a byte for the size of pieces, then what comes */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_t  one, other;

    if (size < 1) {
        return 0;
    }

    fuzz_run(data + 1, size - 1, 1, &one);
    fuzz_run(data + 1, size - 1, 1 + data[0], &other);

    /* the limit is looked at between pieces: larger ones may let more pass */

    check(other.nreplies >= one.nreplies);
    check(other.nreplies > one.nreplies || one.failed
          || other.hash == one.hash);

    return 0;
}


static void
fuzz_run(const u_char *data, size_t size, size_t piece, fuzz_t *fz)
{
    size_t                  n, len;
    u_char                 *p;
    ngx_int_t               rc;
    const char             *reason;
    redisReply             *reply;
    ngx_rt_redis_reader_t   rd;

    ngx_memzero(fz, sizeof(fuzz_t));

    check(ngx_rt_redis_reader_open(&rd, MAX) == NGX_OK);

    for (n = 0; n < size && !fz->failed; n += len) {
        len = ngx_min(piece, size - n);

        p = fuzz_copy(data + n, len);
        check(ngx_rt_redis_reader_feed(&rd, p, len) == NGX_OK);
        free(p);

        for ( ;; ) {
            reason = NULL;
            rc = ngx_rt_redis_reader_next(&rd, &reply, &reason);

            if (rc != NGX_OK) {
                break;
            }

            check(reply != NULL);
            check(rd.len <= MAX + piece);
            check(fuzz_reply(fz, reply) <= MAX / 4);

            fz->nreplies++;
            freeReplyObject(reply);
        }

        if (rc == NGX_AGAIN) {
            check(reply == NULL);
            check(rd.len <= MAX);
            continue;
        }

        check(rc == NGX_DECLINED || rc == NGX_ERROR);
        check((rc == NGX_ERROR) == (reason != NULL && *reason));

        if (rc == NGX_DECLINED) {
            check(rd.len > MAX || (reply == NULL && rd.elements > MAX / 4));
            fuzz_part(reply);

        } else {
            check(reply == NULL);
        }

        fz->failed = 1;
    }

    ngx_rt_redis_reader_close(&rd);
}


/* returns the number of elements in all its arrays */

static size_t
fuzz_reply(fuzz_t *fz, const redisReply *reply)
{
    size_t             i, n;
    const redisReply  *list;

    fuzz_hash(fz, &reply->type, sizeof(reply->type));
    fuzz_hash(fz, &reply->integer, sizeof(reply->integer));
    fuzz_hash(fz, reply->str, reply->len);

    fuzz_info(reply);
    fuzz_entry(reply);

    list = ngx_rt_redis_entry_list(reply);

    if (list != NULL) {
        check(list->type == REDIS_REPLY_ARRAY);

        for (i = 0; i < list->elements; i++) {
            fuzz_entry(list->element[i]);
        }
    }

    if (reply->type != REDIS_REPLY_ARRAY) {
        return 0;
    }

    n = reply->elements;

    for (i = 0; i < reply->elements; i++) {
        check(reply->element[i] != NULL);
        n += fuzz_reply(fz, reply->element[i]);
    }

    return n;
}


static void
fuzz_hash(fuzz_t *fz, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;

    for (i = 0; i < len; i++) {
        fz->hash = (fz->hash ^ p[i]) * 0x100000001b3ULL;
    }

    fz->hash += len + 1;
}


static void
fuzz_entry(const redisReply *entry)
{
    size_t                size;
    ngx_int_t             rc;
    ngx_rt_id_t           id;
    const char           *reason;
    ngx_rt_publication_t  pub;

    size = ngx_rt_redis_entry_size(entry);
    rc = ngx_rt_redis_entry_parse(entry, &pub, &reason);

    check(rc == NGX_OK || rc == NGX_DECLINED || rc == NGX_ERROR);

    if (rc == NGX_ERROR) {
        return;
    }

    check((rc == NGX_DECLINED) == (reason != NULL));
    check(rc == NGX_DECLINED || (pub.topic.data && pub.data.data));
    check(ngx_rt_redis_entry_parse_id(entry->element[0], &id) == NGX_OK);
    check(ngx_rt_id_is(&id, ==, &pub.id));
    check(pub.topic.len + pub.data.len + pub.event.len <= size);

    fuzz_text(&pub.topic);
    fuzz_text(&pub.event);
    fuzz_text(&pub.data);
}


static void
fuzz_info(const redisReply *reply)
{
    ngx_int_t            rc;
    ngx_rt_redis_info_t  info;

    rc = ngx_rt_redis_entry_parse_info(reply, &info);

    check(rc == NGX_OK || rc == NGX_DECLINED);
    check(rc == NGX_DECLINED || info.length <= NGX_MAX_INT_T_VALUE);
    check(rc == NGX_DECLINED || info.counted || info.added == 0);

    check(!ngx_rt_redis_entry_is_error(reply, "MOVED")
          || reply->type == REDIS_REPLY_ERROR);
    check(!ngx_rt_redis_entry_is_error(reply, "MOVED")
          || !ngx_rt_redis_entry_is_error(reply, "ASK"));
    (void) ngx_rt_redis_entry_is_error(reply, "ERR");
}


/* goes to the id of the entry that is too large, as the follower does */

static void
fuzz_part(const redisReply *part)
{
    ngx_uint_t   i;
    ngx_rt_id_t  id;

    for (i = 0; i < 4; i++) {

        if (part == NULL
            || part->type != REDIS_REPLY_ARRAY
            || part->elements <= (i == 1))
        {
            return;
        }

        part = part->element[i == 1];
    }

    if (part) {
        (void) ngx_rt_redis_entry_parse_id(part, &id);
    }
}


/* the sanitizer looks at each byte */

static void
fuzz_text(const ngx_str_t *text)
{
    if (text->len) {
        free(fuzz_copy(text->data, text->len));
    }
}
