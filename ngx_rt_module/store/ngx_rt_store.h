
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The shared memory of a stream: topics, their history, and a mailbox for each
 * worker of each generation that serves it.
 *
 * One lock guards it, the mutex of nginx's slab pool, because nginx releases
 * that one when a worker dies inside.  Functions named "..._locked" expect it
 * to be held; the others take it themselves.  Under it there is no system call,
 * no log line and no callback, and work is bounded by constants.
 *
 *     zone --> buckets --> topic --> its messages, oldest first
 *          |                    \--> interest: a worker has subscribers of it
 *          |--> all messages of the stream, oldest first
 *          \--> worker --> its interests
 *                     \--> mailbox: references to messages, in id order
 *
 * A worker may be killed at any instruction.  Four chains are the truth, and
 * each changes by a single store: the buckets' topics, the forward links of the
 * stream's messages, the workers, and each worker's interests.  All else can be
 * computed from them, and is, by the next one that takes the lock; what cannot
 * be reached by them is free memory.
 */


#ifndef _NGX_RT_STORE_H_INCLUDED_
#define _NGX_RT_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include "../wire/ngx_rt_wire.h"


/*
 * Counters: a fact is written once.  Each worker adds to its own; those of a
 * worker that is gone are kept in the zone.
 */

#define NGX_RT_COUNTERS(_)                                                    \
    _(published, "messages accepted")                                         \
    _(delivered, "messages handed to a subscriber's connection")              \
    _(gaps,      "gaps told to subscribers")                                  \
    _(evicted,   "messages dropped early because the zone was full")          \
    _(refused,   "publishes and subscriptions refused for lack of room")      \
    _(slow,      "times a subscriber fell behind by more than its buffer")    \
    _(wakeups,   "wake-ups sent to other workers")                            \
    _(received,  "messages received from subscribers")                        \
    _(rejected,  "messages of subscribers that were not accepted")            \
    _(violations, "subscribers closed because they broke the protocol")       \
    _(forbidden, "subscriptions refused because of their origin")             \
    _(silent,    "subscribers closed because they answered no ping")          \
    _(skipped,   "messages from Redis that could not be taken")              \
    _(unconfirmed, "publishes that Redis did not confirm")

#define ngx_rt_counter_index(name, text)  NGX_RT_COUNTER_##name,

typedef enum {
    NGX_RT_COUNTERS(ngx_rt_counter_index)
    NGX_RT_NCOUNTERS
} ngx_rt_counter_e;


/* as many transports as a worker counts subscribers for */
#define NGX_RT_TRANSPORTS      8

/* messages that a worker reads at a time, and the bytes they may hold */
#define NGX_RT_READ_MESSAGES   64
#define NGX_RT_READ_SIZE       (1024 * 1024)

#define NGX_RT_MAILBOX_PAGES   16

/* the unit of memory, and the largest object */
#define NGX_RT_PAGE            4096

/* links to other servers that a worker tells of, and the longest last error */
#define NGX_RT_LINKS           3
#define NGX_RT_LINK_NAME_LEN   262
#define NGX_RT_LINK_ERROR_LEN  128

/* sizes of objects; one more list holds free pages */
#define NGX_RT_ARENA_CLASSES   13
#define NGX_RT_ARENA_FREE      NGX_RT_ARENA_CLASSES

/* workers that one publish wakes; others look into their mailbox anyway, */
/* once a second */
#define NGX_RT_WAKE_MAX        128


typedef struct ngx_rt_zone_s         ngx_rt_zone_t;
typedef struct ngx_rt_topic_sh_s     ngx_rt_topic_sh_t;
typedef struct ngx_rt_message_sh_s   ngx_rt_message_sh_t;
typedef struct ngx_rt_interest_sh_s  ngx_rt_interest_sh_t;
typedef struct ngx_rt_worker_sh_s    ngx_rt_worker_sh_t;


/*
 * The path of a unix datagram socket, as bind() made it up: a zero byte and
 * five hexadecimal digits, see unix(7).
 */

typedef struct {
    u_char                   path[14];
    uint16_t                 len;
} ngx_rt_wake_addr_t;


/* whom to call once the lock is released */

typedef struct {
    ngx_rt_wake_addr_t       addr[NGX_RT_WAKE_MAX];
    ngx_uint_t               n;
    unsigned                 self:1;      /* this very worker */
} ngx_rt_wake_list_t;


typedef struct {
    uint64_t                 used;        /* a bit for each chunk */
    uint32_t                 class;       /* of their size */
    uint32_t                 next;        /* with room, of the same class */
    uint32_t                 prev;
} ngx_rt_page_sh_t;


typedef struct {
    u_char                  *start;
    ngx_rt_page_sh_t        *pages;
    uint32_t                 npages;
    uint32_t                 lists[NGX_RT_ARENA_CLASSES + 1];
    size_t                   used;        /* in bytes */
} ngx_rt_arena_sh_t;


/* immutable once it is linked: whoever holds a reference reads it unlocked */

struct ngx_rt_message_sh_s {
    ngx_queue_t              queue;       /* of the stream */
    ngx_rt_message_sh_t     *prev;        /* of the topic */
    ngx_rt_message_sh_t     *next;

    ngx_rt_topic_sh_t       *topic;       /* NULL once out of the history */
    uint64_t                 serial;      /* of the topic, for ever */
    ngx_msec_t               created;     /* ngx_current_msec */
    uint32_t                 refs;        /* history, mailboxes, readers */
    uint32_t                 size;        /* of the data, in bytes */

    ngx_rt_message_t         msg;
};


struct ngx_rt_topic_sh_s {
    ngx_rt_topic_sh_t       *next;        /* in its bucket */
    uint64_t                 hash;
    uint64_t                 serial;      /* no two topics ever share one */

    ngx_rt_message_sh_t     *oldest;
    ngx_rt_message_sh_t     *newest;
    ngx_uint_t               nmessages;

    ngx_rt_id_t              last;        /* of the newest message ever */
    ngx_rt_id_t              dropped;     /* no message above it is missing */

    ngx_rt_interest_sh_t    *interests;
    ngx_uint_t               nsubscribers;

    ngx_str_t                name;
};


/* a worker's subscribers of one topic */

struct ngx_rt_interest_sh_s {
    ngx_rt_interest_sh_t    *next;        /* of the worker */
    ngx_rt_interest_sh_t    *prev;
    ngx_rt_interest_sh_t    *topic_next;
    ngx_rt_worker_sh_t      *worker;
    ngx_rt_topic_sh_t       *topic;
    ngx_uint_t               nsubscribers;
    ngx_uint_t               tag;         /* the worker's own, see mail */
};


typedef struct {
    ngx_rt_message_sh_t     *message;
    ngx_uint_t               tag;         /* of the interest */
} ngx_rt_mail_t;


/*
 * A queue in single pages: entries from "head" to "claimed" are being read by
 * the worker without the lock, those from there to "tail" wait.
 */

typedef struct {
    ngx_uint_t               head;
    ngx_uint_t               claimed;
    ngx_uint_t               tail;
    ngx_rt_mail_t           *pages[NGX_RT_MAILBOX_PAGES];
    unsigned                 overflow:1;  /* something was not put in */
    unsigned                 sleeping:1;  /* a wake-up is due when mail comes */
} ngx_rt_mailbox_t;


/* what a worker tells of a link to another server */

typedef struct {
    char                     role[12];    /* empty: there is no such link */
    char                     state[12];
    time_t                   since;       /* of the state */
    ngx_uint_t               reconnects;
    size_t                   name_len;
    size_t                   error_len;
    u_char                   name[NGX_RT_LINK_NAME_LEN];
    u_char                   error[NGX_RT_LINK_ERROR_LEN];
} ngx_rt_link_info_t;


struct ngx_rt_worker_sh_s {
    ngx_rt_worker_sh_t      *next;
    ngx_pid_t                pid;
    ngx_uint_t               number;      /* ngx_worker */
    ngx_uint_t               generation;

    ngx_rt_wake_addr_t       addr;        /* of its wake-up socket */

    ngx_rt_mailbox_t         mailbox;
    ngx_rt_interest_sh_t    *interests;

    /* what a reader of the history holds */
    ngx_rt_message_sh_t     *held[NGX_RT_READ_MESSAGES];
    ngx_uint_t               nheld;

    ngx_uint_t               nsubscribers[NGX_RT_TRANSPORTS];
    uint64_t                 counters[NGX_RT_NCOUNTERS];
    ngx_rt_link_info_t       links[NGX_RT_LINKS];
};


/*
 * Where messages come from, if another server orders them; see
 * ngx_rt_source.c.  What is "lost" is a range of ids: positions above "from"
 * up to "to" are those of messages that the source does not have any more.
 */

typedef struct {
    ngx_pid_t                leader;      /* who follows it; may be dead */
    uint32_t                 key;         /* of the source */
    ngx_uint_t               epoch;       /* grows when messages are missed */
    ngx_rt_id_t              begin;       /* no message up to here is known */
    ngx_rt_id_t              lost_from;
    ngx_rt_id_t              lost_to;
    ngx_rt_id_t              acknowledged;    /* newest, to our publishers */
    time_t                   entry_at;    /* of the last message; or 0 */
    uint64_t                 behind;      /* messages still to be read */
    unsigned                 filling:1;   /* the history is not complete */
    unsigned                 opened:1;    /* it has been so before */
} ngx_rt_source_sh_t;


typedef struct {
    ngx_pid_t                owner;       /* of the lock; of a dead one too */

    ngx_rt_id_t              last;        /* newest id given */
    ngx_rt_id_t              floor;       /* newest id dropped with its topic */
    uint64_t                 serial;
    ngx_uint_t               generation;
    ngx_rt_source_sh_t       source;

    uint64_t                 key[2];
    ngx_uint_t               mask;
    ngx_rt_topic_sh_t      **buckets;
    ngx_uint_t               ntopics;
    ngx_uint_t               ninterests;

    ngx_queue_t              messages;
    ngx_uint_t               nmessages;

    ngx_rt_worker_sh_t      *workers;

    ngx_rt_arena_sh_t        arena;

    ngx_msec_t               evicted;     /* ngx_current_msec of the last one */
    unsigned                 full:1;      /* messages are evicted for room */
    unsigned                 told:1;      /* and the log says so */

    uint64_t                 counters[NGX_RT_NCOUNTERS];
} ngx_rt_zone_sh_t;


/* one cycle's view of a stream's shared memory */

struct ngx_rt_zone_s {
    ngx_str_t                name;
    ngx_shm_zone_t          *shm_zone;

    size_t                   size;
    ngx_uint_t               history;     /* messages per topic; 0: none */
    ngx_msec_t               age;         /* of a message in the history */
    size_t                   message_size;
    ngx_uint_t               topics;      /* at once; 0: what fits */

    ngx_slab_pool_t         *shpool;
    ngx_rt_zone_sh_t        *sh;
    ngx_uint_t               generation;

    unsigned                 foreign:1;   /* a source gives the ids */
    uint32_t                 source;      /* its key */

    ngx_rt_worker_sh_t      *worker;      /* ours; NULL outside workers */
    ngx_rt_topic_sh_t       *guarded;     /* not released under this lock */
};


/* what is published */

typedef struct {
    ngx_str_t                topic;
    ngx_str_t                event;
    ngx_str_t                data;

    /* set when it is published, or before, if somebody else gives ids */
    ngx_rt_id_t              id;
    ngx_uint_t               nsubscribers;
} ngx_rt_publication_t;


/* a place in a topic's history, good until the message is dropped */

typedef struct {
    ngx_rt_topic_sh_t       *topic;
    ngx_rt_message_sh_t     *message;     /* NULL: behind the newest */
    ngx_rt_id_t              id;          /* of the message */
    ngx_rt_id_t              told;        /* its reader needs none up to here */
    ngx_uint_t               epoch;       /* in which "message" was found */
    unsigned                 found:1;     /* the search for it is over */
} ngx_rt_cursor_t;


typedef struct {
    ngx_str_t                name;
    ngx_uint_t               nmessages;
    ngx_rt_id_t              oldest;
    ngx_rt_id_t              newest;
    ngx_uint_t               nsubscribers;
} ngx_rt_topic_info_t;


typedef struct {
    ngx_pid_t                pid;
    ngx_uint_t               number;
    ngx_uint_t               generation;
    ngx_uint_t               nsubscribers[NGX_RT_TRANSPORTS];
    uint64_t                 counters[NGX_RT_NCOUNTERS];
    ngx_rt_link_info_t       links[NGX_RT_LINKS];
} ngx_rt_worker_info_t;


typedef struct {
    ngx_uint_t               generation;
    ngx_uint_t               ntopics;
    ngx_uint_t               nmessages;
    size_t                   size;
    size_t                   used;
    ngx_uint_t               full;
    ngx_rt_id_t              last;
    uint64_t                 counters[NGX_RT_NCOUNTERS];   /* of all workers */
} ngx_rt_zone_info_t;


/*
 * Is a time, in ms of ngx_current_msec, so long ago?  Each worker reads the
 * clock once a round of its event loop, so another one's time may be ahead.
 */
#define ngx_rt_is_past(time, ms)                                              \
    ((ngx_msec_int_t) (ngx_current_msec - (time)) >= (ngx_msec_int_t) (ms))


/* the compiler keeps the order of stores that a crash relies on */
#define ngx_rt_barrier()  __asm__ volatile ("" ::: "memory")


#define ngx_rt_counter_add(zn, name, n)                                       \
    (zn)->worker->counters[NGX_RT_COUNTER_##name] += (n)


/* ngx_rt_arena.c: all under the lock of the zone */

void ngx_rt_arena_init(ngx_rt_arena_sh_t *arena, u_char *start, size_t size);

/* at most a page; NULL if there is no room */
void *ngx_rt_arena_alloc(ngx_rt_arena_sh_t *arena, size_t size);
void ngx_rt_arena_free(ngx_rt_arena_sh_t *arena, void *p);

/* makes all anew: clear, mark each object that is in use, rebuild */
void ngx_rt_arena_clear(ngx_rt_arena_sh_t *arena);
void ngx_rt_arena_mark(ngx_rt_arena_sh_t *arena, void *p);
void ngx_rt_arena_rebuild(ngx_rt_arena_sh_t *arena);


/* ngx_rt_zone.c */

ngx_int_t ngx_rt_zone_init(ngx_shm_zone_t *shm_zone, void *data);

void ngx_rt_zone_lock(ngx_rt_zone_t *zn);
void ngx_rt_zone_unlock(ngx_rt_zone_t *zn);

/*
 * Allocates at most a page, dropping the oldest messages of the stream if it
 * must.  NULL if even that does not help.
 */
void *ngx_rt_zone_alloc_locked(ngx_rt_zone_t *zn, size_t size);
void ngx_rt_zone_free_locked(ngx_rt_zone_t *zn, void *p);

typedef enum {
    NGX_RT_ZONE_STEADY = 0,
    NGX_RT_ZONE_FULL,              /* began to evict since the last call */
    NGX_RT_ZONE_EASED              /* ceased to */
} ngx_rt_zone_change_e;

/* drops messages that are too old; to be called about once a second */
ngx_rt_zone_change_e ngx_rt_zone_expire(ngx_rt_zone_t *zn);

void ngx_rt_zone_describe(ngx_rt_zone_t *zn, ngx_rt_zone_info_t *info);

/* computes anew all that can be, see above */
void ngx_rt_zone_recover_locked(ngx_rt_zone_t *zn);

#if (NGX_DEBUG)
void ngx_rt_zone_check_locked(ngx_rt_zone_t *zn, const char *function);
#define ngx_rt_zone_check(zn)  ngx_rt_zone_check_locked(zn, __func__)
#else
#define ngx_rt_zone_check(zn)
#endif


/* ngx_rt_topic.c */

ngx_rt_topic_sh_t *ngx_rt_topic_find_locked(ngx_rt_zone_t *zn,
    const ngx_str_t *name, uint64_t hash);

/* NULL if there is no room for another topic */
ngx_rt_topic_sh_t *ngx_rt_topic_get_locked(ngx_rt_zone_t *zn,
    const ngx_str_t *name, uint64_t hash);

/* the topic is gone afterwards if it has neither messages nor subscribers */
void ngx_rt_topic_release_locked(ngx_rt_zone_t *zn, ngx_rt_topic_sh_t *tp);

/*
 * Counts one more subscriber of this worker.  "tag" is what mail of the topic
 * will carry if this is the first one, and what it carries already if not.
 * Gives the newest id of the stream: all that comes after it will be mail.
 */
ngx_rt_interest_sh_t *ngx_rt_topic_attach(ngx_rt_zone_t *zn,
    const ngx_str_t *name, ngx_uint_t *tag, ngx_rt_id_t *last);
void ngx_rt_topic_detach(ngx_rt_zone_t *zn, ngx_rt_interest_sh_t *interest);

/* the same for all subscribers of the worker at once */
void ngx_rt_topic_forget_locked(ngx_rt_zone_t *zn,
    ngx_rt_interest_sh_t *interest);

/* NGX_DECLINED if there is no such topic; "info->name" is not set */
ngx_int_t ngx_rt_topic_describe(ngx_rt_zone_t *zn, const ngx_str_t *name,
    ngx_rt_topic_info_t *info);


/* ngx_rt_message.c */

/* unlinked, with one reference for the caller; NULL if the zone is full */
ngx_rt_message_sh_t *ngx_rt_message_create_locked(ngx_rt_zone_t *zn,
    const ngx_str_t *event, const ngx_str_t *data);
void ngx_rt_message_unref_locked(ngx_rt_zone_t *zn, ngx_rt_message_sh_t *m);


/* ngx_rt_history.c */

/*
 * Gives the message an id, a place in the history and in the mailbox of each
 * worker that has subscribers of the topic.  Those that sleep are in "wake"; if
 * that is NULL, the message is an old one and only the history gets it.
 * NGX_ERROR if the zone has no room; nothing is published then.  NGX_DECLINED
 * if "pub" has an id that is not above the newest one.
 */
ngx_int_t ngx_rt_history_append(ngx_rt_zone_t *zn, ngx_rt_publication_t *pub,
    ngx_rt_wake_list_t *wake);

/* there is no message of this id, but those that come are above it */
void ngx_rt_history_pass(ngx_rt_zone_t *zn, const ngx_rt_id_t *id);

/* the id of the next message, if the ids are ours */
void ngx_rt_history_next_id_locked(ngx_rt_zone_t *zn, ngx_rt_id_t *id);

/* drops what the topic holds now; NGX_DECLINED if there is no such topic */
ngx_int_t ngx_rt_history_clear(ngx_rt_zone_t *zn, const ngx_str_t *name,
    ngx_uint_t *dropped);

/* takes the oldest message of a topic out of the history */
void ngx_rt_history_drop_locked(ngx_rt_zone_t *zn, ngx_rt_topic_sh_t *tp);


/* ngx_rt_cursor.c */

typedef struct {
    ngx_rt_id_t              dropped;     /* the newest that is missing */
    ngx_rt_id_t              oldest;      /* the oldest above the position */
    ngx_rt_id_t              last;        /* newest of the stream */
    ngx_rt_id_t              from;        /* the position, or the one to take */
    unsigned                 any:1;       /* "oldest" is set */
    unsigned                 strange:1;   /* the position cannot be right */
} ngx_rt_cursor_view_t;

/*
 * What a reader at position "id" would find in all these topics together; sets
 * "told" of each cursor to what its topic has dropped by now.
 */
void ngx_rt_cursor_view(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, const ngx_rt_id_t *id, ngx_rt_cursor_view_t *view);

/* the position from which the newest "count" messages follow */
void ngx_rt_cursor_rewind(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, ngx_uint_t count, ngx_rt_id_t *id);

/*
 * Gives the next messages above "id" in id order, at most NGX_RT_READ_MESSAGES
 * and about "size" bytes of data, the tag being the index of the cursor.  They
 * are held until the next call or ngx_rt_cursor_release().  Those up to "told"
 * are left out.  NGX_DECLINED if a message above both is missing.
 */
ngx_int_t ngx_rt_cursor_read(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cursors,
    ngx_uint_t n, const ngx_rt_id_t *id, size_t size, ngx_rt_mail_t *mail,
    ngx_uint_t *nmail);
void ngx_rt_cursor_release(ngx_rt_zone_t *zn);
void ngx_rt_cursor_release_locked(ngx_rt_zone_t *zn, ngx_rt_worker_sh_t *wk);


/* ngx_rt_mailbox.c */

/* NGX_DECLINED if the mailbox is full: it is then marked as overflown */
ngx_int_t ngx_rt_mailbox_push_locked(ngx_rt_zone_t *zn,
    ngx_rt_worker_sh_t *wk, ngx_rt_message_sh_t *m, ngx_uint_t tag);

/* what there is beside mail */

typedef struct {
    ngx_rt_id_t              last;        /* the newest id of the stream */
    ngx_uint_t               epoch;       /* of its source */
    unsigned                 ready:1;
    unsigned                 overflow:1;  /* mail was lost on the way */
} ngx_rt_mailbox_view_t;

/*
 * Releases what the last call gave and takes the next mail of this worker, in
 * id order.  When there is none, the worker is taken to sleep and the view is
 * filled.
 */
ngx_uint_t ngx_rt_mailbox_claim(ngx_rt_zone_t *zn, ngx_rt_mail_t *mail,
    ngx_rt_mailbox_view_t *view);

/* gives up the longest unread mail; NGX_DECLINED if there is none anywhere */
ngx_int_t ngx_rt_mailbox_reclaim_locked(ngx_rt_zone_t *zn);
void ngx_rt_mailbox_empty_locked(ngx_rt_zone_t *zn, ngx_rt_worker_sh_t *wk);

ngx_rt_mail_t *ngx_rt_mailbox_at(ngx_rt_mailbox_t *mb, ngx_uint_t i);


/* ngx_rt_worker.c */

/* takes a place in the zone for this worker */
ngx_int_t ngx_rt_worker_register(ngx_rt_zone_t *zn,
    const ngx_rt_wake_addr_t *addr);
void ngx_rt_worker_unregister(ngx_rt_zone_t *zn);

/* drops the place of the worker that had this address and is gone */
void ngx_rt_worker_drop(ngx_rt_zone_t *zn, const ngx_rt_wake_addr_t *addr);

/* drops the places of workers that are gone; to be called once a second */
void ngx_rt_worker_reap(ngx_rt_zone_t *zn);

/* is there a worker of a later generation, which can take subscribers over? */
ngx_uint_t ngx_rt_worker_has_successor(ngx_rt_zone_t *zn);

/* tells of one of its links */
void ngx_rt_worker_tell_link(ngx_rt_zone_t *zn, ngx_uint_t i,
    const ngx_rt_link_info_t *info);

/* describes at most "max" workers, returns how many there are */
ngx_uint_t ngx_rt_worker_describe(ngx_rt_zone_t *zn,
    ngx_rt_worker_info_t *info, ngx_uint_t max);


/* ngx_rt_source.c: the zone of a stream that another server orders */

typedef struct {
    ngx_rt_id_t              last;        /* newest id taken */
    ngx_rt_id_t              lost_from;
    ngx_rt_id_t              lost_to;
    ngx_rt_id_t              acknowledged;
    ngx_pid_t                leader;
    time_t                   entry_at;
    uint64_t                 behind;
    unsigned                 ready:1;
    unsigned                 other:1;     /* the zone has another source's */
} ngx_rt_source_view_t;

void ngx_rt_source_view(ngx_rt_zone_t *zn, ngx_rt_source_view_t *view);

/* without the lock: does another one order it by now, after a reload? */
#define ngx_rt_source_is_taken(zn)                                            \
    ((zn)->sh->source.key != (zn)->source && ((zn)->source == 0 || ngx_exiting))

/* without the lock: can subscribers be served? */
#define ngx_rt_source_is_ready(zn)  (!(zn)->sh->source.filling)

/* is this worker the one that follows, or becomes it as there is none? */
ngx_uint_t ngx_rt_source_lead(ngx_rt_zone_t *zn);
void ngx_rt_source_resign(ngx_rt_zone_t *zn);

/* the zone is of our source from now on, whatever it has of another one */
void ngx_rt_source_adopt(ngx_rt_zone_t *zn);

/*
 * Nobody but this host orders it any more.  Subscribers are told of a gap with
 * the next message: what the source accepted last may not have been read.
 */
void ngx_rt_source_leave(ngx_rt_zone_t *zn);

/* the source has accepted a message of ours, so it must not lose it */
void ngx_rt_source_acknowledge(ngx_rt_zone_t *zn, const ngx_rt_id_t *id);

/* the history is filled with what comes after this id */
void ngx_rt_source_fill(ngx_rt_zone_t *zn, const ngx_rt_id_t *id);

/* the history is filled; "wake" is who waits for that, as in those below */
void ngx_rt_source_open(ngx_rt_zone_t *zn, ngx_rt_wake_list_t *wake);

/*
 * Messages up to "id" were missed; NULL: messages before the next one, if the
 * ids are ours.  All subscribers are told.
 */
void ngx_rt_source_miss(ngx_rt_zone_t *zn, const ngx_rt_id_t *id,
    ngx_rt_wake_list_t *wake);

/*
 * There is no room for a message that is not ours, or whose id would have been:
 * who could have had it is told, now or when he comes.
 */
void ngx_rt_source_lose(ngx_rt_zone_t *zn, const ngx_rt_publication_t *pub,
    ngx_rt_wake_list_t *wake);

/*
 * The source has nothing above "id" any more: drops all messages, to be filled
 * anew.  This takes as long as the zone has entries.
 */
void ngx_rt_source_reset(ngx_rt_zone_t *zn, const ngx_rt_id_t *id,
    ngx_rt_wake_list_t *wake);

/* is this message among the newest few hundred? */
ngx_uint_t ngx_rt_source_has(ngx_rt_zone_t *zn, const ngx_rt_id_t *id);

/* messages were taken, and so many are still to be read */
void ngx_rt_source_note(ngx_rt_zone_t *zn, ngx_uint_t taken, uint64_t behind);

/* is there nothing of the source to go on with from this position? */
ngx_uint_t ngx_rt_source_is_strange_locked(ngx_rt_zone_t *zn,
    const ngx_rt_id_t *id, ngx_rt_id_t *from);


#endif /* _NGX_RT_STORE_H_INCLUDED_ */
