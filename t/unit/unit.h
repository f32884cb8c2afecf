
/*
 * Copyright (C) the ngx_rt authors
 */


/* TAP, and a zone in memory that is shared with children. */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <store/ngx_rt_store.h>


#define ok(condition, ...)  unit_ok((condition) != 0, __VA_ARGS__)

void unit_ok(int condition, const char *format, ...);
int unit_done(void);

/* a string constant as ngx_str_t, zeros and all */
#define str(text)  ((ngx_str_t) { sizeof(text) - 1, (u_char *) text })

/* a zone of its own, with this process registered as a worker */
ngx_rt_zone_t *unit_zone_create(size_t size);

/* the same for a stream whose ids are given */
ngx_rt_zone_t *unit_zone_create_from(size_t size, uint32_t source);

void unit_zone_destroy(ngx_rt_zone_t *zn);

#define info(zn)         unit_zone_describe(zn)
#define find(zn, topic)  unit_topic_find(zn, topic)

ngx_rt_zone_info_t unit_zone_describe(ngx_rt_zone_t *zn);

/* NULL if there is no such topic */
ngx_rt_topic_sh_t *unit_topic_find(ngx_rt_zone_t *zn, ngx_str_t topic);

/* takes the lock from a process that died, as nginx's master does */
void unit_zone_unlock_dead(ngx_rt_zone_t *zn, ngx_pid_t pid);

/* an address that goes with the pid */
void unit_addr_init(ngx_rt_wake_addr_t *addr);

void unit_time_pass(ngx_msec_t ms);

/* the wall clock, which need not agree with the time that passes */
void unit_clock_set(time_t sec);


#endif /* _UNIT_H_INCLUDED_ */
