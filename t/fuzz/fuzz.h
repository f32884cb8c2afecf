
/*
 * Copyright (C) the ngx_rt authors
 */


/* What the targets share: libFuzzer calls LLVMFuzzerTestOneInput(). */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <wire/ngx_rt_wire.h>


/* a property that must hold for any input */
#define check(condition)                                                      \
    if (!(condition)) {                                                       \
        fuzz_fail(#condition, __FILE__, __LINE__);                            \
    }

void fuzz_fail(const char *condition, const char *file, int line);

/* a block of its own, so that the sanitizer sees both of its ends */
u_char *fuzz_copy(const u_char *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#endif /* _FUZZ_H_INCLUDED_ */
