
/*
 * Copyright (C) the ngx_rt authors
 */


/* What comes from Redis: replies in any pieces, entries of any shape. */


#include "unit.h"
#include <redis/ngx_rt_redis.h>


#define MAX  1024


/* an entry of a stream */

typedef struct {
    const char  *rule;
    ngx_str_t    bytes;
    ngx_int_t    rc;
    const char  *reason;               /* of NGX_DECLINED */
    const char  *topic;
    const char  *event;
    ngx_str_t    data;
    size_t       size;
} entry_t;


/* an answer to XREAD, to XINFO, or an error */

typedef struct {
    const char  *rule;
    ngx_str_t    bytes;
    ngx_int_t    elements;             /* NGX_ERROR: there is no list */
} list_t;


typedef struct {
    const char  *rule;
    ngx_str_t    bytes;
    ngx_int_t    rc;
    uint64_t     first;                /* in ms */
    uint64_t     last;
    uint64_t     length;
    uint64_t     added;
    ngx_uint_t   counted;
} info_t;


typedef struct {
    const char  *rule;
    ngx_str_t    bytes;
    const char  *reason;               /* NULL: it is too large */
} refused_t;


static void test_pieces(void);
static void test_many(void);
static void test_limit(void);
static void test_part(void);
static void test_refused(void);
static void test_entries(void);
static void test_lists(void);
static void test_infos(void);
static void test_ids(void);
static void test_errors(void);

static redisReply *parse(const ngx_str_t *bytes);
static ngx_int_t next(ngx_rt_redis_reader_t *rd, redisReply **reply);
static ngx_int_t feed(ngx_rt_redis_reader_t *rd, const ngx_str_t *bytes);
static ngx_uint_t same(const redisReply *a, const redisReply *b);
static ngx_uint_t equals(const ngx_str_t *s, const char *text);

static const char  *reason;


#define ENTRY(fields)  ngx_string("*2\r\n+7-1\r\n" fields)
#define T              "$1\r\nt\r\n$4\r\nnews\r\n"
#define D              "$1\r\nd\r\n$2\r\nhi\r\n"
#define E              "$1\r\ne\r\n$4\r\ntick\r\n"
#define NONE(size)     NULL, "", "", ngx_null_string, size


static const entry_t  entries[] = {
    { "a topic and data", ENTRY("*4\r\n" T D),
      NGX_OK, NULL, "news", "", ngx_string("hi"), 8 },
    { "in any order", ENTRY("*4\r\n" D T),
      NGX_OK, NULL, "news", "", ngx_string("hi"), 8 },
    { "and an event", ENTRY("*6\r\n" E T D),
      NGX_OK, NULL, "news", "tick", ngx_string("hi"), 13 },
    { "fields that are not known are left out",
      ENTRY("*8\r\n" T "$1\r\nx\r\n$1\r\n1\r\n" D "$5\r\ntopic\r\n$0\r\n\r\n"),
      NGX_OK, NULL, "news", "", ngx_string("hi"), 15 },
    { "one with an empty name, too",
      ENTRY("*6\r\n$0\r\n\r\n$1\r\nx\r\n" T D),
      NGX_OK, NULL, "news", "", ngx_string("hi"), 9 },
    { "the last of two counts",
      ENTRY("*6\r\n" T D "$1\r\nd\r\n$3\r\nnew\r\n"),
      NGX_OK, NULL, "news", "", ngx_string("new"), 12 },
    { "empty data", ENTRY("*4\r\n" T "$1\r\nd\r\n$0\r\n\r\n"),
      NGX_OK, NULL, "news", "", ngx_string(""), 6 },
    { "an empty topic is checked elsewhere",
      ENTRY("*4\r\n$1\r\nt\r\n$0\r\n\r\n" D),
      NGX_OK, NULL, "", "", ngx_string("hi"), 4 },
    { "data of any bytes", ENTRY("*4\r\n" T "$1\r\nd\r\n$4\r\n\0\r\n\xff\r\n"),
      NGX_OK, NULL, "news", "", ngx_string("\0\r\n\xff"), 10 },
    { "a name without a value is left out",
      ENTRY("*5\r\n" T D "$1\r\nd\r\n"),
      NGX_OK, NULL, "news", "", ngx_string("hi"), 9 },

    { "no topic", ENTRY("*2\r\n" D),
      NGX_DECLINED, "field \"t\" is missing", "", "", ngx_string("hi"), 3 },
    { "no data", ENTRY("*2\r\n" T),
      NGX_DECLINED, "field \"d\" is missing", "news", "", ngx_string(""), 5 },
    { "no fields", ENTRY("*0\r\n"),
      NGX_DECLINED, "field \"t\" is missing", "", "", ngx_string(""), 0 },
    { "one name", ENTRY("*1\r\n$1\r\nt\r\n"),
      NGX_DECLINED, "field \"t\" is missing", "", "", ngx_string(""), 1 },
    { "one that was deleted", ENTRY("*-1\r\n"),
      NGX_DECLINED, "it has no fields", "", "", ngx_string(""), 0 },
    { "the same of another kind", ENTRY("$-1\r\n"),
      NGX_DECLINED, "it has no fields", "", "", ngx_string(""), 0 },

    { "no array", ngx_string("+7-1\r\n"), NGX_ERROR, NONE(0) },
    { "nothing", ngx_string("*-1\r\n"), NGX_ERROR, NONE(0) },
    { "an empty array", ngx_string("*0\r\n"), NGX_ERROR, NONE(0) },
    { "an id alone", ngx_string("*1\r\n+7-1\r\n"), NGX_ERROR, NONE(0) },
    { "three elements", ngx_string("*3\r\n+7-1\r\n*0\r\n*0\r\n"),
      NGX_ERROR, NONE(0) },
    { "an id that is none", ngx_string("*2\r\n+7-x\r\n*0\r\n"),
      NGX_ERROR, NONE(0) },
    { "an empty id", ngx_string("*2\r\n$0\r\n\r\n*0\r\n"), NGX_ERROR, NONE(0) },
    { "no id", ngx_string("*2\r\n$-1\r\n*0\r\n"), NGX_ERROR, NONE(0) },
    { "a number", ngx_string("*2\r\n:7\r\n*0\r\n"), NGX_ERROR, NONE(0) },
    { "an array", ngx_string("*2\r\n*1\r\n+7-1\r\n*0\r\n"),
      NGX_ERROR, NONE(0) },
    { "an error", ngx_string("*2\r\n-7-1\r\n*0\r\n"), NGX_ERROR, NONE(0) },
    { "text instead of fields", ENTRY("+t\r\n"), NGX_ERROR, NONE(0) },
    { "a number instead of fields", ENTRY(":1\r\n"), NGX_ERROR, NONE(0) },
    { "an error instead of fields", ENTRY("-ERR\r\n"), NGX_ERROR, NONE(0) },
    { "a number as name", ENTRY("*2\r\n:1\r\n+x\r\n"), NGX_ERROR, NONE(1) },
    { "a number as value", ENTRY("*2\r\n+t\r\n:1\r\n"), NGX_ERROR, NONE(1) },
    { "nothing as value", ENTRY("*2\r\n+t\r\n$-1\r\n"), NGX_ERROR, NONE(1) },
    { "an array as name", ENTRY("*2\r\n*1\r\n+t\r\n+x\r\n"),
      NGX_ERROR, NONE(1) },
    { "an array as value", ENTRY("*2\r\n+t\r\n*0\r\n"), NGX_ERROR, NONE(1) },
};


static const list_t  lists[] = {
    { "one stream", ngx_string("*1\r\n*2\r\n+key\r\n*2\r\n:1\r\n:2\r\n"), 2 },
    { "without entries", ngx_string("*1\r\n*2\r\n+key\r\n*0\r\n"), 0 },
    { "none", ngx_string("*0\r\n"), NGX_ERROR },
    { "two streams", ngx_string("*2\r\n*2\r\n+a\r\n*0\r\n*2\r\n+b\r\n*0\r\n"),
      NGX_ERROR },
    { "nothing", ngx_string("*-1\r\n"), NGX_ERROR },
    { "text", ngx_string("+OK\r\n"), NGX_ERROR },
    { "a number", ngx_string(":1\r\n"), NGX_ERROR },
    { "no stream", ngx_string("*1\r\n*-1\r\n"), NGX_ERROR },
    { "a name alone", ngx_string("*1\r\n*1\r\n+key\r\n"), NGX_ERROR },
    { "an empty stream", ngx_string("*1\r\n*0\r\n"), NGX_ERROR },
    { "three parts", ngx_string("*1\r\n*3\r\n+key\r\n*0\r\n*0\r\n"),
      NGX_ERROR },
    { "nothing as entries", ngx_string("*1\r\n*2\r\n+key\r\n*-1\r\n"),
      NGX_ERROR },
    { "text as entries", ngx_string("*1\r\n*2\r\n+key\r\n+no\r\n"),
      NGX_ERROR },
};


#define LENGTH(n)  "$6\r\nlength\r\n:" n "\r\n"
#define KEYS       "$15\r\nradix-tree-keys\r\n:1\r\n"                         \
                   "$16\r\nradix-tree-nodes\r\n:2\r\n"
#define LAST(id)   "$17\r\nlast-generated-id\r\n$3\r\n" id "\r\n"
#define GROUPS     "$6\r\ngroups\r\n:0\r\n"
#define ADDED(n)   "$13\r\nentries-added\r\n:" n "\r\n"
#define SEVEN(id)  "$20\r\nmax-deleted-entry-id\r\n$3\r\n0-0\r\n" ADDED("9")  \
                   "$23\r\nrecorded-first-entry-id\r\n$3\r\n" id "\r\n"
#define FIRST(id)  "$11\r\nfirst-entry\r\n*2\r\n$3\r\n" id "\r\n*4\r\n" T D
#define NEWEST     "$10\r\nlast-entry\r\n*2\r\n$3\r\n9-0\r\n*4\r\n" T D
#define NO_FIRST   "$11\r\nfirst-entry\r\n$-1\r\n"
#define NOTHING    NGX_DECLINED, 0, 0, 0, 0, 0
#define NO_LAST    "$10\r\nlast-entry\r\n$-1\r\n"


static const info_t  infos[] = {
    { "Redis 5 and 6",
      ngx_string("*14\r\n" LENGTH("2") KEYS LAST("9-0") GROUPS FIRST("4-0")
                 NEWEST), NGX_OK, 4, 9, 2, 0, 0 },
    { "Redis 7",
      ngx_string("*20\r\n" LENGTH("2") KEYS LAST("9-0") SEVEN("4-0") GROUPS
                 FIRST("4-0") NEWEST), NGX_OK, 4, 9, 2, 9, 1 },
    { "Redis 5, an empty stream",
      ngx_string("*14\r\n" LENGTH("0") KEYS LAST("9-0") GROUPS NO_FIRST
                 NO_LAST), NGX_OK, 0, 9, 0, 0, 0 },
    { "Redis 7, an empty stream",
      ngx_string("*20\r\n" LENGTH("0") KEYS LAST("9-0") SEVEN("0-0") GROUPS
                 NO_FIRST NO_LAST), NGX_OK, 0, 9, 0, 9, 1 },
    { "an empty array as the first entry of none",
      ngx_string("*6\r\n" LENGTH("0") LAST("9-0") "$11\r\nfirst-entry\r\n"
                 "*0\r\n"), NGX_OK, 0, 9, 0, 0, 0 },
    { "the order does not matter",
      ngx_string("*8\r\n" FIRST("4-0") ADDED("3") LAST("9-0") LENGTH("1")),
      NGX_OK, 4, 9, 1, 3, 1 },
    { "a name without a value is left out",
      ngx_string("*5\r\n" LENGTH("0") LAST("9-0") "+groups\r\n"),
      NGX_OK, 0, 9, 0, 0, 0 },
    { "no such key", ngx_string("-ERR no such key\r\n"), NGX_OK, 0, 0, 0, 0,
      1 },

    { "no length", ngx_string("*4\r\n" LAST("9-0") FIRST("4-0")),
      NOTHING },
    { "no last id", ngx_string("*4\r\n" LENGTH("2") FIRST("4-0")),
      NOTHING },
    { "no first entry, though there are some",
      ngx_string("*4\r\n" LENGTH("2") LAST("9-0")), NOTHING },
    { "nothing as the first entry, though there are some",
      ngx_string("*6\r\n" LENGTH("2") LAST("9-0") NO_FIRST), NOTHING },
    { "a first entry of another shape",
      ngx_string("*6\r\n" LENGTH("2") LAST("9-0")
                 "$11\r\nfirst-entry\r\n*1\r\n*0\r\n"), NOTHING },
    { "a negative length",
      ngx_string("*6\r\n" LENGTH("-2") LAST("9-0") FIRST("4-0")),
      NOTHING },
    { "text as length",
      ngx_string("*4\r\n+length\r\n+2\r\n" LAST("9-0")), NOTHING },
    { "a last id that is none",
      ngx_string("*4\r\n" LENGTH("0") LAST("9-x")), NOTHING },
    { "a number as last id",
      ngx_string("*4\r\n" LENGTH("0") "+last-generated-id\r\n:9\r\n"),
      NOTHING },
    { "a name that is a number",
      ngx_string("*6\r\n:1\r\n:1\r\n" LENGTH("0") LAST("9-0")), NOTHING },
    { "a name that is nothing",
      ngx_string("*6\r\n$-1\r\n:1\r\n" LENGTH("0") LAST("9-0")),
      NOTHING },
    { "an empty array", ngx_string("*0\r\n"), NOTHING },
    { "nothing", ngx_string("$-1\r\n"), NOTHING },
    { "text", ngx_string("+OK\r\n"), NOTHING },
    { "another error",
      ngx_string("-WRONGTYPE Operation against a key\r\n"), NOTHING },
    { "an empty error", ngx_string("-\r\n"), NOTHING },
};


static const refused_t  refused[] = {
    { "another protocol", ngx_string("HTTP/1.1 400\r\n"), "Protocol error" },
    { "a line end alone", ngx_string("\r\n"), "Protocol error" },
    { "an array that is said to be huge", ngx_string("*2000000000\r\n"),
      "answer is too large" },
    { "one more than there may be", ngx_string("*257\r\n"),
      "answer is too large" },
    { "huge arrays in one",
      ngx_string("*2\r\n*200\r\n*1\r\n:1\r\n*200\r\n"),
      "answer is too large" },
    { "one in the other in the other",
      ngx_string("*100\r\n*100\r\n*100\r\n"), "answer is too large" },
    { "an array of more than any", ngx_string("*99999999999999999999\r\n"),
      "multi-bulk" },
    { "an array of less than nothing", ngx_string("*-2\r\n"), "ulti-bulk" },
    { "a string of less than nothing", ngx_string("$-2\r\n"), "ulk string" },
    { "one that is said to be longer than any",
      ngx_string("$99999999999999999999\r\n"), "ulk string" },
    { "arrays within arrays within arrays",
      ngx_string("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
                 ":1\r\n"), "nested" },
    { "a string that is said to be huge", ngx_string("$2000000000\r\n"),
      NULL },
    { "an array of one that is", ngx_string("*2\r\n:1\r\n$2000000000\r\n"),
      NULL },
    { "a line that does not end", ngx_string("+"), NULL },
    { "a length that does not end", ngx_string("*"), NULL },
};


int
main(void)
{
    test_pieces();
    test_many();
    test_limit();
    test_part();
    test_refused();
    test_entries();
    test_lists();
    test_infos();
    test_ids();
    test_errors();

    return unit_done();
}


static void
test_pieces(void)
{
    ngx_str_t              whole, piece;
    ngx_uint_t             i, bad, cut;
    redisReply            *reply, *other;
    ngx_rt_redis_reader_t  rd;

    whole = str("*3\r\n:7\r\n*2\r\n$5\r\na\r\n\0b\r\n+OK\r\n*2\r\n$-1\r\n"
                "-ERR no\r\n");
    reply = parse(&whole);

    ok(reply && reply->elements == 3 && reply->element[0]->integer == 7
       && reply->element[1]->element[0]->len == 5
       && reply->element[2]->element[1]->type == REDIS_REPLY_ERROR,
       "a reply in one piece");

    for (bad = 0, cut = 1; cut < whole.len; cut++) {
        (void) ngx_rt_redis_reader_open(&rd, MAX);

        piece.data = whole.data;
        piece.len = cut;
        bad += feed(&rd, &piece) != NGX_OK;
        bad += next(&rd, &other) != NGX_AGAIN || other != NULL;

        piece.data = whole.data + cut;
        piece.len = whole.len - cut;
        bad += feed(&rd, &piece) != NGX_OK;
        bad += next(&rd, &other) != NGX_OK || !same(reply, other);

        freeReplyObject(other);
        bad += next(&rd, &other) != NGX_AGAIN;
        ngx_rt_redis_reader_close(&rd);
    }

    ok(bad == 0, "cut at each byte");

    (void) ngx_rt_redis_reader_open(&rd, MAX);

    for (bad = 0, i = 0; i < whole.len; i++) {
        piece.data = whole.data + i;
        piece.len = 1;

        bad += feed(&rd, &piece) != NGX_OK;
        bad += next(&rd, &other) != ((i + 1 < whole.len) ? NGX_AGAIN : NGX_OK);
    }

    ok(bad == 0 && same(reply, other), "byte by byte");

    freeReplyObject(other);
    ngx_rt_redis_reader_close(&rd);
    ngx_rt_redis_reader_close(&rd);
    ok(rd.parser == NULL, "it may be closed twice");

    freeReplyObject(reply);
}


/* the limit is of one reply, not of all that was ever read */

static void
test_many(void)
{
    ngx_str_t              bytes;
    ngx_uint_t             i, bad, n;
    redisReply            *reply;
    ngx_rt_redis_reader_t  rd;
    static u_char          buf[64 * MAX];

    (void) ngx_rt_redis_reader_open(&rd, MAX);

    bytes = str("+a\r\n:2\r\n*1\r\n$1\r\nc\r\n-d\r\n*0\r\n$-1\r\n+g");
    (void) feed(&rd, &bytes);

    for (n = 0; next(&rd, &reply) == NGX_OK; n++) {
        freeReplyObject(reply);
    }

    ok(n == 6, "several replies of one piece");

    bytes = str("\r\n");
    (void) feed(&rd, &bytes);
    ok(next(&rd, &reply) == NGX_OK && reply->len == 1 && reply->str[0] == 'g',
       "and the one that was begun");
    freeReplyObject(reply);

    bytes.data = buf;
    bytes.len = ngx_sprintf(buf, "$1000\r\n%1000xi\r\n", (ngx_int_t) 0) - buf;

    for (bad = 0, i = 0; i < 1000; i++) {
        bad += feed(&rd, &bytes) != NGX_OK;
        bad += next(&rd, &reply) != NGX_OK || reply->len != 1000;
        freeReplyObject(reply);
    }

    ok(bad == 0, "any number of replies below the limit");

    for (n = 0; n < 60; n++) {
        ngx_memcpy(buf + n * bytes.len, buf, bytes.len);
    }

    bytes.len *= n;
    (void) feed(&rd, &bytes);

    for (i = 0; next(&rd, &reply) == NGX_OK; i++) {
        freeReplyObject(reply);
    }

    ok(i == n, "also in a piece that is above it");

    for (i = 0; i < 100; i++) {
        bytes = str("*200\r\n");
        (void) feed(&rd, &bytes);
        bytes = str(":1\r\n");

        for (n = 0; n < 200; n++) {
            (void) feed(&rd, &bytes);
        }

        bad += next(&rd, &reply) != NGX_OK || reply->elements != 200;
        freeReplyObject(reply);
    }

    ok(bad == 0, "and any number of arrays");

    ngx_rt_redis_reader_close(&rd);
}


static void
test_limit(void)
{
    ngx_str_t              bytes;
    ngx_uint_t             n, bad;
    redisReply            *reply;
    ngx_rt_redis_reader_t  rd;
    static u_char          buf[2 * MAX];

    ngx_memset(buf, 'x', sizeof(buf));
    ngx_memcpy(buf, "$5000\r\n", 7);

    (void) ngx_rt_redis_reader_open(&rd, MAX);

    bytes.data = buf;
    bytes.len = MAX;
    (void) feed(&rd, &bytes);
    ok(next(&rd, &reply) == NGX_AGAIN, "as many bytes as there may be");

    bytes.data = buf + MAX;
    bytes.len = 1;
    (void) feed(&rd, &bytes);
    ok(next(&rd, &reply) == NGX_DECLINED && reply == NULL,
       "one more is too many");

    ngx_rt_redis_reader_close(&rd);

    /* what is behind a complete reply is not of it */

    (void) ngx_rt_redis_reader_open(&rd, MAX);

    bytes = str("+OK\r\n");
    (void) feed(&rd, &bytes);
    bytes.data = buf;
    bytes.len = MAX;
    (void) feed(&rd, &bytes);

    bad = next(&rd, &reply) != NGX_OK;
    freeReplyObject(reply);

    ok(!bad && next(&rd, &reply) == NGX_AGAIN,
       "a reply before it does not count");

    ngx_rt_redis_reader_close(&rd);

    /* an empty array takes memory, too */

    (void) ngx_rt_redis_reader_open(&rd, MAX);

    bytes = str("*256\r\n");
    (void) feed(&rd, &bytes);

    bytes = str(":1\r\n");

    for (n = 0; n < 250; n++) {
        (void) feed(&rd, &bytes);
    }

    ok(next(&rd, &reply) == NGX_AGAIN, "as many elements as there may be");

    ngx_rt_redis_reader_close(&rd);
}


/* what came of one that is too large: what did not is NULL */

static void
test_part(void)
{
    ngx_str_t              bytes;
    redisReply            *reply, *entry;
    ngx_rt_redis_reader_t  rd;
    static u_char          buf[MAX];

    (void) ngx_rt_redis_reader_open(&rd, MAX);

    bytes = str("*1\r\n*2\r\n$3\r\nkey\r\n*1\r\n*2\r\n$3\r\n7-1\r\n"
                "*4\r\n$1\r\nt\r\n$1\r\na\r\n$1\r\nd\r\n$4000\r\n");
    (void) feed(&rd, &bytes);

    ngx_memset(buf, 'x', sizeof(buf));
    bytes.data = buf;
    bytes.len = MAX;
    (void) feed(&rd, &bytes);

    ok(next(&rd, &reply) == NGX_DECLINED && reply, "a part of an answer");

    entry = reply->element[0]->element[1]->element[0];

    ok(entry->elements == 2
       && entry->element[0]->len == 3
       && ngx_memcmp(entry->element[0]->str, "7-1", 3) == 0,
       "which has the id of the entry that is too large");
    ok(entry->element[1]->elements == 4
       && entry->element[1]->element[2]->str[0] == 'd'
       && entry->element[1]->element[3] == NULL,
       "and not what did not come");

    ngx_rt_redis_reader_close(&rd);
}


static void
test_refused(void)
{
    ngx_int_t              rc;
    ngx_str_t              more;
    ngx_uint_t             i, n;
    redisReply            *reply;
    const refused_t       *r;
    ngx_rt_redis_reader_t  rd;
    static u_char          buf[MAX + 1];

    ngx_memset(buf, '1', sizeof(buf));
    more.data = buf;
    more.len = sizeof(buf);

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        r = &refused[i];
        reason = NULL;

        (void) ngx_rt_redis_reader_open(&rd, MAX);
        (void) feed(&rd, &r->bytes);

        rc = next(&rd, &reply);

        if (r->reason) {
            ok(reply == NULL
               && (rc == NGX_DECLINED
                   || (rc == NGX_ERROR && strstr(reason, r->reason))),
               "refused: %s: %s", r->rule, reason ? reason : "too large");

            (void) feed(&rd, &more);
            ok(next(&rd, &reply) == rc, "and it stays so");

        } else {
            ok(rc == NGX_AGAIN, "not known yet: %s", r->rule);

            for (n = 0; n < 4 && rc == NGX_AGAIN; n++) {
                (void) feed(&rd, &more);
                rc = next(&rd, &reply);
            }

            ok(rc == NGX_DECLINED, "it is too large");
        }

        ngx_rt_redis_reader_close(&rd);
    }
}


static void
test_entries(void)
{
    ngx_int_t              rc;
    ngx_uint_t             i;
    redisReply            *reply;
    const entry_t         *e;
    ngx_rt_publication_t   pub;

    for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        e = &entries[i];
        reply = parse(&e->bytes);
        reason = NULL;

        ngx_memset(&pub, 0xa5, sizeof(ngx_rt_publication_t));
        rc = ngx_rt_redis_entry_parse(reply, &pub, &reason);

        ok(rc == e->rc, "entry: %s", e->rule);

        if (rc == NGX_DECLINED) {
            ok(reason && ngx_strcmp(reason, e->reason) == 0, "the reason");
        }

        if (rc != NGX_ERROR) {
            ok(pub.id.ms == 7 && pub.id.seq == 1, "the id");
            ok(equals(&pub.topic, e->topic) && equals(&pub.event, e->event)
               && pub.data.len == e->data.len
               && ngx_memcmp(pub.data.data ? pub.data.data : (u_char *) "",
                             e->data.data, e->data.len) == 0, "the fields");
        }

        ok(ngx_rt_redis_entry_size(reply) == e->size, "the size");

        freeReplyObject(reply);
    }
}


static void
test_lists(void)
{
    ngx_uint_t         i;
    redisReply        *reply;
    const list_t      *l;
    const redisReply  *list;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        l = &lists[i];
        reply = parse(&l->bytes);
        list = ngx_rt_redis_entry_list(reply);

        ok(list ? (ngx_int_t) list->elements == l->elements
                : l->elements == NGX_ERROR, "answer to XREAD: %s", l->rule);

        freeReplyObject(reply);
    }
}


static void
test_infos(void)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    redisReply           *reply;
    const info_t         *x;
    ngx_rt_redis_info_t   info;

    for (i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
        x = &infos[i];
        reply = parse(&x->bytes);

        ngx_memset(&info, 0xa5, sizeof(ngx_rt_redis_info_t));
        rc = ngx_rt_redis_entry_parse_info(reply, &info);

        ok(rc == x->rc
           && (rc != NGX_OK
               || (info.first.ms == x->first && info.last.ms == x->last
                   && info.length == x->length && info.added == x->added
                   && info.counted == x->counted)),
           "answer to XINFO: %s", x->rule);

        freeReplyObject(reply);
    }
}


static void
test_ids(void)
{
    ngx_uint_t         i;
    redisReply        *reply;
    ngx_rt_id_t        id;
    static ngx_str_t   good = ngx_string("$41\r\n18446744073709551615-"
                                         "18446744073709551615\r\n");
    static const ngx_str_t  bad[] = {
        ngx_string("+7\r\n"), ngx_string("+7-\r\n"), ngx_string("+-1\r\n"),
        ngx_string("+7-1 \r\n"), ngx_string("+ 7-1\r\n"),
        ngx_string("+-7-1\r\n"), ngx_string("$4\r\n7-1\0\r\n"),
        ngx_string("+18446744073709551616-0\r\n"),
        ngx_string("-7-1\r\n"), ngx_string(":7\r\n"),
        ngx_string("$-1\r\n"), ngx_string("*0\r\n")
    };

    reply = parse(&good);
    ok(ngx_rt_redis_entry_parse_id(reply, &id) == NGX_OK
       && id.ms == (uint64_t) -1 && id.seq == (uint64_t) -1, "the last id");
    freeReplyObject(reply);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reply = parse(&bad[i]);
        ok(ngx_rt_redis_entry_parse_id(reply, &id) == NGX_DECLINED,
           "no id: %lu", (unsigned long) i);
        freeReplyObject(reply);
    }
}


static void
test_errors(void)
{
    ngx_uint_t   i, is;
    redisReply  *reply;
    static const struct {
        ngx_str_t    bytes;
        ngx_uint_t   is;
    } errors[] = {
        { ngx_string("-MOVED 3999 127.0.0.1:6381\r\n"), 1 },
        { ngx_string("-MOVED\r\n"), 1 },
        { ngx_string("-MOVED \r\n"), 1 },
        { ngx_string("-MOVE\r\n"), 0 },
        { ngx_string("-MOVEDX\r\n"), 0 },
        { ngx_string("-moved 1 a:1\r\n"), 0 },
        { ngx_string("- MOVED\r\n"), 0 },
        { ngx_string("-\r\n"), 0 },
        { ngx_string("+MOVED 1 a:1\r\n"), 0 },
        { ngx_string("$5\r\nMOVED\r\n"), 0 },
        { ngx_string("$-1\r\n"), 0 },
        { ngx_string(":1\r\n"), 0 },
        { ngx_string("*0\r\n"), 0 }
    };

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        reply = parse(&errors[i].bytes);
        is = ngx_rt_redis_entry_is_error(reply, "MOVED");

        ok(is == errors[i].is, "%s error: %lu", is ? "an" : "no such",
           (unsigned long) i);

        freeReplyObject(reply);
    }
}


/* all of it is one reply */

static redisReply *
parse(const ngx_str_t *bytes)
{
    redisReply             *reply, *more;
    ngx_rt_redis_reader_t   rd;

    (void) ngx_rt_redis_reader_open(&rd, 65536);
    (void) feed(&rd, bytes);

    if (next(&rd, &reply) != NGX_OK || next(&rd, &more) != NGX_AGAIN
        || rd.len)
    {
        printf("Bail out! no reply: %.*s\n", (int) bytes->len, bytes->data);
        exit(1);
    }

    ngx_rt_redis_reader_close(&rd);

    return reply;
}


static ngx_int_t
next(ngx_rt_redis_reader_t *rd, redisReply **reply)
{
    return ngx_rt_redis_reader_next(rd, reply, &reason);
}


static ngx_int_t
feed(ngx_rt_redis_reader_t *rd, const ngx_str_t *bytes)
{
    return ngx_rt_redis_reader_feed(rd, bytes->data, bytes->len);
}


static ngx_uint_t
same(const redisReply *a, const redisReply *b)
{
    size_t  i;

    if (a->type != b->type
        || a->integer != b->integer
        || a->len != b->len
        || a->elements != b->elements
        || (a->len && ngx_memcmp(a->str, b->str, a->len) != 0))
    {
        return 0;
    }

    for (i = 0; i < a->elements; i++) {
        if (!same(a->element[i], b->element[i])) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
equals(const ngx_str_t *s, const char *text)
{
    return s->len == ngx_strlen(text)
           && ngx_memcmp(s->len ? s->data : (u_char *) "", text, s->len) == 0;
}
