
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Messages of WebSocket, RFC 6455 and RFC 7692: each vector is fed whole, byte
 * by byte and cut at each position, and must give the same events each time.
 * Frames in tables are as a server would write them; they are masked first.
 */


#include "unit.h"
#include <zlib.h>


#define TRACE_LEN   4096
#define SMALL       64                 /* data that are spelled out */

typedef struct {
    const char  *rule;
    const char  *events;
    ngx_str_t    frames;
} vector_t;


static void test_table(const vector_t *v, size_t n, size_t max,
    ngx_uint_t deflate);
static void test_raw(void);
static void test_masks(void);
static void test_opcodes(void);
static void test_codes(void);
static void test_lengths(void);
static void test_limit(void);
static void test_limit_deflated(void);
static void test_limit_of_encoders(void);
static void test_memory(void);
static void test_idle(void);
static void check(const char *rule, const char *events, const ngx_str_t *in,
    size_t max, ngx_uint_t deflate);
static void feed(char *trace, const ngx_str_t *in, size_t piece, size_t cut,
    size_t max, ngx_uint_t deflate);
static char *write_event(char *p, char *end, ngx_rt_ws_event_t *ev);
static char *write_data(char *p, char *end, const u_char *data, size_t len);
static ngx_str_t mask(const ngx_str_t *frames);
static u_char *frame(u_char *p, ngx_uint_t first, const u_char *data,
    size_t len);


/* RFC 6455, without an extension; a message has at most 300 bytes */

static const vector_t  plain[] = {
    { "5.7: a text message in a frame", "text(Hello)",
      ngx_string("\x81\x05Hello") },
    { "5.7: a text message in two fragments", "text(Hello)",
      ngx_string("\x01\x03Hel\x80\x02lo") },
    { "5.7: a ping and a pong", "ping(Hello) pong(Hello)",
      ngx_string("\x89\x05Hello\x8a\x05Hello") },

    { "5.2: RSV1 without an extension is 1002", "error(1002)",
      ngx_string("\xc1\x00") },
    { "5.2: RSV1 of a continuation is 1002", "error(1002)",
      ngx_string("\x01\x01" "a\xc0\x01" "b") },
    { "5.2: RSV1 of a ping is 1002", "error(1002)",
      ngx_string("\xc9\x00") },
    { "5.2: RSV2 is 1002", "error(1002)",
      ngx_string("\xa1\x00") },
    { "5.2: RSV3 is 1002", "error(1002)",
      ngx_string("\x91\x00") },
    { "5.2: what comes before a wrong frame is given", "text(a) error(1002)",
      ngx_string("\x81\x01" "a\xa1\x00") },
    { "5.2: nothing is given of what comes after", "error(1002)",
      ngx_string("\xa1\x00\x81\x01" "a") },

    { "5.4: a message of three fragments", "binary(abc)",
      ngx_string("\x02\x01" "a\x00\x01" "b\x80\x01" "c") },
    { "5.4: empty fragments", "text(a)",
      ngx_string("\x01\x00\x00\x00\x00\x01" "a\x00\x00\x80\x00") },
    { "5.4: a message of empty fragments", "text()",
      ngx_string("\x01\x00\x80\x00") },
    { "5.4: control frames come between fragments",
      "ping(x) pong() text(ab)",
      ngx_string("\x01\x01" "a\x89\x01x\x8a\x00\x80\x01" "b") },
    { "5.4: a close frame comes between fragments", "close(1000)",
      ngx_string("\x01\x01" "a\x88\x02\x03\xe8") },
    { "5.4: control frames come before the first and after the last",
      "ping() binary(ab) ping()",
      ngx_string("\x89\x00\x02\x01" "a\x80\x01" "b\x89\x00") },
    { "5.4: control frames are not fragments", "error(1002)",
      ngx_string("\x09\x01" "a\x80\x01" "b") },
    { "5.4: a last fragment of nothing is 1002", "error(1002)",
      ngx_string("\x80\x01" "a") },
    { "5.4: a fragment of nothing is 1002", "error(1002)",
      ngx_string("\x00\x01" "a") },
    { "5.4: a continuation of a whole message is 1002",
      "text(a) error(1002)",
      ngx_string("\x81\x01" "a\x80\x01" "b") },
    { "5.4: a continuation of a message that ended is 1002",
      "text(ab) error(1002)",
      ngx_string("\x01\x01" "a\x80\x01" "b\x80\x01" "c") },
    { "5.4: a continuation after a ping is 1002", "ping() error(1002)",
      ngx_string("\x89\x00\x80\x00") },
    { "5.4: a message within another one is 1002", "error(1002)",
      ngx_string("\x01\x01" "a\x81\x01" "b\x80\x01" "c") },
    { "5.4: the fragments of two messages are not mixed", "error(1002)",
      ngx_string("\x01\x01" "a\x02\x01" "b") },
    { "5.4: a message that does not end is not given", "",
      ngx_string("\x01\x01" "a\x00\x01" "b") },
    { "5.4: messages one after the other", "text(ab) binary(c) text(d)",
      ngx_string("\x01\x01" "a\x80\x01" "b\x82\x01" "c\x81\x01" "d") },

    { "5.5: a fragmented close frame is 1002", "error(1002)",
      ngx_string("\x08\x02\x03\xe8") },
    { "5.5: a fragmented ping is 1002", "error(1002)",
      ngx_string("\x09\x00") },
    { "5.5: a fragmented pong is 1002", "error(1002)",
      ngx_string("\x0a\x00") },
    { "5.5: a ping of 126 bytes is 1002", "error(1002)",
      ngx_string("\x89\x7e\x00\x7e") },
    { "5.5: a close frame of 65536 bytes is 1002", "error(1002)",
      ngx_string("\x88\x7f\0\0\0\0\0\x01\0\0") },

    { "5.5.1: an empty close frame is 1005", "close(1005)",
      ngx_string("\x88\x00") },
    { "5.5.1: a close frame with one byte of payload is 1002",
      "error(1002)", ngx_string("\x88\x01\x03") },
    { "5.5.1: a close frame with a code", "close(1001)",
      ngx_string("\x88\x02\x03\xe9") },
    { "5.5.1: a close frame with a code and a reason", "close(1000,bye)",
      ngx_string("\x88\x05\x03\xe8" "bye") },
    { "5.5.1: a reason in UTF-8", "close(1000,\\xe2\\x82\\xac)",
      ngx_string("\x88\x05\x03\xe8\xe2\x82\xac") },
    { "5.5.1: a reason that is not UTF-8 is 1007", "error(1007)",
      ngx_string("\x88\x04\x03\xe8\xc0\x80") },
    { "5.5.1: a reason that ends within a character is 1007", "error(1007)",
      ngx_string("\x88\x04\x03\xe8\xe2\x82") },
    { "5.5.1: a reason of one byte that is not UTF-8 is 1007",
      "error(1007)", ngx_string("\x88\x03\x03\xe8\xff") },
    { "5.5.1: a code that must not be sent is 1002", "error(1002)",
      ngx_string("\x88\x02\x03\xed") },
    { "5.5.1: of two faults the code is named", "error(1002)",
      ngx_string("\x88\x03\x03\xed\xff") },

    { "5.5.2: a ping without data", "ping()", ngx_string("\x89\x00") },
    { "5.5.2: the data of a ping are no text", "ping(\\xff\\x00)",
      ngx_string("\x89\x02\xff\x00") },
    { "5.5.3: a pong that nobody asked for", "pong(a) text(b)",
      ngx_string("\x8a\x01" "a\x81\x01" "b") },

    { "5.6: an empty text", "text()", ngx_string("\x81\x00") },
    { "5.6: an empty binary message", "binary()", ngx_string("\x82\x00") },
    { "5.6: binary data are any bytes", "binary(\\xff\\xc0\\x00)",
      ngx_string("\x82\x03\xff\xc0\x00") },
    { "5.6: a zero is text", "text(a\\x00b)",
      ngx_string("\x81\x03" "a\x00" "b") },

    { "5.6, 8.1: text is UTF-8 of 1 to 4 bytes",
      "text(k\\xc3\\xa4\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80)",
      ngx_string("\x81\x0ak\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") },
    { "8.1: U+10FFFF is the last character", "text(\\xf4\\x8f\\xbf\\xbf)",
      ngx_string("\x81\x04\xf4\x8f\xbf\xbf") },
    { "8.1: a non-character is a character", "text(\\xef\\xbf\\xbe)",
      ngx_string("\x81\x03\xef\xbf\xbe") },
    { "8.1: above U+10FFFF is 1007", "error(1007)",
      ngx_string("\x81\x04\xf4\x90\x80\x80") },
    { "8.1: 0xf5 is 1007", "error(1007)", ngx_string("\x81\x01\xf5") },
    { "8.1: 0xff is 1007", "error(1007)", ngx_string("\x81\x01\xff") },
    { "8.1: an overlong slash of two bytes is 1007", "error(1007)",
      ngx_string("\x81\x02\xc0\xaf") },
    { "8.1: an overlong slash of three bytes is 1007", "error(1007)",
      ngx_string("\x81\x03\xe0\x80\xaf") },
    { "8.1: an overlong slash of four bytes is 1007", "error(1007)",
      ngx_string("\x81\x04\xf0\x80\x80\xaf") },
    { "8.1: an overlong zero is 1007", "error(1007)",
      ngx_string("\x81\x02\xc0\x80") },
    { "8.1: the first surrogate is 1007", "error(1007)",
      ngx_string("\x81\x03\xed\xa0\x80") },
    { "8.1: the last surrogate is 1007", "error(1007)",
      ngx_string("\x81\x03\xed\xbf\xbf") },
    { "8.1: a pair of surrogates is 1007", "error(1007)",
      ngx_string("\x81\x06\xed\xa0\xbd\xed\xb8\x80") },
    { "8.1: a byte that continues nothing is 1007", "error(1007)",
      ngx_string("\x81\x02" "a\x80") },
    { "8.1: a character that breaks off is 1007", "error(1007)",
      ngx_string("\x81\x03\xe2\x82" "a") },
    { "8.1: a text that ends within a character is 1007", "error(1007)",
      ngx_string("\x81\x02\xe2\x82") },
    { "8.1: a character is cut across fragments", "text(\\xf0\\x9f\\x98\\x80)",
      ngx_string("\x01\x01\xf0\x00\x01\x9f\x00\x00\x00\x01\x98"
                 "\x80\x01\x80") },
    { "8.1: and a ping may come in the cut",
      "ping(\\xff) text(\\xe2\\x82\\xac)",
      ngx_string("\x01\x02\xe2\x82\x89\x01\xff\x80\x01\xac") },
    { "8.1: an overlong character cut across fragments is 1007",
      "error(1007)", ngx_string("\x01\x01\xe0\x80\x01\x9f") },
    { "8.1: a surrogate cut across fragments is 1007", "error(1007)",
      ngx_string("\x01\x01\xed\x80\x02\xa0\x80") },
    { "8.1: a bad byte is 1007 before its message ends", "error(1007)",
      ngx_string("\x01\x02" "a\xff") },
    { "8.1: the next text does not continue a character",
      "binary(\\xe2\\x82) error(1007)",
      ngx_string("\x82\x02\xe2\x82\x81\x01\xac") },
    { "8.1: fragments end within a character: 1007 at the last",
      "error(1007)", ngx_string("\x01\x01" "a\x80\x01\xc3") }
};


/* RFC 7692, the same limit */

static const vector_t  deflated[] = {
    { "7692, 7.2.3.1: a message in one DEFLATE block", "text(Hello)",
      ngx_string("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00") },
    { "7692, 7.2.3.1: the same in two fragments", "text(Hello)",
      ngx_string("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00") },
    { "7692, 7.2.3.2: without context takeover a message repeats itself",
      "text(Hello) text(Hello)",
      ngx_string("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
                 "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00") },
    { "7692, 7.1.1.2, 7.2.3.2: a window shared with the last message is 1007",
      "text(Hello) error(1007)",
      ngx_string("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
                 "\xc1\x05\xf2\x00\x11\x00\x00") },
    { "7692, 7.2.3.3: a block without compression", "text(Hello)",
      ngx_string("\xc1\x0b\x00\x05\x00\xfa\xff" "Hello\x00") },
    { "7692, 7.2.3.4: a block with BFINAL set", "text(Hello)",
      ngx_string("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00") },
    { "7692, 7.2.3.4: without the byte that follows it is 1007",
      "error(1007)", ngx_string("\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00") },
    { "7692, 7.2.3.4: two blocks with BFINAL set", "text(HelloHello)",
      ngx_string("\xc1\x0f\xf3\x48\xcd\xc9\xc9\x07\x00"
                 "\xf3\x48\xcd\xc9\xc9\x07\x00\x00") },
    { "7692, 7.2.3.4: a block after the final one refers to it",
      "text(HelloHello)",
      ngx_string("\xc1\x0c\xf3\x48\xcd\xc9\xc9\x07\x00"
                 "\xf2\x00\x11\x00\x00") },
    { "7692, 7.2.3.4: empty final blocks", "text(Hello)",
      ngx_string("\xc1\x0e\x03\x00\xf3\x48\xcd\xc9\xc9\x07\x00"
                 "\x03\x00\x03\x00\x00") },
    { "7692, 7.2.3.5: two blocks in a message", "text(Hello)",
      ngx_string("\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07"
                 "\x00") },
    { "7692, 7.2.3.6: an empty message", "text()",
      ngx_string("\xc1\x01\x00") },
    { "7692, 7.2.3.6: an empty last fragment", "text(Hello)",
      ngx_string("\x41\x0b\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"
                 "\x80\x01\x00") },

    { "7692, 6: a message may be not compressed", "text(Hello)",
      ngx_string("\x81\x05Hello") },
    { "7692, 6: and follow one that is", "text(Hello) binary(\\xf2)",
      ngx_string("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x82\x01\xf2") },
    { "7692, 6: and one that is may follow it", "binary(\\xf2) text(Hello)",
      ngx_string("\x82\x01\xf2\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00") },
    { "7692, 6.1: RSV1 of a continuation is 1002", "error(1002)",
      ngx_string("\x41\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00") },
    { "7692, 6.1: RSV1 of a continuation only is 1002", "error(1002)",
      ngx_string("\x02\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00") },
    { "7692, 6.1: RSV1 of a ping is 1002", "error(1002)",
      ngx_string("\xc9\x00") },
    { "7692, 6.1: RSV1 of a pong is 1002", "error(1002)",
      ngx_string("\xca\x00") },
    { "7692, 6.1: RSV1 of a close frame is 1002", "error(1002)",
      ngx_string("\xc8\x00") },
    { "7692, 6: RSV2 is 1002 also with the extension", "error(1002)",
      ngx_string("\xe1\x01\x00") },
    { "7692, 6.1: control frames are not compressed, and come between",
      "ping(\\xf2\\x48) text(Hello)",
      ngx_string("\x41\x03\xf2\x48\xcd\x89\x02\xf2\x48"
                 "\x80\x04\xc9\xc9\x07\x00") },

    { "7692, 7.2.2: binary data", "binary(\\xff\\xfe)",
      ngx_string("\xc2\x08\x00\x02\x00\xfd\xff\xff\xfe\x00") },
    { "7692, 7.2.2: text that is not UTF-8 is 1007", "error(1007)",
      ngx_string("\xc1\x08\x00\x02\x00\xfd\xff\xff\xfe\x00") },
    { "7692, 7.2.2: text that ends within a character is 1007",
      "error(1007)", ngx_string("\xc1\x08\x00\x02\x00\xfd\xff\xe2\x82\x00") },
    { "7692, 7.2.2: no payload is no DEFLATE block: 1007", "error(1007)",
      ngx_string("\xc1\x00") },
    { "7692, 7.2.2: a cut block is 1007", "error(1007)",
      ngx_string("\xc1\x05\xf2\x48\xcd\xc9\xc9") },
    { "7692, 7.2.2: a cut block without compression is 1007", "error(1007)",
      ngx_string("\xc1\x07\x00\x0a\x00\xf5\xff" "He") },
    { "7692, 7.2.2: BTYPE 11 is 1007", "error(1007)",
      ngx_string("\xc1\x01\x06") },
    { "7692, 7.2.2: a length that is not its complement's is 1007",
      "error(1007)", ngx_string("\xc1\x06\x00\x01\x00\xff\xff" "a") },
    { "7692, 7.2.2: a distance before the beginning is 1007", "error(1007)",
      ngx_string("\xc1\x05\xf2\x00\x11\x00\x00") },
    { "7692, 7.2.2: damage behind a good block is 1007", "error(1007)",
      ngx_string("\xc1\x0c\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x06") },
    { "7692, 7.2.2: bytes behind the last block are 1007", "error(1007)",
      ngx_string("\xc1\x0c\xf2\x48\xcd\xc9\xc9\x07\x00\xff\xff\xff\xff\xff") },
    { "7692, 7.2.2: half a tail that was not removed is 1007", "error(1007)",
      ngx_string("\xc1\x09\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00") },
    { "7692, 7.2.2: a tail that ends a block a bit too early is 1007",
      "error(1007)",
      ngx_string("\xc2\x15\x04\xe0\x81\x96\x24\x49\x92\x24\x49\x02\x12\x8b"
                 "\x9a\x47\x56\xcf\xde\xff\x7f\xee\x3d") },
    { "7692, 7.2.2: after a damaged message there is nothing", "error(1007)",
      ngx_string("\xc1\x01\x06\x81\x01" "a") }
};


int
main(void)
{
    test_table(plain, sizeof(plain) / sizeof(plain[0]), 300, 0);
    test_raw();
    test_masks();
    test_opcodes();
    test_codes();
    test_lengths();
    test_limit();
    test_memory();
    test_idle();

    test_table(deflated, sizeof(deflated) / sizeof(deflated[0]), 300, 1);
    test_limit_deflated();
    test_limit_of_encoders();

    return unit_done();
}


static void
test_table(const vector_t *v, size_t n, size_t max, ngx_uint_t deflate)
{
    size_t     i;
    ngx_str_t  in;

    for (i = 0; i < n; i++) {
        in = mask(&v[i].frames);
        check(v[i].rule, v[i].events, &in, max, deflate);
        free(in.data);
    }
}


/* bytes as they are */

static void
test_raw(void)
{
    size_t  i;

    static const vector_t  v[] = {
        { "5.7: a masked text message", "text(Hello)",
          ngx_string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") },
        { "5.7: a masked pong", "pong(Hello)",
          ngx_string("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") },
        { "5.1: a frame that is not masked is 1002", "error(1002)",
          ngx_string("\x81\x05Hello") },
        { "5.1: a close frame that is not masked is 1002", "error(1002)",
          ngx_string("\x88\x00") },
        { "5.1: also behind one that is", "text(\\x00) error(1002)",
          ngx_string("\x81\x81" "aaaaa\x81\x01" "a") },
        { "5.2: a 16-bit length below 126 is 1002", "error(1002)",
          ngx_string("\x82\xfe\x00\x01" "maskn") },
        { "5.2: a 64-bit length below 65536 is 1002", "error(1002)",
          ngx_string("\x82\xff\0\0\0\0\0\0\0\x01" "maskn") },
        { "5.2: a 64-bit length with its highest bit set is 1002",
          "error(1002)", ngx_string("\x82\xff\x80\0\0\0\0\0\0\0" "mask") },
        { "5.5: a ping with a length of 16 bits is 1002", "error(1002)",
          ngx_string("\x89\xfe\x00\x01" "maskn") },
        { "10.4: the longest length there is is 1009", "error(1009)",
          ngx_string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" "mask") },
        { "10.4: lengths whose sum is over 64 bits are 1009", "error(1009)",
          ngx_string("\x02\x81" "mask\x0c\x80\xff\x7f\xff\xff\xff\xff\xff\xff"
                     "\xff" "mask") },
        { "7.1.7: half a header is nothing yet", "",
          ngx_string("\x81\x85\x37\xfa") },
        { "7.1.7: half a payload is nothing yet", "",
          ngx_string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f") },
        { "7.1.7: no bytes are nothing", "", ngx_string("") }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        check(v[i].rule, v[i].events, &v[i].frames, 300, 0);
    }
}


static void
test_masks(void)
{
    size_t     i, j;
    u_char     text[11];
    ngx_str_t  in;

    static const char  *masks[] = {
        "\x00\x00\x00\x00", "\xff\xff\xff\xff", "\x01\x80\x7f\xfe", "Hell"
    };

    in.data = text;
    in.len = sizeof(text);

    for (i = 0; i < 4; i++) {
        memcpy(text, "\x81\x85", 2);
        memcpy(text + 2, masks[i], 4);

        for (j = 0; j < 5; j++) {
            text[6 + j] = "Hello"[j] ^ masks[i][j % 4];
        }

        check("5.3: whatever the mask", "text(Hello)", &in, 300, 0);
    }
}


static void
test_opcodes(void)
{
    char        rule[64];
    u_char      bytes[2];
    ngx_str_t   frames, in;
    ngx_uint_t  i;

    frames.data = bytes;
    frames.len = 2;
    bytes[1] = 0;

    for (i = 0x3; i <= 0xf; i++) {
        if (i >= 0x8 && i <= 0xa) {
            continue;
        }

        bytes[0] = (u_char) (0x80 | i);
        snprintf(rule, sizeof(rule), "5.2: opcode 0x%x is 1002", (int) i);

        in = mask(&frames);
        check(rule, "error(1002)", &in, 300, 1);
        free(in.data);
    }
}


static void
test_codes(void)
{
    char        rule[64], events[32];
    size_t      i;
    u_char      bytes[4];
    ngx_str_t   frames, in;

    static const struct {
        ngx_uint_t  code;
        ngx_uint_t  good;
    } v[] = {
        { 0, 0 }, { 1, 0 }, { 999, 0 }, { 1000, 1 }, { 1001, 1 },
        { 1002, 1 }, { 1003, 1 }, { 1004, 0 }, { 1005, 0 }, { 1006, 0 },
        { 1007, 1 }, { 1008, 1 }, { 1009, 1 }, { 1010, 1 }, { 1011, 1 },
        { 1012, 1 }, { 1013, 1 }, { 1014, 1 }, { 1015, 0 }, { 1016, 0 },
        { 1100, 0 }, { 2000, 0 }, { 2999, 0 }, { 3000, 1 }, { 3999, 1 },
        { 4000, 1 }, { 4999, 1 }, { 5000, 0 }, { 32768, 0 }, { 65535, 0 }
    };

    frames.data = bytes;
    frames.len = 4;
    bytes[0] = 0x88;
    bytes[1] = 2;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        bytes[2] = (u_char) (v[i].code >> 8);
        bytes[3] = (u_char) v[i].code;

        snprintf(rule, sizeof(rule), "7.4: code %d is %s", (int) v[i].code,
                 v[i].good ? "taken" : "1002");
        snprintf(events, sizeof(events), v[i].good ? "close(%d)"
                                                   : "error(1002)",
                 (int) v[i].code);

        in = mask(&frames);
        check(rule, events, &in, 300, 0);
        free(in.data);
    }
}


/* a message of each kind of length, then one more */

static void
test_lengths(void)
{
    char       rule[80], events[80];
    size_t     i;
    u_char    *data, *p;
    ngx_str_t  frames, in;

    static const size_t  lens[] = { 0, 1, 125, 126, 127, 255, 256, 257, 1000,
                                    65535, 65536, 65537 };

    data = malloc(70000);
    frames.data = malloc(70000);

    for (i = 0; i < 70000; i++) {
        data[i] = (u_char) ('a' + i % 26);
    }

    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        p = frame(frames.data, 0x81, data, lens[i]);
        p = frame(p, 0x82, (u_char *) "z", 1);
        frames.len = p - frames.data;
        in = mask(&frames);

        snprintf(rule, sizeof(rule), "5.2: a message of %zu bytes", lens[i]);

        p = (u_char *) stpcpy(events, "text(");
        p = (u_char *) write_data((char *) p, events + 60, data, lens[i]);
        strcpy((char *) p, ") binary(z)");

        check(rule, events, &in, 65537, 0);
        free(in.data);
    }

    p = frame(frames.data, 0x89, data, 125);
    p = frame(p, 0x88, (u_char *) "\x03\xe8", 2);
    frames.len = p - frames.data;
    in = mask(&frames);

    p = (u_char *) stpcpy(events, "ping(");
    p = (u_char *) write_data((char *) p, events + 60, data, 125);
    strcpy((char *) p, ") close(1000)");

    check("5.5: a ping of 125 bytes", events, &in, 10, 0);

    free(in.data);
    free(data);
    free(frames.data);
}


static void
test_limit(void)
{
    size_t     i;
    ngx_str_t  in;

    static const vector_t  v[] = {
        { "10.4: a message of exactly \"max\" bytes", "text(12345678)",
          ngx_string("\x81\x08" "12345678") },
        { "10.4: a byte more is 1009", "error(1009)",
          ngx_string("\x81\x09" "123456789") },
        { "10.4: 1009 is told by the header", "error(1009)",
          ngx_string("\x82\x7f\0\0\0\0\0\x01\0\0") },
        { "10.4: exactly \"max\" bytes in fragments", "text(12345678)",
          ngx_string("\x01\x04" "1234\x00\x04" "5678\x80\x00") },
        { "10.4: a byte more in the last fragment is 1009", "error(1009)",
          ngx_string("\x01\x04" "1234\x00\x04" "5678\x80\x01" "9") },
        { "10.4: a byte more in a fragment in the middle is 1009",
          "error(1009)",
          ngx_string("\x01\x04" "1234\x00\x05" "56789\x80\x00") },
        { "10.4: the limit holds with control frames between",
          "ping(123456789) error(1009)",
          ngx_string("\x01\x04" "1234\x89\x09" "123456789"
                     "\x80\x05" "56789") },
        { "10.4: the limit is not one of control frames", "ping(123456789)",
          ngx_string("\x89\x09" "123456789") },
        { "10.4: each message has the whole limit",
          "text(12345678) text(12345678)",
          ngx_string("\x81\x08" "12345678\x81\x08" "12345678") },
        { "10.4: also one in fragments", "text(12345678) text(12345678)",
          ngx_string("\x01\x07" "1234567\x80\x01" "8\x01\x01" "1\x80\x07"
                     "2345678") }
    };

    test_table(v, sizeof(v) / sizeof(v[0]), 8, 0);

    for (i = 0; i < 2; i++) {
        in = str("\x81\x80" "mask\x82\x81" "maskm");
        check("10.4: with a limit of 0 only nothing is taken",
              "text() error(1009)", &in, 0, i);
    }
}


/* by data that compress well, and not at all */

static void
test_limit_deflated(void)
{
    char       rule[80], events[80];
    size_t     i, j, n, max;
    u_char    *data, *p, *out;
    ngx_str_t  frames, in;

    static const size_t  lens[] = { 1, 255, 1023, 1024, 1025, 4096, 65536,
                                    1000000 };

    data = malloc(1000000);
    out = malloc(1100000);
    frames.data = malloc(1100000);

    for (i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
        n = lens[i / 2];

        for (j = 0; j < n; j++) {
            data[j] = (u_char) (i % 2 ? (j * j * 2654435761U) >> 11 : 'a');
        }

        j = ngx_rt_deflate_compress(&(ngx_rt_part_t) { NULL, data, n }, n,
                                    15, out, 1100000);

        p = frame(frames.data, 0x42, out, j / 2);
        p = frame(p, 0x80, out + j / 2, j - j / 2);
        p = frame(p, 0x82, (u_char *) "z", 1);
        frames.len = p - frames.data;
        in = mask(&frames);

        p = (u_char *) stpcpy(events, "binary(");
        p = (u_char *) write_data((char *) p, events + 60, data, n);
        strcpy((char *) p, ") binary(z)");

        for (max = n - 1; max <= n + 1; max++) {
            snprintf(rule, sizeof(rule),
                     "7692, 8: %zu bytes from %zu, at most %zu", n, j, max);
            check(rule, max < n ? "error(1009)" : events, &in, max, 1);
        }

        if (n == 1000000) {
            snprintf(rule, sizeof(rule),
                     "7692, 8: %zu bytes from %zu, at most 1000", n, j);
            check(rule, "error(1009)", &in, 1000, 1);
        }

        free(in.data);
    }

    free(data);
    free(out);
    free(frames.data);
}


/* a message may come longer than it is, more so from some than from others */

static void
test_limit_of_encoders(void)
{
    char       rule[80], events[80];
    size_t     i, level;
    u_char    *data, *p, *out;
    z_stream   z;
    ngx_str_t  frames, in;

    data = malloc(60000);
    out = malloc(70000);
    frames.data = malloc(70100);

    for (i = 0; i < 60000; i++) {
        data[i] = (u_char) ((i * i * 2654435761U) >> 11);
    }

    p = (u_char *) stpcpy(events, "binary(");
    p = (u_char *) write_data((char *) p, events + 60, data, 60000);
    strcpy((char *) p, ")");

    for (level = 1; level <= 9; level++) {
        memset(&z, 0, sizeof(z_stream));
        (void) deflateInit2(&z, 6, Z_DEFLATED, -15, (int) level,
                            Z_DEFAULT_STRATEGY);

        z.next_in = data;
        z.avail_in = 60000;
        z.next_out = out;
        z.avail_out = 70000;

        (void) deflate(&z, Z_SYNC_FLUSH);
        i = 70000 - z.avail_out - 4;
        (void) deflateEnd(&z);

        frames.len = frame(frames.data, 0xc2, out, i) - frames.data;
        in = mask(&frames);

        snprintf(rule, sizeof(rule), "7692, 8: exactly max, as %zu bytes from "
                 "a memory level of %zu", i, level);

        check(rule, events, &in, 60000, 1);
        check(rule, "error(1009)", &in, 59999, 1);

        free(in.data);
    }

    free(data);
    free(out);
    free(frames.data);
}


/* memory is what has come, not what a header says will come */

static void
test_memory(void)
{
    u_char             *p, *last, text[64];
    ngx_int_t           rc;
    ngx_rt_ws_event_t   ev;
    ngx_rt_ws_reader_t  rd;

    ngx_rt_ws_message_init(&rd, 100000000, 0);

    p = text;
    last = text + sizeof(text);

    memset(text, 'x', sizeof(text));
    memcpy(text, "\x82\xff\0\0\0\0\x05\xf5\xe1\0", 10);

    rc = ngx_rt_ws_message_feed(&rd, &p, last, &ev);

    ok(rc == NGX_AGAIN && p == last && rd.size <= 1024,
       "10.4: a length of 100 MB takes no memory by itself");

    ngx_rt_ws_message_free(&rd);
    ok(rd.data == NULL && rd.size == 0, "a reader is freed within a message");

    ngx_rt_ws_message_free(&rd);
    ok(rd.data == NULL, "a reader is freed twice");
}


static void
test_idle(void)
{
    u_char              *p, *last;
    size_t               i, len;
    ngx_str_t            in;
    ngx_rt_ws_event_t    ev;
    ngx_rt_ws_reader_t   rd;

    static const ngx_uint_t  idle[] = {
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    };

    in = str("\x01\x81" "mask\x0c" "\x89\x81" "mask\x0c" "\x80\x81" "mask\x0c");
    last = in.data + in.len;

    for (len = 0; len <= in.len; len++) {
        ngx_rt_ws_message_init(&rd, 100, 0);

        p = in.data;
        while (ngx_rt_ws_message_feed(&rd, &p, in.data + len, &ev) == NGX_OK) {
            /* void */
        }

        i = ngx_rt_ws_message_is_idle(&rd) ? 1 : 0;
        ok(p == in.data + len && i == idle[len],
           "after %zu bytes of a message it is %s", len,
           idle[len] ? "idle" : "not idle");

        ngx_rt_ws_message_free(&rd);
    }

    ok(p == last, "all is read");
}


/* all ways to cut the input give the same events */

static void
check(const char *rule, const char *events, const ngx_str_t *in, size_t max,
    ngx_uint_t deflate)
{
    char    trace[TRACE_LEN];
    size_t  cut, step, bad;

    feed(trace, in, in->len + 1, 0, max, deflate);
    bad = strcmp(trace, events) != 0;

    if (bad) {
        printf("# whole: %s\n# expected: %s\n", trace, events);
    }

    if (in->len < 100000) {
        feed(trace, in, 1, 0, max, deflate);
        bad += strcmp(trace, events) != 0;
    }

    /* of long ones the headers, and some of the rest */

    step = (ngx_max(in->len, max) > 2000) ? in->len / 17 + 1 : 1;

    for (cut = 1; cut < in->len && bad < 5; cut += (cut > 20) ? step : 1) {
        feed(trace, in, in->len, cut, max, deflate);

        if (strcmp(trace, events) != 0) {
            printf("# cut after %zu: %s\n", cut, trace);
            bad++;
        }
    }

    for (step = 2; step < 40 && in->len < 2000; step += 5) {
        feed(trace, in, step, 0, max, deflate);
        bad += strcmp(trace, events) != 0;
    }

    ok(bad == 0, "%s", rule);
}


/* pieces of "piece" bytes, the first of "cut" if that is not 0 */

static void
feed(char *trace, const ngx_str_t *in, size_t piece, size_t cut, size_t max,
    ngx_uint_t deflate)
{
    char                *t, *end;
    size_t               n, done;
    u_char              *copy, *p;
    ngx_int_t            rc;
    ngx_rt_ws_event_t    ev;
    ngx_rt_ws_reader_t   rd;

    t = trace;
    end = trace + TRACE_LEN - 200;
    *t = '\0';

    ngx_rt_ws_message_init(&rd, max, deflate);

    rc = NGX_AGAIN;

    for (done = 0; done < in->len && rc == NGX_AGAIN; done += n) {
        n = (cut && done == 0) ? cut : piece;
        n = ngx_min(n, in->len - done);

        /* a block of its own, so that the sanitizer sees its ends */

        copy = malloc(n);
        memcpy(copy, in->data + done, n);
        p = copy;

        do {
            memset(&ev, 0xff, sizeof(ngx_rt_ws_event_t));
            rc = ngx_rt_ws_message_feed(&rd, &p, copy + n, &ev);

            if (rc == NGX_OK) {
                t = write_event(t, end, &ev);

            } else if (rc == NGX_ERROR) {
                t += sprintf(t, "%serror(%d)", t == trace ? "" : " ",
                             (int) ev.code);

                if (ev.reason == NULL || ev.reason[0] == '\0') {
                    t = stpcpy(t, " without a reason");
                }

            } else if (rc != NGX_AGAIN || p != copy + n) {
                t = stpcpy(t, " AGAIN too early");
            }

            if (rd.len > max + max / 8 + 64) {
                t = stpcpy(t, " more than max");
            }

        } while (rc == NGX_OK && t < end);

        if (memcmp(copy, in->data + done, n) != 0) {
            t = stpcpy(t, " changed its input");
        }

        free(copy);
    }

    ngx_rt_ws_message_free(&rd);

    /* the first event has a space before it too */

    if (trace[0] == ' ') {
        memmove(trace, trace + 1, strlen(trace));
    }
}


static char *
write_event(char *p, char *end, ngx_rt_ws_event_t *ev)
{
    static const char  *names[] = {
        "continuation", "text", "binary", "", "", "", "", "", "close",
        "ping", "pong"
    };

    if (ev->opcode > NGX_RT_WS_PONG) {
        return stpcpy(p, " no opcode");
    }

    p += sprintf(p, " %s(", names[ev->opcode]);

    if (ev->opcode == NGX_RT_WS_CLOSE) {
        p += sprintf(p, "%d", (int) ev->code);

        if (ev->data.len > 2) {
            *p++ = ',';
            p = write_data(p, end, ev->data.data + 2, ev->data.len - 2);
        }

    } else {
        p = write_data(p, end, ev->data.data, ev->data.len);
    }

    return stpcpy(p, ")");
}


/* short data as they are, of long ones the length and a sum */

static char *
write_data(char *p, char *end, const u_char *data, size_t len)
{
    size_t    i;
    uint32_t  sum;

    if (len > SMALL || p + 4 * len > end) {
        sum = (uint32_t) adler32(adler32(0, NULL, 0), data, (uInt) len);

        return p + sprintf(p, "%zu bytes %08x", len, sum);
    }

    for (i = 0; i < len; i++) {
        if (data[i] >= 0x20 && data[i] < 0x7f
            && !(i && data[i - 1] >= 0x80))
        {
            *p++ = (char) data[i];

        } else {
            p += sprintf(p, "\\x%02x", data[i]);
        }
    }

    *p = '\0';

    return p;
}


/* a client's frames from a server's, each with another key */

static ngx_str_t
mask(const ngx_str_t *frames)
{
    size_t       i, len, nlen;
    u_char      *p, *last, *q, key[4];
    ngx_str_t    out;
    ngx_uint_t   n;

    out.data = malloc(frames->len * 3 + 16);
    q = out.data;
    p = frames->data;
    last = p + frames->len;

    for (n = 1; p + 2 <= last; n++) {
        *q++ = *p++;
        *q++ = *p | 0x80;
        len = *p++;
        nlen = (len == 126) ? 2 : (len == 127) ? 8 : 0;

        if (nlen) {
            for (len = 0, i = 0; i < nlen; i++) {
                len = len << 8 | *p;
                *q++ = *p++;
            }
        }

        for (i = 0; i < 4; i++) {
            key[i] = (u_char) (n * (37 + 54 * i) + n / 3);
            *q++ = key[i];
        }

        /* the payload of a frame that is refused may be missing */

        for (i = 0; i < len && p < last; i++) {
            *q++ = *p++ ^ key[i % 4];
        }
    }

    out.len = q - out.data;

    return out;
}


static u_char *
frame(u_char *p, ngx_uint_t first, const u_char *data, size_t len)
{
    u_char  *begin;

    begin = p;
    p = ngx_rt_ws_frame_write(p, NGX_RT_WS_TEXT, 0, len);
    *begin = (u_char) first;
    memcpy(p, data, len);

    return p + len;
}
