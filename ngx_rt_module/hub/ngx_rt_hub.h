
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * One worker's own table: its topics, its subscribers, and the way of messages
 * to them.
 *
 *     mailbox --> turn --> group by topic --> encode once per format --> batch
 *                                                                         |
 *                          subscriber: position, backlog <-- one send() --+
 *                               |
 *                          sink: a bare connection, or a request
 *
 * The hub owns the interfaces of transports and sinks.  It never looks behind a
 * transport, and a transport never looks behind a sink.
 */


#ifndef _NGX_RT_HUB_H_INCLUDED_
#define _NGX_RT_HUB_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include "../store/ngx_rt_store.h"


/* formats of one topic's subscribers for which batches are kept in a turn */
#define NGX_RT_FORMATS       16

/* formats of a message that are kept in a turn */
#define NGX_RT_FRAMES        4

/* a hub that drains closes its subscribers within so many ms */
#define NGX_RT_DRAIN         5000

#define ngx_rt_hub_drain_time()                                               \
    (ngx_current_msec + (ngx_msec_t) ngx_random() % NGX_RT_DRAIN)

/* a client has so many ms to answer a goodbye */
#define NGX_RT_ANSWER        5000

/* what is read of a client at a time, in bytes, and before others get a turn */
#define NGX_RT_SINK_BUFFER   8192
#define NGX_RT_SINK_READS    8

/* slots of the heartbeat wheel, and how long each of them is, in ms */
#define NGX_RT_WHEEL_SLOTS   256
#define NGX_RT_WHEEL_STEP    100


typedef struct ngx_rt_hub_s         ngx_rt_hub_t;
typedef struct ngx_rt_hub_topic_s   ngx_rt_hub_topic_t;
typedef struct ngx_rt_stream_s      ngx_rt_stream_t;
typedef struct ngx_rt_broker_s      ngx_rt_broker_t;
typedef struct ngx_rt_subscriber_s  ngx_rt_subscriber_t;
typedef struct ngx_rt_transport_s   ngx_rt_transport_t;
typedef struct ngx_rt_sink_s        ngx_rt_sink_t;
typedef struct ngx_rt_backlog_s     ngx_rt_backlog_t;
typedef struct ngx_rt_wake_s        ngx_rt_wake_t;
typedef struct ngx_rt_receive_conf_s  ngx_rt_receive_conf_t;


/* bytes for any number of subscribers, on the worker's heap */

typedef struct {
    ngx_uint_t                 refs;
    size_t                     len;
    size_t                     size;
    u_char                    *data;
} ngx_rt_batch_t;


/* the same messages in several formats */

typedef struct {
    ngx_uint_t                 n;
    uint64_t                   formats[NGX_RT_FORMATS];
    ngx_rt_batch_t            *batches[NGX_RT_FORMATS];
} ngx_rt_batch_set_t;


/* a named set of topics, as one cycle has it */

struct ngx_rt_stream_s {
    ngx_str_t                  name;
    ngx_rt_zone_t              zone;
    const ngx_rt_broker_t     *broker;
    void                      *broker_conf;
    void                      *broker_data;   /* this worker's */

    ngx_rt_hub_t              *hub;       /* this worker's */
};


/* what a location says about its subscribers; times are in ms */

typedef struct {
    ngx_msec_t                 ping;      /* 0: none */
    ngx_msec_t                 retry;
    ngx_msec_t                 lifetime;  /* 0: for ever */
    ngx_msec_t                 send_timeout;
    size_t                     buffer;    /* bytes that may wait for a client */
    ngx_flag_t                 detach;
    ngx_uint_t                 slow;
    ngx_uint_t                 start;
    ngx_uint_t                 start_count;
    ngx_uint_t                 topics_max;
    ngx_rt_receive_conf_t     *receive;   /* see its layer */
    ngx_array_t               *origins;   /* of ngx_str_t; NULL: none */
    size_t                     deflate;   /* messages from so many bytes on */
} ngx_rt_subscriber_conf_t;

#define NGX_RT_DEFLATE_OFF   NGX_MAX_SIZE_T_VALUE

#define NGX_RT_SLOW_CLOSE    0
#define NGX_RT_SLOW_SKIP     1

#define NGX_RT_START_NEW     0
#define NGX_RT_START_OLDEST  1
#define NGX_RT_START_LAST    2


/* why a subscriber is closed */

typedef enum {
    NGX_RT_END_AWAY = 0,           /* its time is up, or the worker exits */
    NGX_RT_END_SLOW,               /* the history moved on without it */
    NGX_RT_END_GAP,                /* there is no way to tell it of a gap */
    NGX_RT_END_OWN,                /* the transport knows */
    NGX_RT_END_FAILED              /* without a goodbye */
} ngx_rt_end_e;


/*
 * A transport is how a subscriber talks to its client.  The hub calls it and
 * never looks behind it.  What it writes goes into a batch; NGX_ERROR if there
 * is no memory for that.
 */

struct ngx_rt_transport_s {
    /* as in metrics and in $rt_transport */
    ngx_str_t                  name;

    /* its place in the list of transports */
    ngx_uint_t                 index;

    /* is this request meant for it?  the last transport takes any */
    ngx_uint_t               (*match)(ngx_http_request_t *r);

    /*
     * Can it be served?  NGX_OK, NGX_HTTP_FORBIDDEN because of its origin, or
     * what a content handler returns; it may have answered already.
     */
    ngx_int_t                (*check)(ngx_http_request_t *r,
                                      ngx_rt_subscriber_conf_t *conf,
                                      uint64_t *variant);

    /* sends the response header, may change the variant; or NGX_ERROR */
    ngx_int_t                (*open)(ngx_http_request_t *r,
                                     uint64_t *variant);

    /* what comes before the first message; "gap" may be NULL */
    ngx_int_t                (*greet)(ngx_rt_batch_t *batch,
                                      ngx_rt_subscriber_t *sub,
                                      const ngx_rt_gap_t *gap);

    /* a message, once for all subscribers of this variant */
    ngx_int_t                (*encode)(ngx_rt_batch_t *batch,
                                       uint64_t variant,
                                       const ngx_str_t *topic,
                                       const ngx_rt_message_t *msg);

    /* messages were lost; NGX_DECLINED if that can only be told by closing */
    ngx_int_t                (*gap)(ngx_rt_batch_t *batch, uint64_t variant,
                                    const ngx_rt_gap_t *gap);

    /* keeps a connection alive; "id", if not NULL, is where its client is */
    ngx_int_t                (*beat)(ngx_rt_batch_t *batch, uint64_t variant,
                                     const ngx_rt_id_t *id);

    /*
     * What the client sent, all of which it takes; with nothing, it goes on
     * with what it has kept.  Never destroys the subscriber.  NULL: a client
     * has nothing to say and answers no ping.
     */
    void                     (*read)(ngx_rt_subscriber_t *sub, u_char *p,
                                     size_t len);

    /* sends a text that is for this client alone; NULL as above */
    void                     (*answer)(ngx_rt_subscriber_t *sub, u_char *p,
                                       size_t len);

    /* frees "input"; NULL if there is none */
    void                     (*release)(ngx_rt_subscriber_t *sub);

    /* says goodbye; NGX_AGAIN if the client is to answer */
    ngx_int_t                (*end)(ngx_rt_batch_t *batch,
                                    ngx_rt_subscriber_t *sub);

    /* there is no room: answers so that the client comes back later */
    ngx_int_t                (*refuse)(ngx_http_request_t *r);
};


/* where the bytes of a subscriber go */

struct ngx_rt_sink_s {
    ngx_str_t                  name;

    /* bytes taken, 0 if there is no room now, or NGX_ERROR */
    ssize_t                  (*send)(ngx_rt_subscriber_t *sub, u_char *p,
                                     size_t len);

    ngx_connection_t        *(*connection)(ngx_rt_subscriber_t *sub);

    /* what the client sends is wanted again */
    void                     (*resume)(ngx_rt_subscriber_t *sub);

    /* ends the stream, or drops it if "error"; frees the subscriber */
    void                     (*close)(ngx_rt_subscriber_t *sub,
                                      ngx_uint_t error);
};


/* a subscriber's place among those of one of its topics */

typedef struct {
    ngx_queue_t                queue;
    ngx_rt_subscriber_t       *sub;
    ngx_rt_hub_topic_t        *topic;
    ngx_rt_id_t                told;      /* it needs nothing up to here */
} ngx_rt_member_t;


struct ngx_rt_subscriber_s {
    ngx_rt_hub_t              *hub;
    const ngx_rt_transport_t  *transport;
    const ngx_rt_sink_t       *sink;
    void                      *peer;      /* the sink's */
    void                      *input;     /* the transport's; mostly NULL */
    void                      *receiver;  /* of what the client sends */
    ngx_rt_subscriber_conf_t  *conf;

    ngx_queue_t                wheel;
    ngx_queue_t                work;      /* in hub->work if "queued" */

    /* the client has been given all up to here */
    ngx_rt_id_t                position;

    /* what its socket did not take; NULL almost always */
    ngx_rt_backlog_t          *backlog;

    ngx_msec_t                 ping_at;   /* ngx_current_msec of the next one */
    ngx_msec_t                 ends_at;   /* 0: never */
    ngx_msec_t                 heard_at;  /* the last sign of life */

    /* among those of the transport: who share it are sent the same bytes */
    uint64_t                   variant;

    /* with several topics: the last turn with mail, and where in hub->mixed */
    uint32_t                   turn;
    uint32_t                   mixed;

    uint32_t                   room;      /* for members */

    unsigned                   queued:1;
    unsigned                   opening:1; /* the content handler is running */
    unsigned                   lagging:1; /* to be refilled from the history */
    unsigned                   missed:1;  /* to be told of a gap before that */
    unsigned                   held:1;    /* to be greeted, once there is one */
    unsigned                   asked:1;   /* its position is what it asked */
    unsigned                   malformed:1; /* what it asked for was no id */
    unsigned                   paused:1;  /* the client is not read */
    unsigned                   closing:1;
    unsigned                   ended:1;   /* the goodbye is said */
    unsigned                   awaited:1; /* the client is to answer it */
    unsigned                   failed:1;  /* close without a goodbye */
    ngx_rt_end_e               why;       /* if "closing" */

    ngx_uint_t                 nmembers;
    ngx_rt_member_t           *members;
    ngx_rt_member_t            first[1];  /* those it came with */
};


struct ngx_rt_hub_topic_s {
    ngx_rt_interest_sh_t      *interest;
    uint64_t                   serial;
    ngx_uint_t                 index;     /* the tag of its mail */
    ngx_str_t                  name;      /* in the zone, as long as we are */

    ngx_queue_t                members;
    ngx_uint_t                 nmembers;

    /* of this turn: the first and the last message in hub->mail */
    ngx_uint_t                 first;
    ngx_uint_t                 last;
    ngx_uint_t                 count;     /* 0: none */
    uint32_t                   mark;
    ngx_rt_member_t           *chooser;   /* if "mark" is the hub's */
};


/* a message as it was encoded in this turn */

typedef struct {
    ngx_rt_batch_t            *batch;
    uint64_t                   format;
    size_t                     offset;
    size_t                     len;
} ngx_rt_hub_frame_t;

typedef struct {
    ngx_uint_t                 n;
    ngx_rt_hub_frame_t         frames[NGX_RT_FRAMES];
} ngx_rt_hub_frames_t;


/* the last batch made for a choice of messages, for those who choose alike */

typedef struct {
    ngx_rt_batch_t            *batch;
    uint64_t                   format;
    ngx_uint_t                 n;
    ngx_uint_t                 choice[NGX_RT_READ_MESSAGES];
} ngx_rt_hub_choice_t;


/* a subscriber of several topics that has mail in this turn */

typedef struct {
    ngx_rt_subscriber_t       *sub;
    ngx_rt_member_t           *member;    /* NULL: more than one has */
} ngx_rt_hub_mixed_t;


/* the last refill from history, for those who are in the same place */

typedef struct {
    ngx_rt_batch_t            *batch;
    uint64_t                   format;
    ngx_rt_hub_topic_t        *topic;
    ngx_rt_id_t                from;
    ngx_rt_id_t                to;
    ngx_uint_t                 n;
} ngx_rt_hub_refill_t;


struct ngx_rt_hub_s {
    ngx_rt_stream_t           *stream;
    ngx_rt_zone_t             *zone;
    ngx_rt_wake_t             *wake;
    ngx_log_t                 *log;

    ngx_rt_hub_topic_t       **topics;    /* by index; NULL if it is free */
    ngx_uint_t                 ntopics;
    ngx_uint_t                *free;      /* stack of free indices */
    ngx_uint_t                 nfree;

    ngx_uint_t                 nsubscribers;

    /* all mail up to here is delivered, unless more has come meanwhile */
    ngx_rt_id_t                seen;
    ngx_uint_t                 epoch;     /* of the source */
    unsigned                   ready:1;   /* so was the source */
    unsigned                   drained:1;
    unsigned                   draining:1;
    ngx_msec_t                 exiting_at;

    ngx_event_t                turn;
    uint64_t                   turn_took; /* the last one with mail, in us */
    uint64_t                   turn_end;  /* its end, in us */
    uint32_t                   turns;
    uint32_t                   marks;
    ngx_rt_mail_t              mail[NGX_RT_READ_MESSAGES];
    ngx_uint_t                 next[NGX_RT_READ_MESSAGES];
    ngx_rt_hub_frames_t        frames[NGX_RT_READ_MESSAGES];
    ngx_rt_hub_choice_t        choice;
    ngx_array_t                mixed;     /* of ngx_rt_hub_mixed_t */
    ngx_uint_t                 nmixed;

    ngx_event_t                service;
    unsigned                   serving:1; /* its handler is running */
    ngx_queue_t                work;
    size_t                     refilled;  /* bytes in this run of it */
    ngx_rt_hub_refill_t        refill;
    ngx_rt_cursor_t           *cursors;
    ngx_uint_t                 ncursors;

    ngx_event_t                heartbeat;
    ngx_event_t                tick;
    ngx_uint_t                 wheel_at;  /* the step that was run last */
    ngx_queue_t                due;
    ngx_queue_t                wheel[NGX_RT_WHEEL_SLOTS];
};


/* ngx_rt_hub.c */

ngx_rt_hub_t *ngx_rt_hub_create(ngx_cycle_t *cycle, ngx_rt_stream_t *st,
    ngx_rt_wake_t *wake);
void ngx_rt_hub_destroy(ngx_rt_hub_t *hub);

/* the hub has mail: reads it in the next round of the event loop, or later */
void ngx_rt_hub_post_turn(ngx_rt_hub_t *hub);
void ngx_rt_hub_turn(ngx_rt_hub_t *hub);

/* joins the subscriber to a topic; gives the newest id of the stream */
ngx_int_t ngx_rt_hub_attach(ngx_rt_hub_t *hub, ngx_rt_member_t *member,
    const ngx_str_t *name, ngx_rt_id_t *last);
void ngx_rt_hub_detach(ngx_rt_hub_t *hub, ngx_rt_member_t *member);


/* ngx_rt_delivery.c */

/* hands "n" messages in hub->mail to all who want them */
void ngx_rt_delivery_run(ngx_rt_hub_t *hub, ngx_uint_t n);


/* ngx_rt_batch.c */

/* one reference for the caller */
ngx_rt_batch_t *ngx_rt_batch_create(size_t size);
void ngx_rt_batch_unref(ngx_rt_batch_t *batch);

/* where the next "size" bytes can be written; NULL if there is no memory */
u_char *ngx_rt_batch_reserve(ngx_rt_batch_t *batch, size_t size);
#define ngx_rt_batch_commit(batch, last)                                      \
    (batch)->len = (last) - (batch)->data

/* the place for the batch of this format, which is NULL at first */
ngx_rt_batch_t **ngx_rt_batch_slot(ngx_rt_batch_set_t *set, uint64_t format);
void ngx_rt_batch_release(ngx_rt_batch_set_t *set);


/* ngx_rt_subscriber.c */

/* NULL if there is no memory or no room in the zone */
ngx_rt_subscriber_t *ngx_rt_subscriber_create(ngx_rt_hub_t *hub,
    const ngx_rt_transport_t *transport, ngx_rt_subscriber_conf_t *conf,
    const ngx_str_t *topics, ngx_uint_t n);
void ngx_rt_subscriber_destroy(ngx_rt_subscriber_t *sub);

/*
 * Sends a batch, or keeps it for when the socket drains.  NGX_DECLINED if more
 * than the allowed buffer would wait; NGX_ERROR if the connection is broken,
 * the subscriber is then going to be closed.
 */
ngx_int_t ngx_rt_subscriber_send(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch);

/* sends what the client asked for, however much waits for it already */
void ngx_rt_subscriber_reply(ngx_rt_subscriber_t *sub, ngx_rt_batch_t *batch);

/* sends "n" messages up to "id" in the batch, or lets the subscriber lag */
void ngx_rt_subscriber_deliver(ngx_rt_subscriber_t *sub,
    ngx_rt_batch_t *batch, const ngx_rt_id_t *id, ngx_uint_t n);

/* the socket takes bytes again */
void ngx_rt_subscriber_writable(ngx_rt_subscriber_t *sub);

/*
 * The client sent this; with nothing, goes on after "paused", which may be set
 * again.  The subscriber is there afterwards.
 */
void ngx_rt_subscriber_read(ngx_rt_subscriber_t *sub, u_char *p, size_t len);

/*
 * Reads what there is from the socket of a sink, for a while.  NGX_ERROR if the
 * client has gone.
 */
ngx_int_t ngx_rt_subscriber_receive(ngx_rt_subscriber_t *sub,
    ngx_connection_t *c);

/*
 * Goes on, in the next round of the event loop, with what the client sent.  One
 * that does not take what it is sent is not read either.
 */
void ngx_rt_subscriber_resume(ngx_rt_subscriber_t *sub);
#define ngx_rt_subscriber_is_read(sub)                                        \
    ((sub)->transport->read == NULL                                           \
     || (!(sub)->paused && (sub)->backlog == NULL))

/* will be closed soon, but not in this call */
void ngx_rt_subscriber_close(ngx_rt_subscriber_t *sub, ngx_rt_end_e why);

/* puts it into the queue of those who want more than to wait for mail */
void ngx_rt_subscriber_queue(ngx_rt_subscriber_t *sub);
void ngx_rt_subscriber_service_handler(ngx_event_t *ev);

/* the batch of which some bytes are under way; NULL if there is none */
ngx_rt_batch_t *ngx_rt_subscriber_waiting(ngx_rt_subscriber_t *sub);

/* ngx_current_msec of when a blocked client last took anything */
ngx_msec_t ngx_rt_subscriber_stalled_at(ngx_rt_subscriber_t *sub);

/* who share it are sent the same bytes */
#define ngx_rt_subscriber_format(sub)                                         \
    ((sub)->variant * NGX_RT_TRANSPORTS + (sub)->transport->index)


/* ngx_rt_member.c */

/*
 * Joins a topic, for what is published from now on.  NGX_DONE if it is there
 * already, NGX_ERROR if there is no room.
 */
ngx_int_t ngx_rt_member_join(ngx_rt_subscriber_t *sub,
    const ngx_str_t *topic);
void ngx_rt_member_leave(ngx_rt_subscriber_t *sub,
    const ngx_str_t *topic);

/* NULL if it has not joined it */
ngx_rt_member_t *ngx_rt_member_find(ngx_rt_subscriber_t *sub,
    const ngx_str_t *topic);


/* ngx_rt_replay.c */

/*
 * Sets the position of a new subscriber: that of "asked", if it is not NULL, or
 * what the location says.  Greets it, and tells if messages are missing.  While
 * the history is being filled, that is put off.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_rt_replay_greet(ngx_rt_subscriber_t *sub,
    const ngx_rt_id_t *asked, ngx_uint_t malformed);

/* gives a lagging subscriber one buffer of history */
void ngx_rt_replay_run(ngx_rt_subscriber_t *sub);
void ngx_rt_replay_forget(ngx_rt_hub_t *hub);

/* a message costs more than its data, in bytes */
#define ngx_rt_message_cost(mail)  ((mail)->message->size + 128)


/* ngx_rt_join.c */

/*
 * Sends the messages above "asked" of topics that were just joined, which are
 * the members from "first" on, and the gap of each that has one.
 */
void ngx_rt_join_run(ngx_rt_subscriber_t *sub, ngx_uint_t first,
    const ngx_rt_id_t *asked);


/* ngx_rt_sink_request.c */

/* makes the request the subscriber's way out; NGX_ERROR: no memory */
ngx_int_t ngx_rt_sink_request_attach(ngx_rt_subscriber_t *sub,
    ngx_http_request_t *r);

/* the content handler has returned: leaves the request behind if it can */
void ngx_rt_sink_request_leave(ngx_rt_subscriber_t *sub);


/* ngx_rt_sink_connection.c */

/* turns the request's connection into the subscriber's; the request is gone */
void ngx_rt_sink_connection_take(ngx_rt_subscriber_t *sub,
    ngx_http_request_t *r);


/* ngx_rt_heartbeat.c */

void ngx_rt_heartbeat_init(ngx_rt_hub_t *hub);
void ngx_rt_heartbeat_stop(ngx_rt_hub_t *hub);

/* once when a subscriber comes, and whenever something of it is due earlier */
void ngx_rt_heartbeat_add(ngx_rt_subscriber_t *sub);
void ngx_rt_heartbeat_remove(ngx_rt_subscriber_t *sub);

/* calls "handler" for each subscriber of the hub; it may destroy this one */
typedef void (*ngx_rt_heartbeat_each_pt)(ngx_rt_subscriber_t *sub);
void ngx_rt_heartbeat_each(ngx_rt_hub_t *hub,
    ngx_rt_heartbeat_each_pt handler);


/* ngx_rt_wake.c */

ngx_rt_wake_t *ngx_rt_wake_create(ngx_cycle_t *cycle);
void ngx_rt_wake_destroy(ngx_rt_wake_t *wake);
void ngx_rt_wake_add_hub(ngx_rt_wake_t *wake, ngx_rt_hub_t *hub);
const ngx_rt_wake_addr_t *ngx_rt_wake_addr(ngx_rt_wake_t *wake);

/* calls the workers in the list, this one included */
void ngx_rt_wake_send(ngx_rt_hub_t *hub, ngx_rt_wake_list_t *list);


#endif /* _NGX_RT_HUB_H_INCLUDED_ */
