
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The payload of permessage-deflate, RFC 7692, 7.2, without context takeover:
 * each message stands for itself, so nothing is kept between two of them.
 */


#include "ngx_rt_wire.h"
#include <zlib.h>


#define NGX_RT_DEFLATE_MEM_LEVEL  8
#define NGX_RT_DEFLATE_START      1024

/* what zlib needs beyond the data to find all matches, MIN_LOOKAHEAD */
#define NGX_RT_DEFLATE_AHEAD      262


static ngx_int_t ngx_rt_deflate_run(z_stream *z, ngx_str_t *out, size_t max);
static ngx_int_t ngx_rt_deflate_grow(z_stream *z, ngx_str_t *out, size_t max);


/* the end of a message that a sender leaves out, 7.2.1 */

static u_char  ngx_rt_deflate_tail[] = { 0x00, 0x00, 0xff, 0xff };


size_t
ngx_rt_deflate_compress(const ngx_rt_part_t *parts, size_t len,
    ngx_uint_t bits, u_char *dst, size_t size)
{
    int       rc;
    z_stream  z;

    /* a window that is larger than the message costs time for nothing */

    while (bits > NGX_RT_DEFLATE_BITS_MIN
           && ((size_t) 1 << (bits - 1)) >= len + NGX_RT_DEFLATE_AHEAD)
    {
        bits--;
    }

    ngx_memzero(&z, sizeof(z_stream));

    rc = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -(int) bits,
                      NGX_RT_DEFLATE_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (rc != Z_OK) {
        return 0;
    }

    z.next_out = dst;
    z.avail_out = (uInt) size;

    for ( /* void */ ; parts; parts = parts->next) {
        z.next_in = parts->data;
        z.avail_in = (uInt) parts->len;

        rc = deflate(&z, parts->next ? Z_NO_FLUSH : Z_SYNC_FLUSH);

        if ((rc != Z_OK && rc != Z_BUF_ERROR) || z.avail_out == 0) {
            (void) deflateEnd(&z);
            return 0;
        }
    }

    (void) deflateEnd(&z);

    /* all of it has been written, since there was room for more */

    return size - z.avail_out - sizeof(ngx_rt_deflate_tail);
}


ngx_int_t
ngx_rt_deflate_decompress(u_char *p, size_t len, size_t max, ngx_str_t *out)
{
    z_stream   z;
    ngx_int_t  rc;

    ngx_str_null(out);
    ngx_memzero(&z, sizeof(z_stream));

    if (inflateInit2(&z, -NGX_RT_DEFLATE_BITS_MAX) != Z_OK) {
        return NGX_ABORT;
    }

    z.next_in = p;
    z.avail_in = (uInt) len;

    rc = ngx_rt_deflate_run(&z, out, max);

    if (rc == NGX_OK) {
        z.next_in = ngx_rt_deflate_tail;
        z.avail_in = sizeof(ngx_rt_deflate_tail);

        rc = ngx_rt_deflate_run(&z, out, max);
    }

    /* the tail ends a block, at a byte: 128 and no bits in zlib's words */

    if (rc == NGX_OK && (z.data_type & 0xff) != 128) {
        rc = NGX_ERROR;
    }

    out->len = z.next_out - out->data;

    (void) inflateEnd(&z);

    if (rc != NGX_OK) {
        ngx_free(out->data);
        ngx_str_null(out);
    }

    return rc;
}


/* takes all of the input; "out->len" is the room that there is */

static ngx_int_t
ngx_rt_deflate_run(z_stream *z, ngx_str_t *out, size_t max)
{
    int        rc;
    ngx_int_t  grown;

    for ( ;; ) {

        if (z->avail_out == 0) {
            grown = ngx_rt_deflate_grow(z, out, max);

            if (grown != NGX_OK) {
                return grown;
            }
        }

        rc = inflate(z, Z_SYNC_FLUSH);

        /*
         * 7.2.3.4: a final block ends nothing, more blocks follow at the next
         * byte.  The window stays: to give it again by inflateSetDictionary()
         * would copy 32K for each two bytes of a client that means harm.
         */

        if (rc == Z_STREAM_END) {
            rc = inflateResetKeep(z);
        }

        if (rc == Z_MEM_ERROR) {
            return NGX_ABORT;
        }

        if (rc != Z_OK && rc != Z_BUF_ERROR) {
            return NGX_ERROR;
        }

        if (z->avail_in == 0 && z->avail_out) {
            return NGX_OK;
        }
    }
}


/* NGX_DECLINED beyond "max" bytes, NGX_ABORT: no memory */

static ngx_int_t
ngx_rt_deflate_grow(z_stream *z, ngx_str_t *out, size_t max)
{
    size_t   size, used;
    u_char  *p;

    used = out->len;

    /* one byte more than is allowed shows that there is more */

    if (used == max + 1) {
        return NGX_DECLINED;
    }

    size = ngx_min(ngx_max(2 * used, NGX_RT_DEFLATE_START), max + 1);

    p = realloc(out->data, size);
    if (p == NULL) {
        return NGX_ABORT;
    }

    out->data = p;
    out->len = size;

    z->next_out = p + used;
    z->avail_out = (uInt) (size - used);

    return NGX_OK;
}
