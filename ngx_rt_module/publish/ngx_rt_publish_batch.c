
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A batch: newline-delimited JSON, {"topic":...,"event":...,"data":...} a line.
 * Data that is a string is published as its text, any other value as JSON.
 */


#include "ngx_rt_publish.h"


static ngx_int_t ngx_rt_publish_batch_line(ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model, const ngx_str_t *line, json_t *ids,
    ngx_rt_refusal_t *refusal);
static ngx_int_t ngx_rt_publish_batch_publish(ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model, json_t *object, json_t *ids,
    ngx_rt_refusal_t *refusal);
static char *ngx_rt_publish_batch_dump(json_t *data);
static void ngx_rt_publish_batch_member(json_t *object, const char *name,
    ngx_str_t *value);


ngx_int_t
ngx_rt_publish_batch(ngx_http_request_t *r, ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model)
{
    u_char            *p, *last;
    json_t            *ids, *answer;
    ngx_int_t          rc;
    ngx_str_t          line;
    ngx_uint_t         number;
    ngx_rt_refusal_t   refusal;

    ids = json_array();
    if (ids == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = NGX_OK;
    number = 0;
    last = model->data.data + model->data.len;

    for (p = model->data.data;
         p < last && rc == NGX_OK;
         p = line.data + line.len + 1)
    {
        line.data = p;
        p = ngx_strlchr(p, last, LF);
        line.len = ((p == NULL) ? last : p) - line.data;
        number++;

        rc = ngx_rt_publish_batch_line(st, model, &line, ids, &refusal);
    }

    if (rc == NGX_OK) {
        return ngx_rt_answer_json(r, NGX_HTTP_OK,
                     json_pack("{s:I,s:o}",
                               "published", (json_int_t) json_array_size(ids),
                               "ids", ids));
    }

    answer = json_pack("{s:s,s:I,s:I,s:o}",
                       "error", refusal.reason,
                       "line", (json_int_t) number,
                       "published", (json_int_t) json_array_size(ids),
                       "ids", ids);

    if (refusal.status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return ngx_rt_answer_unavailable(r, answer);
    }

    return ngx_rt_answer_json(r, refusal.status, answer);
}


/* NGX_OK, also for an empty line, or NGX_DECLINED and the refusal */

static ngx_int_t
ngx_rt_publish_batch_line(ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model, const ngx_str_t *line, json_t *ids,
    ngx_rt_refusal_t *refusal)
{
    size_t       i;
    json_t      *object;
    ngx_int_t    rc;

    for (i = 0; i < line->len; i++) {
        if (line->data[i] != ' ' && line->data[i] != '\t'
            && line->data[i] != CR)
        {
            break;
        }
    }

    if (i == line->len) {
        return NGX_OK;
    }

    refusal->status = NGX_HTTP_BAD_REQUEST;

    object = json_loadb((char *) line->data, line->len,
                        JSON_REJECT_DUPLICATES|JSON_ALLOW_NUL, NULL);

    if (object == NULL) {
        refusal->reason = "line is not JSON, or repeats a name, or has a "
                          "number of more than 64 bits";
        return NGX_DECLINED;
    }

    if (!json_is_object(object)) {
        json_decref(object);
        refusal->reason = "line is not a JSON object";
        return NGX_DECLINED;
    }

    rc = ngx_rt_publish_batch_publish(st, model, object, ids, refusal);

    json_decref(object);

    return rc;
}


static ngx_int_t
ngx_rt_publish_batch_publish(ngx_rt_stream_t *st,
    const ngx_rt_publication_t *model, json_t *object, json_t *ids,
    ngx_rt_refusal_t *refusal)
{
    char                  *text;
    json_t                *data;
    u_char                 id[NGX_RT_ID_LEN];
    ngx_int_t              rc;
    ngx_rt_publication_t   pub;

    ngx_rt_publish_batch_member(object, "topic", &pub.topic);
    ngx_rt_publish_batch_member(object, "event", &pub.event);

    if (json_object_get(object, "event") == NULL) {
        pub.event = model->event;

    } else if (pub.event.data == NULL) {
        refusal->reason = "\"event\" is not a string";
        return NGX_DECLINED;
    }

    if (json_object_get(object, "topic") == NULL) {
        pub.topic = model->topic;

    } else if (pub.topic.data == NULL) {
        refusal->reason = "\"topic\" is not a string";
        return NGX_DECLINED;

    } else if (model->topic.len
               && (pub.topic.len != model->topic.len
                   || ngx_memcmp(pub.topic.data, model->topic.data,
                                 model->topic.len)
                      != 0))
    {
        refusal->reason = "\"topic\" is not the one of this location";
        return NGX_DECLINED;
    }

    data = json_object_get(object, "data");

    if (data == NULL) {
        refusal->reason = "\"data\" is missing";
        return NGX_DECLINED;
    }

    text = NULL;

    if (json_is_string(data)) {
        ngx_rt_publish_batch_member(object, "data", &pub.data);

    } else {
        text = ngx_rt_publish_batch_dump(data);

        if (text == NULL) {
            refusal->status = NGX_HTTP_SERVICE_UNAVAILABLE;
            refusal->reason = "no memory";
            return NGX_DECLINED;
        }

        pub.data.data = (u_char *) text;
        pub.data.len = ngx_strlen(text);
    }

    rc = ngx_rt_publish(st, &pub, refusal);

    ngx_free(text);

    if (rc != NGX_OK) {
        return NGX_DECLINED;
    }

    if (json_array_append_new(ids, json_stringn((char *) id,
                                         ngx_rt_id_write(id, &pub.id) - id))
        != 0)
    {
        refusal->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        refusal->reason = "no memory for the id, but the line is published";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* compact JSON on the heap; NULL if there is no memory */

static char *
ngx_rt_publish_batch_dump(json_t *data)
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

    return text;
}


/* no data if there is no such member or it is not a string */

static void
ngx_rt_publish_batch_member(json_t *object, const char *name,
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
