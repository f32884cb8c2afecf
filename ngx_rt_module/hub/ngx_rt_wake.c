
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Workers wake each other by a byte on a unix datagram socket.  Each binds its
 * own, to an address that the kernel makes up, see "autobind" in unix(7); after
 * a reload old and new workers were forked at different times, and this way
 * they reach each other all the same.
 */


#include "ngx_rt_hub.h"
#include <sys/un.h>


/* datagrams read at a time; more than the kernel queues by default */
#define NGX_RT_WAKE_READS  32


struct ngx_rt_wake_s {
    ngx_connection_t     *connection;
    ngx_rt_wake_addr_t    addr;
    ngx_array_t           hubs;           /* of ngx_rt_hub_t * */
};


static ngx_int_t ngx_rt_wake_bind(ngx_rt_wake_t *wake, ngx_socket_t s,
    ngx_log_t *log);
static void ngx_rt_wake_read_handler(ngx_event_t *rev);


ngx_rt_wake_t *
ngx_rt_wake_create(ngx_cycle_t *cycle)
{
    ngx_event_t       *rev;
    ngx_socket_t       s;
    ngx_rt_wake_t     *wake;
    ngx_connection_t  *c;

    wake = ngx_pcalloc(cycle->pool, sizeof(ngx_rt_wake_t));
    if (wake == NULL) {
        return NULL;
    }

    if (ngx_array_init(&wake->hubs, cycle->pool, 4, sizeof(ngx_rt_hub_t *))
        != NGX_OK)
    {
        return NULL;
    }

    s = ngx_socket(AF_UNIX, SOCK_DGRAM, 0);

    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_socket_errno,
                      ngx_socket_n " failed for rt wake-ups");
        return NULL;
    }

    if (ngx_rt_wake_bind(wake, s, cycle->log) != NGX_OK) {
        goto failed;
    }

    c = ngx_get_connection(s, cycle->log);
    if (c == NULL) {
        goto failed;
    }

    rev = c->read;

    c->data = wake;
    c->log = cycle->log;
    rev->log = cycle->log;
    c->write->log = cycle->log;
    rev->handler = ngx_rt_wake_read_handler;

    /* like the channel to the master, it is no client's and stays to the end */

    rev->channel = 1;

    if (ngx_add_event(rev, NGX_READ_EVENT, 0) != NGX_OK) {
        ngx_free_connection(c);
        goto failed;
    }

    wake->connection = c;

    return wake;

failed:

    (void) ngx_close_socket(s);

    return NULL;
}


void
ngx_rt_wake_destroy(ngx_rt_wake_t *wake)
{
    ngx_close_connection(wake->connection);
}


void
ngx_rt_wake_add_hub(ngx_rt_wake_t *wake, ngx_rt_hub_t *hub)
{
    ngx_rt_hub_t  **p;

    p = ngx_array_push(&wake->hubs);

    if (p != NULL) {
        *p = hub;
    }
}


const ngx_rt_wake_addr_t *
ngx_rt_wake_addr(ngx_rt_wake_t *wake)
{
    return &wake->addr;
}


void
ngx_rt_wake_send(ngx_rt_hub_t *hub, ngx_rt_wake_list_t *list)
{
    socklen_t           len;
    ngx_uint_t          i;
    struct sockaddr_un  sun;

    if (list->self) {
        ngx_rt_hub_post_turn(hub);
    }

    if (list->n == 0) {
        return;
    }

    ngx_memzero(&sun, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;

    for (i = 0; i < list->n; i++) {

        ngx_memcpy(sun.sun_path, list->addr[i].path, list->addr[i].len);
        len = offsetof(struct sockaddr_un, sun_path) + list->addr[i].len;

        if (sendto(hub->wake->connection->fd, "", 1, MSG_DONTWAIT,
                   (struct sockaddr *) &sun, len)
            == -1
            && ngx_socket_errno == NGX_ECONNREFUSED)
        {
            /* it died, and nobody has dropped its place in the zone yet */

            ngx_rt_worker_drop(hub->zone, &list->addr[i]);
        }
    }
}


static ngx_int_t
ngx_rt_wake_bind(ngx_rt_wake_t *wake, ngx_socket_t s, ngx_log_t *log)
{
    socklen_t           len;
    struct sockaddr_un  sun;

    if (ngx_nonblocking(s) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      ngx_nonblocking_n " failed for rt wake-ups");
        return NGX_ERROR;
    }

    ngx_memzero(&sun, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;

    if (bind(s, (struct sockaddr *) &sun, sizeof(sa_family_t)) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      "bind() failed for rt wake-ups");
        return NGX_ERROR;
    }

    len = sizeof(struct sockaddr_un);

    if (getsockname(s, (struct sockaddr *) &sun, &len) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      "getsockname() failed for rt wake-ups");
        return NGX_ERROR;
    }

    len -= offsetof(struct sockaddr_un, sun_path);

    if (len == 0 || len > sizeof(wake->addr.path)) {
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "unix socket for rt wake-ups has no usable address");
        return NGX_ERROR;
    }

    wake->addr.len = (uint16_t) len;
    ngx_memcpy(wake->addr.path, sun.sun_path, len);

    return NGX_OK;
}


/* whoever sent it and whatever it says: all hubs look into their mailboxes */

static void
ngx_rt_wake_read_handler(ngx_event_t *rev)
{
    u_char             byte;
    ssize_t            n;
    ngx_uint_t         i;
    ngx_rt_hub_t     **hub;
    ngx_rt_wake_t     *wake;
    ngx_connection_t  *c;

    c = rev->data;
    wake = c->data;

    for (i = 0; i < NGX_RT_WAKE_READS; i++) {
        n = recv(c->fd, &byte, 1, 0);

        if (n == -1 && ngx_socket_errno != NGX_EINTR) {
            break;
        }
    }

    if (i == NGX_RT_WAKE_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }

    hub = wake->hubs.elts;

    for (i = 0; i < wake->hubs.nelts; i++) {
        ngx_rt_hub_post_turn(hub[i]);
    }
}
