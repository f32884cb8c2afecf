
/*
 * Copyright (C) the ngx_rt authors
 */


#include "fuzz.h"


/* what ngx_string.c has to be linked with, and does not use here */

volatile ngx_cycle_t  *ngx_cycle;


void
fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}


u_char *
fuzz_copy(const u_char *p, size_t len)
{
    u_char  *copy;

    copy = malloc(len);
    check(copy != NULL);
    ngx_memcpy(copy, p, len);

    return copy;
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return NULL;
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    return NULL;
}
