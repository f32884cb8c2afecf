
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A worker is killed at any instruction: children do nothing but change the
 * zone, and are killed at random.  The next one that takes the lock has to find
 * a zone that is whole, and not a byte of it lost.
 */


#include "unit.h"
#include <sys/wait.h>


#define ROUNDS  400


static void child(ngx_rt_zone_t *zn);
static ngx_uint_t check(ngx_rt_zone_t *zn);


int
main(void)
{
    size_t                used;
    ngx_int_t             status;
    ngx_pid_t             pid;
    ngx_uint_t            i, bad, inside, dropped, died, untold, overflow;
    ngx_rt_id_t           id;
    ngx_rt_mail_t         mail[NGX_RT_READ_MESSAGES];
    ngx_str_t             name;
    u_char                text[16];
    ngx_rt_zone_t        *zn;
    ngx_rt_publication_t  pub;
    ngx_rt_wake_list_t    wake;

    zn = unit_zone_create(512 * 1024);
    ngx_memzero(&pub, sizeof(ngx_rt_publication_t));

    untold = 0;

    for (used = 0, bad = 0, inside = 0, i = 0; i < ROUNDS; i++) {

        if (i == 0) {
            ngx_rt_zone_info_t  info;
            ngx_rt_zone_describe(zn, &info);
            used = info.used;
        }

        srandom(i);
        pid = fork();

        if (pid == 0) {
            child(zn);
        }

        usleep(500 + random() % 3000);
        kill(pid, SIGKILL);
        waitpid(pid, (int *) &status, 0);

        died = (zn->sh->owner != 0);
        inside += died;
        unit_zone_unlock_dead(zn, pid);

        ngx_rt_worker_reap(zn);

        /* what the dead one linked need not be in all mailboxes */

        (void) ngx_rt_mailbox_claim(zn, mail, &id, &overflow);
        untold += (died && !overflow);
        bad += check(zn);

        pub.topic = str("after");
        pub.data = str("x");
        bad += ngx_rt_history_append(zn, &pub, &wake) != NGX_OK;
    }

    ok(inside > ROUNDS / 10, "%lu of %d died inside the lock",
       (unsigned long) inside, ROUNDS);
    ok(bad == 0, "the zone was whole each time");
    ok(untold == 0, "the others were told to look into the history");

    for (i = 0; i < 8; i++) {
        name.data = text;
        name.len = sprintf((char *) text, "topic%lu", (unsigned long) i);
        (void) ngx_rt_history_clear(zn, &name, &dropped);
    }

    (void) ngx_rt_history_clear(zn, &str("after"), &dropped);

    {
        ngx_rt_zone_info_t  info;

        ngx_rt_zone_describe(zn, &info);
        ok(info.ntopics == 0 && info.nmessages == 0, "it can be emptied");
        ok(info.used == used, "not a byte is lost");
    }

    unit_zone_destroy(zn);

    return unit_done();
}


static void
child(ngx_rt_zone_t *zn)
{
    u_char                 text[16];
    ngx_str_t              name;
    ngx_uint_t             n, tag, overflow, topic;
    ngx_rt_id_t            id;
    ngx_rt_mail_t          mail[NGX_RT_READ_MESSAGES];
    ngx_rt_cursor_t        cur;
    ngx_rt_wake_list_t     wake;
    ngx_rt_wake_addr_t     addr;
    ngx_rt_publication_t   pub;
    ngx_rt_interest_sh_t  *in[8];
    static u_char          data[8192];

    ngx_pid = getpid();
    unit_addr_init(&addr);
    ngx_memzero(&pub, sizeof(ngx_rt_publication_t));
    ngx_memzero(in, sizeof(in));

    if (ngx_rt_worker_register(zn, &addr) != NGX_OK) {
        _exit(1);
    }

    for ( ;; ) {
        topic = random() % 8;
        name.data = text;
        name.len = sprintf((char *) text, "topic%lu", (unsigned long) topic);
        tag = topic;

        switch (random() % 8) {

        case 0:
            if (in[topic] == NULL) {
                in[topic] = ngx_rt_topic_attach(zn, &name, &tag, &id);
            }
            break;

        case 1:
            if (in[topic]) {
                ngx_rt_topic_detach(zn, in[topic]);
                in[topic] = NULL;
            }
            break;

        case 2:
            (void) ngx_rt_mailbox_claim(zn, mail, &id, &overflow);
            break;

        case 3:
            if (in[topic]) {
                ngx_memzero(&cur, sizeof(ngx_rt_cursor_t));
                ngx_memzero(&id, sizeof(ngx_rt_id_t));
                cur.topic = in[topic]->topic;
                id = cur.topic->dropped;
                (void) ngx_rt_cursor_read(zn, &cur, 1, &id, 65536, mail,
                                          &n);
            }
            break;

        default:
            pub.topic = name;
            pub.data.data = data;
            pub.data.len = random() % ((random() % 4) ? 200 : sizeof(data));
            (void) ngx_rt_history_append(zn, &pub, &wake);
            break;
        }
    }
}


/* counts what disagrees */

static ngx_uint_t
check(ngx_rt_zone_t *zn)
{
    ngx_uint_t             i, n, bad, topics, messages;
    ngx_queue_t           *q;
    ngx_rt_topic_sh_t     *tp;
    ngx_rt_message_sh_t   *m;
    ngx_rt_interest_sh_t  *in;

    bad = 0;
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
        messages++;
    }

    bad += messages != zn->sh->nmessages;
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
