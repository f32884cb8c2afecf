
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Envelopes: whatever the data, and in whatever parts, the text is JSON, and
 * the data come out of it.
 */


#include "fuzz.h"
#include <jansson.h>


#define FLAGS      (JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL)
#define NAME_LEN   64


static ngx_str_t fuzz_name(const u_char *data, size_t size, ngx_str_t *rest);
static void fuzz_split(ngx_rt_message_t *msg, ngx_rt_part_t parts[2],
    const ngx_str_t *data, ngx_uint_t cut);
static void fuzz_text(const ngx_str_t *text, const ngx_str_t *topic,
    const ngx_str_t *event, const ngx_str_t *data);
static void fuzz_data(json_t *root, const ngx_str_t *text,
    const ngx_str_t *data);
static void fuzz_same(json_t *value, const ngx_str_t *s);


/* a byte for the cut, a name, a zero, another one, a zero, data */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            len;
    ngx_str_t         topic, event, rest, whole, split;
    ngx_rt_part_t     parts[2];
    ngx_rt_message_t  msg;

    if (size < 1) {
        return 0;
    }

    topic = fuzz_name(data + 1, size - 1, &rest);
    event = fuzz_name(rest.data, rest.len, &rest);

    if (ngx_rt_name_check_topic(&topic) != NULL
        || ngx_rt_name_check_event(&event) != NULL)
    {
        return 0;
    }

    ngx_memzero(&msg, sizeof(ngx_rt_message_t));

    msg.id.ms = size;
    msg.id.seq = data[0];
    msg.event = event;

    len = rest.len;
    rest.data = fuzz_copy(rest.data, len);

    msg.data.data = rest.data;
    msg.data.len = len;

    whole.data = ngx_rt_envelope_create(&topic, &msg, &whole.len);
    check(whole.data != NULL);

    fuzz_split(&msg, parts, &rest, data[0]);

    split.data = ngx_rt_envelope_create(&topic, &msg, &split.len);
    check(split.data != NULL);

    check(whole.len == split.len);
    check(ngx_memcmp(whole.data, split.data, whole.len) == 0);

    fuzz_text(&whole, &topic, &event, &rest);

    free(whole.data);
    free(split.data);
    free(rest.data);

    return 0;
}


static ngx_str_t
fuzz_name(const u_char *data, size_t size, ngx_str_t *rest)
{
    ngx_str_t  name;

    name.data = (u_char *) data;
    name.len = 0;

    while (name.len < size && name.len < NAME_LEN && data[name.len]) {
        name.len++;
    }

    rest->data = (u_char *) data + name.len;
    rest->len = size - name.len;

    if (rest->len) {
        rest->data++;
        rest->len--;
    }

    return name;
}


static void
fuzz_split(ngx_rt_message_t *msg, ngx_rt_part_t parts[2],
    const ngx_str_t *data, ngx_uint_t cut)
{
    size_t  n;

    n = data->len * (cut & 0x0f) / 15;

    msg->data.data = data->data;
    msg->data.len = n * (cut >> 4) / 15;
    msg->data.next = &parts[0];

    parts[0].data = data->data + msg->data.len;
    parts[0].len = n - msg->data.len;
    parts[0].next = &parts[1];

    parts[1].data = data->data + n;
    parts[1].len = data->len - n;
    parts[1].next = NULL;
}


static void
fuzz_text(const ngx_str_t *text, const ngx_str_t *topic,
    const ngx_str_t *event, const ngx_str_t *data)
{
    json_t  *root;

    /* jansson does not see all of them where JSON has none */

    check(ngx_strlchr(text->data, text->data + text->len, '\0') == NULL);
    check(ngx_rt_utf8_is_valid(text->data, text->len));

    root = json_loadb((char *) text->data, text->len,
                      FLAGS|JSON_REJECT_DUPLICATES, NULL);

    /* data may repeat a member, the envelope may not */

    if (root == NULL) {
        root = json_loadb((char *) text->data, text->len, FLAGS, NULL);
    }

    check(root != NULL);

    fuzz_same(json_object_get(root, "topic"), topic);

    if (event->len) {
        fuzz_same(json_object_get(root, "event"), event);
    }

    check(json_string_length(json_object_get(root, "id")) >= 3);
    check(json_object_size(root)
          == 3 + (event->len != 0)
             + (json_object_get(root, "encoding") != NULL));

    fuzz_data(root, text, data);

    json_decref(root);
}


/* in base64, as text, or as they are at the end */

static void
fuzz_data(json_t *root, const ngx_str_t *text, const ngx_str_t *data)
{
    u_char     *end;
    json_t     *value;
    ngx_str_t   src, dst;

    value = json_object_get(root, "data");

    check(value != NULL);

    if (json_object_get(root, "encoding")) {
        check(!ngx_rt_utf8_is_valid(data->data, data->len));

        src.data = (u_char *) json_string_value(value);
        src.len = json_string_length(value);
        dst.data = malloc(ngx_base64_decoded_length(src.len));

        check(ngx_decode_base64(&dst, &src) == NGX_OK);
        check(dst.len == data->len);
        check(ngx_memcmp(dst.data, data->data, dst.len) == 0);

        free(dst.data);
        return;
    }

    check(ngx_rt_utf8_is_valid(data->data, data->len));

    end = text->data + text->len - 1 - data->len;

    if (data->len
        && end > text->data + 8
        && ngx_memcmp(end - 8, ",\"data\":", 8) == 0
        && ngx_memcmp(end, data->data, data->len) == 0)
    {
        return;
    }

    fuzz_same(value, data);
}


static void
fuzz_same(json_t *value, const ngx_str_t *s)
{
    check(json_is_string(value));
    check(json_string_length(value) == s->len);
    check(ngx_memcmp(json_string_value(value), s->data, s->len) == 0);
}
