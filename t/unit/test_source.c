
/*
 * Copyright (C) the ngx_rt authors
 */


/* A zone that another server gives the ids of. */


#include "unit.h"
#include <sys/wait.h>


#define SOURCE   7
#define NOW      1700000000000ULL         /* what unit.c begins with, in ms */


static void test_given(void);
static void test_old(void);
static void test_ready(void);
static void test_miss(void);
static void test_miss_own(void);
static void test_reset(void);
static void test_reset_floor(void);
static void test_reset_filled(void);
static void test_reset_held(void);
static void test_epoch(void);
static void test_lost(void);
static void test_lost_merged(void);
static void test_ahead(void);
static void test_has(void);
static void test_lead(void);

static ngx_int_t append(ngx_rt_zone_t *zn, ngx_str_t topic, uint64_t ms,
    ngx_rt_wake_list_t *list);
static ngx_rt_id_t make(uint64_t ms);
static ngx_uint_t is(const ngx_rt_id_t *id, uint64_t ms);
static void fill(ngx_rt_zone_t *zn, uint64_t ms);
static void reset(ngx_rt_zone_t *zn, uint64_t ms);
static ngx_uint_t read_from(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cur,
    uint64_t ms, ngx_rt_mail_t *mail);
static ngx_uint_t strange(ngx_rt_zone_t *zn, uint64_t ms, uint64_t *from);

static ngx_rt_wake_list_t  wake;


int
main(void)
{
    test_given();
    test_old();
    test_ready();
    test_miss();
    test_miss_own();
    test_reset();
    test_reset_floor();
    test_reset_filled();
    test_reset_held();
    test_epoch();
    test_lost();
    test_lost_merged();
    test_ahead();
    test_has();
    test_lead();

    return unit_done();
}


static void
test_given(void)
{
    size_t           used;
    ngx_rt_id_t      id;
    ngx_rt_zone_t   *zn;
    ngx_rt_cursor_t  cur;
    ngx_rt_mail_t    mail[NGX_RT_READ_MESSAGES];

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    used = info(zn).used;

    ok(append(zn, str("a"), NOW, &wake) == NGX_OK, "a message of a given id");
    ok(is(&zn->sh->last, NOW), "its id is the newest");
    ok(is(&find(zn, str("a"))->newest->msg.id, NOW), "and that of the message");
    ok(is(&find(zn, str("a"))->dropped, 0), "nothing is missing before it");

    ok(append(zn, str("b"), NOW, &wake) == NGX_DECLINED, "not twice");
    ok(append(zn, str("b"), NOW - 1, &wake) == NGX_DECLINED, "none below it");
    ok(find(zn, str("b")) == NULL && info(zn).nmessages == 1
       && info(zn).counters[NGX_RT_COUNTER_refused] == 0,
       "what is declined leaves nothing behind");
    ok(info(zn).counters[NGX_RT_COUNTER_published] == 0,
       "this host has published nothing");

    id = make(NOW + 5);
    ngx_rt_history_pass(zn, &id);
    ok(is(&zn->sh->last, NOW + 5), "an id without a message is passed");

    id = make(NOW + 2);
    ngx_rt_history_pass(zn, &id);
    ok(is(&zn->sh->last, NOW + 5), "one below is not gone back to");

    ok(append(zn, str("a"), NOW + 5, &wake) == NGX_DECLINED
       && append(zn, str("a"), NOW + 6, &wake) == NGX_OK,
       "and messages come above it");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = find(zn, str("a"));

    ok(read_from(zn, &cur, 0, mail) == 2
       && is(&mail[0].message->msg.id, NOW)
       && is(&mail[1].message->msg.id, NOW + 6), "they are read from 0 on");

    ngx_rt_cursor_release(zn);
    unit_time_pass(zn->age);
    (void) ngx_rt_zone_expire(zn);
    ok(info(zn).used == used && is(&zn->sh->floor, NOW + 6),
       "they expire, and the floor is the newest id");

    unit_zone_destroy(zn);
    unit_clock_set(NOW / 1000);
}


static void
test_old(void)
{
    ngx_uint_t             tag;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  view;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    ok(append(zn, str("a"), NOW - zn->age - 5000, NULL) == NGX_OK
       && info(zn).nmessages == 0
       && is(&in->topic->dropped, NOW - zn->age - 5000),
       "a message that is too old comes and goes");

    append(zn, str("a"), NOW - zn->age + 4000, NULL);
    append(zn, str("a"), NOW + 100, NULL);

    ok(info(zn).nmessages == 2, "old messages are in the history");
    ok(ngx_rt_mailbox_claim(zn, mail, &view) == 0 && !view.overflow,
       "and in no mailbox");

    unit_time_pass(3999);
    (void) ngx_rt_zone_expire(zn);
    ok(info(zn).nmessages == 2, "they stay as long as their id says");

    unit_time_pass(1);
    (void) ngx_rt_zone_expire(zn);
    ok(info(zn).nmessages == 1, "and no longer");

    append(zn, str("a"), NOW + 200, &wake);
    unit_time_pass(zn->age - 4001);
    (void) ngx_rt_zone_expire(zn);
    ok(info(zn).nmessages == 2, "one of the future is as old as it is here");

    unit_time_pass(1);
    (void) ngx_rt_zone_expire(zn);
    ok(info(zn).nmessages == 1, "a new one is not made older");

    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
    unit_clock_set(NOW / 1000);
}


static void
test_ready(void)
{
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_source_view_t   view;
    ngx_rt_mailbox_view_t  box;

    zn = unit_zone_create(1024 * 1024);
    ok(ngx_rt_source_is_ready(zn), "a zone of our own is ready");
    ok(zn->sh->last.ms != 0, "and knows nothing of what was before it");
    unit_zone_destroy(zn);

    zn = unit_zone_create_from(1024 * 1024, SOURCE);

    ngx_rt_source_view(zn, &view);
    ok(!view.ready && view.other && is(&view.last, 0) && view.leader == 0,
       "a fresh one is not, and has nothing of the source");

    (void) ngx_rt_mailbox_claim(zn, mail, &box);
    ok(!box.ready && is(&box.last, 0), "a worker sees that when it sleeps");

    fill(zn, NOW);
    ngx_rt_source_view(zn, &view);
    ok(!view.ready && !view.other && is(&view.last, NOW),
       "it is filled from an id on");
    ok(append(zn, str("a"), NOW, NULL) == NGX_DECLINED
       && append(zn, str("a"), NOW + 1, NULL) == NGX_OK,
       "with what comes after it");

    ngx_rt_source_open(zn, &wake);
    ngx_rt_source_view(zn, &view);
    ok(view.ready && wake.self && wake.n == 0, "when it is ready who sleeps is"
       " woken");

    ngx_rt_source_open(zn, &wake);
    ok(!wake.self, "once");

    (void) ngx_rt_mailbox_claim(zn, mail, &box);
    ok(box.ready && !box.overflow && is(&box.last, NOW + 1),
       "and sees it");

    zn->source = SOURCE + 1;
    ngx_rt_source_view(zn, &view);
    ok(view.other, "after a reload the source may be another one");

    ngx_rt_source_note(zn, 0, 3);
    ngx_rt_source_view(zn, &view);
    ok(view.behind == 3 && view.entry_at == 0, "nothing came, some is to come");

    ngx_rt_source_note(zn, 1, 2);
    ngx_rt_source_view(zn, &view);
    ok(view.behind == 2 && view.entry_at == NOW / 1000, "something came");

    /* the next reload: nobody else orders it */

    zn->source = 0;
    zn->foreign = 0;
    ok(ngx_rt_source_is_taken(zn), "who has no source may not order it");

    ngx_rt_source_leave(zn);
    (void) ngx_rt_mailbox_claim(zn, mail, &box);
    ok(!ngx_rt_source_is_taken(zn) && box.ready && box.overflow
       && box.epoch == 1
       && ngx_rt_id_is(&zn->sh->source.begin, >, &view.last),
       "until it is left, which is a gap");

    ngx_rt_source_leave(zn);
    ok(zn->sh->source.epoch == 1, "once");

    zn->source = SOURCE;
    ok(!ngx_rt_source_is_taken(zn), "a worker with it goes on");

    ngx_exiting = 1;
    ok(ngx_rt_source_is_taken(zn), "until it is to exit");
    ngx_exiting = 0;

    unit_zone_destroy(zn);
}


static void
test_miss(void)
{
    ngx_uint_t             n, tag, epoch;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur;
    ngx_rt_cursor_view_t   view;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  box;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    fill(zn, NOW);
    ngx_rt_source_open(zn, &wake);

    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    (void) ngx_rt_mailbox_claim(zn, mail, &box);
    epoch = box.epoch;

    append(zn, str("a"), NOW + 1, &wake);
    append(zn, str("a"), NOW + 2, &wake);

    id = make(NOW + 9);
    ngx_rt_source_miss(zn, &id, &wake);
    ok(!wake.self, "who is awake is not woken again");
    ok(is(&zn->sh->last, NOW + 9), "messages up to an id are missed");
    ok(ngx_rt_source_is_ready(zn), "the zone stays ready");

    append(zn, str("a"), NOW + 10, &wake);

    n = ngx_rt_mailbox_claim(zn, mail, &box);
    ok(n == 2 && is(&mail[1].message->msg.id, NOW + 2),
       "mail of before is read first");

    n = ngx_rt_mailbox_claim(zn, mail, &box);
    ok(n == 0 && box.overflow && box.epoch == epoch + 1
       && is(&box.last, NOW + 10), "then the worker turns to the history");

    id = make(NOW + 12);
    ngx_rt_source_miss(zn, &id, &wake);
    ok(wake.self, "who sleeps is woken");

    append(zn, str("a"), NOW + 13, &wake);
    append(zn, str("b"), NOW + 14, &wake);

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    id = make(NOW + 2);
    ok(ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail, &n) == NGX_DECLINED,
       "a reader of before is told");

    ngx_rt_cursor_view(zn, &cur, 1, &id, &view);
    ok(is(&view.dropped, NOW + 12) && !view.strange, "up to where");
    ok(view.any && is(&view.oldest, NOW + 13), "and what comes next");
    ok(ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail, &n) == NGX_OK
       && n == 1 && is(&mail[0].message->msg.id, NOW + 13),
       "and then reads what came after it");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = find(zn, str("b"));

    id = make(NOW + 11);
    ok(ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail, &n) == NGX_DECLINED,
       "no topic is spared, for nobody knows which it was");

    id = make(NOW + 12);
    ok(ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail, &n) == NGX_OK
       && n == 1, "who is behind the gap misses nothing");

    ngx_rt_cursor_release(zn);
    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_miss_own(void)
{
    ngx_uint_t             n, tag;
    ngx_rt_id_t            before, id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur;
    ngx_rt_interest_sh_t  *in;

    zn = unit_zone_create(1024 * 1024);
    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &before);

    ngx_rt_source_miss(zn, NULL, &wake);
    id = zn->sh->last;
    ok(ngx_rt_id_is(&id, >, &before), "what is missed has an id of ours");

    append(zn, str("a"), 0, &wake);
    ok(ngx_rt_id_is(&zn->sh->last, >, &id), "the next message is above it");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    ok(ngx_rt_cursor_read(zn, &cur, 1, &before, 65536, mail, &n)
       == NGX_DECLINED, "readers are told");
    ok(ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail, &n) == NGX_OK
       && n == 1, "and read what comes after it");

    ngx_rt_cursor_release(zn);
    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_reset(void)
{
    size_t                 used;
    ngx_uint_t             i, n, tag, epoch;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur;
    ngx_rt_source_view_t   view;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  box;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    zn->history = 3;
    used = info(zn).used;

    fill(zn, NOW);
    ngx_rt_source_open(zn, &wake);

    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    (void) ngx_rt_mailbox_claim(zn, mail, &box);
    epoch = box.epoch;

    for (i = 1; i <= 20; i++) {
        append(zn, (i % 2) ? str("a") : str("b"), NOW + i, &wake);
    }

    ok(!is(&in->topic->dropped, NOW), "topics have dropped messages");

    zn->source = SOURCE + 1;
    reset(zn, NOW + 10);
    ngx_rt_source_view(zn, &view);

    ok(!view.ready && !view.other && is(&view.last, NOW + 10),
       "a reset zone waits for what the source has");
    ok(is(&view.lost_from, NOW + 10) && is(&view.lost_to, NOW + 20),
       "and knows what is lost");
    ok(info(zn).nmessages == 0 && info(zn).ntopics == 1,
       "all messages are gone");
    ok(find(zn, str("a")) == in->topic && find(zn, str("b")) == NULL,
       "topics with subscribers stay");
    ok(in->topic->oldest == NULL && in->topic->newest == NULL
       && is(&in->topic->last, NOW + 10)
       && is(&in->topic->dropped, NOW + 10), "they are as at that id");
    ok(in->topic->nsubscribers == 1 && in->topic->interests == in,
       "and have their subscribers");

    ok(append(zn, str("a"), NOW + 10, NULL) == NGX_DECLINED
       && append(zn, str("a"), NOW + 11, NULL) == NGX_OK,
       "lower ids come again");
    ngx_rt_source_open(zn, &wake);
    append(zn, str("a"), NOW + 12, &wake);

    while ((n = ngx_rt_mailbox_claim(zn, mail, &box)) != 0) {
        for (i = 0; i < n; i++) {
            if (is(&mail[i].message->msg.id, NOW + 12)) {
                ok(0, "what comes after it is no mail yet");
            }
        }
    }

    ok(box.overflow && box.ready && box.epoch == epoch + 1,
       "the worker reads its mail of before, and turns to the history");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    ok(read_from(zn, &cur, NOW + 10, mail) == 2
       && is(&mail[0].message->msg.id, NOW + 11)
       && is(&mail[1].message->msg.id, NOW + 12), "which has it");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    id = make(NOW + 9);
    ok(ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail, &n) == NGX_DECLINED,
       "one that is behind even that is told");

    append(zn, str("a"), NOW + 13, &wake);
    ok(ngx_rt_mailbox_claim(zn, mail, &box) == 1, "then mail comes again");
    (void) ngx_rt_mailbox_claim(zn, mail, &box);

    ngx_rt_cursor_release(zn);
    ngx_rt_topic_detach(zn, in);
    (void) ngx_rt_history_clear(zn, &str("a"), &n);
    ok(info(zn).used == used, "nothing is left behind");

    unit_zone_destroy(zn);
}


/* what topics dropped before says nothing about the messages of today */

static void
test_reset_floor(void)
{
    ngx_uint_t        i;
    ngx_rt_mail_t     mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t    *zn;
    ngx_rt_cursor_t   cur;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    zn->history = 1;

    fill(zn, NOW);
    ngx_rt_source_open(zn, &wake);

    for (i = 1; i <= 20; i++) {
        append(zn, str("a"), NOW + i, &wake);
    }

    reset(zn, NOW + 10);
    ok(is(&zn->sh->floor, NOW + 10), "the floor is where the source is");

    zn->history = 10;

    for (i = 11; i <= 15; i++) {
        append(zn, str("a"), NOW + i, NULL);
    }

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = find(zn, str("a"));

    ok(is(&cur.topic->dropped, NOW + 10),
       "a topic that comes back has dropped nothing above it");
    ok(read_from(zn, &cur, NOW + 10, mail) == 5, "and all of it is read");

    ngx_rt_cursor_release(zn);
    unit_zone_destroy(zn);
}


/* the history is filled with what is older than the loss, too */

static void
test_reset_filled(void)
{
    ngx_uint_t             tag;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur;
    ngx_rt_cursor_view_t   view;
    ngx_rt_interest_sh_t  *in;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    fill(zn, NOW);
    ngx_rt_source_open(zn, &wake);

    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);
    append(zn, str("a"), NOW + 100, &wake);
    append(zn, str("a"), NOW + 200, &wake);

    reset(zn, NOW + 100);
    fill(zn, NOW + 50);

    append(zn, str("a"), NOW + 60, NULL);
    append(zn, str("b"), NOW + 70, NULL);
    append(zn, str("a"), NOW + 100, NULL);
    append(zn, str("a"), NOW + 110, NULL);

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    id = make(NOW + 50);
    ngx_rt_cursor_view(zn, &cur, 1, &id, &view);
    ok(is(&view.dropped, NOW + 50) && is(&view.oldest, NOW + 60),
       "nothing is missing from where it is filled on");
    ok(read_from(zn, &cur, NOW + 50, mail) == 3, "and all of it is read");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = find(zn, str("b"));
    ok(read_from(zn, &cur, NOW + 50, mail) == 1, "of a topic that comes back");

    ngx_rt_cursor_release(zn);
    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_reset_held(void)
{
    size_t                 used;
    ngx_str_t              data;
    ngx_uint_t             i, n, tag;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_publication_t   pub;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  box;
    static u_char          bytes[20000];

    zn = unit_zone_create_from(512 * 1024, SOURCE);
    fill(zn, NOW);
    ngx_rt_source_open(zn, &wake);
    used = info(zn).used;

    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    ngx_memset(bytes, 'x', sizeof(bytes));
    data.data = bytes;
    data.len = sizeof(bytes);

    for (i = 1; i <= 3; i++) {
        ngx_memzero(&pub, sizeof(ngx_rt_publication_t));
        pub.topic = str("a");
        pub.data = data;
        pub.id = make(NOW + i);
        (void) ngx_rt_history_append(zn, &pub, &wake);
    }

    n = ngx_rt_mailbox_claim(zn, mail, &box);

    reset(zn, NOW);
    ngx_memset(bytes, 'y', sizeof(bytes));

    for (i = 1; i <= 100; i++) {
        pub.id = make(NOW + i);
        (void) ngx_rt_history_append(zn, &pub, NULL);
    }

    ok(n == 3 && mail[0].message->refs == 1
       && mail[2].message->msg.data.next->data[1000] == 'x',
       "mail that is being read outlives a reset");

    while (ngx_rt_mailbox_claim(zn, mail, &box)) { /* void */ }

    ngx_rt_topic_detach(zn, in);
    (void) ngx_rt_history_clear(zn, &str("a"), &n);
    ok(info(zn).used == used, "and leaves nothing behind");

    unit_zone_destroy(zn);
}


static void
test_epoch(void)
{
    ngx_uint_t             i, n, bad, tag;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur, old, back;
    ngx_rt_interest_sh_t  *in;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    zn->history = 200;
    fill(zn, NOW);
    ngx_rt_source_open(zn, &wake);

    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    for (i = 1; i <= 150; i++) {
        append(zn, str("a"), NOW + i, &wake);
    }

    /* in the middle of reading, and of going back */

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;
    old = cur;
    back = cur;

    n = read_from(zn, &cur, NOW, mail);
    ok(n == NGX_RT_READ_MESSAGES && cur.message != NULL, "a cursor amid");
    ngx_rt_cursor_release(zn);

    id = make(NOW + 140);
    (void) ngx_rt_cursor_read(zn, &old, 1, &id, 1, mail, &n);
    ngx_rt_cursor_release(zn);
    ngx_rt_cursor_rewind(zn, &back, 1, 100, &id);

    reset(zn, NOW + 5);

    /* the memory of its message is that of another one now */

    ngx_memset(zn->sh->arena.start + zn->sh->arena.used, 0xa5,
               (size_t) zn->sh->arena.npages * NGX_RT_PAGE
               - zn->sh->arena.used);

    for (i = 6; i <= 20; i++) {
        append(zn, (i % 3) ? str("a") : str("b"), NOW + i, NULL);
    }

    n = read_from(zn, &cur, NOW + 5, mail);

    for (bad = 0, i = 0; i < n; i++) {
        bad += mail[i].message->topic != in->topic;
    }

    ok(bad == 0 && n == 10, "after a reset it finds the new messages");
    ok(read_from(zn, &old, NOW + 141, mail) == 0,
       "one ahead of them finds nothing");

    append(zn, str("a"), NOW + 142, NULL);
    n = read_from(zn, &old, NOW + 141, mail);
    ok(n == 1 && is(&mail[0].message->msg.id, NOW + 142),
       "until there is something");

    ngx_rt_cursor_rewind(zn, &back, 1, 1, &id);
    ok(id.ms == NOW + 141 && is(&back.id, NOW + 142),
       "one that went back begins at the new end");

    ngx_rt_cursor_release(zn);
    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_lost(void)
{
    uint64_t               from;
    ngx_uint_t             tag;
    ngx_rt_id_t            id;
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur;
    ngx_rt_cursor_view_t   view;
    ngx_rt_interest_sh_t  *in;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    fill(zn, NOW + 50);
    ngx_rt_source_open(zn, &wake);

    append(zn, str("a"), NOW + 100, &wake);
    append(zn, str("a"), NOW + 200, &wake);

    ok(!strange(zn, NOW + 50, &from) && !strange(zn, NOW + 99, &from)
       && !strange(zn, NOW + 200, &from), "nothing is lost yet");

    reset(zn, NOW + 100);

    ok(!strange(zn, NOW + 100, &from) && !strange(zn, NOW + 99, &from),
       "the beginning of what is lost is a good position");
    ok(strange(zn, NOW + 101, &from) && from == NOW + 100,
       "one in it is not, and its beginning is to be taken");
    ok(strange(zn, NOW + 200, &from) && from == NOW + 100,
       "its end is in it");
    ok(!strange(zn, NOW + 201, &from), "one behind it may be known elsewhere");

    append(zn, str("a"), NOW + 150, NULL);
    ok(!strange(zn, NOW + 150, &from), "one of a new message is good");
    ok(strange(zn, NOW + 149, &from) && from == NOW + 100
       && strange(zn, NOW + 151, &from) && from == NOW + 100,
       "those around it are not");

    id = make(NOW + 160);
    ngx_rt_history_pass(zn, &id);
    ok(!strange(zn, NOW + 160, &from),
       "one of the newest is, though it has no message");

    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    id = make(NOW + 120);
    ngx_rt_cursor_view(zn, &cur, 1, &id, &view);
    ok(view.strange && is(&view.from, NOW + 100), "a view tells it");

    ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
    cur.topic = in->topic;

    id = make(NOW + 150);
    ngx_rt_cursor_view(zn, &cur, 1, &id, &view);
    ok(!view.strange && is(&view.from, NOW + 150), "and leaves a good one");

    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_lost_merged(void)
{
    uint64_t              from;
    ngx_rt_zone_t        *zn;
    ngx_rt_source_view_t  view;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    fill(zn, NOW);
    append(zn, str("a"), NOW + 200, &wake);

    reset(zn, NOW + 100);
    append(zn, str("a"), NOW + 150, &wake);
    reset(zn, NOW + 120);
    ngx_rt_source_view(zn, &view);
    ok(is(&view.lost_from, NOW + 100) && is(&view.lost_to, NOW + 200),
       "a loss within a loss is no more");

    reset(zn, NOW + 50);
    ngx_rt_source_view(zn, &view);
    ok(is(&view.lost_from, NOW + 50) && is(&view.lost_to, NOW + 200),
       "one before it begins it");

    append(zn, str("a"), NOW + 300, &wake);
    reset(zn, NOW + 60);
    ngx_rt_source_view(zn, &view);
    ok(is(&view.lost_from, NOW + 50) && is(&view.lost_to, NOW + 300),
       "one behind it ends it");

    reset(zn, 0);
    ok(strange(zn, NOW + 10, &from) && from == 0, "all may be lost");

    unit_zone_destroy(zn);
}


static void
test_ahead(void)
{
    uint64_t        from;
    ngx_rt_zone_t  *zn;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    fill(zn, NOW - 1000);

    ok(!strange(zn, NOW, &from) && !strange(zn, NOW + 9999, &from),
       "another host may know an id first");
    ok(strange(zn, NOW + 10000, &from) && from == 0,
       "one far ahead of all clocks was made up");

    append(zn, str("a"), NOW + 5000, &wake);
    ok(!strange(zn, NOW + 14999, &from) && strange(zn, NOW + 15000, &from),
       "the clock of the source counts, too");
    ok(strange(zn, (uint64_t) -1, &from) && from == 0, "even the last of all");

    unit_zone_destroy(zn);

    zn = unit_zone_create(1024 * 1024);

    ok(!strange(zn, zn->sh->last.ms, &from), "our own newest is good");
    ok(strange(zn, zn->sh->last.ms + 1, &from) && from == 0,
       "nobody else knows an id of ours first");

    unit_zone_destroy(zn);
}


static void
test_has(void)
{
    ngx_uint_t      i;
    ngx_rt_id_t     id, old;
    ngx_rt_zone_t  *zn;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    zn->history = 1000;
    fill(zn, NOW);

    id = make(NOW);
    ok(ngx_rt_source_has(zn, &id), "where it was filled from");

    for (i = 2; i <= 1400; i += 2) {
        append(zn, (i % 4) ? str("a") : str("b"), NOW + i, &wake);
    }

    id = make(NOW + 1400);
    old = make(NOW + 1000);
    ok(ngx_rt_source_has(zn, &id) && ngx_rt_source_has(zn, &old),
       "messages that are there");

    id = make(NOW + 1401);
    old = make(NOW + 999);
    ok(!ngx_rt_source_has(zn, &id) && !ngx_rt_source_has(zn, &old),
       "not those that are not");

    old = make(NOW + 2);
    ok(!ngx_rt_source_has(zn, &old), "nor very old ones");

    id = make(NOW + 1401);
    ngx_rt_history_pass(zn, &id);
    ok(ngx_rt_source_has(zn, &id), "one that was passed, if it is the newest");

    reset(zn, NOW + 1000);
    old = make(NOW + 998);
    ok(!ngx_rt_source_has(zn, &id) && !ngx_rt_source_has(zn, &old),
       "none after a reset");

    unit_zone_destroy(zn);
}


static void
test_lead(void)
{
    ngx_pid_t             self, pid;
    ngx_rt_zone_t        *zn;
    ngx_rt_worker_sh_t   *wk;
    ngx_rt_wake_addr_t    addr;
    ngx_rt_source_view_t  view;

    zn = unit_zone_create_from(1024 * 1024, SOURCE);
    self = ngx_pid;
    wk = zn->worker;

    ok(ngx_rt_source_lead(zn) && ngx_rt_source_lead(zn),
       "where nobody leads, a worker does, and goes on");

    ngx_rt_source_view(zn, &view);
    ok(view.leader == self, "all see who");

    ngx_rt_source_resign(zn);
    ngx_rt_source_view(zn, &view);
    ok(view.leader == 0, "it resigns");

    /* another worker, which lives until it is killed */

    pid = fork();

    if (pid == 0) {
        for ( ;; ) {
            pause();
        }
    }

    ngx_pid = pid;
    ok(ngx_rt_source_lead(zn), "another one leads");

    ngx_pid = self;
    ok(ngx_rt_source_lead(zn), "not if it has no place in the zone");
    ngx_rt_source_resign(zn);

    ngx_pid = pid;
    unit_addr_init(&addr);
    (void) ngx_rt_worker_register(zn, &addr);
    (void) ngx_rt_source_lead(zn);

    ngx_pid = self;
    zn->worker = wk;
    ok(!ngx_rt_source_lead(zn), "there is one leader");

    ngx_rt_source_resign(zn);
    ngx_rt_source_view(zn, &view);
    ok(view.leader == pid, "only it can resign");

    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);

    ok(ngx_rt_source_lead(zn), "when it is dead, another one takes over");

    ngx_rt_worker_reap(zn);
    ngx_rt_source_view(zn, &view);
    ok(view.leader == self, "and keeps it");

    unit_zone_destroy(zn);
}


/* 0: the zone gives the id */

static ngx_int_t
append(ngx_rt_zone_t *zn, ngx_str_t topic, uint64_t ms,
    ngx_rt_wake_list_t *list)
{
    ngx_rt_publication_t  pub;

    ngx_memzero(&pub, sizeof(ngx_rt_publication_t));

    pub.topic = topic;
    pub.data = str("data");
    pub.id = make(ms);

    return ngx_rt_history_append(zn, &pub, list);
}


static ngx_rt_id_t
make(uint64_t ms)
{
    ngx_rt_id_t  id;

    id.ms = ms;
    id.seq = 0;

    return id;
}


static ngx_uint_t
is(const ngx_rt_id_t *id, uint64_t ms)
{
    return (id->ms == ms && id->seq == 0);
}


static void
fill(ngx_rt_zone_t *zn, uint64_t ms)
{
    ngx_rt_id_t  id;

    id = make(ms);
    ngx_rt_source_fill(zn, &id);
}


static void
reset(ngx_rt_zone_t *zn, uint64_t ms)
{
    ngx_rt_id_t  id;

    id = make(ms);
    ngx_rt_source_reset(zn, &id, &wake);
}


static ngx_uint_t
read_from(ngx_rt_zone_t *zn, ngx_rt_cursor_t *cur, uint64_t ms,
    ngx_rt_mail_t *mail)
{
    ngx_uint_t   n;
    ngx_rt_id_t  id;

    id = make(ms);

    return (ngx_rt_cursor_read(zn, cur, 1, &id, 65536, mail, &n) == NGX_OK)
           ? n : (ngx_uint_t) -1;
}


static ngx_uint_t
strange(ngx_rt_zone_t *zn, uint64_t ms, uint64_t *from)
{
    ngx_uint_t   rc;
    ngx_rt_id_t  id, take;

    id = make(ms);
    take = id;

    ngx_rt_zone_lock(zn);
    rc = ngx_rt_source_is_strange_locked(zn, &id, &take);
    ngx_rt_zone_unlock(zn);

    *from = take.ms;

    return rc;
}
