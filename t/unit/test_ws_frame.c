
/*
 * Copyright (C) the ngx_rt authors
 */


/* Headers and close frames, RFC 6455, sections 5 and 7, at every prefix. */


#include "unit.h"


typedef struct {
    const char  *rule;
    ngx_str_t    header;
    ngx_int_t    rc;                   /* of all of it */
    uint64_t     len;
} frame_t;


static void test_headers(void);
static void test_opcodes(void);
static void test_prefixes(const char *rule, const ngx_str_t *header,
    ngx_int_t rc, ngx_rt_ws_frame_t *frame);
static void test_unmask(void);
static void test_write(void);
static void test_write_close(void);
static void test_parse_close(void);
static void test_codes(void);


static const frame_t  headers[] = {
    { "5.7: a single-frame masked text message",
      ngx_string("\x81\x85\x37\xfa\x21\x3d"), 6, 5 },
    { "5.7: a masked pong",
      ngx_string("\x8a\x85\x37\xfa\x21\x3d"), 6, 5 },
    { "5.7: 256 bytes in a single frame",
      ngx_string("\x82\xfe\x01\x00" "mask"), 8, 256 },
    { "5.7: 64 KiB in a single frame",
      ngx_string("\x82\xff\0\0\0\0\0\x01\0\0" "mask"), 14, 65536 },

    { "5.2: no payload",
      ngx_string("\x82\x80" "mask"), 6, 0 },
    { "5.2: 125 is the longest length of 7 bits",
      ngx_string("\x82\xfd" "mask"), 6, 125 },
    { "5.2: 126 is the shortest length of 16 bits",
      ngx_string("\x82\xfe\0\x7e" "mask"), 8, 126 },
    { "5.2: 65535 is the longest length of 16 bits",
      ngx_string("\x82\xfe\xff\xff" "mask"), 8, 65535 },
    { "5.2: 2^63 - 1 is the longest length of 64 bits",
      ngx_string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" "mask"), 14,
      0x7fffffffffffffffULL },
    { "5.2: a 16-bit length below 126 is refused",
      ngx_string("\x82\xfe\0\x7d" "mask"), NGX_ERROR, 0 },
    { "5.2: a 16-bit length of 0 is refused",
      ngx_string("\x82\xfe\0\0" "mask"), NGX_ERROR, 0 },
    { "5.2: a 64-bit length below 65536 is refused",
      ngx_string("\x82\xff\0\0\0\0\0\0\xff\xff" "mask"), NGX_ERROR, 0 },
    { "5.2: a 64-bit length of 0 is refused",
      ngx_string("\x82\xff\0\0\0\0\0\0\0\0" "mask"), NGX_ERROR, 0 },
    { "5.2: the highest bit of a 64-bit length is 0",
      ngx_string("\x82\xff\x80\0\0\0\0\0\0\0" "mask"), NGX_ERROR, 0 },
    { "5.2: a length of 64 bits that are all set is refused",
      ngx_string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" "mask"),
      NGX_ERROR, 0 },
    { "5.2: RSV1 is for extensions, so for the reader of messages",
      ngx_string("\xc1\x80" "mask"), 6, 0 },
    { "5.2: RSV2 is refused",
      ngx_string("\xa1\x80" "mask"), NGX_ERROR, 0 },
    { "5.2: RSV3 is refused",
      ngx_string("\x91\x80" "mask"), NGX_ERROR, 0 },

    { "5.1: a text frame that is not masked is refused",
      ngx_string("\x81\x05Hello"), NGX_ERROR, 0 },
    { "5.1: an empty frame that is not masked is refused",
      ngx_string("\x81\x00"), NGX_ERROR, 0 },
    { "5.1: a control frame that is not masked is refused",
      ngx_string("\x89\x00"), NGX_ERROR, 0 },
    { "5.1: a long frame that is not masked is refused",
      ngx_string("\x82\x7e\x01\x00"), NGX_ERROR, 0 },

    { "5.4: the first fragment of text",
      ngx_string("\x01\x83" "mask"), 6, 3 },
    { "5.4: a fragment in the middle",
      ngx_string("\x00\x83" "mask"), 6, 3 },
    { "5.4: the last fragment",
      ngx_string("\x80\x83" "mask"), 6, 3 },

    { "5.5: a close frame is not fragmented",
      ngx_string("\x08\x80" "mask"), NGX_ERROR, 0 },
    { "5.5: a ping is not fragmented",
      ngx_string("\x09\x80" "mask"), NGX_ERROR, 0 },
    { "5.5: a pong is not fragmented",
      ngx_string("\x0a\x80" "mask"), NGX_ERROR, 0 },
    { "5.5: a ping of 125 bytes",
      ngx_string("\x89\xfd" "mask"), 6, 125 },
    { "5.5: a ping of 126 bytes is refused",
      ngx_string("\x89\xfe\0\x7e" "mask"), NGX_ERROR, 0 },
    { "5.5: a close frame of 65536 bytes is refused",
      ngx_string("\x88\xff\0\0\0\0\0\x01\0\0" "mask"), NGX_ERROR, 0 },
    { "5.5: a short pong with a length of 16 bits is refused",
      ngx_string("\x8a\xfe\0\x01" "mask"), NGX_ERROR, 0 }
};


int
main(void)
{
    test_headers();
    test_opcodes();
    test_unmask();
    test_write();
    test_write_close();
    test_parse_close();
    test_codes();

    return unit_done();
}


static void
test_headers(void)
{
    size_t              i;
    const frame_t      *v;
    ngx_rt_ws_frame_t   frame;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        v = &headers[i];

        test_prefixes(v->rule, &v->header, v->rc, &frame);

        if (v->rc <= 0) {
            continue;
        }

        ok(frame.len == v->len
           && frame.opcode == (v->header.data[0] & 0x0f)
           && frame.fin == (v->header.data[0] >> 7)
           && frame.rsv1 == (v->header.data[0] >> 6 & 1)
           && memcmp(frame.mask, v->header.data + v->rc - 4, 4) == 0,
           "%s: its members", v->rule);
    }
}


/* the opcodes that are, and those that may be one day */

static void
test_opcodes(void)
{
    char                rule[64];
    u_char              bytes[6];
    ngx_str_t           header;
    ngx_uint_t          i, good;
    ngx_rt_ws_frame_t   frame;

    header.data = bytes;
    header.len = 6;

    memset(bytes, 0, sizeof(bytes));
    bytes[1] = 0x80;

    for (i = 0; i < 16; i++) {
        bytes[0] = (u_char) (0x80 | i);
        good = (i <= 0x2 || (i >= 0x8 && i <= 0xa));

        snprintf(rule, sizeof(rule), "5.2, 11.8: opcode 0x%x is %s", (int) i,
                 good ? "known" : "refused");

        test_prefixes(rule, &header, good ? 6 : NGX_ERROR, &frame);

        ok(!good || ((ngx_rt_ws_frame_is_control(&frame) != 0) == (i >= 8)),
           "5.5: opcode 0x%x is of the right kind", (int) i);
    }
}


/* asks for more until it is complete or wrong, and stays with that */

static void
test_prefixes(const char *rule, const ngx_str_t *header, ngx_int_t rc,
    ngx_rt_ws_frame_t *frame)
{
    size_t               len, bad;
    u_char              *p;
    ngx_int_t            n;
    const char          *reason;
    ngx_rt_ws_frame_t    f;

    bad = 0;
    n = NGX_AGAIN;

    for (len = 0; len <= header->len; len++) {

        if (n == NGX_ERROR) {
            rc = NGX_ERROR;
        }

        p = malloc(len);
        memcpy(p, header->data, len);

        reason = NULL;
        n = ngx_rt_ws_frame_parse(&f, p, len, &reason);

        free(p);

        bad += (n == NGX_ERROR) != (reason != NULL);
        bad += (n == NGX_ERROR && rc != NGX_ERROR);
        bad += (n == NGX_AGAIN && len == header->len);
        bad += (n == NGX_AGAIN && rc > 0 && len >= (size_t) rc);
        bad += (n > 0 && (n != rc || len < (size_t) rc));
        bad += (n != NGX_ERROR && n != NGX_AGAIN && n <= 0);
    }

    ok(bad == 0 && n == rc, "%s", rule);

    *frame = f;
}


/* lengths and offsets around the eight bytes that are taken at a time */

static void
test_unmask(void)
{
    size_t   i, len, cut, offset, bad;
    u_char  *src, *dst;

    static const u_char  mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

    bad = 0;

    for (len = 0; len <= 40; len++) {
        for (offset = 0; offset < 8; offset++) {
            src = malloc(len);
            dst = malloc(len);

            for (i = 0; i < len; i++) {
                src[i] = (u_char) (i * 7 + 1);
            }

            ngx_rt_ws_frame_unmask(dst, src, len, mask, offset);

            for (i = 0; i < len; i++) {
                bad += dst[i] != (src[i] ^ mask[(offset + i) % 4]);
            }

            /* in place, in two pieces */

            cut = len / 3;

            ngx_rt_ws_frame_unmask(dst, dst, cut, mask, offset);
            ngx_rt_ws_frame_unmask(dst + cut, dst + cut, len - cut, mask,
                                   offset + cut);

            bad += memcmp(src, dst, len) != 0;

            free(src);
            free(dst);
        }
    }

    ok(bad == 0, "5.3: byte i is masked with byte i mod 4 of the key");

    src = (u_char *) "\x7f\x9f\x4d\x51\x58";
    dst = malloc(5);
    ngx_rt_ws_frame_unmask(dst, src, 5, mask, 0);
    ok(memcmp(dst, "Hello", 5) == 0, "5.3, 5.7: the payload is unmasked");
    free(dst);
}


static void
test_write(void)
{
    size_t   i, n;
    u_char  *p;

    static const struct {
        const char   *rule;
        ngx_uint_t    opcode, rsv1;
        size_t        len;
        ngx_str_t     header;
    } v[] = {
        { "5.7: an unmasked text message", NGX_RT_WS_TEXT, 0, 5,
          ngx_string("\x81\x05") },
        { "5.7: an unmasked ping", NGX_RT_WS_PING, 0, 5,
          ngx_string("\x89\x05") },
        { "5.7: 256 bytes are written", NGX_RT_WS_BINARY, 0, 256,
          ngx_string("\x82\x7e\x01\x00") },
        { "5.7: 64 KiB are written", NGX_RT_WS_BINARY, 0, 65536,
          ngx_string("\x82\x7f\0\0\0\0\0\x01\0\0") },
        { "5.2: nothing is written", NGX_RT_WS_TEXT, 0, 0,
          ngx_string("\x81\x00") },
        { "5.2: 125 bytes have a length of 7 bits", NGX_RT_WS_TEXT, 0, 125,
          ngx_string("\x81\x7d") },
        { "5.2: 126 bytes have a length of 16 bits", NGX_RT_WS_TEXT, 0, 126,
          ngx_string("\x81\x7e\0\x7e") },
        { "5.2: 65535 bytes have a length of 16 bits", NGX_RT_WS_TEXT, 0,
          65535, ngx_string("\x81\x7e\xff\xff") },
        { "5.2: a length of more than 32 bits", NGX_RT_WS_BINARY, 0,
          0x123456789aULL,
          ngx_string("\x82\x7f\0\0\0\x12\x34\x56\x78\x9a") },
        { "7692, 6: RSV1 is written", NGX_RT_WS_TEXT, 1, 7,
          ngx_string("\xc1\x07") }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        p = malloc(v[i].header.len);
        n = ngx_rt_ws_frame_write(p, v[i].opcode, v[i].rsv1, v[i].len) - p;

        ok(n == v[i].header.len && n <= NGX_RT_WS_SERVER_LEN
           && memcmp(p, v[i].header.data, n) == 0, "%s", v[i].rule);

        free(p);
    }
}


static void
test_write_close(void)
{
    char      text[200];
    size_t    n;
    u_char   *p;

    p = malloc(2 + NGX_RT_WS_CONTROL_LEN);

    n = ngx_rt_ws_frame_write_close(p, NGX_RT_WS_NO_CODE, "unused") - p;
    ok(n == 2 && memcmp(p, "\x88\x00", 2) == 0,
       "7.1.5: no code received, none is sent");

    n = ngx_rt_ws_frame_write_close(p, NGX_RT_WS_NORMAL, "") - p;
    ok(n == 4 && memcmp(p, "\x88\x02\x03\xe8", 4) == 0,
       "5.5.1: a code without a reason");

    n = ngx_rt_ws_frame_write_close(p, NGX_RT_WS_GAP, "gap") - p;
    ok(n == 7 && memcmp(p, "\x88\x05\x11\x39gap", 7) == 0,
       "5.5.1: a code in network order, and a reason");

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    n = ngx_rt_ws_frame_write_close(p, NGX_RT_WS_POLICY, text) - p;
    ok(n == 127 && memcmp(p, "\x88\x7d\x03\xf0" "xxx", 7) == 0,
       "5.5: a long reason is cut at 125 bytes of payload");

    text[123] = '\0';

    n = ngx_rt_ws_frame_write_close(p, NGX_RT_WS_POLICY, text) - p;
    ok(n == 127 && p[1] == 125, "5.5: a reason of 123 bytes fits");

    free(p);
}


static void
test_parse_close(void)
{
    const char  *reason;

    ok(ngx_rt_ws_frame_parse_close((u_char *) "", 0, &reason)
       == NGX_RT_WS_NO_CODE, "7.1.5: an empty close frame is 1005");

    reason = NULL;
    ok(ngx_rt_ws_frame_parse_close((u_char *) "\x03", 1, &reason) == 0
       && reason, "5.5.1: one byte of payload is refused");

    ok(ngx_rt_ws_frame_parse_close((u_char *) "\x03\xe8", 2, &reason) == 1000,
       "7.4.1: a code alone");
    ok(ngx_rt_ws_frame_parse_close((u_char *) "\x11\x39gap", 5, &reason)
       == NGX_RT_WS_GAP, "7.4.2: a code of an application, and a reason");
}


/* every code there is, by a list written in another way */

static void
test_codes(void)
{
    u_char        p[2];
    ngx_uint_t    i, code, got, bad, named;
    const char   *reason;

    static const ngx_uint_t  known[] = {
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
        1014
    };

    static const struct {
        ngx_uint_t   first, last;
        ngx_uint_t   good;
        const char  *rule;
    } v[] = {
        { 0, 999, 0, "7.4.2: 0-999 are not used" },
        { 1000, 1003, 1, "7.4.1: 1000-1003 are codes" },
        { 1004, 1004, 0, "7.4.1: 1004 is reserved" },
        { 1005, 1006, 0, "7.4.1: 1005 and 1006 are never sent" },
        { 1007, 1011, 1, "7.4.1: 1007-1011 are codes" },
        { 1012, 1014, 1, "7.4.2, IANA: 1012-1014 are codes" },
        { 1015, 1015, 0, "7.4.1: 1015 is never sent" },
        { 1016, 2999, 0, "7.4.2: 1016-2999 are for later" },
        { 3000, 3999, 1, "7.4.2: 3000-3999 are for libraries" },
        { 4000, 4999, 1, "7.4.2: 4000-4999 are for private use" },
        { 5000, 65535, 0, "7.4.2: there are no codes above 4999" }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        bad = 0;

        for (code = v[i].first; code <= v[i].last; code++) {
            p[0] = (u_char) (code >> 8);
            p[1] = (u_char) code;

            reason = NULL;
            got = ngx_rt_ws_frame_parse_close(p, 2, &reason);

            bad += got != (v[i].good ? code : 0);
            bad += (got == 0) != (reason != NULL);
        }

        ok(bad == 0, "%s", v[i].rule);
    }

    named = 0;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        p[0] = (u_char) (known[i] >> 8);
        p[1] = (u_char) known[i];
        named += ngx_rt_ws_frame_parse_close(p, 2, &reason) == known[i];
    }

    ok(named == 12, "IANA: twelve codes below 3000 may be sent");
}
