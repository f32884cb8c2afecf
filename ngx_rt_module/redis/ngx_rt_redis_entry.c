
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Entries of a Redis Stream: the fields "t", "d" and, optional, "e".  Whoever
 * can write to Redis may have written them, so nothing is taken for granted.
 */


#include "ngx_rt_redis.h"


static ngx_uint_t ngx_rt_redis_entry_is_text(const redisReply *reply);


const redisReply *
ngx_rt_redis_entry_list(const redisReply *reply)
{
    const redisReply  *stream;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1) {
        return NULL;
    }

    stream = reply->element[0];

    if (stream->type != REDIS_REPLY_ARRAY
        || stream->elements != 2
        || stream->element[1]->type != REDIS_REPLY_ARRAY)
    {
        return NULL;
    }

    return stream->element[1];
}


ngx_int_t
ngx_rt_redis_entry_parse(const redisReply *entry, ngx_rt_publication_t *pub,
    const char **reason)
{
    size_t             i;
    ngx_str_t          value;
    const redisReply  *id, *fields, *field;

    ngx_memzero(pub, sizeof(ngx_rt_publication_t));

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2) {
        return NGX_ERROR;
    }

    id = entry->element[0];
    fields = entry->element[1];

    if (ngx_rt_redis_entry_parse_id(id, &pub->id) != NGX_OK) {
        return NGX_ERROR;
    }

    /* one that was deleted while it was read has no fields */

    *reason = "it has no fields";

    if (fields->type != REDIS_REPLY_ARRAY) {
        return (fields->type == REDIS_REPLY_NIL) ? NGX_DECLINED : NGX_ERROR;
    }

    for (i = 0; i + 1 < fields->elements; i += 2) {
        field = fields->element[i];

        if (!ngx_rt_redis_entry_is_text(field)
            || !ngx_rt_redis_entry_is_text(fields->element[i + 1]))
        {
            return NGX_ERROR;
        }

        if (field->len != 1) {
            continue;
        }

        value.data = (u_char *) fields->element[i + 1]->str;
        value.len = fields->element[i + 1]->len;

        switch (field->str[0]) {

        case 't':
            pub->topic = value;
            break;

        case 'd':
            pub->data = value;
            break;

        case 'e':
            pub->event = value;
            break;

        default:
            break;
        }
    }

    *reason = (pub->topic.data == NULL) ? "field \"t\" is missing"
              : (pub->data.data == NULL) ? "field \"d\" is missing"
              : NULL;

    return (*reason == NULL) ? NGX_OK : NGX_DECLINED;
}


size_t
ngx_rt_redis_entry_size(const redisReply *entry)
{
    size_t             i, size;
    const redisReply  *fields;

    size = 0;

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2) {
        return size;
    }

    fields = entry->element[1];

    if (fields->type != REDIS_REPLY_ARRAY) {
        return size;
    }

    for (i = 0; i < fields->elements; i++) {
        if (ngx_rt_redis_entry_is_text(fields->element[i])) {
            size += fields->element[i]->len;
        }
    }

    return size;
}


/* names and values in turn; those that are not known are left out */

ngx_int_t
ngx_rt_redis_entry_parse_info(const redisReply *reply,
    ngx_rt_redis_info_t *info)
{
    size_t             i;
    ngx_uint_t         known;
    const redisReply  *name, *value;

    ngx_memzero(info, sizeof(ngx_rt_redis_info_t));

    if (reply->type == REDIS_REPLY_ERROR) {

        /* a stream that is not there has given no id */

        info->counted = 1;

        return (strstr(reply->str, "no such key") != NULL) ? NGX_OK
                                                           : NGX_DECLINED;
    }

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_DECLINED;
    }

    known = 0;

    for (i = 0; i + 1 < reply->elements; i += 2) {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (!ngx_rt_redis_entry_is_text(name)) {
            return NGX_DECLINED;
        }

        if (value->type == REDIS_REPLY_INTEGER && value->integer >= 0) {

            if (ngx_strcmp(name->str, "length") == 0) {
                info->length = value->integer;
                known |= 1;

            } else if (ngx_strcmp(name->str, "entries-added") == 0) {
                info->added = value->integer;
                info->counted = 1;
            }

        } else if (ngx_strcmp(name->str, "last-generated-id") == 0
                   && ngx_rt_redis_entry_parse_id(value, &info->last)
                      == NGX_OK)
        {
            known |= 2;

        } else if (ngx_strcmp(name->str, "first-entry") == 0
                   && value->type == REDIS_REPLY_ARRAY
                   && value->elements
                   && ngx_rt_redis_entry_parse_id(value->element[0],
                                                  &info->first)
                      == NGX_OK)
        {
            known |= 4;
        }
    }

    return (known == 7 || (known == 3 && info->length == 0)) ? NGX_OK
                                                             : NGX_DECLINED;
}


ngx_int_t
ngx_rt_redis_entry_parse_id(const redisReply *reply, ngx_rt_id_t *id)
{
    return (ngx_rt_redis_entry_is_text(reply)
            && ngx_rt_id_parse(id, (u_char *) reply->str, reply->len)
               == NGX_OK)
           ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
ngx_rt_redis_entry_is_error(const redisReply *reply, const char *word)
{
    size_t  len;

    len = ngx_strlen(word);

    return reply->type == REDIS_REPLY_ERROR
           && (size_t) reply->len >= len
           && ngx_memcmp(reply->str, word, len) == 0
           && (reply->str[len] == ' ' || reply->str[len] == '\0');
}


static ngx_uint_t
ngx_rt_redis_entry_is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING
           || reply->type == REDIS_REPLY_STATUS;
}
