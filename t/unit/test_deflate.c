
/*
 * Copyright (C) the ngx_rt authors
 */


/* Compression of single messages, RFC 7692, 7.2, there and back. */


#include "unit.h"
#include <zlib.h>


#define ROOM  (NGX_RT_WS_HEADER_LEN + 70000 + 70000 / 256 + 64)

enum { ZEROS = 0, TEXT, NOISE, KINDS };


static void test_round_trip(void);
static void test_parts(void);
static void test_size(void);
static void test_window(void);
static void test_max(void);
static void test_final_blocks(void);
static void test_damage(void);
static void fill(u_char *p, size_t len, ngx_uint_t kind);
static size_t compress_all(u_char *p, size_t len, ngx_uint_t bits,
    u_char *dst, size_t size);
static ngx_uint_t comes_back(u_char *p, size_t n, u_char *data, size_t len);


static u_char  data[70000];
static u_char  out[ROOM];


int
main(void)
{
    test_round_trip();
    test_parts();
    test_size();
    test_window();
    test_max();
    test_final_blocks();
    test_damage();

    return unit_done();
}


static void
test_round_trip(void)
{
    size_t      i, n, bad;
    ngx_uint_t  bits, kind;

    static const size_t  lens[] = {
        0, 1, 2, 3, 10, 249, 250, 251, 255, 256, 257, 511, 512, 513, 1023,
        1024, 1025, 4095, 4096, 32506, 32767, 32768, 32769, 65535, 65536,
        70000
    };

    for (bits = NGX_RT_DEFLATE_BITS_MIN; bits <= NGX_RT_DEFLATE_BITS_MAX;
         bits++)
    {
        for (kind = 0; kind < KINDS; kind++) {
            bad = 0;

            for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
                fill(data, lens[i], kind);

                n = compress_all(data, lens[i], bits, out, ROOM);

                bad += n == 0 || !comes_back(out, n, data, lens[i]);
            }

            ok(bad == 0, "7692, 7.2: there and back, %d bits, data of kind %d",
               (int) bits, (int) kind);
        }
    }

    n = compress_all((u_char *) "", 0, 15, out, ROOM);
    ok(n == 1 && out[0] == 0, "7692, 7.2.3.6: nothing is one byte of zero");

    n = compress_all((u_char *) "Hello", 5, 15, out, ROOM);
    ok(n == 7 && memcmp(out, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7) == 0,
       "7692, 7.2.3.1: \"Hello\" as the RFC has it");
}


/* a chain gives what one part gives, whichever of them are empty */

static void
test_parts(void)
{
    size_t         i, j, n, len, bad;
    u_char         whole[200];
    ngx_rt_part_t  parts[201];

    len = 100;
    fill(data, len, TEXT);
    n = compress_all(data, len, 15, whole, sizeof(whole));
    bad = 0;

    for (i = 0; i <= len; i++) {
        parts[0] = (ngx_rt_part_t) { &parts[1], data, 0 };
        parts[1] = (ngx_rt_part_t) { &parts[2], data, i };
        parts[2] = (ngx_rt_part_t) { &parts[3], NULL, 0 };
        parts[3] = (ngx_rt_part_t) { &parts[4], data + i, len - i };
        parts[4] = (ngx_rt_part_t) { NULL, data + len, 0 };

        j = ngx_rt_deflate_compress(parts, len, 15, out, ROOM);
        bad += j != n || memcmp(out, whole, n) != 0;
    }

    ok(bad == 0 && n, "a chain cut at each place, with empty parts");

    for (i = 0; i < len; i++) {
        parts[i] = (ngx_rt_part_t) { &parts[i + 1], data + i, 1 };
    }

    parts[len - 1].next = NULL;

    j = ngx_rt_deflate_compress(parts, len, 15, out, ROOM);
    ok(j == n && memcmp(out, whole, n) == 0, "a chain of single bytes");
}


/* all sizes of the room, each with its end guarded */

static void
test_size(void)
{
    size_t       i, n, size, bad, least;
    u_char      *p;
    ngx_uint_t   kind;

    for (kind = 0; kind < KINDS; kind++) {
        fill(data, 600, kind);
        n = compress_all(data, 600, 15, out, ROOM);
        bad = 0;
        least = 0;

        for (size = 0; size < 700; size++) {
            p = malloc(size);
            i = compress_all(data, 600, 15, p, size);

            bad += i && (i != n || memcmp(p, out, n) != 0);
            bad += least && i == 0;

            if (i && !least) {
                least = size;
            }

            free(p);
        }

        /* the tail, and a byte to see that there was room */

        ok(bad == 0 && least == n + 5, "data of kind %d need a room of %zu",
           (int) kind, least);
    }

    fill(data, 5000, NOISE);
    ok(compress_all(data, 5000, 15, out, 5000) == 0,
       "noise does not become shorter");

    fill(data, 5000, TEXT);
    n = compress_all(data, 5000, 15, out, 5000);
    ok(n && n < 2500, "text does: %zu bytes of 5000", n);
}


/* a peer with the window that was agreed on can read it */

static void
test_window(void)
{
    int         rc;
    size_t      n, bad;
    z_stream    z;
    ngx_str_t   back;
    ngx_uint_t  bits, kind;

    back.data = malloc(70000);

    for (bits = NGX_RT_DEFLATE_BITS_MIN; bits <= NGX_RT_DEFLATE_BITS_MAX;
         bits++)
    {
        bad = 0;

        for (kind = 0; kind < KINDS; kind++) {
            fill(data, 70000, kind);
            n = compress_all(data, 70000, bits, out, ROOM);

            memset(&z, 0, sizeof(z_stream));
            (void) inflateInit2(&z, -(int) bits);

            z.next_in = out;
            z.avail_in = (uInt) n;

            /* in small steps, so that it is the window that is copied from */

            for (back.len = 0; back.len < 70000; back.len += 7) {
                z.next_out = back.data + back.len;
                z.avail_out = 7;

                rc = inflate(&z, Z_SYNC_FLUSH);

                if (rc != Z_OK || z.avail_out) {
                    bad++;
                    break;
                }
            }

            bad += memcmp(back.data, data, 70000) != 0;
            (void) inflateEnd(&z);
        }

        ok(bad == 0, "7692, 7.1.2.1: a window of %d bits is enough",
           (int) bits);
    }

    free(back.data);
}


static void
test_max(void)
{
    size_t      i, n, len, bad;
    ngx_int_t   rc;
    ngx_str_t   back;
    ngx_uint_t  kind;

    static const size_t  lens[] = { 1, 10, 1022, 1023, 1024, 1025, 2047, 2048,
                                    2049, 65536 };

    for (kind = 0; kind < KINDS; kind++) {
        bad = 0;

        for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
            len = lens[i];
            fill(data, len, kind);
            n = compress_all(data, len, 15, out, ROOM);

            rc = ngx_rt_deflate_decompress(out, n, len, &back);
            bad += rc != NGX_OK || back.len != len;
            ngx_free(back.data);

            rc = ngx_rt_deflate_decompress(out, n, len - 1, &back);
            bad += rc != NGX_DECLINED || back.data != NULL || back.len;

            rc = ngx_rt_deflate_decompress(out, n, 0, &back);
            bad += rc != NGX_DECLINED || back.data != NULL;
        }

        ok(bad == 0, "exactly max, and one more, data of kind %d", (int) kind);
    }

    rc = ngx_rt_deflate_decompress((u_char *) "\0", 1, 0, &back);
    ok(rc == NGX_OK && back.len == 0, "nothing fits into nothing");
    ngx_free(back.data);
}


/* 7.2.3.4: many of them, and matches over them from as far as can be */

static void
test_final_blocks(void)
{
    size_t      i, n;
    ngx_int_t   rc;
    z_stream    z;
    ngx_str_t   back;

    fill(data, 32000, NOISE);
    memcpy(data + 32000, data, 20000);

    memset(&z, 0, sizeof(z_stream));
    (void) deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);

    z.next_in = data;
    z.avail_in = 31000;
    z.next_out = out;
    z.avail_out = ROOM;

    (void) deflate(&z, Z_FINISH);

    n = ROOM - z.avail_out;
    (void) deflateEnd(&z);

    for (i = 0; i < 1000; i++) {
        out[n++] = 0x03;
        out[n++] = 0x00;
    }

    memset(&z, 0, sizeof(z_stream));
    (void) deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    (void) deflateSetDictionary(&z, data, 31000);

    z.next_in = data + 31000;
    z.avail_in = 21000;
    z.next_out = out + n;
    z.avail_out = (uInt) (ROOM - n);

    (void) deflate(&z, Z_FINISH);
    n = ROOM - z.avail_out;
    (void) deflateEnd(&z);

    ok(n < 40000, "7692, 7.2.3.4: the second half is matches");

    out[n++] = 0x00;

    rc = ngx_rt_deflate_decompress(out, n, 52000, &back);

    ok(rc == NGX_OK && back.len == 52000
       && memcmp(back.data, data, 52000) == 0,
       "7692, 7.2.3.4: the window outlives final blocks");
    ngx_free(back.data);

    /* a good message is one at its end only */

    rc = ngx_rt_deflate_decompress(out, n - 1, 52000, &back);
    ok(rc == NGX_ERROR && back.data == NULL,
       "7692, 7.2.3.4: a final block and nothing behind it");
}


/* cut anywhere, and with any bit flipped: an error or other data, no harm */

static void
test_damage(void)
{
    size_t      i, n, bad;
    u_char     *p;
    ngx_int_t   rc;
    ngx_str_t   back;

    fill(data, 300, TEXT);
    n = compress_all(data, 300, 15, out, ROOM);
    bad = 0;

    for (i = 0; i < n; i++) {
        p = malloc(i);
        memcpy(p, out, i);

        rc = ngx_rt_deflate_decompress(p, i, 1000, &back);
        bad += rc != NGX_ERROR || back.data != NULL || back.len;

        free(p);
    }

    ok(bad == 0, "7692, 7.2.2: cut after each byte it is an error");

    bad = 0;

    for (i = 0; i < n * 8; i++) {
        p = malloc(n);
        memcpy(p, out, n);
        p[i / 8] ^= 1 << (i % 8);

        rc = ngx_rt_deflate_decompress(p, n, 1000, &back);

        bad += rc != NGX_OK && rc != NGX_ERROR && rc != NGX_DECLINED;
        bad += rc == NGX_OK && (back.data == NULL || back.len > 1000);
        bad += rc != NGX_OK && back.data != NULL;

        ngx_free(back.data);
        free(p);
    }

    ok(bad == 0, "7692, 7.2.2: each bit flipped does no harm");
}


static void
fill(u_char *p, size_t len, ngx_uint_t kind)
{
    size_t    i;
    uint32_t  n;

    static const char  *words[] = { "alpha ", "beta ", "gamma,", "delta\n" };

    n = 1;

    for (i = 0; i < len; i++) {
        n = n * 1664525 + 1013904223;

        p[i] = (kind == ZEROS) ? 0
               : (kind == NOISE) ? (u_char) (n >> 24)
               : (u_char) words[(i / 5 * i / 7) % 4][i % 5];
    }
}


static size_t
compress_all(u_char *p, size_t len, ngx_uint_t bits, u_char *dst, size_t size)
{
    ngx_rt_part_t  part;

    part = (ngx_rt_part_t) { NULL, p, len };

    return ngx_rt_deflate_compress(&part, len, bits, dst, size);
}


/* from a block of its own */

static ngx_uint_t
comes_back(u_char *p, size_t n, u_char *src, size_t len)
{
    u_char      *in;
    ngx_int_t    rc;
    ngx_str_t    back;
    ngx_uint_t   same;

    in = malloc(n);
    memcpy(in, p, n);

    rc = ngx_rt_deflate_decompress(in, n, len, &back);
    same = (rc == NGX_OK && back.len == len
            && memcmp(back.data, src, len) == 0);

    ngx_free(back.data);
    free(in);

    return same;
}
