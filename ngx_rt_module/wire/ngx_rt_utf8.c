
/*
 * Copyright (C) the ngx_rt authors
 */


/* UTF-8 by the well-formed byte sequences of RFC 3629, section 4. */


#include "ngx_rt_wire.h"


ngx_uint_t
ngx_rt_utf8_is_valid(const u_char *p, size_t len)
{
    u_char         ch, low, high;
    ngx_uint_t     more;
    const u_char  *last;

    last = p + len;

    while (p < last) {
        ch = *p++;

        if (ch < 0x80) {
            continue;
        }

        if (ch < 0xc2 || ch > 0xf4) {
            return 0;
        }

        more = (ch < 0xe0) ? 1 : (ch < 0xf0) ? 2 : 3;

        if ((size_t) (last - p) < more) {
            return 0;
        }

        /* what may follow the first byte is narrower for four of them */

        low = (ch == 0xe0) ? 0xa0 : (ch == 0xf0) ? 0x90 : 0x80;
        high = (ch == 0xed) ? 0x9f : (ch == 0xf4) ? 0x8f : 0xbf;

        while (more--) {
            if (*p < low || *p > high) {
                return 0;
            }

            p++;
            low = 0x80;
            high = 0xbf;
        }
    }

    return 1;
}
