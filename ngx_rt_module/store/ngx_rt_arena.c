
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The memory of a zone: pages of 4 KB, each cut into chunks of one size.  A bit
 * for each chunk says whether it is in use; all else, the lists of pages with
 * room and of free ones, follows from the bits and can be made anew from them.
 *
 * nginx's slab gives the whole of it when the zone is created, and does not
 * serve single objects, for two reasons.  A worker that is killed within a slab
 * function leaves lists that crash the next one, and they cannot be repaired
 * from outside.  And a slab that serves runs of pages of many lengths fragments
 * until nothing fits; here nothing is larger than a page.
 */


#include "ngx_rt_store.h"


#define NGX_RT_ARENA_NONE  ((uint32_t) -1)


/* what divides a page into 64, 32, 21, 16, 12, 10, 8, 6, 5, 4, 3, 2 and 1 */

static const uint16_t  ngx_rt_arena_sizes[NGX_RT_ARENA_CLASSES] = {
    64, 128, 192, 256, 336, 408, 512, 680, 816, 1024, 1360, 2048, 4096
};


static void ngx_rt_arena_link(ngx_rt_arena_sh_t *arena, uint32_t i);
static void ngx_rt_arena_unlink(ngx_rt_arena_sh_t *arena, uint32_t i);
static ngx_uint_t ngx_rt_arena_find(ngx_rt_arena_sh_t *arena, void *p,
    uint32_t *page);

#define ngx_rt_arena_all(class)                                               \
    ((uint64_t) -1 >> (64 - NGX_RT_PAGE / ngx_rt_arena_sizes[class]))


void
ngx_rt_arena_init(ngx_rt_arena_sh_t *arena, u_char *start, size_t size)
{
    size_t  n;

    /* the table first, then what it describes, from a page boundary on */

    n = (size - NGX_RT_PAGE) / (NGX_RT_PAGE + sizeof(ngx_rt_page_sh_t));

    arena->pages = (ngx_rt_page_sh_t *) start;
    arena->npages = (uint32_t) n;
    arena->start = ngx_align_ptr(start + n * sizeof(ngx_rt_page_sh_t),
                                 NGX_RT_PAGE);

    ngx_memzero(arena->pages, n * sizeof(ngx_rt_page_sh_t));

    ngx_rt_arena_rebuild(arena);
}


void *
ngx_rt_arena_alloc(ngx_rt_arena_sh_t *arena, size_t size)
{
    uint32_t           i;
    ngx_uint_t         class, chunk;
    ngx_rt_page_sh_t  *page;

    for (class = 0; ngx_rt_arena_sizes[class] < size; class++) { /* void */ }

    i = arena->lists[class];

    if (i == NGX_RT_ARENA_NONE) {
        i = arena->lists[NGX_RT_ARENA_FREE];

        if (i == NGX_RT_ARENA_NONE) {
            return NULL;
        }

        ngx_rt_arena_unlink(arena, i);

        arena->pages[i].class = (uint32_t) class;
        ngx_rt_arena_link(arena, i);
    }

    page = &arena->pages[i];
    chunk = __builtin_ctzll(~page->used);

    page->used |= (uint64_t) 1 << chunk;
    arena->used += ngx_rt_arena_sizes[class];

    if (page->used == ngx_rt_arena_all(class)) {
        ngx_rt_arena_unlink(arena, i);
    }

    return arena->start + (size_t) i * NGX_RT_PAGE
           + chunk * ngx_rt_arena_sizes[class];
}


void
ngx_rt_arena_free(ngx_rt_arena_sh_t *arena, void *p)
{
    uint32_t           i;
    uint64_t           bit;
    ngx_uint_t         class, full;
    ngx_rt_page_sh_t  *page;

    bit = (uint64_t) 1 << ngx_rt_arena_find(arena, p, &i);

    page = &arena->pages[i];
    class = page->class;
    full = (page->used == ngx_rt_arena_all(class));

    page->used &= ~bit;
    arena->used -= ngx_rt_arena_sizes[class];

    if (full && page->used) {
        ngx_rt_arena_link(arena, i);
        return;
    }

    if (page->used == 0) {

        if (!full) {
            ngx_rt_arena_unlink(arena, i);
        }

        page->class = NGX_RT_ARENA_FREE;
        ngx_rt_arena_link(arena, i);
    }
}


void
ngx_rt_arena_clear(ngx_rt_arena_sh_t *arena)
{
    uint32_t  i;

    for (i = 0; i < arena->npages; i++) {
        arena->pages[i].used = 0;
    }
}


void
ngx_rt_arena_mark(ngx_rt_arena_sh_t *arena, void *p)
{
    uint32_t    i;
    ngx_uint_t  chunk;

    chunk = ngx_rt_arena_find(arena, p, &i);

    arena->pages[i].used |= (uint64_t) 1 << chunk;
}


void
ngx_rt_arena_rebuild(ngx_rt_arena_sh_t *arena)
{
    uint32_t           i;
    ngx_uint_t         class;
    ngx_rt_page_sh_t  *page;

    arena->used = 0;

    for (class = 0; class <= NGX_RT_ARENA_FREE; class++) {
        arena->lists[class] = NGX_RT_ARENA_NONE;
    }

    /* backwards, so that the first page is taken first */

    for (i = arena->npages; i-- > 0; /* void */) {
        page = &arena->pages[i];

        if (page->used == 0) {
            page->class = NGX_RT_ARENA_FREE;
            ngx_rt_arena_link(arena, i);
            continue;
        }

        arena->used += (size_t) __builtin_popcountll(page->used)
                       * ngx_rt_arena_sizes[page->class];

        if (page->used != ngx_rt_arena_all(page->class)) {
            ngx_rt_arena_link(arena, i);
        }
    }
}


/* into the list of its class, as the first */

static void
ngx_rt_arena_link(ngx_rt_arena_sh_t *arena, uint32_t i)
{
    uint32_t          *list;
    ngx_rt_page_sh_t  *page;

    page = &arena->pages[i];
    list = &arena->lists[page->class];

    page->prev = NGX_RT_ARENA_NONE;
    page->next = *list;

    if (*list != NGX_RT_ARENA_NONE) {
        arena->pages[*list].prev = i;
    }

    *list = i;
}


static void
ngx_rt_arena_unlink(ngx_rt_arena_sh_t *arena, uint32_t i)
{
    ngx_rt_page_sh_t  *page;

    page = &arena->pages[i];

    if (page->prev != NGX_RT_ARENA_NONE) {
        arena->pages[page->prev].next = page->next;

    } else {
        arena->lists[page->class] = page->next;
    }

    if (page->next != NGX_RT_ARENA_NONE) {
        arena->pages[page->next].prev = page->prev;
    }
}


/* the page and the number of the chunk in it */

static ngx_uint_t
ngx_rt_arena_find(ngx_rt_arena_sh_t *arena, void *p, uint32_t *page)
{
    size_t  offset;

    offset = (u_char *) p - arena->start;

    *page = (uint32_t) (offset / NGX_RT_PAGE);

    return offset % NGX_RT_PAGE / ngx_rt_arena_sizes[arena->pages[*page].class];
}
