
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A worker is killed at any instruction: children do nothing but change the
 * zone, and are killed at random.  The next one that takes the lock has to find
 * a zone that is whole, and not a byte of it lost.
 */


#include "unit.h"
#include <sys/mman.h>
#include <sys/wait.h>


#define ROUNDS  400
#define TOPICS  8

/* where given ids begin, and the source that gives them */
#define BEGIN   1700000000000ULL
#define SOURCE  7


static void test(ngx_rt_id_t *source);
static void empty(ngx_rt_zone_t *zn);
static void child(ngx_rt_zone_t *zn, ngx_rt_id_t *source);
static void child_follow(ngx_rt_zone_t *zn, ngx_rt_id_t *source,
    ngx_rt_publication_t *pub);
static ngx_uint_t follow(ngx_rt_zone_t *zn, ngx_rt_id_t *source);
static ngx_uint_t check(ngx_rt_zone_t *zn);


int
main(void)
{
    ngx_rt_id_t  *source;

    test(NULL);

    /* the newest id that the source has: it outlives who follows it */

    source = mmap(NULL, sizeof(ngx_rt_id_t), PROT_READ|PROT_WRITE,
                  MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    source->ms = BEGIN;

    test(source);

    return unit_done();
}


static void
test(ngx_rt_id_t *source)
{
    int                    status;
    size_t                 used;
    ngx_pid_t              pid;
    ngx_uint_t             i, bad, lost, inside, died, untold, ended;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_zone_t         *zn;
    ngx_rt_zone_info_t     info;
    ngx_rt_wake_list_t     wake;
    ngx_rt_publication_t   pub;
    ngx_rt_mailbox_view_t  view;

    zn = source ? unit_zone_create_from(512 * 1024, SOURCE)
                : unit_zone_create(512 * 1024);

    ngx_rt_zone_describe(zn, &info);
    used = info.used;

    if (source) {
        ngx_rt_source_fill(zn, source);
        ngx_rt_source_open(zn, &wake);
    }

    bad = lost = inside = untold = ended = 0;

    for (i = 0; i < ROUNDS; i++) {

        srandom(i);
        pid = fork();

        if (pid == 0) {
            child(zn, source);
        }

        usleep(500 + random() % 3000);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);

        ended += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;

        died = (zn->sh->owner != 0);
        inside += died;
        unit_zone_unlock_dead(zn, pid);

        ngx_rt_worker_reap(zn);

        /* what the dead one linked need not be in all mailboxes */

        (void) ngx_rt_mailbox_claim(zn, mail, &view);
        untold += (died && !view.overflow);
        bad += check(zn);

        ngx_memzero(&pub, sizeof(ngx_rt_publication_t));
        pub.topic = str("after");
        pub.data = str("x");

        if (source) {
            lost += follow(zn, source);
            source->seq++;
            pub.id = *source;
        }

        bad += ngx_rt_history_append(zn, &pub, &wake) != NGX_OK;
    }

    ok(inside > ROUNDS / 10, "%lu of %d died inside the lock%s",
       (unsigned long) inside, ROUNDS, source ? ", following a source" : "");
    ok(ended == 0, "none of anything else");
    ok(bad == 0, "the zone was whole each time");
    ok(untold == 0, "the others were told to look into the history");

    if (source) {
        ok(lost == 0, "the newest id was that of the newest message");
    }

    empty(zn);

    ngx_rt_zone_describe(zn, &info);
    ok(info.ntopics == 0 && info.nmessages == 0, "it can be emptied");
    ok(info.used == used, "not a byte is lost");

    unit_zone_destroy(zn);
}


static void
empty(ngx_rt_zone_t *zn)
{
    u_char      text[16];
    ngx_str_t   name;
    ngx_uint_t  i, dropped;

    for (i = 0; i < TOPICS; i++) {
        name.data = text;
        name.len = sprintf((char *) text, "topic%lu", (unsigned long) i);
        (void) ngx_rt_history_clear(zn, &name, &dropped);
    }

    (void) ngx_rt_history_clear(zn, &str("after"), &dropped);
}


static void
child(ngx_rt_zone_t *zn, ngx_rt_id_t *source)
{
    u_char                 text[16];
    ngx_str_t              name;
    ngx_uint_t             n, tag, topic;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_cursor_t        cur[TOPICS];
    ngx_rt_wake_list_t     wake;
    ngx_rt_wake_addr_t     addr;
    ngx_rt_publication_t   pub;
    ngx_rt_interest_sh_t  *in[TOPICS];
    ngx_rt_mailbox_view_t  view;
    static u_char          data[8192];

    ngx_pid = getpid();
    unit_addr_init(&addr);
    ngx_memzero(in, sizeof(in));
    ngx_memzero(cur, sizeof(cur));

    if (ngx_rt_worker_register(zn, &addr) != NGX_OK
        || (source && !ngx_rt_source_lead(zn)))
    {
        _exit(1);
    }

    for ( ;; ) {
        topic = random() % TOPICS;
        name.data = text;
        name.len = sprintf((char *) text, "topic%lu", (unsigned long) topic);
        tag = topic;

        switch (random() % 8) {

        case 0:
            if (in[topic] == NULL) {
                in[topic] = ngx_rt_topic_attach(zn, &name, &tag, &id);
                ngx_memzero(&cur[topic], sizeof(ngx_rt_cursor_t));
            }
            break;

        case 1:
            if (in[topic]) {
                ngx_rt_topic_detach(zn, in[topic]);
                in[topic] = NULL;
            }
            break;

        case 2:
            (void) ngx_rt_mailbox_claim(zn, mail, &view);
            break;

        case 3:
            if (in[topic]) {
                cur[topic].topic = in[topic]->topic;
                id = cur[topic].topic->dropped;
                (void) ngx_rt_cursor_read(zn, &cur[topic], 1, &id, 65536, mail,
                                          &n);
            }
            break;

        default:
            ngx_memzero(&pub, sizeof(ngx_rt_publication_t));
            pub.topic = name;
            pub.data.data = data;
            pub.data.len = random() % ((random() % 4) ? 200 : sizeof(data));

            if (source) {
                child_follow(zn, source, &pub);

            } else if (random() % 16 == 0) {
                ngx_rt_source_miss(zn, NULL, &wake);

            } else {
                (void) ngx_rt_history_append(zn, &pub, &wake);
            }

            break;
        }
    }
}


/*
 * The source has something first, and then the zone does.  Only messages have
 * an id with a number.
 */

static void
child_follow(ngx_rt_zone_t *zn, ngx_rt_id_t *source, ngx_rt_publication_t *pub)
{
    ngx_rt_id_t         id;
    ngx_rt_wake_list_t  wake;

    id = *source;

    switch (random() % 16) {

    case 0:
        id.ms += 1 + random() % 4;
        id.seq = 0;
        *source = id;

        ngx_rt_source_miss(zn, &id, &wake);
        break;

    case 1:
        id.ms = BEGIN + random() % (id.ms - BEGIN + 1);
        id.seq = 0;
        *source = id;

        ngx_rt_source_reset(zn, &id, &wake);
        ngx_rt_source_open(zn, &wake);
        break;

    default:
        id.seq++;
        *source = id;
        pub->id = id;

        if (ngx_rt_history_append(zn, pub, (random() % 4) ? &wake : NULL)
            != NGX_OK)
        {
            _exit(1);
        }
    }
}


/* goes on as the next leader does; counts what is lost by then */

static ngx_uint_t
follow(ngx_rt_zone_t *zn, ngx_rt_id_t *source)
{
    ngx_uint_t             lost;
    ngx_queue_t           *q;
    ngx_rt_wake_list_t     wake;
    ngx_rt_message_sh_t   *m;
    ngx_rt_source_view_t   view;

    lost = !ngx_rt_source_lead(zn);
    ngx_rt_source_view(zn, &view);

    if (ngx_rt_id_is(&view.last, >, source)) {

        /* a reset was not complete */

        source->seq = 0;
        ngx_rt_source_reset(zn, source, &wake);
        lost += check(zn);

    } else if (view.last.seq) {
        q = ngx_queue_last(&zn->sh->messages);
        m = ngx_queue_data(q, ngx_rt_message_sh_t, queue);

        lost += ngx_queue_empty(&zn->sh->messages)
                || !ngx_rt_id_is(&m->msg.id, ==, &view.last);
    }

    ngx_rt_source_open(zn, &wake);
    ngx_rt_source_resign(zn);

    return lost;
}


/* counts what disagrees */

static ngx_uint_t
check(ngx_rt_zone_t *zn)
{
    ngx_uint_t             i, n, bad, topics, messages;
    ngx_queue_t           *q;
    ngx_rt_id_t            id;
    ngx_rt_topic_sh_t     *tp;
    ngx_rt_message_sh_t   *m;
    ngx_rt_interest_sh_t  *in;

    bad = 0;
    ngx_memzero(&id, sizeof(ngx_rt_id_t));
    topics = 0;
    messages = 0;

    ngx_rt_zone_lock(zn);

    for (q = ngx_queue_head(&zn->sh->messages);
         q != ngx_queue_sentinel(&zn->sh->messages);
         q = ngx_queue_next(q))
    {
        m = ngx_queue_data(q, ngx_rt_message_sh_t, queue);
        bad += q->next->prev != q;
        bad += m->refs < 1 || m->topic == NULL;
        bad += !ngx_rt_id_is(&m->msg.id, >, &id);
        id = m->msg.id;
        messages++;
    }

    bad += messages != zn->sh->nmessages;
    bad += ngx_rt_id_is(&id, >, &zn->sh->last);
    messages = 0;

    for (i = 0; i <= zn->sh->mask; i++) {
        for (tp = zn->sh->buckets[i]; tp; tp = tp->next) {
            topics++;
            n = 0;

            for (m = tp->oldest; m; m = m->next) {
                bad += m->topic != tp || m->serial != tp->serial;
                bad += m->next ? m->next->prev != m : tp->newest != m;
                n++;
            }

            bad += n != tp->nmessages;
            messages += n;
            n = 0;

            for (in = tp->interests; in; in = in->topic_next) {
                bad += in->topic != tp;
                n += in->nsubscribers;
            }

            bad += n != tp->nsubscribers;
            bad += tp->oldest == NULL && tp->interests == NULL;
        }
    }

    bad += topics != zn->sh->ntopics;
    bad += zn->sh->ninterests != 0;
    bad += messages != zn->sh->nmessages;

    /* the dead are gone, this process has no subscribers */

    bad += zn->sh->workers != zn->worker || zn->worker->next != NULL;

    ngx_rt_zone_unlock(zn);

    return bad;
}
