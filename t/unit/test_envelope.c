
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The texts of the subprotocol "rt.json", each message in one part, in bytes,
 * and in two parts cut at each place.
 */


#include "unit.h"
#include <jansson.h>


typedef struct {
    const char  *rule;
    ngx_str_t    data;
    const char  *member;               /* what stands for the data */
} data_t;


static void test_data(void);
static void test_event(void);
static void test_topic(void);
static void test_binary(void);
static void test_large(void);
static void test_position(void);
static void test_gap(void);
static size_t count_splits(const ngx_str_t *data, const char *text);
static size_t differs(const ngx_str_t *topic, const ngx_rt_message_t *msg,
    const char *text);


static const data_t  vectors[] = {
    { "a number", ngx_string("1"), "\"data\":1" },
    { "a number with all of its digits",
      ngx_string("12345678901234567890123456789.000000000000000000000100"),
      "\"data\":12345678901234567890123456789.000000000000000000000100" },
    { "an integer above 2^53", ngx_string("9007199254740993"),
      "\"data\":9007199254740993" },
    { "an integer above 2^64", ngx_string("18446744073709551617"),
      "\"data\":18446744073709551617" },
    { "a number with an exponent", ngx_string("-1.50E+10"),
      "\"data\":-1.50E+10" },
    { "a negative zero", ngx_string("-0"), "\"data\":-0" },
    { "true", ngx_string("true"), "\"data\":true" },
    { "null", ngx_string("null"), "\"data\":null" },
    { "a JSON string", ngx_string("\"a\\u00e4\\n\""),
      "\"data\":\"a\\u00e4\\n\"" },
    { "a JSON string with an escaped zero", ngx_string("\"a\\u0000\""),
      "\"data\":\"a\\u0000\"" },
    { "an object", ngx_string("{\"a\":1}"), "\"data\":{\"a\":1}" },
    { "the order and repetition of members",
      ngx_string("{\"b\":1,\"a\":2,\"b\":3}"),
      "\"data\":{\"b\":1,\"a\":2,\"b\":3}" },
    { "members with the names of the envelope",
      ngx_string("{\"id\":1,\"data\":2}"), "\"data\":{\"id\":1,\"data\":2}" },
    { "whitespace", ngx_string(" \t{ \"a\" :\r\n[ ] } \n"),
      "\"data\": \t{ \"a\" :\r\n[ ] } \n" },
    { "what is nested", ngx_string("[[[[{\"a\":[{}]}]]]]"),
      "\"data\":[[[[{\"a\":[{}]}]]]]" },
    { "UTF-8 in JSON", ngx_string("[\"\xe2\x82\xac\"]"),
      "\"data\":[\"\xe2\x82\xac\"]" },

    { "nothing is an empty string", ngx_string(""), "\"data\":\"\"" },
    { "spaces are no JSON", ngx_string("  "), "\"data\":\"  \"" },
    { "text", ngx_string("Hello"), "\"data\":\"Hello\"" },
    { "text with quotes and a backslash", ngx_string("a\"b\\c"),
      "\"data\":\"a\\\"b\\\\c\"" },
    { "text with line ends", ngx_string("a\nb\r\tc"),
      "\"data\":\"a\\nb\\r\\tc\"" },
    { "text with control characters", ngx_string("a\x01" "b\x1f" "c"),
      "\"data\":\"a\\u0001b\\u001Fc\"" },
    { "text with a zero", ngx_string("a\0b"), "\"data\":\"a\\u0000b\"" },
    { "text in UTF-8", ngx_string("k\xc3\xa4se \xf0\x9f\x98\x80"),
      "\"data\":\"k\xc3\xa4se \xf0\x9f\x98\x80\"" },
    { "text that would close the object", ngx_string("a\"},{\"b"),
      "\"data\":\"a\\\"},{\\\"b\"" },
    { "JSON that is not complete", ngx_string("{\"a\":1"),
      "\"data\":\"{\\\"a\\\":1\"" },
    { "JSON with something behind it", ngx_string("1}"), "\"data\":\"1}\"" },
    { "two JSON texts", ngx_string("1 2"), "\"data\":\"1 2\"" },
    { "a comma too many", ngx_string("[1,]"), "\"data\":\"[1,]\"" },
    { "a number with a zero before it", ngx_string("01"),
      "\"data\":\"01\"" },
    { "a number that ends with a point", ngx_string("1."),
      "\"data\":\"1.\"" },
    { "a number of another language", ngx_string("0x10"),
      "\"data\":\"0x10\"" },
    { "no number", ngx_string("NaN"), "\"data\":\"NaN\"" },
    { "single quotes", ngx_string("'a'"), "\"data\":\"'a'\"" },
    { "a line end within a JSON string", ngx_string("\"a\nb\""),
      "\"data\":\"\\\"a\\nb\\\"\"" },
    { "a zero behind JSON", ngx_string("1\0"), "\"data\":\"1\\u0000\"" },
    { "a zero within JSON", ngx_string("[1\0,2]"),
      "\"data\":\"[1\\u0000,2]\"" },
    { "a zero behind a word of JSON", ngx_string("[true\0]"),
      "\"data\":\"[true\\u0000]\"" },
    { "a zero behind a JSON string", ngx_string("\"a\"\0"),
      "\"data\":\"\\\"a\\\"\\u0000\"" },
    { "a byte order mark", ngx_string("\xef\xbb\xbf" "1"),
      "\"data\":\"\xef\xbb\xbf" "1\"" },

    { "one byte", ngx_string("\xff"),
      "\"encoding\":\"base64\",\"data\":\"/w==\"" },
    { "two bytes", ngx_string("\xff\xfe"),
      "\"encoding\":\"base64\",\"data\":\"//4=\"" },
    { "three bytes", ngx_string("\xff\xfe\xfd"),
      "\"encoding\":\"base64\",\"data\":\"//79\"" },
    { "zeros and a byte", ngx_string("\0\0\0\x80"),
      "\"encoding\":\"base64\",\"data\":\"AAAAgA==\"" },
    { "JSON but for a byte", ngx_string("\"\xff\""),
      "\"encoding\":\"base64\",\"data\":\"Iv8i\"" },
    { "a surrogate in UTF-8", ngx_string("\xed\xa0\x80"),
      "\"encoding\":\"base64\",\"data\":\"7aCA\"" },
    { "an overlong character", ngx_string("\xc0\xaf"),
      "\"encoding\":\"base64\",\"data\":\"wK8=\"" },
    { "half a character", ngx_string("a\xe2\x82"),
      "\"encoding\":\"base64\",\"data\":\"YeKC\"" }
};


int
main(void)
{
    test_data();
    test_event();
    test_topic();
    test_binary();
    test_large();
    test_position();
    test_gap();

    return unit_done();
}


static void
test_data(void)
{
    char    text[512];
    size_t  i;

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        snprintf(text, sizeof(text), "{\"id\":\"12-3\",\"topic\":\"t\",%s}",
                 vectors[i].member);

        ok(count_splits(&vectors[i].data, text) == 0, "data: %s",
           vectors[i].rule);
    }
}


static void
test_event(void)
{
    size_t            i;
    ngx_str_t         topic;
    ngx_rt_message_t  msg;

    static const struct {
        ngx_str_t    event, data;
        const char  *text;
    } v[] = {
        { ngx_string(""), ngx_string("1"),
          "{\"id\":\"12-3\",\"topic\":\"t\",\"data\":1}" },
        { ngx_string("x"), ngx_string("1"),
          "{\"id\":\"12-3\",\"topic\":\"t\",\"event\":\"x\",\"data\":1}" },
        { ngx_string("x"), ngx_string("a"),
          "{\"id\":\"12-3\",\"topic\":\"t\",\"event\":\"x\",\"data\":\"a\"}" },
        { ngx_string("x"), ngx_string("\xff"),
          "{\"id\":\"12-3\",\"topic\":\"t\",\"event\":\"x\","
          "\"encoding\":\"base64\",\"data\":\"/w==\"}" },
        { ngx_string("a\"\\%,\xc3\xa4"), ngx_string("1"),
          "{\"id\":\"12-3\",\"topic\":\"t\","
          "\"event\":\"a\\\"\\\\%,\xc3\xa4\",\"data\":1}" }
    };

    topic = str("t");

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        memset(&msg, 0, sizeof(ngx_rt_message_t));
        msg.id.ms = 12;
        msg.id.seq = 3;
        msg.event = v[i].event;
        msg.data.data = v[i].data.data;
        msg.data.len = v[i].data.len;

        ok(differs(&topic, &msg, v[i].text) == 0, "event: %s", v[i].text);
    }
}


static void
test_topic(void)
{
    char              text[1024], *p;
    u_char            name[NGX_RT_NAME_LEN];
    ngx_str_t         topic;
    ngx_rt_message_t  msg;

    memset(&msg, 0, sizeof(ngx_rt_message_t));
    msg.id.ms = (uint64_t) -1;
    msg.id.seq = (uint64_t) -1;
    msg.data.data = (u_char *) "[]";
    msg.data.len = 2;

    topic = str("a\"b\\c/\xe2\x82\xac");

    ok(differs(&topic, &msg, "{\"id\":\"18446744073709551615-"
               "18446744073709551615\",\"topic\":"
               "\"a\\\"b\\\\c/\xe2\x82\xac\",\"data\":[]}") == 0,
       "a topic with quotes, the greatest id");

    memset(name, '"', sizeof(name));
    topic.data = name;
    topic.len = sizeof(name);
    msg.id.ms = 0;
    msg.id.seq = 0;

    p = stpcpy(text, "{\"id\":\"0-0\",\"topic\":\"");

    while (topic.len--) {
        p = stpcpy(p, "\\\"");
    }

    strcpy(p, "\",\"data\":[]}");
    topic.len = sizeof(name);

    ok(differs(&topic, &msg, text) == 0, "the longest topic, of quotes");

    memset(&msg, 0, sizeof(ngx_rt_message_t));
    topic = str("t");

    ok(differs(&topic, &msg,
               "{\"id\":\"0-0\",\"topic\":\"t\",\"data\":\"\"}") == 0,
       "a message of zeros has empty data");
}


/* each length of the base64, with each byte */

static void
test_binary(void)
{
    json_t            *root;
    size_t             i, len, n, bad;
    u_char             data[300], back[300], *p;
    ngx_str_t          topic, src, dst;
    ngx_rt_message_t   msg;

    topic = str("t");
    bad = 0;

    for (len = 1; len <= sizeof(data); len++) {
        for (i = 0; i < len; i++) {
            data[i] = (u_char) (255 - i);
        }

        memset(&msg, 0, sizeof(ngx_rt_message_t));
        msg.data.data = data;
        msg.data.len = len;

        p = ngx_rt_envelope_create(&topic, &msg, &n);
        root = p ? json_loadb((char *) p, n, 0, NULL) : NULL;

        src.data = (u_char *) json_string_value(json_object_get(root, "data"));
        src.len = json_string_length(json_object_get(root, "data"));
        dst.data = back;

        bad += src.data == NULL
               || ngx_decode_base64(&dst, &src) != NGX_OK
               || dst.len != len || memcmp(back, data, len) != 0;

        json_decref(root);
        free(p);
    }

    ok(bad == 0, "binary data of 1 to 300 bytes come back");
}


/* a megabyte, in pages as the store has it */

static void
test_large(void)
{
    char              *text, *p;
    size_t             i, n;
    u_char            *data;
    ngx_str_t          topic;
    ngx_rt_part_t     *parts;
    ngx_rt_message_t   msg;

    n = 256;
    data = malloc(n * 4096);
    text = malloc(n * 4096 + 100);
    parts = malloc(n * sizeof(ngx_rt_part_t));

    memset(data, ' ', n * 4096);
    data[0] = '[';
    data[n * 4096 - 1] = ']';

    for (i = 0; i < n; i++) {
        parts[i].data = data + i * 4096;
        parts[i].len = 4096;
        parts[i].next = (i + 1 < n) ? &parts[i + 1] : NULL;
    }

    memset(&msg, 0, sizeof(ngx_rt_message_t));
    msg.data.data = data;
    msg.data.next = parts;
    topic = str("t");

    p = stpcpy(text, "{\"id\":\"0-0\",\"topic\":\"t\",\"data\":");
    memcpy(p, data, n * 4096);
    strcpy(p + n * 4096, "}");

    ok(differs(&topic, &msg, text) == 0, "a megabyte of JSON in pages");

    /* more than jansson takes, JSON or not */

    for (i = 0; i < n * 4096; i++) {
        data[i] = (i < n * 2048) ? '[' : ']';
    }

    p = stpcpy(text, "{\"id\":\"0-0\",\"topic\":\"t\",\"data\":\"");
    memcpy(p, data, n * 4096);
    strcpy(p + n * 4096, "\"}");

    ok(differs(&topic, &msg, text) == 0,
       "what is nested half a million times is text");

    free(data);
    free(text);
    free(parts);
}


static void
test_position(void)
{
    u_char       *p;
    size_t        n;
    ngx_rt_id_t   id;

    p = malloc(NGX_RT_ENVELOPE_POSITION_LEN);
    id.ms = 12;
    id.seq = 3;

    n = ngx_rt_envelope_write_position(p, &id) - p;
    ok(n == strlen("{\"position\":\"12-3\"}")
       && memcmp(p, "{\"position\":\"12-3\"}", n) == 0, "a position");

    id.ms = (uint64_t) -1;
    id.seq = (uint64_t) -1;

    ok(ngx_rt_envelope_write_position(p, &id)
       == p + NGX_RT_ENVELOPE_POSITION_LEN,
       "the longest position fits exactly");

    free(p);
}


static void
test_gap(void)
{
    u_char        *p;
    u_char         topic[NGX_RT_NAME_LEN];
    size_t         i, n;
    ngx_rt_gap_t   gap;

    static const char  one[] =
        "{\"gap\":{\"after\":\"1-2\",\"resumed\":\"6-7\","
        "\"topic\":\"a\\\"b\"},\"position\":\"4-5\"}";

    static const char  *v[] = {
        "{\"gap\":{\"after\":\"1-2\",\"resumed\":\"6-7\"},"
        "\"position\":\"4-5\"}",
        "{\"gap\":{\"after\":\"\",\"resumed\":\"6-7\"},"
        "\"position\":\"4-5\"}"
    };

    p = malloc(NGX_RT_ENVELOPE_GAP_LEN);

    for (i = 0; i < 2; i++) {
        gap = (ngx_rt_gap_t) { { 1, 2 }, { 6, 7 }, { 4, 5 },
                               ngx_null_string, 0 };
        gap.malformed = (unsigned) i;

        n = ngx_rt_envelope_write_gap(p, &gap) - p;
        ok(n == strlen(v[i]) && memcmp(p, v[i], n) == 0, "a gap: %s", v[i]);
    }

    gap = (ngx_rt_gap_t) { { 1, 2 }, { 6, 7 }, { 4, 5 }, str("a\"b"), 0 };
    n = ngx_rt_envelope_write_gap(p, &gap) - p;

    ok(n == strlen(one) && memcmp(p, one, n) == 0, "a gap of a topic");

    memset(&gap, 0xff, sizeof(ngx_rt_gap_t));
    memset(topic, 1, sizeof(topic));
    gap.topic.data = topic;
    gap.topic.len = sizeof(topic);
    gap.malformed = 0;

    ok(ngx_rt_envelope_write_gap(p, &gap) == p + NGX_RT_ENVELOPE_GAP_LEN,
       "the longest gap fits exactly");

    free(p);
}


/* the number of ways to cut the data that give another text */

static size_t
count_splits(const ngx_str_t *data, const char *text)
{
    size_t            i, bad;
    ngx_str_t         topic;
    ngx_rt_part_t     parts[64];
    ngx_rt_message_t  msg;

    memset(&msg, 0, sizeof(ngx_rt_message_t));
    msg.id.ms = 12;
    msg.id.seq = 3;
    topic = str("t");

    msg.data.data = data->data;
    msg.data.len = data->len;
    bad = differs(&topic, &msg, text);

    msg.data.next = &parts[0];

    for (i = 0; i <= data->len; i++) {
        msg.data.len = i;
        parts[0] = (ngx_rt_part_t) { NULL, data->data + i, data->len - i };
        bad += differs(&topic, &msg, text);
    }

    msg.data.data = NULL;
    msg.data.len = 0;

    for (i = 0; i < data->len; i++) {
        parts[i] = (ngx_rt_part_t) { &parts[i + 1], data->data + i, 1 };
    }

    parts[i] = (ngx_rt_part_t) { NULL, data->data + i, 0 };

    return bad + differs(&topic, &msg, text);
}


static size_t
differs(const ngx_str_t *topic, const ngx_rt_message_t *msg, const char *text)
{
    size_t   len, bad;
    u_char  *p;
    json_t  *root;

    p = ngx_rt_envelope_create(topic, msg, &len);

    if (p == NULL) {
        printf("# no envelope\n");
        return 1;
    }

    bad = len != strlen(text) || memcmp(p, text, len) != 0;

    if (bad) {
        printf("# got: %.*s\n", (int) ngx_min(len, 200), p);
    }

    /* whatever is in it, it is JSON */

    root = json_loadb((char *) p, len, JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL,
                      NULL);
    bad += root == NULL;

    json_decref(root);
    free(p);

    return bad;
}
