
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The JSON objects of the subprotocol "rt.json".  Data that is JSON stays as
 * it is, to the last digit, so jansson only says whether it is.
 */


#include "ngx_rt_wire.h"
#include <jansson.h>


/* numbers are checked, not computed with */
#define NGX_RT_ENVELOPE_FLAGS                                                 \
    (JSON_DECODE_ANY|JSON_DECODE_INT_AS_REAL|JSON_ALLOW_NUL)


static u_char *ngx_rt_envelope_write_string(u_char *p,
    const ngx_str_t *text);
static json_t *ngx_rt_envelope_head(const ngx_str_t *topic,
    const ngx_rt_message_t *msg);
static ngx_uint_t ngx_rt_envelope_is_json(const ngx_str_t *data);
static ngx_int_t ngx_rt_envelope_set_binary(json_t *object,
    const ngx_str_t *data);
static ngx_int_t ngx_rt_envelope_join(const ngx_rt_message_t *msg,
    ngx_str_t *data);


u_char *
ngx_rt_envelope_create(const ngx_str_t *topic, const ngx_rt_message_t *msg,
    size_t *len)
{
    char       *head;
    size_t      n;
    u_char     *text, *p;
    json_t     *object;
    ngx_int_t   rc;
    ngx_str_t   data;

    text = NULL;
    head = NULL;

    object = ngx_rt_envelope_head(topic, msg);

    if (object == NULL || ngx_rt_envelope_join(msg, &data) != NGX_OK) {
        json_decref(object);
        return NULL;
    }

    rc = NGX_OK;

    if (!ngx_rt_utf8_is_valid(data.data, data.len)) {
        rc = ngx_rt_envelope_set_binary(object, &data);
        data.len = 0;

    } else if (!ngx_rt_envelope_is_json(&data)) {
        rc = json_object_set_new(object, "data",
                                 json_stringn((char *) data.data, data.len));
        data.len = 0;
    }

    if (rc == NGX_OK) {
        head = json_dumps(object, JSON_COMPACT);
    }

    if (head == NULL) {
        goto done;
    }

    n = ngx_strlen(head);

    text = malloc(n + sizeof(",\"data\":") - 1 + data.len);
    if (text == NULL) {
        goto done;
    }

    p = ngx_cpymem(text, head, n);

    /* in the place of the closing brace */

    if (data.len) {
        p = ngx_cpymem(p - 1, ",\"data\":", sizeof(",\"data\":") - 1);
        p = ngx_cpymem(p, data.data, data.len);
        *p++ = '}';
    }

    *len = p - text;

done:

    ngx_free(head);
    json_decref(object);

    if (data.data != msg->data.data) {
        ngx_free(data.data);
    }

    return text;
}


u_char *
ngx_rt_envelope_write_position(u_char *p, const ngx_rt_id_t *id)
{
    p = ngx_cpymem(p, "{\"position\":\"", sizeof("{\"position\":\"") - 1);
    p = ngx_rt_id_write(p, id);

    return ngx_cpymem(p, "\"}", 2);
}


u_char *
ngx_rt_envelope_write_gap(u_char *p, const ngx_rt_gap_t *gap)
{
    p = ngx_cpymem(p, "{\"gap\":{\"after\":\"",
                   sizeof("{\"gap\":{\"after\":\"") - 1);

    if (!gap->malformed) {
        p = ngx_rt_id_write(p, &gap->after);
    }

    p = ngx_cpymem(p, "\",\"resumed\":\"", sizeof("\",\"resumed\":\"") - 1);
    p = ngx_rt_id_write(p, &gap->resumed);
    *p++ = '"';

    if (gap->topic.len) {
        p = ngx_cpymem(p, ",\"topic\":", sizeof(",\"topic\":") - 1);
        p = ngx_rt_envelope_write_string(p, &gap->topic);
    }

    p = ngx_cpymem(p, "},\"position\":\"", sizeof("},\"position\":\"") - 1);
    p = ngx_rt_id_write(p, &gap->position);

    return ngx_cpymem(p, "\"}", 2);
}


/* a name; if there is no memory for that, an empty one */

static u_char *
ngx_rt_envelope_write_string(u_char *p, const ngx_str_t *text)
{
    size_t   len;
    json_t  *string;

    string = json_stringn((char *) text->data, text->len);

    len = json_dumpb(string, (char *) p, 2 + 6 * NGX_RT_NAME_LEN,
                     JSON_ENCODE_ANY);
    json_decref(string);

    return len ? p + len : ngx_cpymem(p, "\"\"", 2);
}


static json_t *
ngx_rt_envelope_head(const ngx_str_t *topic, const ngx_rt_message_t *msg)
{
    u_char  id[NGX_RT_ID_LEN];
    json_t *object;

    object = json_pack("{s:s%,s:s%}",
                       "id", id, (size_t) (ngx_rt_id_write(id, &msg->id) - id),
                       "topic", topic->data, topic->len);

    if (object != NULL
        && msg->event.len
        && json_object_set_new(object, "event",
                               json_stringn((char *) msg->event.data,
                                            msg->event.len))
           != 0)
    {
        json_decref(object);
        return NULL;
    }

    return object;
}


static ngx_uint_t
ngx_rt_envelope_is_json(const ngx_str_t *data)
{
    json_t  *value;

    /* jansson passes over a zero behind a number or a word */

    if (ngx_strlchr(data->data, data->data + data->len, '\0') != NULL) {
        return 0;
    }

    value = json_loadb((char *) data->data, data->len, NGX_RT_ENVELOPE_FLAGS,
                       NULL);

    if (value == NULL) {
        return 0;
    }

    json_decref(value);

    return 1;
}


static ngx_int_t
ngx_rt_envelope_set_binary(json_t *object, const ngx_str_t *data)
{
    int        rc;
    ngx_str_t  text;

    text.data = malloc(ngx_base64_encoded_length(data->len));
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(&text, (ngx_str_t *) data);

    rc = json_object_set_new(object, "encoding", json_string("base64"))
         || json_object_set_new(object, "data",
                                json_stringn((char *) text.data, text.len));

    ngx_free(text.data);

    return rc ? NGX_ERROR : NGX_OK;
}


/* the data in one piece and not NULL, a copy only if they are in several */

static ngx_int_t
ngx_rt_envelope_join(const ngx_rt_message_t *msg, ngx_str_t *data)
{
    u_char               *p;
    const ngx_rt_part_t  *part;

    data->data = msg->data.data;
    data->len = msg->data.len;

    if (msg->data.next == NULL && msg->data.data != NULL) {
        return NGX_OK;
    }

    for (part = msg->data.next; part; part = part->next) {
        data->len += part->len;
    }

    data->data = malloc(data->len + 1);
    if (data->data == NULL) {
        return NGX_ERROR;
    }

    p = data->data;

    for (part = &msg->data; part; part = part->next) {
        p = ngx_cpymem(p, part->data, part->len);
    }

    return NGX_OK;
}
