
/*
 * Copyright (C) the ngx_rt authors
 */


/* store/ on nginx's real slab. */


#include "unit.h"


static void test_append(void);
static void test_clocks(void);
static void test_limits(void);
static void test_large(void);
static void test_eviction(void);
static void test_refusal(void);
static void test_topics(void);
static void test_cursor(void);
static void test_rewind(void);
static void test_mailbox(void);
static void test_overflow(void);
static void test_reclaim(void);
static void test_worker(void);

static ngx_int_t publish(ngx_rt_zone_t *zn, ngx_str_t topic, ngx_str_t data);
static size_t length(ngx_rt_message_sh_t *m);

static ngx_rt_publication_t  last;
static ngx_rt_wake_list_t    wake;
static u_char                bytes[65536];


int
main(void)
{
    test_append();
    test_clocks();
    test_limits();
    test_large();
    test_eviction();
    test_refusal();
    test_topics();
    test_cursor();
    test_rewind();
    test_mailbox();
    test_overflow();
    test_reclaim();
    test_worker();

    return unit_done();
}


static void
test_append(void)
{
    size_t          used;
    ngx_uint_t      i, bad;
    ngx_rt_id_t     id;
    ngx_rt_zone_t  *zn;

    zn = unit_zone_create(1024 * 1024);
    used = info(zn).used;
    ngx_memzero(&id, sizeof(ngx_rt_id_t));

    for (i = 0, bad = 0; i < 5; i++) {
        bad += publish(zn, str("a"), str("x")) != NGX_OK;
        bad += !ngx_rt_id_is(&last.id, >, &id);
        id = last.id;
    }

    ok(bad == 0, "ids increase within a millisecond");
    ok(info(zn).ntopics == 1 && info(zn).nmessages == 5, "they are kept");

    unit_time_pass(5);
    publish(zn, str("b"), str("x"));
    ok(ngx_rt_id_is(&last.id, >, &id) && last.id.seq == 0,
       "ids increase with time, over all topics");

    unit_clock_set(1600000000);
    id = last.id;
    publish(zn, str("b"), str("x"));
    ok(ngx_rt_id_is(&last.id, >, &id), "and when the clock steps back");

    unit_time_pass(zn->age);
    (void) ngx_rt_zone_expire(zn);

    ok(info(zn).ntopics == 0 && info(zn).nmessages == 0, "they expire");
    ok(info(zn).used == used, "and leave nothing behind");

    unit_zone_destroy(zn);
}


static void
test_clocks(void)
{
    ngx_rt_zone_t  *zn;

    /* the clock of each worker stands still during a round of its loop */

    zn = unit_zone_create(1024 * 1024);

    unit_time_pass(2);
    publish(zn, str("a"), str("x"));
    ngx_current_msec -= 2;
    publish(zn, str("a"), str("x"));
    (void) ngx_rt_zone_expire(zn);

    ok(info(zn).nmessages == 2,
       "a message of a worker whose clock is ahead is not old");

    ngx_current_msec += 2;
    unit_zone_destroy(zn);
}


static void
test_limits(void)
{
    ngx_uint_t          i;
    ngx_rt_id_t         third;
    ngx_rt_zone_t      *zn;
    ngx_rt_topic_sh_t  *tp;

    zn = unit_zone_create(1024 * 1024);
    zn->history = 3;

    for (i = 0; i < 6; i++) {
        publish(zn, str("a"), str("x"));

        if (i == 2) {
            third = last.id;
        }
    }

    tp = find(zn, str("a"));

    ok(tp->nmessages == 3, "a topic keeps its number");
    ok(ngx_rt_id_is(&tp->dropped, ==, &third), "and knows what it dropped");

    zn->history = 0;
    publish(zn, str("c"), str("x"));
    ok(find(zn, str("c")) == NULL, "without a history nothing is kept");
    ok(ngx_rt_id_is(&zn->sh->floor, ==, &last.id),
       "but the id is not forgotten");

    (void) ngx_rt_history_clear(zn, &str("a"), &i);
    ok(i == 3 && find(zn, str("a")) == NULL, "cleared topic is gone");
    ok(ngx_rt_history_clear(zn, &str("a"), &i) == NGX_DECLINED,
       "and cannot be cleared again");

    unit_zone_destroy(zn);
}


static void
test_large(void)
{
    size_t              size, used;
    ngx_str_t           data;
    ngx_uint_t          bad, offset;
    ngx_rt_part_t      *part;
    ngx_rt_zone_t      *zn;
    ngx_rt_topic_sh_t  *tp;

    for (size = 0; size < sizeof(bytes); size++) {
        bytes[size] = (u_char) (size * 31 + size / 256);
    }

    zn = unit_zone_create(1024 * 1024);
    used = info(zn).used;
    bad = 0;

    for (size = 1; size <= sizeof(bytes); size = size * 3 / 2 + 1) {
        data.data = bytes;
        data.len = size;
        bad += publish(zn, str("a"), data) != NGX_OK;

        tp = find(zn, str("a"));
        offset = 0;

        for (part = &tp->newest->msg.data; part; part = part->next) {
            bad += memcmp(part->data, bytes + offset, part->len) != 0;
            offset += part->len;
        }

        bad += offset != size;
    }

    ok(bad == 0, "messages of all sizes are kept byte for byte");

    unit_time_pass(zn->age);
    (void) ngx_rt_zone_expire(zn);
    ok(info(zn).used == used, "and leave nothing behind");

    unit_zone_destroy(zn);
}


static void
test_eviction(void)
{
    ngx_str_t             data;
    ngx_uint_t            i, bad;
    ngx_rt_id_t           id;
    ngx_rt_zone_t        *zn;
    ngx_rt_message_sh_t  *m;

    zn = unit_zone_create(256 * 1024);
    zn->history = 1000000;
    bad = 0;

    for (i = 0; i < 20000; i++) {
        data.data = bytes;
        data.len = i * 7919 % 20000;
        bad += publish(zn, (i % 3) ? str("a") : str("b"), data) != NGX_OK;
    }

    ok(bad == 0, "a full zone takes messages of any size");
    ok(info(zn).full && info(zn).counters[NGX_RT_COUNTER_evicted] > 0,
       "and counts what it evicts");
    ok(ngx_rt_zone_expire(zn) == NGX_RT_ZONE_FULL, "it says so");
    ok(ngx_rt_zone_expire(zn) == NGX_RT_ZONE_STEADY, "once");

    m = ngx_queue_data(ngx_queue_head(&zn->sh->messages),
                       ngx_rt_message_sh_t, queue);
    id = m->msg.id;
    ok(!ngx_rt_id_is(&find(zn, str("a"))->dropped, >, &id)
       && !ngx_rt_id_is(&find(zn, str("b"))->dropped, >, &id),
       "the oldest of all topics went first");

    zn->age = 100000000;
    unit_time_pass(11000);
    ok(ngx_rt_zone_expire(zn) == NGX_RT_ZONE_EASED, "and says when it is over");

    unit_zone_destroy(zn);
}


static void
test_refusal(void)
{
    size_t                 used;
    ngx_str_t              data;
    ngx_uint_t             i, n, tag;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  view;

    zn = unit_zone_create(256 * 1024);
    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    data.data = bytes;
    data.len = 20000;

    for (i = 0; i < 9; i++) {
        publish(zn, str("a"), data);
    }

    n = ngx_rt_mailbox_claim(zn, mail, &view);
    ok(n == 9, "a reader holds most of the zone");

    used = info(zn).used;
    data.len = 65000;

    ok(publish(zn, str("b"), data) == NGX_ERROR,
       "what a reader holds is not taken away for a new message");
    ok(info(zn).used <= used && find(zn, str("b")) == NULL,
       "a refused message leaves nothing behind");
    ok(info(zn).counters[NGX_RT_COUNTER_refused] == 1, "it is counted");

    (void) ngx_rt_mailbox_claim(zn, mail, &view);
    ok(publish(zn, str("b"), data) == NGX_OK, "then there is room again");

    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_topics(void)
{
    size_t                 used;
    ngx_uint_t             tag;
    ngx_rt_id_t            id, dropped;
    ngx_rt_zone_t         *zn;
    ngx_rt_interest_sh_t  *one, *two;
    ngx_rt_mailbox_view_t  view;

    zn = unit_zone_create(1024 * 1024);
    used = info(zn).used;

    tag = 7;
    one = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);
    ok(one != NULL && tag == 7, "the first subscriber brings the tag");

    tag = 8;
    two = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);
    ok(two == one && tag == 7, "the second one shares it");

    publish(zn, str("a"), str("x"));
    ok(last.nsubscribers == 2, "a publish counts subscribers");
    ok(wake.self && wake.n == 0, "and wakes the worker that has them");

    publish(zn, str("a"), str("x"));
    ok(!wake.self, "once, until it sleeps again");

    unit_time_pass(zn->age);
    (void) ngx_rt_zone_expire(zn);
    ok(find(zn, str("a")) != NULL, "a topic with subscribers stays");

    dropped = find(zn, str("a"))->dropped;
    ok(ngx_rt_id_is(&dropped, ==, &last.id), "and knows what it dropped");

    ngx_rt_topic_detach(zn, one);
    ngx_rt_topic_detach(zn, one);
    ok(find(zn, str("a")) == NULL, "without subscribers it goes");
    ok(ngx_rt_id_is(&zn->sh->floor, ==, &dropped), "its id is the zone's");

    zn->topics = 1;
    publish(zn, str("a"), str("x"));
    id = last.id;
    ok(publish(zn, str("b"), str("x")) == NGX_ERROR,
       "topics are limited in number");
    ok(ngx_rt_id_is(&find(zn, str("a"))->dropped, <, &id),
       "a topic that comes back is complete from the floor on");

    (void) ngx_rt_history_clear(zn, &str("a"), &tag);

    while (ngx_rt_mailbox_claim(zn, (ngx_rt_mail_t [64]) { { 0 } }, &view))
    {
        /* void */
    }

    ok(info(zn).used == used, "nothing is left behind");

    unit_zone_destroy(zn);
}


static void
test_cursor(void)
{
    char                   text[16];
    ngx_str_t              data;
    ngx_uint_t             i, n, tag, bad, total;
    ngx_rt_id_t            id, first;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur[2];
    ngx_rt_cursor_view_t   view;
    ngx_rt_interest_sh_t  *in[2];

    zn = unit_zone_create(8 * 1024 * 1024);
    zn->history = 2000;
    tag = 0;

    in[0] = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);
    in[1] = ngx_rt_topic_attach(zn, &str("b"), &tag, &id);
    first = id;

    for (i = 0; i < 3000; i++) {
        data.data = (u_char *) text;
        data.len = sprintf(text, "%04lu", (unsigned long) i);
        publish(zn, (i % 3) ? str("a") : str("b"), data);

        if (i == 9) {
            id = last.id;
        }
    }

    memset(cur, 0, sizeof(cur));
    cur[0].topic = in[0]->topic;
    cur[1].topic = in[1]->topic;

    ngx_rt_cursor_view(zn, cur, 2, &id, &view);
    ok(view.any && ngx_rt_id_is(&view.last, ==, &last.id)
       && ngx_rt_id_is(&view.dropped, <, &id), "a view over two topics");

    memset(cur, 0, sizeof(cur));
    cur[0].topic = in[0]->topic;
    cur[1].topic = in[1]->topic;
    bad = 0;
    total = 10;

    for ( ;; ) {
        bad += ngx_rt_cursor_read(zn, cur, 2, &id, 1000000, mail, &n) != NGX_OK;

        if (n == 0) {
            break;
        }

        for (i = 0; i < n; i++, total++) {
            sprintf(text, "%04lu", (unsigned long) total);
            bad += memcmp(mail[i].message->msg.data.data, text, 4) != 0;
            bad += mail[i].tag != ((total % 3) ? 0 : 1);
        }

        id = mail[n - 1].message->msg.id;
    }

    ok(bad == 0 && total == 3000, "all above an id, in order, each once");

    ngx_memzero(cur, sizeof(cur));
    cur[0].topic = in[0]->topic;
    cur[1].topic = in[1]->topic;
    (void) ngx_rt_cursor_read(zn, cur, 2, &first, 10, mail, &n);
    ok(n == 3, "no more bytes than asked for, but for the last message");

    id = last.id;
    ngx_memzero(cur, sizeof(cur));
    cur[0].topic = in[0]->topic;
    cur[1].topic = in[1]->topic;

    publish(zn, str("b"), str("new"));
    (void) ngx_rt_cursor_read(zn, cur, 2, &id, 1000000, mail, &n);
    ok(n == 1 && mail[0].tag == 1, "and what came while reading");
    ok(ngx_rt_cursor_read(zn, cur, 2, &first, 1000000, mail, &n) == NGX_OK,
       "nothing is missing yet");

    zn->history = 10;

    for (i = 0; i < 200; i++) {
        publish(zn, str("a"), str("x"));
    }

    cur[0].told = find(zn, str("a"))->dropped;
    ok(ngx_rt_cursor_read(zn, cur, 1, &id, 1000000, mail, &n) == NGX_OK,
       "what was told is not told again");
    cur[0].told = id;

    ok(ngx_rt_cursor_read(zn, cur, 2, &id, 1000000, mail, &n) == NGX_DECLINED,
       "what was dropped is told");

    ngx_rt_cursor_release(zn);
    unit_zone_destroy(zn);
}


static void
test_rewind(void)
{
    ngx_uint_t             i, tag;
    ngx_rt_id_t            id, ids[20], before;
    ngx_rt_zone_t         *zn;
    ngx_rt_cursor_t        cur[2];
    ngx_rt_interest_sh_t  *in[2];

    zn = unit_zone_create(1024 * 1024);
    zn->history = 100;
    tag = 0;

    in[0] = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);
    in[1] = ngx_rt_topic_attach(zn, &str("b"), &tag, &id);

    for (i = 0; i < 20; i++) {
        publish(zn, (i % 2) ? str("a") : str("b"), str("x"));
        ids[i] = last.id;
    }

    memset(cur, 0, sizeof(cur));
    cur[0].topic = in[0]->topic;
    cur[1].topic = in[1]->topic;

    ngx_rt_cursor_rewind(zn, cur, 2, 5, &id);
    before = ngx_rt_id_before(&ids[15]);
    ok(ngx_rt_id_is(&id, ==, &before), "the newest five of both topics");

    memset(cur, 0, sizeof(cur));
    cur[0].topic = in[0]->topic;

    ngx_rt_cursor_rewind(zn, cur, 1, 5, &id);
    before = ngx_rt_id_before(&ids[11]);
    ok(ngx_rt_id_is(&id, ==, &before), "the newest five of one topic");

    memset(cur, 0, sizeof(cur));
    cur[0].topic = in[0]->topic;

    ngx_rt_cursor_rewind(zn, cur, 1, 50, &id);
    before = ngx_rt_id_before(&ids[1]);
    ok(ngx_rt_id_is(&id, ==, &before), "all, if there are not as many");

    unit_zone_destroy(zn);
}


static void
test_mailbox(void)
{
    size_t                 used;
    ngx_uint_t             i, n, tag, total;
    ngx_rt_id_t            prev;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  view;

    zn = unit_zone_create(4 * 1024 * 1024);
    used = info(zn).used;
    tag = 3;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &prev);

    for (i = 0; i < 3000; i++) {
        publish(zn, str("a"), str("x"));
    }

    total = 0;

    while ((n = ngx_rt_mailbox_claim(zn, mail, &view)) != 0) {
        for (i = 0; i < n; i++, total++) {
            if (mail[i].tag != 3
                || !ngx_rt_id_is(&mail[i].message->msg.id, >, &prev))
            {
                break;
            }

            prev = mail[i].message->msg.id;
        }
    }

    ok(total == 3000, "mail outlives the history, in order");
    ok(!view.overflow && ngx_rt_id_is(&view.last, ==, &last.id),
       "then the worker sleeps");

    publish(zn, str("a"), str("x"));
    ok(wake.self, "and is woken");
    (void) ngx_rt_mailbox_claim(zn, mail, &view);
    (void) ngx_rt_mailbox_claim(zn, mail, &view);

    ngx_rt_topic_detach(zn, in);
    (void) ngx_rt_history_clear(zn, &str("a"), &n);
    ok(info(zn).used == used, "nothing is left behind");

    unit_zone_destroy(zn);
}


static void
test_overflow(void)
{
    ngx_uint_t             i, n, tag, total;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  view;

    zn = unit_zone_create(8 * 1024 * 1024);
    tag = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    for (i = 0; i < 6000; i++) {
        publish(zn, str("a"), str("x"));
    }

    for (total = 0; (n = ngx_rt_mailbox_claim(zn, mail, &view)); ) {
        total += n;
    }

    ok(total > 3000 && total < 6000 && view.overflow,
       "a mailbox is bounded and tells when it was full");

    publish(zn, str("a"), str("x"));
    n = ngx_rt_mailbox_claim(zn, mail, &view);
    (void) ngx_rt_mailbox_claim(zn, mail, &view);
    ok(n == 1 && !view.overflow, "afterwards it takes mail again");

    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_reclaim(void)
{
    ngx_str_t              data;
    ngx_uint_t             i, n, tag, bad;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_interest_sh_t  *in;
    ngx_rt_mailbox_view_t  view;

    zn = unit_zone_create(512 * 1024);
    tag = 0;
    bad = 0;
    in = ngx_rt_topic_attach(zn, &str("a"), &tag, &id);

    data.data = bytes;
    data.len = 10000;

    n = 0;

    for (i = 0; i < 500; i++) {
        bad += publish(zn, str("a"), data) != NGX_OK;

        if (i == 3) {
            n = ngx_rt_mailbox_claim(zn, mail, &view);
        }
    }

    ok(bad == 0, "unread mail does not stop publishers");
    ok(n == 4 && length(mail[0].message) == 10000
       && memcmp(mail[3].message->msg.data.next->data, bytes, 4000) == 0,
       "mail that is being read is not touched");

    while (ngx_rt_mailbox_claim(zn, mail, &view)) { /* void */ }
    ok(view.overflow, "the reader is told");

    ngx_rt_topic_detach(zn, in);
    unit_zone_destroy(zn);
}


static void
test_worker(void)
{
    size_t                used;
    ngx_pid_t             pid, self;
    ngx_uint_t            tag;
    ngx_rt_id_t           id;
    ngx_rt_zone_t        *zn;
    ngx_rt_worker_sh_t   *wk;
    ngx_rt_wake_addr_t    addr;
    ngx_rt_worker_info_t  workers[4];

    zn = unit_zone_create(1024 * 1024);
    used = info(zn).used;
    self = ngx_pid;
    wk = zn->worker;

    /* a pid that is certainly gone */

    pid = fork();

    if (pid == 0) {
        _exit(0);
    }

    waitpid(pid, NULL, 0);

    ngx_pid = pid;
    unit_addr_init(&addr);
    zn->generation++;
    ok(ngx_rt_worker_register(zn, &addr) == NGX_OK, "another worker");

    tag = 0;
    (void) ngx_rt_topic_attach(zn, &str("a"), &tag, &id);
    zn->generation--;
    zn->worker = wk;
    ngx_pid = self;

    publish(zn, str("a"), str("x"));
    ok(last.nsubscribers == 1 && wake.n == 1, "gets mail");
    ok(ngx_rt_worker_describe(zn, workers, 4) == 2, "there are two");
    ok(ngx_rt_worker_has_successor(zn), "one is of the next generation");

    ngx_rt_worker_reap(zn);
    ok(ngx_rt_worker_describe(zn, workers, 4) == 1, "the dead one is dropped");
    ok(!ngx_rt_worker_has_successor(zn), "and succeeds nobody");

    (void) ngx_rt_history_clear(zn, &str("a"), &tag);
    ok(info(zn).used == used && info(zn).ntopics == 0,
       "nothing of it is left behind");

    unit_zone_destroy(zn);
}


static ngx_int_t
publish(ngx_rt_zone_t *zn, ngx_str_t topic, ngx_str_t data)
{
    ngx_memzero(&last, sizeof(ngx_rt_publication_t));

    last.topic = topic;
    last.data = data;

    return ngx_rt_history_append(zn, &last, &wake);
}


static size_t
length(ngx_rt_message_sh_t *m)
{
    size_t          len;
    ngx_rt_part_t  *part;

    len = 0;

    for (part = &m->msg.data; part; part = part->next) {
        len += part->len;
    }

    return len;
}
