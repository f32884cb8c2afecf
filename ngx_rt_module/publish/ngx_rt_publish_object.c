
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A message as a JSON object, {"topic":...,"event":...,"data":...}.  Data that
 * is a string is published as its text, any other value as JSON; with
 * "encoding":"base64" the string says which bytes.
 */


#include "ngx_rt_publish.h"


static const char *ngx_rt_publish_object_names(json_t *object,
    ngx_rt_publication_t *pub);
static const char *ngx_rt_publish_object_data(json_t *object,
    ngx_str_t *data, u_char **buf, ngx_uint_t *status);
static u_char *ngx_rt_publish_object_dump(json_t *data);
static void ngx_rt_publish_object_member(json_t *object, const char *name,
    ngx_str_t *value);


ngx_int_t
ngx_rt_publish_object(ngx_rt_stream_t *st, json_t *object,
    ngx_rt_publication_t *pub, ngx_rt_publish_wait_t *wait)
{
    u_char            *buf;
    ngx_int_t          rc;
    ngx_rt_refusal_t  *refusal;

    refusal = &wait->refusal;
    refusal->reason = ngx_rt_publish_object_parse(object, pub, &buf,
                                                  &refusal->status);

    rc = (refusal->reason == NULL) ? ngx_rt_publish(st, pub, wait)
                                   : NGX_DECLINED;

    ngx_free(buf);

    return rc;
}


const char *
ngx_rt_publish_object_parse(json_t *object, ngx_rt_publication_t *pub,
    u_char **buf, ngx_uint_t *status)
{
    const char  *reason;

    *buf = NULL;
    *status = NGX_HTTP_BAD_REQUEST;

    reason = ngx_rt_publish_object_names(object, pub);

    return reason ? reason
                  : ngx_rt_publish_object_data(object, &pub->data, buf,
                                               status);
}


json_t *
ngx_rt_publish_object_id(const ngx_rt_id_t *id)
{
    u_char  text[NGX_RT_ID_LEN];

    if (id->ms == 0 && id->seq == 0) {
        return json_null();
    }

    return json_stringn((char *) text, ngx_rt_id_write(text, id) - text);
}


/* NULL, or what is wrong with them */

static const char *
ngx_rt_publish_object_names(json_t *object, ngx_rt_publication_t *pub)
{
    ngx_str_t  topic, event;

    ngx_rt_publish_object_member(object, "topic", &topic);
    ngx_rt_publish_object_member(object, "event", &event);

    if (json_object_get(object, "event") != NULL) {

        if (event.data == NULL) {
            return "\"event\" is not a string";
        }

        pub->event = event;
    }

    if (json_object_get(object, "topic") == NULL) {
        return NULL;
    }

    if (topic.data == NULL) {
        return "\"topic\" is not a string";
    }

    if (pub->topic.len
        && (topic.len != pub->topic.len
            || ngx_memcmp(topic.data, pub->topic.data, topic.len) != 0))
    {
        return "\"topic\" is not the one of this location";
    }

    pub->topic = topic;

    return NULL;
}


/* "buf" is what has to be freed afterwards */

static const char *
ngx_rt_publish_object_data(json_t *object, ngx_str_t *data, u_char **buf,
    ngx_uint_t *status)
{
    json_t     *value;
    ngx_str_t   encoding, text;

    value = json_object_get(object, "data");

    if (value == NULL) {
        return "\"data\" is missing";
    }

    if (json_object_get(object, "encoding") != NULL) {

        ngx_rt_publish_object_member(object, "encoding", &encoding);
        ngx_rt_publish_object_member(object, "data", &text);

        if (encoding.len != 6
            || ngx_strncmp(encoding.data, "base64", 6) != 0
            || text.data == NULL)
        {
            return "\"encoding\" is not \"base64\" with a string as data";
        }

        *buf = ngx_alloc(ngx_base64_decoded_length(text.len) + 1,
                         ngx_cycle->log);

        if (*buf == NULL) {
            *status = NGX_HTTP_SERVICE_UNAVAILABLE;
            return "no memory";
        }

        data->data = *buf;

        return (ngx_decode_base64(data, &text) == NGX_OK)
               ? NULL : "\"data\" is not base64";
    }

    if (json_is_string(value)) {
        ngx_rt_publish_object_member(object, "data", data);
        return NULL;
    }

    *buf = ngx_rt_publish_object_dump(value);

    if (*buf == NULL) {
        *status = NGX_HTTP_SERVICE_UNAVAILABLE;
        return "no memory";
    }

    data->data = *buf;
    data->len = ngx_strlen(*buf);

    return NULL;
}


/* compact JSON on the heap; NULL if there is no memory */

static u_char *
ngx_rt_publish_object_dump(json_t *data)
{
    char    *text;
    json_t  *copy;

    /* 0.1 is to stay 0.1, if nothing is lost by it */

    text = json_dumps(data, JSON_COMPACT|JSON_ENCODE_ANY
                            |JSON_REAL_PRECISION(15));

    copy = json_loads(text ? text : "", JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);

    if (!json_equal(copy, data)) {
        ngx_free(text);
        text = json_dumps(data, JSON_COMPACT|JSON_ENCODE_ANY);
    }

    json_decref(copy);

    return (u_char *) text;
}


/* no data if there is no such member or it is not a string */

static void
ngx_rt_publish_object_member(json_t *object, const char *name,
    ngx_str_t *value)
{
    json_t  *member;

    ngx_str_null(value);

    member = json_object_get(object, name);

    if (json_is_string(member)) {
        value->data = (u_char *) json_string_value(member);
        value->len = json_string_length(member);
    }
}
