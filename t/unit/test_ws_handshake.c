
/*
 * Copyright (C) the ngx_rt authors
 */


/* Fields of the handshake, RFC 6455, 4 and 9.1, and RFC 7692, 7.1. */


#include "unit.h"


typedef struct {
    const char  *rule;
    const char  *value;
    ngx_int_t    rc;
    ngx_uint_t   bits;                 /* of the window, if NGX_OK */
} field_t;


static void test_key(void);
static void test_accept(void);
static void test_lists(void);
static void test_protocols(void);
static void test_many_protocols(void);
static void test_offers(void);
static void test_bits(void);
static void test_token_characters(void);
static ngx_str_t copy(const char *text);


static const field_t  protocols[] = {
    { "4.2.2: the only one", "rt.json", NGX_OK, 0 },
    { "4.2.2: the first of some", "rt.json, chat, superchat", NGX_OK, 0 },
    { "4.2.2: in the middle", "chat, rt.json, superchat", NGX_OK, 0 },
    { "4.2.2: the last", "chat,superchat,rt.json", NGX_OK, 0 },
    { "4.2.2: an unknown one", "chat", NGX_DECLINED, 0 },
    { "4.2.2: only unknown ones", "chat, superchat", NGX_DECLINED, 0 },
    { "4.1: case matters", "RT.JSON", NGX_DECLINED, 0 },
    { "4.1: a longer name is another one", "rt.json2", NGX_DECLINED, 0 },
    { "4.1: a shorter name is another one", "rt.jso", NGX_DECLINED, 0 },
    { "4.1: another case is no duplicate", "rt.json, RT.json", NGX_OK, 0 },
    { "4.1: a prefix is no duplicate", "rt.json, rt", NGX_OK, 0 },
    { "4.1: spaces and tabs around", " \t rt.json \t ", NGX_OK, 0 },
    { "4.1: spaces around commas", "a ,\tb\t, rt.json", NGX_OK, 0 },
    { "4.1: a twice is an error", "a, a", NGX_ERROR, 0 },
    { "4.1: ours twice is an error", "rt.json, rt.json", NGX_ERROR, 0 },
    { "4.1: one twice behind ours is an error", "rt.json, b, c, b",
      NGX_ERROR, 0 },
    { "4.1: one twice around ours is an error", "b,rt.json,b", NGX_ERROR, 0 },
    { "4.3: an empty list is an error", "", NGX_ERROR, 0 },
    { "4.3: a list of spaces is an error", "  \t", NGX_ERROR, 0 },
    { "4.3: a list of commas is an error", ",,", NGX_ERROR, 0 },
    { "9110, 5.6.1.2: empty elements are skipped", ",,rt.json, ,",
      NGX_OK, 0 },
    { "9110, 5.6.1.2: a comma at the end", "chat,", NGX_DECLINED, 0 },
    { "9110, 5.6.1.2: a comma at the beginning", ", chat", NGX_DECLINED, 0 },
    { "4.1: no space within a name", "rt json", NGX_ERROR, 0 },
    { "4.1: no second name without a comma", "chat rt.json", NGX_ERROR, 0 },
    { "4.1: no semicolon", "rt.json;q=1", NGX_ERROR, 0 },
    { "4.1: no slash", "chat/1", NGX_ERROR, 0 },
    { "4.1: no quotes", "\"rt.json\"", NGX_ERROR, 0 },
    { "4.1: no parentheses", "rt.json, (a)", NGX_ERROR, 0 },
    { "4.1: no equals sign", "a=b", NGX_ERROR, 0 },
    { "4.1: no bytes above 0x7e", "rt.json, \xc3\xa4", NGX_ERROR, 0 },
    { "4.1: no control characters", "rt.json, a\x01" "b", NGX_ERROR, 0 },
    { "4.1: no DEL", "\x7f", NGX_ERROR, 0 },
    { "4.1: an error behind ours is one", "rt.json, [", NGX_ERROR, 0 },
    { "4.1: the punctuation of a token", "!#$%&'*+-.^_`|~09azAZ, rt.json",
      NGX_OK, 0 }
};


static const field_t  offers[] = {
    { "7692, 7.1: without parameters", "permessage-deflate", NGX_OK, 0 },
    { "7692, 7.1: an unknown extension", "x-webkit-deflate-frame",
      NGX_DECLINED, 0 },
    { "9.1: names have no case", "PerMessage-Deflate", NGX_OK, 0 },
    { "9.1: a longer name is another one", "permessage-deflate2",
      NGX_DECLINED, 0 },
    { "9.1: a shorter name is another one", "permessage-deflat",
      NGX_DECLINED, 0 },
    { "9.1: an unknown one with parameters", "foo; bar=1; baz=\"x\"",
      NGX_DECLINED, 0 },
    { "9.1: ours behind an unknown one", "foo; bar, permessage-deflate",
      NGX_OK, 0 },
    { "9.1: ours before an unknown one", "permessage-deflate, foo",
      NGX_OK, 0 },

    { "7692, 7.1: what Chromium offers",
      "permessage-deflate; client_max_window_bits", NGX_OK, 0 },
    { "7692, 7.1.3: an example",
      "permessage-deflate; client_max_window_bits; "
      "server_max_window_bits=10", NGX_OK, 10 },
    { "7692, 7.1.3: the first that can be met",
      "permessage-deflate; client_max_window_bits; "
      "server_max_window_bits=10, permessage-deflate; "
      "client_max_window_bits", NGX_OK, 10 },
    { "7692, 7.1.3: in the order of the client",
      "permessage-deflate, permessage-deflate; server_max_window_bits=10",
      NGX_OK, 0 },
    { "7692, 7: the second if the first cannot be met",
      "permessage-deflate; server_max_window_bits=8, "
      "permessage-deflate; server_max_window_bits=9", NGX_OK, 9 },
    { "7692, 7: the last of three",
      "foo, permessage-deflate; bar, permessage-deflate; "
      "server_no_context_takeover; server_max_window_bits=11", NGX_OK, 11 },

    { "7692, 7.1.1.1: server_no_context_takeover",
      "permessage-deflate; server_no_context_takeover", NGX_OK, 0 },
    { "7692, 7.1.1.1: it has no value",
      "permessage-deflate; server_no_context_takeover=1", NGX_DECLINED, 0 },
    { "7692, 7.1.1.1: also no quoted one",
      "permessage-deflate; server_no_context_takeover=\"true\"",
      NGX_DECLINED, 0 },
    { "7692, 7.1.1.2: client_no_context_takeover",
      "permessage-deflate; client_no_context_takeover", NGX_OK, 0 },
    { "7692, 7.1.1.2: it has no value",
      "permessage-deflate; client_no_context_takeover=0", NGX_DECLINED, 0 },
    { "7692, 7.1.2.1: server_max_window_bits has a value",
      "permessage-deflate; server_max_window_bits", NGX_DECLINED, 0 },
    { "7692, 7.1.2.2: client_max_window_bits needs none",
      "permessage-deflate; client_max_window_bits", NGX_OK, 0 },
    { "7692, 7.1.2.2: it says nothing of our window",
      "permessage-deflate; client_max_window_bits=9", NGX_OK, 0 },
    { "7692, 7.1: all four, in any case",
      "permessage-deflate; SERVER_no_context_takeover; "
      "client_NO_context_takeover; server_max_window_bits=12; "
      "client_max_window_bits=15", NGX_OK, 12 },

    { "7692, 7.1: an unknown parameter", "permessage-deflate; foo",
      NGX_DECLINED, 0 },
    { "7692, 7.1: an unknown parameter with a value",
      "permessage-deflate; foo=bar", NGX_DECLINED, 0 },
    { "7692, 7.1: a known one does not make up for it",
      "permessage-deflate; foo; client_max_window_bits", NGX_DECLINED, 0 },
    { "7692, 7.1: a parameter twice",
      "permessage-deflate; server_no_context_takeover; "
      "server_no_context_takeover", NGX_DECLINED, 0 },
    { "7692, 7.1: a parameter twice with the same value",
      "permessage-deflate; server_max_window_bits=10; "
      "server_max_window_bits=10", NGX_DECLINED, 0 },
    { "7692, 7.1: a parameter twice in another case",
      "permessage-deflate; client_max_window_bits; "
      "Client_Max_Window_Bits=10", NGX_DECLINED, 0 },
    { "7692, 7.1: a parameter once in each of two offers",
      "permessage-deflate; foo; server_max_window_bits=10, "
      "permessage-deflate; server_max_window_bits=11", NGX_OK, 11 },

    { "9.1: a quoted value",
      "permessage-deflate; server_max_window_bits=\"10\"", NGX_OK, 10 },
    { "9.1: a comma in quotes is no token", "foo; bar=\"a,b\"",
      NGX_ERROR, 0 },
    { "9.1: an empty quoted value is no token", "foo; bar=\"\"",
      NGX_ERROR, 0 },
    { "9.1: a space in quotes is no token", "foo; bar=\" a\"",
      NGX_ERROR, 0 },
    { "9.1: an escape in quotes",
      "permessage-deflate; server_max_window_bits=\"\\10\", "
      "permessage-deflate; server_max_window_bits=12", NGX_OK, 12 },
    { "9.1: an escaped quote is no token", "foo; bar=\"a\\\"b\"",
      NGX_ERROR, 0 },
    { "9.1: an escape that stays open", "foo; bar=\"a\\", NGX_ERROR, 0 },
    { "9.1: quotes that stay open", "foo; bar=\"a", NGX_ERROR, 0 },
    { "9.1: quotes that only open", "foo; bar=\"", NGX_ERROR, 0 },
    { "9.1: something behind the quotes", "foo; bar=\"a\"b", NGX_ERROR, 0 },
    { "9.1: spaces everywhere",
      " permessage-deflate ;\tserver_max_window_bits = 10 , foo ",
      NGX_OK, 10 },
    { "9.1: no spaces",
      "foo,permessage-deflate;server_max_window_bits=10;"
      "client_max_window_bits", NGX_OK, 10 },
    { "9110, 5.6.1.2: empty elements are skipped",
      ", ,permessage-deflate,,", NGX_OK, 0 },

    { "9.1: an empty list", "", NGX_ERROR, 0 },
    { "9.1: a list of commas", " , ,", NGX_ERROR, 0 },
    { "9.1: a semicolon at the end", "permessage-deflate;", NGX_ERROR, 0 },
    { "9.1: two semicolons", "permessage-deflate;; foo", NGX_ERROR, 0 },
    { "9.1: a semicolon at the beginning", "; permessage-deflate",
      NGX_ERROR, 0 },
    { "9.1: a parameter without a name", "permessage-deflate; =1",
      NGX_ERROR, 0 },
    { "9.1: an equals sign without a value", "permessage-deflate; a=",
      NGX_ERROR, 0 },
    { "9.1: two values", "permessage-deflate; a=b=c", NGX_ERROR, 0 },
    { "9.1: a value of the extension", "permessage-deflate=1",
      NGX_ERROR, 0 },
    { "9.1: two names", "permessage-deflate foo", NGX_ERROR, 0 },
    { "9.1: a slash", "permessage/deflate", NGX_ERROR, 0 },
    { "9.1: a byte above 0x7e", "permessage-deflate; \xe4", NGX_ERROR, 0 },
    { "9.1: a control character", "permessage-deflate;\x0b" "a",
      NGX_ERROR, 0 },
    { "9.1: an error behind a good offer", "permessage-deflate, foo;",
      NGX_ERROR, 0 }
};


int
main(void)
{
    test_key();
    test_accept();
    test_lists();
    test_protocols();
    test_many_protocols();
    test_offers();
    test_bits();
    test_token_characters();

    return unit_done();
}


static void
test_key(void)
{
    size_t     i;
    ngx_str_t  key;

    static const struct {
        const char  *rule;
        const char  *key;
        ngx_uint_t   good;
    } v[] = {
        { "the key of the RFC", "dGhlIHNhbXBsZSBub25jZQ==", 1 },
        { "a key of zeros", "AAAAAAAAAAAAAAAAAAAAAA==", 1 },
        { "a key with all of the alphabet's ends", "azAZ09+/azAZ09+/azAZ0w==",
          1 },
        { "an empty key", "", 0 },
        { "15 bytes", "AAAAAAAAAAAAAAAAAAAA", 0 },
        { "17 bytes", "AAAAAAAAAAAAAAAAAAAAAAA=", 0 },
        { "18 bytes", "AAAAAAAAAAAAAAAAAAAAAAAA", 0 },
        { "no padding", "AAAAAAAAAAAAAAAAAAAAAA", 0 },
        { "half a padding", "AAAAAAAAAAAAAAAAAAAAAA=", 0 },
        { "too much padding", "AAAAAAAAAAAAAAAAAAAAAA===", 0 },
        { "padding too early", "AAAAAAAAAAAAAAAAAAAAA===", 0 },
        { "a padding of something else", "AAAAAAAAAAAAAAAAAAAAAA=A", 0 },
        { "a space in it", "AAAAAAAAAA AAAAAAAAAAA==", 0 },
        { "a space before it", " AAAAAAAAAAAAAAAAAAAAA==", 0 },
        { "base64url", "AAAAAAAAAA-AAAAAAAAAA_==", 0 },
        { "a byte above 0x7e", "AAAAAAAAAA\xc3" "AAAAAAAAAAA==", 0 }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        key = copy(v[i].key);
        ok(ngx_rt_ws_handshake_key_is_valid(&key) == v[i].good,
           "4.2.1: %s is %s", v[i].rule, v[i].good ? "one" : "none");
        free(key.data);
    }
}


static void
test_accept(void)
{
    size_t      i;
    u_char     *accept;
    ngx_str_t   key;

    static const char  *v[][2] = {
        { "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
        { "x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk=" }
    };

    for (i = 0; i < 2; i++) {
        key = copy(v[i][0]);
        accept = malloc(NGX_RT_WS_HANDSHAKE_ACCEPT);

        ngx_rt_ws_handshake_accept(accept, &key);

        ok(memcmp(accept, v[i][1], NGX_RT_WS_HANDSHAKE_ACCEPT) == 0,
           "4.2.2: \"%s\" is answered", v[i][0]);

        free(accept);
        free(key.data);
    }
}


static void
test_lists(void)
{
    size_t     i;
    ngx_str_t  value;

    static const struct {
        const char  *value;
        ngx_uint_t   found;
    } v[] = {
        { "upgrade", 1 }, { "Upgrade", 1 }, { "UPGRADE", 1 },
        { "keep-alive, Upgrade", 1 }, { "Upgrade, keep-alive", 1 },
        { "a,b,upgrade,c", 1 }, { "  upgrade  ", 1 }, { "\tupgrade\t,x", 1 },
        { ",,upgrade", 1 }, { "upgrade,", 1 }, { "x , upgrade , y", 1 },
        { "x,upgrade", 1 },
        { "", 0 }, { ",", 0 }, { " ", 0 }, { "keep-alive", 0 },
        { "upgraded", 0 }, { "xupgrade", 0 }, { "upgrad", 0 },
        { "upgrade/1", 0 }, { "upgrade;q=1", 0 }, { "\"upgrade\"", 0 },
        { "upgrade x", 0 }, { "x upgrade", 0 }, { "up,grade", 0 }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        value = copy(v[i].value);
        ok(ngx_rt_ws_handshake_lists(&value, "upgrade") == v[i].found,
           "4.2.1: \"%s\" %s the token", v[i].value,
           v[i].found ? "has" : "has not");
        free(value.data);
    }
}


static void
test_protocols(void)
{
    size_t     i;
    ngx_str_t  value;

    for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        value = copy(protocols[i].value);
        ok(ngx_rt_ws_handshake_protocol(&value, "rt.json") == protocols[i].rc,
           "%s: \"%s\"", protocols[i].rule, protocols[i].value);
        free(value.data);
    }
}


/* a list as long as it may be, and longer */

static void
test_many_protocols(void)
{
    char       text[2048], *p;
    ngx_int_t  rc[4];
    ngx_str_t  value;
    ngx_uint_t i, n;

    for (n = 0; n < 4; n++) {
        p = text;

        for (i = 0; i < NGX_RT_WS_HANDSHAKE_PROTOCOLS - 1 + n % 2; i++) {
            p += sprintf(p, "p%d, ", (int) i);
        }

        strcpy(p, n < 2 ? "rt.json" : "p0");

        value = copy(text);
        rc[n] = ngx_rt_ws_handshake_protocol(&value, "rt.json");
        free(value.data);
    }

    ok(rc[0] == NGX_OK, "the last of as many as may be");
    ok(rc[1] == NGX_ERROR, "one more is an error");
    ok(rc[2] == NGX_ERROR && rc[3] == NGX_ERROR,
       "the first one again at the end is an error");
}


static void
test_offers(void)
{
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   value;
    ngx_uint_t  bits;

    for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        bits = 0;
        value = copy(offers[i].value);

        rc = ngx_rt_ws_handshake_deflate(&value, &bits);

        ok(rc == offers[i].rc && (rc != NGX_OK || bits == offers[i].bits),
           "%s: \"%s\"", offers[i].rule, offers[i].value);

        free(value.data);
    }
}


static void
test_bits(void)
{
    char         text[128];
    size_t       i;
    ngx_int_t    rc;
    ngx_str_t    value;
    ngx_uint_t   bits, n, server, good;

    static const char  *bad[] = {
        "0", "00", "010", "08", "015", "15.", "1e1", "0xa", "-10", "+10",
        "10a", "a", "100", "4294967306", "99999999999999999999"
    };

    for (n = 0; n <= 20; n++) {
        for (server = 0; server < 2; server++) {
            snprintf(text, sizeof(text),
                     "permessage-deflate; %s_max_window_bits=%d",
                     server ? "server" : "client", (int) n);

            bits = 99;
            value = copy(text);
            rc = ngx_rt_ws_handshake_deflate(&value, &bits);
            free(value.data);

            /* a window of 256 bytes is one, but zlib cannot deflate with it */

            good = n >= (server ? 9 : 8) && n <= 15;

            ok(rc == (good ? NGX_OK : NGX_DECLINED)
               && (!good || bits == (server ? n : 0)),
               "7692, 7.1.2.%d: %s", server ? 1 : 2, text);
        }
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (server = 0; server < 2; server++) {
            snprintf(text, sizeof(text),
                     "permessage-deflate; %s_max_window_bits=%s",
                     server ? "server" : "client", bad[i]);

            value = copy(text);
            ok(ngx_rt_ws_handshake_deflate(&value, &bits) == NGX_DECLINED,
               "7692, 7.1.2.%d: %s", server ? 1 : 2, text);
            free(value.data);
        }
    }
}


/* each byte, as a subprotocol and as an extension */

static void
test_token_characters(void)
{
    u_char       text[3];
    ngx_str_t    value;
    ngx_int_t    want;
    ngx_uint_t   ch, bits, bad, n;

    static const char  tokens[] =
        "!#$%&'*+-.^_`|~0123456789"
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    value.data = text;
    value.len = 3;
    text[0] = 'a';
    text[2] = 'c';
    bad = 0;
    n = 0;

    for (ch = 0; ch < 256; ch++) {
        text[1] = (u_char) ch;

        want = memchr(tokens, (int) ch, sizeof(tokens) - 1) || ch == ','
               ? NGX_DECLINED : NGX_ERROR;

        n += (want == NGX_DECLINED);

        bad += ngx_rt_ws_handshake_protocol(&value, "rt.json") != want;

        if (ch == ';') {
            want = NGX_DECLINED;
        }

        bad += ngx_rt_ws_handshake_deflate(&value, &bits) != want;
    }

    ok(bad == 0 && n == 78, "9110, 5.6.2: 77 characters make a token");
}


/* on the heap to the byte */

static ngx_str_t
copy(const char *text)
{
    ngx_str_t  s;

    s.len = strlen(text);
    s.data = malloc(s.len);
    memcpy(s.data, text, s.len);

    return s;
}
