
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * A mailbox holds references to messages for one worker, in id order, in pages
 * that come and go with the mail.  The worker reads what it has claimed without
 * the lock; only mail it has not claimed may be taken away from it, and then
 * the mailbox is marked as overflown and the worker turns to the history.
 */


#include "ngx_rt_store.h"


#define NGX_RT_MAILBOX_PER_PAGE  (NGX_RT_PAGE / sizeof(ngx_rt_mail_t))


static void ngx_rt_mailbox_release_locked(ngx_rt_zone_t *zn,
    ngx_rt_mailbox_t *mb, ngx_uint_t end);
static void ngx_rt_mailbox_free_page_locked(ngx_rt_zone_t *zn,
    ngx_rt_mailbox_t *mb, ngx_uint_t i);


ngx_int_t
ngx_rt_mailbox_push_locked(ngx_rt_zone_t *zn, ngx_rt_worker_sh_t *wk,
    ngx_rt_message_sh_t *m, ngx_uint_t tag)
{
    ngx_uint_t         page;
    ngx_rt_mail_t     *mail;
    ngx_rt_mailbox_t  *mb;

    ngx_rt_zone_check(zn);

    mb = &wk->mailbox;

    /* mail after an overflow would arrive before what was lost */

    if (mb->overflow
        || mb->tail - mb->head
           > (NGX_RT_MAILBOX_PAGES - 1) * NGX_RT_MAILBOX_PER_PAGE)
    {
        mb->overflow = 1;
        return NGX_DECLINED;
    }

    page = mb->tail / NGX_RT_MAILBOX_PER_PAGE % NGX_RT_MAILBOX_PAGES;

    if (mb->pages[page] == NULL) {
        mb->pages[page] = ngx_rt_zone_alloc_locked(zn, NGX_RT_PAGE);

        if (mb->pages[page] == NULL) {
            mb->overflow = 1;
            return NGX_DECLINED;
        }

        /* the room may have been made by taking this very mail back */

        if (mb->overflow) {
            ngx_rt_mailbox_free_page_locked(zn, mb, page
                                            * NGX_RT_MAILBOX_PER_PAGE);
            return NGX_DECLINED;
        }
    }

    mail = ngx_rt_mailbox_at(mb, mb->tail);
    mail->message = m;
    mail->tag = tag;

    m->refs++;
    ngx_rt_barrier();
    mb->tail++;

    return NGX_OK;
}


ngx_uint_t
ngx_rt_mailbox_claim(ngx_rt_zone_t *zn, ngx_rt_mail_t *mail,
    ngx_rt_mailbox_view_t *view)
{
    size_t             size;
    ngx_uint_t         n;
    ngx_rt_mailbox_t  *mb;

    mb = &zn->worker->mailbox;

    ngx_rt_zone_lock(zn);

    ngx_rt_mailbox_release_locked(zn, mb, mb->claimed);

    size = 0;

    for (n = 0; n < NGX_RT_READ_MESSAGES && size < NGX_RT_READ_SIZE; n++) {

        if (mb->claimed == mb->tail) {
            break;
        }

        mail[n] = *ngx_rt_mailbox_at(mb, mb->claimed);
        size += mail[n].message->size;
        mb->claimed++;
    }

    if (n == 0) {
        view->last = zn->sh->last;
        view->epoch = zn->sh->source.epoch;
        view->ready = ngx_rt_source_is_ready(zn);
        view->overflow = mb->overflow;

        mb->overflow = 0;
        mb->sleeping = 1;
    }

    ngx_rt_zone_unlock(zn);

    return n;
}


ngx_int_t
ngx_rt_mailbox_reclaim_locked(ngx_rt_zone_t *zn)
{
    ngx_uint_t           n, most;
    ngx_rt_mail_t       *mail;
    ngx_rt_mailbox_t    *mb;
    ngx_rt_worker_sh_t  *wk;

    mb = NULL;
    most = 0;

    for (wk = zn->sh->workers; wk; wk = wk->next) {
        n = wk->mailbox.tail - wk->mailbox.claimed;

        if (n > most) {
            most = n;
            mb = &wk->mailbox;
        }
    }

    if (mb == NULL) {
        return NGX_DECLINED;
    }

    mb->overflow = 1;

    while (mb->tail != mb->claimed) {
        mail = ngx_rt_mailbox_at(mb, mb->tail - 1);
        mb->tail--;
        ngx_rt_barrier();

        ngx_rt_message_unref_locked(zn, mail->message);

        if (mb->tail % NGX_RT_MAILBOX_PER_PAGE == 0) {
            ngx_rt_mailbox_free_page_locked(zn, mb, mb->tail);
        }
    }

    return NGX_OK;
}


void
ngx_rt_mailbox_empty_locked(ngx_rt_zone_t *zn, ngx_rt_worker_sh_t *wk)
{
    ngx_uint_t         i;
    ngx_rt_mailbox_t  *mb;

    mb = &wk->mailbox;

    ngx_rt_mailbox_release_locked(zn, mb, mb->tail);

    for (i = 0; i < NGX_RT_MAILBOX_PAGES; i++) {
        if (mb->pages[i]) {
            ngx_rt_mailbox_free_page_locked(zn, mb,
                                            i * NGX_RT_MAILBOX_PER_PAGE);
        }
    }
}


ngx_rt_mail_t *
ngx_rt_mailbox_at(ngx_rt_mailbox_t *mb, ngx_uint_t i)
{
    ngx_uint_t  page;

    page = i / NGX_RT_MAILBOX_PER_PAGE % NGX_RT_MAILBOX_PAGES;

    return &mb->pages[page][i % NGX_RT_MAILBOX_PER_PAGE];
}


static void
ngx_rt_mailbox_release_locked(ngx_rt_zone_t *zn, ngx_rt_mailbox_t *mb,
    ngx_uint_t end)
{
    ngx_rt_message_sh_t  *m;

    while (mb->head != end) {
        m = ngx_rt_mailbox_at(mb, mb->head)->message;
        mb->head++;
        ngx_rt_barrier();

        ngx_rt_message_unref_locked(zn, m);

        if (mb->head % NGX_RT_MAILBOX_PER_PAGE == 0) {
            ngx_rt_mailbox_free_page_locked(zn, mb, mb->head - 1);
        }
    }

    /* an empty mailbox holds no page */

    if (mb->head == mb->tail
        && mb->head % NGX_RT_MAILBOX_PER_PAGE != 0)
    {
        ngx_rt_mailbox_free_page_locked(zn, mb, mb->head);
    }

    if (mb->claimed - mb->head > mb->tail - mb->head) {
        mb->claimed = mb->head;
    }
}


static void
ngx_rt_mailbox_free_page_locked(ngx_rt_zone_t *zn, ngx_rt_mailbox_t *mb,
    ngx_uint_t i)
{
    ngx_uint_t      page;
    ngx_rt_mail_t  *mail;

    page = i / NGX_RT_MAILBOX_PER_PAGE % NGX_RT_MAILBOX_PAGES;
    mail = mb->pages[page];

    if (mail == NULL) {
        return;
    }

    mb->pages[page] = NULL;
    ngx_rt_barrier();

    ngx_rt_zone_free_locked(zn, mail);
}
