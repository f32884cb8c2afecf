
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * Bytes to structs and back.  Nothing here knows a request, a pool, a socket,
 * a lock or a log; a failure is a static English reason for the caller to use.
 */


#ifndef _NGX_RT_WIRE_H_INCLUDED_
#define _NGX_RT_WIRE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* the longest topic and the longest event type, in bytes */
#define NGX_RT_NAME_LEN      255

/* two 64-bit decimals and a hyphen */
#define NGX_RT_ID_LEN        41

/* the size line of a chunk: 16 hexadecimal digits and CRLF */
#define NGX_RT_CHUNK_LEN     18


/*
 * A message id as users see it is "milliseconds-sequence", the form of a Redis
 * Stream.  It increases within a stream.
 */

typedef struct {
    uint64_t             ms;
    uint64_t             seq;
} ngx_rt_id_t;


/* the data of a message is a chain of parts; the first may be empty */

typedef struct ngx_rt_part_s  ngx_rt_part_t;

struct ngx_rt_part_s {
    ngx_rt_part_t       *next;
    u_char              *data;
    size_t               len;
};


typedef struct {
    ngx_rt_id_t          id;
    ngx_str_t            event;        /* empty: the protocol's default type */
    ngx_rt_part_t        data;
} ngx_rt_message_t;


/* messages that a subscriber asked for and can no longer be given */

typedef struct {
    ngx_rt_id_t          after;        /* the id asked for */
    ngx_rt_id_t          resumed;      /* the oldest id given instead */
    ngx_rt_id_t          position;     /* what to resume from next time */
    unsigned             malformed:1;  /* what was asked for is no id */
} ngx_rt_gap_t;


#define ngx_rt_id_is(a, op, b)                                                \
    (((a)->ms == (b)->ms) ? ((a)->seq op (b)->seq) : ((a)->ms op (b)->ms))


/* ngx_rt_id.c */

/* NGX_ERROR if the text is not an id or does not fit into 64 bits twice */
ngx_int_t ngx_rt_id_parse(ngx_rt_id_t *id, u_char *p, size_t len);

/* writes at most NGX_RT_ID_LEN bytes and returns their end */
u_char *ngx_rt_id_write(u_char *p, const ngx_rt_id_t *id);

/* the greatest id below this one; 0-0 has none and stays */
ngx_rt_id_t ngx_rt_id_before(const ngx_rt_id_t *id);


/* ngx_rt_name.c */

/*
 * Checks a topic: 1 to NGX_RT_NAME_LEN bytes of valid UTF-8 without control
 * characters, "%" and ",".  Returns NULL if it is one, or the rule it breaks.
 */
const char *ngx_rt_name_check_topic(const ngx_str_t *name);

/*
 * Checks an event type: empty, or as a topic, but "%" and "," are allowed and
 * the prefix "rt." is not.
 */
const char *ngx_rt_name_check_event(const ngx_str_t *name);

/*
 * Takes the next topic off a comma-separated list and percent-decodes it once
 * into "buf", which has room for NGX_RT_NAME_LEN bytes.  NGX_DONE at the end of
 * the list; NGX_ERROR and the broken rule in "reason" if it is not a topic.
 */
ngx_int_t ngx_rt_name_parse_topic(ngx_str_t *list, u_char *buf,
    ngx_str_t *name, const char **reason);

/* the same name gives the same number as long as the key is the same */
uint64_t ngx_rt_name_hash(const uint64_t key[2], const ngx_str_t *name);


/* ngx_rt_utf8.c */

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF */
ngx_uint_t ngx_rt_utf8_is_valid(const u_char *p, size_t len);


/* ngx_rt_sse.c: WHATWG HTML, 9.2 "Server-sent events" */

/* the exact number of bytes that ngx_rt_sse_write_message() writes */
size_t ngx_rt_sse_message_size(const ngx_rt_message_t *msg);
u_char *ngx_rt_sse_write_message(u_char *p, const ngx_rt_message_t *msg);

#define NGX_RT_SSE_RETRY_LEN                                                  \
    (sizeof("retry: \n") - 1 + NGX_INT_T_LEN)
u_char *ngx_rt_sse_write_retry(u_char *p, ngx_msec_t retry);

/* an event without data: nothing is dispatched, the last event id is set */
#define NGX_RT_SSE_POSITION_LEN  (sizeof("id: \n\n") - 1 + NGX_RT_ID_LEN)
u_char *ngx_rt_sse_write_position(u_char *p, const ngx_rt_id_t *id);

#define NGX_RT_SSE_GAP_LEN                                                    \
    (sizeof("id: \nevent: rt.gap\n"                                           \
            "data: {\"after\":\"\",\"resumed\":\"\"}\n\n") - 1                \
     + 3 * NGX_RT_ID_LEN)
u_char *ngx_rt_sse_write_gap(u_char *p, const ngx_rt_gap_t *gap);


/* ngx_rt_accept.c */

/*
 * RFC 9110, 12.5.1: does this "Accept" field value allow the media type?  An
 * empty value allows every type.
 */
ngx_uint_t ngx_rt_accept_allows(const ngx_str_t *value, const char *type,
    const char *subtype);


#endif /* _NGX_RT_WIRE_H_INCLUDED_ */
