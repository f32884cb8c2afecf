
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Streams that many hosts share through Redis.  hiredis writes and reads the
 * protocol; sockets, TLS, names, timers and logs are nginx's.
 *
 *     publisher of a worker --- link ---> Redis      XADD or PUBLISH
 *     follower of the host  <-- link ---- Redis      XREAD or PSUBSCRIBE
 *                 |
 *                 v  ngx_rt_publish_take()
 *               zone
 */


#ifndef _NGX_RT_REDIS_H_INCLUDED_
#define _NGX_RT_REDIS_H_INCLUDED_


#include "../publish/ngx_rt_publish.h"
#include <ngx_event_connect.h>
#include <hiredis/hiredis.h>


/* of a host name, and of "host:port" */
#define NGX_RT_REDIS_HOST_LEN   255
#define NGX_RT_REDIS_NAME_LEN   (NGX_RT_REDIS_HOST_LEN + sizeof("[]:65535") - 1)


/* the causes of a state that the log has told last: several may alternate */

#define NGX_RT_REDIS_CAUSES     4

typedef struct {
    uint32_t                   causes[NGX_RT_REDIS_CAUSES];   /* CRC-32 */
} ngx_rt_redis_told_t;


/* a server, as the configuration names it */

typedef struct {
    ngx_str_t                  name;      /* host:port, or unix:path */
    ngx_str_t                  host;      /* empty: a unix socket */
    in_port_t                  port;
    ngx_addr_t                *addrs;     /* as they were at the start */
    ngx_uint_t                 naddrs;    /* 0: the resolver is asked */
} ngx_rt_redis_server_t;


/* as the configuration has it; times are in ms */

typedef struct {
    ngx_array_t                servers;   /* of ngx_rt_redis_server_t */
    ngx_str_t                  user;      /* empty: the default user */
    ngx_str_t                  password;
    ngx_str_t                  db;        /* empty: not selected */
    ngx_str_t                  sentinel;  /* the master's name, or empty */
    ngx_str_t                  key;       /* of the Redis Stream */
    ngx_str_t                  maxlen;    /* of it, a number */
    ngx_str_t                  channel;   /* what channels begin with */
    ngx_msec_t                 timeout;
    ngx_msec_t                 probe;
    ngx_resolver_t            *resolver;  /* NULL: there is none */
#if (NGX_SSL)
    ngx_ssl_t                 *ssl;       /* NULL: not rediss:// */
#endif
    unsigned                   verify:1;  /* the server's certificate */
    unsigned                   cluster:1;
    unsigned                   pubsub:1;
    unsigned                   envelope:1;
} ngx_rt_redis_conf_t;


/* hiredis's parser with a limit */

typedef struct {
    redisReader               *parser;
    redisReplyObjectFunctions  functions;
    redisReplyObjectFunctions *own;       /* hiredis's */
    size_t                     max;       /* of one reply, in bytes */
    size_t                     len;       /* of the one that comes, so far */
    size_t                     elements;  /* that its arrays are to have */
} ngx_rt_redis_reader_t;


/* what XINFO STREAM says */

typedef struct {
    ngx_rt_id_t                first;     /* entry; if "length" is not 0 */
    ngx_rt_id_t                last;      /* id ever given */
    uint64_t                   length;
    uint64_t                   added;     /* ever; from Redis 7.0 on */
    unsigned                   counted:1; /* "added" is known */
} ngx_rt_redis_info_t;


typedef struct ngx_rt_redis_link_s  ngx_rt_redis_link_t;

/*
 * NGX_OK and a reply, NGX_ERROR if the link was lost before there was one,
 * NGX_DECLINED if the command was never sent.
 */
typedef void (*ngx_rt_redis_reply_pt)(void *data, ngx_int_t rc,
    redisReply *reply);

typedef enum {
    NGX_RT_REDIS_WAITING = 0,      /* for the next attempt */
    NGX_RT_REDIS_RESOLVING,        /* the name of the server */
    NGX_RT_REDIS_CONNECTING,       /* the socket connects, or TLS begins */
    NGX_RT_REDIS_ASKING,           /* a Sentinel for the master */
    NGX_RT_REDIS_GREETING,         /* AUTH, SELECT and a probe are sent */
    NGX_RT_REDIS_READY
} ngx_rt_redis_state_e;


typedef struct {
    ngx_queue_t                queue;
    ngx_rt_redis_reply_pt      handler;
    void                      *data;      /* NULL: nobody waits any more */
    ngx_msec_t                 due;       /* ngx_current_msec */
    size_t                     len;       /* of the command, in bytes */
} ngx_rt_redis_request_t;


/* requests, and those of their bytes that are still to be sent */

typedef struct {
    ngx_queue_t                queue;     /* oldest first */
    u_char                    *data;
    size_t                     pos;
    size_t                     len;
    size_t                     size;
} ngx_rt_redis_requests_t;


struct ngx_rt_redis_link_s {
    const ngx_rt_redis_conf_t *conf;
    ngx_log_t                 *log;
    size_t                     reply_max; /* of one reply, in bytes */

    /* as it is told of in the zone: in which place, and by which name */
    ngx_rt_zone_t             *zone;
    ngx_uint_t                 place;
    const char                *role;

    /* told when it becomes ready */
    void                     (*ready)(ngx_rt_redis_link_t *ln);

    /* takes what comes after SUBSCRIBE; NULL: every reply has a request */
    void                     (*message)(ngx_rt_redis_link_t *ln,
                                        redisReply *reply);

    /* takes what there is, which may be NULL, of a reply that is too large */
    void                     (*oversized)(ngx_rt_redis_link_t *ln,
                                          redisReply *part);
    void                      *data;

    ngx_rt_redis_state_e       state;
    time_t                     since;     /* of the state */
    ngx_msec_t                 until;     /* ngx_current_msec of its end */
    ngx_msec_t                 lost_at;   /* ngx_current_msec */
    ngx_uint_t                 failures;  /* since an answer was used last */
    ngx_uint_t                 redirects; /* since it was ready last */
    ngx_uint_t                 reconnects;
    u_char                     error[NGX_RT_LINK_ERROR_LEN];
    size_t                     error_len;
    ngx_rt_redis_told_t        told;      /* since an answer was used last */
    ngx_msec_t                 skipped_at;    /* ngx_current_msec; 0: never */

    /* where it goes: one of conf->servers in turn, or where it was told to */
    ngx_uint_t                 attempt;
    ngx_str_t                  host;      /* empty: a unix socket */
    in_port_t                  port;
    ngx_str_t                  name;      /* for logs */
    u_char                     host_buf[NGX_RT_REDIS_HOST_LEN + 1];
    u_char                     name_buf[NGX_RT_REDIS_NAME_LEN];
    ngx_sockaddr_t             sockaddr;
    socklen_t                  socklen;

    ngx_resolver_ctx_t        *resolving;
    ngx_peer_connection_t      peer;
    ngx_rt_redis_reader_t      reader;

    ngx_rt_redis_requests_t    sent;      /* to this connection */
    ngx_rt_redis_requests_t    waiting;   /* for the next one */

    ngx_event_t                timer;
    unsigned                   watches:1; /* a Sentinel: goes no further */
    unsigned                   guided:1;  /* to "host" by another server */
    unsigned                   asking:1;  /* each command follows ASKING */
    unsigned                   idle_only:1; /* keeps no exiting worker */
    unsigned                   handling:1;  /* of replies is under way */
    unsigned                   once:1;    /* it has been ready before */
    unsigned                   used:1;    /* since it is ready */
    unsigned                   flaps:1;   /* it was ready, but of no use */
};


/* ngx_rt_redis_reader.c */

ngx_int_t ngx_rt_redis_reader_open(ngx_rt_redis_reader_t *rd, size_t max);
void ngx_rt_redis_reader_close(ngx_rt_redis_reader_t *rd);

/* NGX_ERROR: no memory */
ngx_int_t ngx_rt_redis_reader_feed(ngx_rt_redis_reader_t *rd, u_char *p,
    size_t len);

/*
 * NGX_OK and a reply, NGX_AGAIN if it is not complete, NGX_DECLINED and what
 * there is of it if it is too large, NGX_ERROR and the reason.  The caller
 * frees a reply, but not a part.
 */
ngx_int_t ngx_rt_redis_reader_next(ngx_rt_redis_reader_t *rd,
    redisReply **reply, const char **reason);


/* ngx_rt_redis_told.c */

/* is this cause not among those that were told? now it is */
ngx_uint_t ngx_rt_redis_told_is_news(ngx_rt_redis_told_t *told,
    const void *cause, size_t len);


/* ngx_rt_redis_link.c */

void ngx_rt_redis_link_open(ngx_rt_redis_link_t *ln);
void ngx_rt_redis_link_close(ngx_rt_redis_link_t *ln);

/*
 * Sends a command, which may take "extra" ms longer than "timeout".  When the
 * link was lost a moment ago, the command waits for it.  NULL if it was lost
 * longer ago, or too much waits to be sent.
 */
ngx_rt_redis_request_t *ngx_rt_redis_link_send(ngx_rt_redis_link_t *ln,
    int argc, const char **argv, const size_t *argvlen, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler, void *data);

/*
 * Is the error one that says that another server is to be asked, or this one
 * later?  The link is then lost, and goes there.
 */
ngx_uint_t ngx_rt_redis_link_redirect(ngx_rt_redis_link_t *ln,
    const redisReply *error);

/* what comes is wrong: drops the connection and connects again, later */
void ngx_rt_redis_link_fail(ngx_rt_redis_link_t *ln, ngx_err_t err,
    const char *reason, size_t len);

#define ngx_rt_redis_link_fail_with(ln, text)                                 \
    ngx_rt_redis_link_fail(ln, 0, text, sizeof(text) - 1)

/* an answer of it was of use: the next attempt comes soon again */
void ngx_rt_redis_link_used(ngx_rt_redis_link_t *ln);

/* counts what came and cannot be taken; is it the first for a while? */
ngx_uint_t ngx_rt_redis_link_skip(ngx_rt_redis_link_t *ln);

/* leaves this server for the one that it was sent to */
void ngx_rt_redis_link_move(ngx_rt_redis_link_t *ln);

/* the socket is connected, and safe if it is to be */
void ngx_rt_redis_link_connected(ngx_rt_redis_link_t *ln);

/* the greeting was answered */
void ngx_rt_redis_link_ready(ngx_rt_redis_link_t *ln);

/* sets the timer to what is due next */
void ngx_rt_redis_link_schedule(ngx_rt_redis_link_t *ln);

void ngx_rt_redis_link_set_state(ngx_rt_redis_link_t *ln,
    ngx_rt_redis_state_e state);


/* ngx_rt_redis_request.c */

/* NULL: no memory, or too much waits to be sent */
ngx_rt_redis_request_t *ngx_rt_redis_request_send(ngx_rt_redis_link_t *ln,
    int argc, const char **argv, const size_t *argvlen, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler, void *data);
ngx_rt_redis_request_t *ngx_rt_redis_request_wait(ngx_rt_redis_link_t *ln,
    int argc, const char **argv, const size_t *argvlen, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler, void *data);

/* sends those that waited; NGX_ERROR: no memory */
ngx_int_t ngx_rt_redis_request_resume(ngx_rt_redis_link_t *ln);

/* gives those up that have waited too long, or all */
void ngx_rt_redis_request_expire(ngx_rt_redis_link_t *ln, ngx_uint_t all);

/* the answer to the oldest that was sent; NGX_DECLINED: there is none */
ngx_int_t ngx_rt_redis_request_answer(ngx_rt_redis_link_t *ln,
    redisReply *reply);

/* the connection is gone */
void ngx_rt_redis_request_abort(ngx_rt_redis_link_t *ln);
void ngx_rt_redis_request_clear(ngx_rt_redis_requests_t *list);

/* is it time? "time" is one of ngx_current_msec */
#define ngx_rt_redis_is_due(time)                                             \
    ((ngx_msec_int_t) ((time) - ngx_current_msec) <= 0)


/* ngx_rt_redis_greeting.c */

void ngx_rt_redis_greeting_start(ngx_rt_redis_link_t *ln);
void ngx_rt_redis_greeting_auth(ngx_rt_redis_link_t *ln);
void ngx_rt_redis_greeting_probe(ngx_rt_redis_link_t *ln);


/* ngx_rt_redis_server.c */

/*
 * Connects to the server whose turn it is, or to "host" if the link was sent
 * there; calls ngx_rt_redis_link_connected() or ngx_rt_redis_link_fail().
 */
void ngx_rt_redis_server_connect(ngx_rt_redis_link_t *ln);
void ngx_rt_redis_server_close(ngx_rt_redis_link_t *ln);

/*
 * Sends the link to another server; an empty host is the one it is at.
 * NGX_DECLINED if there is no such.
 */
ngx_int_t ngx_rt_redis_server_set(ngx_rt_redis_link_t *ln, const char *host,
    size_t len, ngx_int_t port);


/* ngx_rt_redis_entry.c */

/*
 * Takes an entry of a Redis Stream.  NGX_OK, NGX_DECLINED and the reason if it
 * is no message but its id is known, NGX_ERROR if it is no entry.
 */
ngx_int_t ngx_rt_redis_entry_parse(const redisReply *entry,
    ngx_rt_publication_t *pub, const char **reason);

/* bytes that an entry takes, at least */
size_t ngx_rt_redis_entry_size(const redisReply *entry);

/* the entries of a reply to XREAD of one stream; NULL: there are none */
const redisReply *ngx_rt_redis_entry_list(const redisReply *reply);

/* NGX_DECLINED if it is no answer to XINFO STREAM */
ngx_int_t ngx_rt_redis_entry_parse_info(const redisReply *reply,
    ngx_rt_redis_info_t *info);

/* NGX_DECLINED if it is no id */
ngx_int_t ngx_rt_redis_entry_parse_id(const redisReply *reply,
    ngx_rt_id_t *id);

/* is it an error that begins with this word? */
ngx_uint_t ngx_rt_redis_entry_is_error(const redisReply *reply,
    const char *word);


/* ngx_rt_redis_publisher.c: of a worker; its link carries all publishes */

typedef struct ngx_rt_redis_publisher_s  ngx_rt_redis_publisher_t;

struct ngx_rt_redis_publisher_s {
    ngx_rt_stream_t           *stream;
    ngx_rt_redis_link_t        link;

    /* NGX_OK, NGX_DECLINED and the refusal, NGX_ERROR: a strange answer */
    ngx_int_t                (*take)(ngx_rt_redis_publisher_t *pb,
                                     ngx_rt_publish_wait_t *wait,
                                     const redisReply *reply);

    ngx_rt_redis_told_t        told;      /* since one was accepted last */
    unsigned                   refused:1; /* the last one */
};

void ngx_rt_redis_publisher_open(ngx_rt_redis_publisher_t *pb,
    ngx_rt_stream_t *st, ngx_log_t *log);

/* NGX_AGAIN, or NGX_DECLINED and the refusal */
ngx_int_t ngx_rt_redis_publisher_send(ngx_rt_redis_publisher_t *pb, int argc,
    const char **argv, const size_t *argvlen, ngx_rt_publish_wait_t *wait);
void ngx_rt_redis_publisher_cancel(ngx_rt_publish_wait_t *wait);


/* ngx_rt_redis_sentinel.c: tells the links of a worker when the master moves */

typedef struct {
    ngx_rt_redis_link_t        link;
    ngx_rt_redis_link_t       *links[2];  /* to the master */
} ngx_rt_redis_sentinel_t;

/* does nothing if there is no Sentinel */
void ngx_rt_redis_sentinel_open(ngx_rt_redis_sentinel_t *sn,
    ngx_rt_stream_t *st, ngx_log_t *log);
void ngx_rt_redis_sentinel_close(ngx_rt_redis_sentinel_t *sn);

/* asks for the master's address; a link in the state of "asking" */
void ngx_rt_redis_sentinel_ask(ngx_rt_redis_link_t *ln);


/* ngx_rt_redis_leader.c: which worker of the host follows Redis */

typedef struct {
    ngx_rt_stream_t           *stream;

    /* this worker begins to follow, or ceases to */
    void                     (*follow)(ngx_rt_stream_t *st, ngx_uint_t on);

    ngx_event_t                tick;
    unsigned                   leads:1;
    unsigned                   passes_on:1;   /* as soon as it exits */
} ngx_rt_redis_leader_t;

void ngx_rt_redis_leader_open(ngx_rt_redis_leader_t *ld, ngx_rt_stream_t *st,
    ngx_log_t *log);
void ngx_rt_redis_leader_close(ngx_rt_redis_leader_t *ld);

/* for the status: "name" and "value", and what is known of the source */
json_t *ngx_rt_redis_leader_describe(ngx_rt_stream_t *st, const char *name,
    const ngx_str_t *value);


/* ngx_rt_redis_follower.c */

typedef enum {
    NGX_RT_REDIS_ASKED_INFO = 0,
    NGX_RT_REDIS_ASKED_FILL,
    NGX_RT_REDIS_ASKED_READ
} ngx_rt_redis_asked_e;


typedef struct {
    ngx_rt_stream_t           *stream;
    ngx_rt_redis_link_t        link;

    ngx_rt_redis_asked_e       asked;     /* what the next answer is to */
    ngx_msec_t                 read_at;   /* ngx_current_msec */
    ngx_event_t                pause;     /* before the next XREAD */
    ngx_uint_t                 count;     /* entries of an answer */
    ngx_uint_t                 most;

    ngx_rt_redis_info_t        info;      /* the last one */
    ngx_rt_id_t                acknowledged;  /* when that was asked for */
    uint64_t                   added;     /* entries ever, that we have seen */
    uint64_t                   behind;    /* entries, at most */

    ngx_rt_id_t                fill;      /* the history begins after it */
    ngx_rt_id_t                common;    /* the newest that the zone has too */
    size_t                     filled;    /* bytes of what follows it */

    unsigned                   renewed:1; /* the source is another one */
    unsigned                   counted:1; /* "added" is right */
    unsigned                   blind:1;   /* XINFO is too large */
    unsigned                   paused:1;
    unsigned                   absent:1;  /* the zone's newest is not there */
    ngx_msec_t                 blind_at;  /* ngx_current_msec */
} ngx_rt_redis_follower_t;

void ngx_rt_redis_follower_open(ngx_rt_redis_follower_t *fl,
    ngx_rt_stream_t *st, ngx_log_t *log);
void ngx_rt_redis_follower_close(ngx_rt_redis_follower_t *fl);

/* reads on */
void ngx_rt_redis_follower_read(ngx_rt_redis_follower_t *fl);

/* a command, put together from words and from what has a length */

typedef struct {
    int                        argc;
    const char                *argv[8];
    size_t                     len[8];
} ngx_rt_redis_command_t;

#define ngx_rt_redis_command_word(cmd, text)                                  \
    ngx_rt_redis_command_add(cmd, text, sizeof(text) - 1)

#define ngx_rt_redis_command_add(cmd, p, n)                                   \
    (cmd)->argv[(cmd)->argc] = (const char *) (p);                            \
    (cmd)->len[(cmd)->argc++] = (n)

/* the link is lost if it cannot be sent, or is answered by an error */
void ngx_rt_redis_follower_send(ngx_rt_redis_follower_t *fl,
    ngx_rt_redis_command_t *cmd, ngx_msec_t extra,
    ngx_rt_redis_reply_pt handler);
void ngx_rt_redis_follower_error(ngx_rt_redis_follower_t *fl,
    redisReply *reply);


/* ngx_rt_redis_check.c: what the stream has, and what the zone has of it */

/* after a connect; goes on with what is right then */
void ngx_rt_redis_check_start(ngx_rt_redis_follower_t *fl);

/* to be sent with each XREAD: tells subscribers if entries are missing */
void ngx_rt_redis_check_look(ngx_rt_redis_follower_t *fl);

/* nothing is unread */
void ngx_rt_redis_check_complete(ngx_rt_redis_follower_t *fl);


/* ngx_rt_redis_fill.c: the history of a host that starts */

void ngx_rt_redis_fill_start(ngx_rt_redis_follower_t *fl);

/* the history begins after this id, or with less than there might be */
void ngx_rt_redis_fill_settle(ngx_rt_redis_follower_t *fl,
    const ngx_rt_id_t *id);


/* ngx_rt_redis_stream.c, ngx_rt_redis_pubsub.c */

extern const ngx_rt_broker_t  ngx_rt_redis_stream_broker;
extern const ngx_rt_broker_t  ngx_rt_redis_pubsub_broker;


#endif /* _NGX_RT_REDIS_H_INCLUDED_ */
