
/*
 * Copyright (C) the ngx_rt authors
 */


/* The vectors of wire/, each whole and at every split. */


#include "unit.h"


static void test_id(void);
static void test_topic(void);
static void test_event(void);
static void test_list(void);
static void test_hash(void);
static void test_utf8(void);
static void test_sse(void);
static void test_gap(void);
static void test_accept(void);


int
main(void)
{
    test_id();
    test_topic();
    test_event();
    test_list();
    test_hash();
    test_utf8();
    test_sse();
    test_gap();
    test_accept();

    return unit_done();
}


static void
test_id(void)
{
    size_t        i, len;
    u_char        text[NGX_RT_ID_LEN];
    ngx_rt_id_t   id, before;

    static const char *good[] = {
        "0-0", "1-2", "1763859000123-0",
        "18446744073709551615-18446744073709551615"
    };

    static const char *bad[] = {
        "", "-", "1", "1-", "-1", "1-1-", "1-1x", "x1-1", " 1-1", "1 -1",
        "+1-1", "1--1", "0x1-1", "18446744073709551616-0",
        "0-18446744073709551616", "99999999999999999999999-0"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        len = strlen(good[i]);

        ok(ngx_rt_id_parse(&id, (u_char *) good[i], len) == NGX_OK,
           "\"%s\" is an id", good[i]);
        ok((size_t) (ngx_rt_id_write(text, &id) - text) == len
           && memcmp(text, good[i], len) == 0,
           "\"%s\" is written as it was read", good[i]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(ngx_rt_id_parse(&id, (u_char *) bad[i], strlen(bad[i]))
           == NGX_ERROR, "\"%s\" is no id", bad[i]);
    }

    id.ms = 5;
    id.seq = 0;
    before = ngx_rt_id_before(&id);

    ok(before.ms == 4 && before.seq == (uint64_t) -1
       && ngx_rt_id_is(&before, <, &id), "4-max is before 5-0");

    id.ms = 0;
    before = ngx_rt_id_before(&id);
    ok(before.ms == 0 && before.seq == 0, "nothing is before 0-0");
}


static void
test_topic(void)
{
    size_t       i;
    ngx_str_t    name;
    char         longest[257];

    static const ngx_str_t good[] = {
        ngx_string("a"), ngx_string("a b/c?d&e=f#g"),
        ngx_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
        ngx_string("\xc2\xa0")
    };

    static const ngx_str_t bad[] = {
        ngx_string(""), ngx_string("a,b"), ngx_string("a%b"),
        ngx_string("a\nb"), ngx_string("\0"), ngx_string("\x7f"),
        ngx_string("\xc2\x80"), ngx_string("\xc2\x9f"), ngx_string("\xff"),
        ngx_string("\xc3"), ngx_string("\xc0\x80")
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(ngx_rt_name_check_topic(&good[i]) == NULL, "good topic %zu", i);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(ngx_rt_name_check_topic(&bad[i]) != NULL, "bad topic %zu: %s", i,
           ngx_rt_name_check_topic(&bad[i]));
    }

    memset(longest, 'x', sizeof(longest));
    name.data = (u_char *) longest;

    name.len = 255;
    ok(ngx_rt_name_check_topic(&name) == NULL, "255 bytes are a topic");

    name.len = 256;
    ok(ngx_rt_name_check_topic(&name) != NULL, "256 bytes are not");
}


static void
test_event(void)
{
    ngx_str_t  name;

    name = str("");
    ok(ngx_rt_name_check_event(&name) == NULL, "an event type may be empty");
    name = str("a,b%c");
    ok(ngx_rt_name_check_event(&name) == NULL, "it may have a comma");
    name = str("rt");
    ok(ngx_rt_name_check_event(&name) == NULL, "\"rt\" is not reserved");
    name = str("rt.gap");
    ok(ngx_rt_name_check_event(&name) != NULL, "\"rt.\" is");
    name = str("a\nb");
    ok(ngx_rt_name_check_event(&name) != NULL, "it has no line feed");
    name = str("a\rb");
    ok(ngx_rt_name_check_event(&name) != NULL, "and no carriage return");
}


static void
test_list(void)
{
    u_char        buf[NGX_RT_NAME_LEN], text[1024];
    ngx_int_t     rc;
    ngx_str_t     list, name;
    ngx_uint_t    n;
    const char   *reason;

    list = str("a,b%20c,%c3%A4");

    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_OK
       && name.len == 1 && name.data[0] == 'a', "first topic");
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_OK
       && name.len == 3 && memcmp(name.data, "b c", 3) == 0,
       "second topic is decoded");
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_OK
       && name.len == 2 && memcmp(name.data, "\xc3\xa4", 2) == 0,
       "hexadecimal digits of both cases");
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_DONE,
       "the list is over");

    list = str("%2525");
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_ERROR,
       "decoded only once: %s", reason);

    list = str("a%2Cb");
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_ERROR,
       "an encoded comma stays one: %s", reason);

    for (n = 0; n < 3; n++) {
        list = n == 0 ? str("%") : n == 1 ? str("%4") : str("%4g");
        ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_ERROR,
           "a broken escape: %s", reason);
    }

    list = str("a,,b");
    (void) ngx_rt_name_parse_topic(&list, buf, &name, &reason);
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_ERROR,
       "an empty one between commas: %s", reason);

    list = str("a,");
    (void) ngx_rt_name_parse_topic(&list, buf, &name, &reason);
    ok(ngx_rt_name_parse_topic(&list, buf, &name, &reason) == NGX_ERROR,
       "an empty one at the end: %s", reason);

    memset(text, 'x', sizeof(text));
    list.data = text;
    list.len = sizeof(text);
    rc = ngx_rt_name_parse_topic(&list, buf, &name, &reason);
    ok(rc == NGX_ERROR, "a long one does not overrun: %s", reason);
}


static void
test_hash(void)
{
    size_t      i;
    ngx_str_t   name;
    uint64_t    key[2], hash[16];
    u_char      text[16];
    ngx_uint_t  j, same;

    key[0] = 1;
    key[1] = 2;
    same = 0;

    for (i = 0; i < 16; i++) {
        text[i] = 'a';
        name.data = text;
        name.len = i + 1;
        hash[i] = ngx_rt_name_hash(key, &name);

        for (j = 0; j < i; j++) {
            same += (hash[j] == hash[i]);
        }
    }

    ok(same == 0, "names of all lengths hash differently");
    ok(ngx_rt_name_hash(key, &name) == hash[15], "and the same each time");

    key[0] = 3;
    ok(ngx_rt_name_hash(key, &name) != hash[15], "another key, another hash");
}


static void
test_utf8(void)
{
    size_t  i, len;

    /* the first and the last of each length, and the neighbours of gaps */

    static const ngx_str_t good[] = {
        ngx_string("\x7f"), ngx_string("\xc2\x80"), ngx_string("\xdf\xbf"),
        ngx_string("\xe0\xa0\x80"), ngx_string("\xed\x9f\xbf"),
        ngx_string("\xee\x80\x80"), ngx_string("\xef\xbf\xbf"),
        ngx_string("\xf0\x90\x80\x80"), ngx_string("\xf4\x8f\xbf\xbf")
    };

    static const ngx_str_t bad[] = {
        ngx_string("\x80"), ngx_string("\xbf"), ngx_string("\xc0\xaf"),
        ngx_string("\xc1\xbf"), ngx_string("\xe0\x9f\xbf"),
        ngx_string("\xed\xa0\x80"), ngx_string("\xf0\x8f\xbf\xbf"),
        ngx_string("\xf4\x90\x80\x80"), ngx_string("\xf5\x80\x80\x80"),
        ngx_string("\xfe"), ngx_string("\xff"), ngx_string("a\xe2\x82z")
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(ngx_rt_utf8_is_valid(good[i].data, good[i].len),
           "valid sequence %zu", i);

        for (len = 1; len < good[i].len; len++) {
            ok(!ngx_rt_utf8_is_valid(good[i].data, len),
               "valid sequence %zu cut after %zu", i, len);
        }
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(!ngx_rt_utf8_is_valid(bad[i].data, bad[i].len),
           "invalid sequence %zu", i);
    }
}


/* each vector in one part, in bytes, and in two parts cut at each place */

static void
test_sse(void)
{
    size_t             i, j, len, size, bad;
    u_char            *p, out[512];
    ngx_rt_part_t      parts[64];
    ngx_rt_message_t   msg;

    static const struct {
        ngx_str_t      event;
        ngx_str_t      data;
        const char    *out;
    } v[] = {
        { ngx_string(""), ngx_string("hello"), "data: hello\n\n" },
        { ngx_string(""), ngx_string(""), "data: \n\n" },
        { ngx_string("x"), ngx_string("a"), "event: x\ndata: a\n\n" },
        { ngx_string(""), ngx_string(" a"), "data:  a\n\n" },
        { ngx_string(""), ngx_string(":a"), "data: :a\n\n" },
        { ngx_string(""), ngx_string("a\nb"), "data: a\ndata: b\n\n" },
        { ngx_string(""), ngx_string("a\rb"), "data: a\ndata: b\n\n" },
        { ngx_string(""), ngx_string("a\r\nb"), "data: a\ndata: b\n\n" },
        { ngx_string(""), ngx_string("a\n\rb"),
          "data: a\ndata: \ndata: b\n\n" },
        { ngx_string(""), ngx_string("\r\n\r\n"),
          "data: \ndata: \ndata: \n\n" },
        { ngx_string(""), ngx_string("\r\r\n\n"),
          "data: \ndata: \ndata: \ndata: \n\n" },
        { ngx_string(""), ngx_string("a\n"), "data: a\ndata: \n\n" },
        { ngx_string(""), ngx_string("\xe2\x82\xac\r"),
          "data: \xe2\x82\xac\ndata: \n\n" }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        len = v[i].data.len;
        bad = 0;

        for (j = 0; j <= len + 1; j++) {

            ngx_memzero(&msg, sizeof(ngx_rt_message_t));
            ngx_memzero(parts, sizeof(parts));

            msg.id.ms = 12;
            msg.id.seq = 3;
            msg.event = v[i].event;
            msg.data.data = v[i].data.data;

            if (j <= len) {
                msg.data.len = j;
                parts[0].data = v[i].data.data + j;
                parts[0].len = len - j;
                msg.data.next = &parts[0];

            } else if (len) {
                for (size = 0; size < len; size++) {
                    parts[size].data = v[i].data.data + size;
                    parts[size].len = 1;
                    parts[size].next = size + 1 < len ? &parts[size + 1]
                                                      : NULL;
                }

                msg.data.next = &parts[0];
            }

            p = ngx_rt_sse_write_message(out, &msg);
            size = p - out;

            bad += size != ngx_rt_sse_message_size(&msg);
            bad += size != strlen("id: 12-3\n") + strlen(v[i].out);
            bad += memcmp(out, "id: 12-3\n", 9) != 0;
            bad += memcmp(out + 9, v[i].out, strlen(v[i].out)) != 0;
        }

        ok(bad == 0, "event %zu is the same at every split", i);
    }
}


static void
test_gap(void)
{
    u_char        out[NGX_RT_SSE_GAP_LEN];
    size_t        len;
    ngx_rt_gap_t  gap;

    static const char *text = "id: 4-5\nevent: rt.gap\n"
                       "data: {\"after\":\"1-2\",\"resumed\":\"6-7\"}\n\n";

    gap = (ngx_rt_gap_t) { { 1, 2 }, { 6, 7 }, { 4, 5 }, ngx_null_string, 0 };

    len = ngx_rt_sse_write_gap(out, &gap) - out;
    ok(len == strlen(text) && memcmp(out, text, len) == 0, "a gap");

    memset(&gap, 0xff, sizeof(ngx_rt_gap_t));
    gap.malformed = 0;
    ok(ngx_rt_sse_write_gap(out, &gap) == out + sizeof(out),
       "the longest gap fits exactly");
}


static void
test_accept(void)
{
    size_t     i;
    ngx_str_t  value;

    static const struct {
        const char  *value;
        ngx_uint_t   allowed;
    } v[] = {
        { "", 1 }, { ",", 1 }, { "*/*", 1 }, { "text/*", 1 },
        { "text/event-stream", 1 }, { "TEXT/Event-Stream", 1 },
        { "text/event-stream;q=0", 0 }, { "text/event-stream;q=0.000", 0 },
        { "text/event-stream;q=0.001", 1 }, { "text/event-stream; Q=0 ", 0 },
        { "text/html", 0 }, { "text/html, */*;q=0.1", 1 },
        { "text/html,text/*;q=0,*/*", 0 },
        { "text/event-stream;q=0, */*", 0 },
        { "*/*;q=0, text/event-stream", 1 },
        { "text/event-streams", 0 }, { "text/event", 0 }, { "text", 0 },
        { "*", 0 }, { "application/json ,  text/event-stream", 1 },
        { "text/event-stream;charset=utf-8;q=0", 0 }, { "text/", 0 },
        { "image/*", 0 }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        value.data = (u_char *) v[i].value;
        value.len = strlen(v[i].value);

        ok(ngx_rt_accept_allows(&value, "text", "event-stream")
           == v[i].allowed, "Accept: %s", v[i].value);
    }
}
