
/*
 * Copyright (C) the ngx_rt authors
 */


/* The part of nginx that wire/ and store/ see, and TAP. */


#include "unit.h"
#include <sys/mman.h>


volatile ngx_cycle_t  *ngx_cycle;
ngx_pid_t              ngx_pid;
ngx_int_t              ngx_ncpu = 2;
ngx_uint_t             ngx_worker;
ngx_uint_t             ngx_pagesize;
ngx_uint_t             ngx_pagesize_shift;
volatile ngx_msec_t    ngx_current_msec = 1000000;
ngx_uint_t             ngx_exiting;
volatile ngx_time_t   *ngx_cached_time;

static ngx_log_t       unit_log;
static ngx_cycle_t     unit_cycle;
static ngx_time_t      unit_time = { 1700000000, 0, 0 };
static int             unit_count, unit_failed;


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    if (level <= NGX_LOG_ALERT) {
        unit_ok(0, "an alert: %s", fmt);
    }
}


void
ngx_debug_point(void)
{
    unit_ok(0, "a debug point");
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    return malloc(size);
}


/* ngx_string.c allocates nothing that is used here */

void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return NULL;
}


void
unit_ok(int condition, const char *format, ...)
{
    va_list  args;

    printf("%sok %d - ", condition ? "" : "not ", ++unit_count);

    va_start(args, format);
    vprintf(format, args);
    va_end(args);

    printf("\n");
    fflush(stdout);

    unit_failed += !condition;
}


int
unit_done(void)
{
    printf("1..%d\n", unit_count);

    return unit_failed ? 1 : 0;
}


ngx_rt_zone_t *
unit_zone_create(size_t size)
{
    return unit_zone_create_from(size, 0);
}


ngx_rt_zone_t *
unit_zone_create_from(size_t size, uint32_t source)
{
    ngx_uint_t           n;
    ngx_rt_zone_t       *zn;
    ngx_shm_zone_t      *shm_zone;
    ngx_slab_pool_t     *sp;
    ngx_rt_wake_addr_t   addr;

    if (ngx_cycle == NULL) {
        ngx_pid = getpid();
        ngx_pagesize = getpagesize();
        for (n = ngx_pagesize; n >>= 1; ngx_pagesize_shift++) { /* void */ }

        unit_cycle.log = &unit_log;
        ngx_cycle = &unit_cycle;
        ngx_cached_time = &unit_time;

        ngx_slab_sizes_init();
    }

    zn = calloc(1, sizeof(ngx_rt_zone_t));
    shm_zone = calloc(1, sizeof(ngx_shm_zone_t));

    sp = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
              0);

    sp->end = (u_char *) sp + size;
    sp->min_shift = 3;
    sp->addr = sp;

    (void) ngx_shmtx_create(&sp->mutex, &sp->lock, NULL);
    ngx_slab_init(sp);

    shm_zone->shm.addr = (u_char *) sp;
    shm_zone->shm.size = size;
    shm_zone->shm.log = &unit_log;
    shm_zone->data = zn;

    zn->shm_zone = shm_zone;
    zn->name = str("unit");
    zn->size = size;
    zn->history = 10;
    zn->age = 10000;
    zn->message_size = 65536;

    zn->topics = 100000;
    zn->foreign = (source != 0);
    zn->source = source;

    unit_addr_init(&addr);

    if (ngx_rt_zone_init(shm_zone, NULL) != NGX_OK
        || ngx_rt_worker_register(zn, &addr) != NGX_OK)
    {
        printf("Bail out! no zone\n");
        exit(1);
    }

    return zn;
}


void
unit_zone_destroy(ngx_rt_zone_t *zn)
{
    munmap(zn->shm_zone->shm.addr, zn->shm_zone->shm.size);
    free(zn->shm_zone);
    free(zn);
}


void
unit_zone_unlock_dead(ngx_rt_zone_t *zn, ngx_pid_t pid)
{
    (void) ngx_shmtx_force_unlock(&zn->shpool->mutex, pid);
}


void
unit_time_pass(ngx_msec_t ms)
{
    ngx_current_msec += ms;
    unit_time.sec += ms / 1000;
    unit_time.msec += ms % 1000;
}


void
unit_clock_set(time_t sec)
{
    unit_time.sec = sec;
    unit_time.msec = 0;
}


void
unit_addr_init(ngx_rt_wake_addr_t *addr)
{
    addr->len = sizeof(ngx_pid_t);
    ngx_memcpy(addr->path, &ngx_pid, addr->len);
}


ngx_rt_topic_sh_t *
unit_topic_find(ngx_rt_zone_t *zn, ngx_str_t topic)
{
    ngx_rt_topic_sh_t  *tp;

    ngx_rt_zone_lock(zn);
    tp = ngx_rt_topic_find_locked(zn, &topic,
                                  ngx_rt_name_hash(zn->sh->key, &topic));
    ngx_rt_zone_unlock(zn);

    return tp;
}


ngx_rt_zone_info_t
unit_zone_describe(ngx_rt_zone_t *zn)
{
    ngx_rt_zone_info_t  i;

    ngx_rt_zone_describe(zn, &i);

    return i;
}
