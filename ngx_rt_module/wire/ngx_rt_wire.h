
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
    ngx_str_t            topic;        /* empty: in any of them */
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

/* text that comes in pieces; zeroed at its beginning */

typedef struct {
    u_char               more;         /* bytes that a character lacks */
    u_char               low;          /* the next one is from here */
    u_char               high;         /* up to here */
} ngx_rt_utf8_t;

/* NGX_ERROR at the first byte that cannot be where it is */
ngx_int_t ngx_rt_utf8_feed(ngx_rt_utf8_t *utf8, const u_char *p, size_t len);
#define ngx_rt_utf8_is_complete(utf8)  ((utf8)->more == 0)

/* is the text in all the parts, of which "len" is the sum, valid? */
ngx_uint_t ngx_rt_utf8_parts_are_valid(const ngx_rt_part_t *parts,
    size_t *len);


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


/* ngx_rt_ws_frame.c: RFC 6455, section 5 */

#define NGX_RT_WS_CONTINUATION    0x0
#define NGX_RT_WS_TEXT            0x1
#define NGX_RT_WS_BINARY          0x2
#define NGX_RT_WS_CLOSE           0x8
#define NGX_RT_WS_PING            0x9
#define NGX_RT_WS_PONG            0xa

/* 7.4.1, and the registry of IANA */
#define NGX_RT_WS_NORMAL          1000
#define NGX_RT_WS_GOING_AWAY      1001
#define NGX_RT_WS_PROTOCOL        1002
#define NGX_RT_WS_UNSUPPORTED     1003
#define NGX_RT_WS_NO_CODE         1005    /* never sent */
#define NGX_RT_WS_BAD_DATA        1007
#define NGX_RT_WS_POLICY          1008
#define NGX_RT_WS_TOO_BIG         1009
#define NGX_RT_WS_INTERNAL        1011
#define NGX_RT_WS_TRY_LATER       1013

/* ours, 7.4.2: what was asked to be resumed cannot be */
#define NGX_RT_WS_GAP             4409

#define NGX_RT_WS_TOO_BIG_REASON  "message is larger than \"message_size\""

/* the longest payload of a control frame, the longest headers, in bytes */
#define NGX_RT_WS_CONTROL_LEN     125
#define NGX_RT_WS_HEADER_LEN      14      /* of a client's frame */
#define NGX_RT_WS_SERVER_LEN      10      /* of ours, which is not masked */

typedef struct {
    uint64_t             len;          /* of the payload, in bytes */
    u_char               opcode;
    u_char               mask[4];
    unsigned             fin:1;
    unsigned             rsv1:1;
} ngx_rt_ws_frame_t;

#define ngx_rt_ws_frame_is_control(frame)  ((frame)->opcode & 0x8)

/*
 * Parses the header of a client's frame: its length in bytes, NGX_AGAIN if it
 * is not complete, or NGX_ERROR and the broken rule in "reason".
 */
ngx_int_t ngx_rt_ws_frame_parse(ngx_rt_ws_frame_t *frame, const u_char *p,
    size_t len, const char **reason);

/* "offset" is that of "src" in the payload; "dst" may be "src" */
void ngx_rt_ws_frame_unmask(u_char *dst, const u_char *src, size_t len,
    const u_char mask[4], size_t offset);

/* writes the header of a server's frame, at most NGX_RT_WS_SERVER_LEN bytes */
u_char *ngx_rt_ws_frame_write(u_char *p, ngx_uint_t opcode, ngx_uint_t rsv1,
    size_t len);

/*
 * A whole message of "len" bytes, deflated with a window of 1 << bits unless
 * that is zero or does not help.  Needs NGX_RT_WS_SERVER_LEN bytes more.
 */
u_char *ngx_rt_ws_frame_write_message(u_char *p, ngx_uint_t opcode,
    const ngx_rt_part_t *parts, size_t len, ngx_uint_t bits);

/* a whole close frame; NGX_RT_WS_NO_CODE is one without code and reason */
u_char *ngx_rt_ws_frame_write_close(u_char *p, ngx_uint_t code,
    const char *reason);

/* the code of a close frame's payload, or 0 and what is wrong with it */
ngx_uint_t ngx_rt_ws_frame_parse_close(const u_char *p, size_t len,
    const char **reason);


/* ngx_rt_ws_message.c */

typedef struct {
    size_t               max;          /* of a message, inflated, in bytes */
    unsigned             deflate:1;    /* permessage-deflate was agreed on */

    unsigned             in_frame:1;   /* the payload of "frame" comes */
    unsigned             given:1;      /* "data" is the last event's */
    unsigned             deflated:1;   /* the message that comes */
    unsigned             opcode:4;     /* of it; 0: none comes */
    unsigned             nhead:4;

    u_char               head[NGX_RT_WS_HEADER_LEN];
    ngx_rt_ws_frame_t    frame;
    uint64_t             got;          /* bytes of its payload */

    u_char              *data;         /* of the message, on the heap */
    size_t               len;
    size_t               size;
    ngx_rt_utf8_t        utf8;

    u_char               control[NGX_RT_WS_CONTROL_LEN];
} ngx_rt_ws_reader_t;

typedef struct {
    ngx_uint_t           opcode;
    ngx_str_t            data;
    ngx_uint_t           code;         /* of a close frame, or to close with */
    const char          *reason;       /* with an error */
} ngx_rt_ws_event_t;

void ngx_rt_ws_message_init(ngx_rt_ws_reader_t *rd, size_t max,
    ngx_uint_t deflate);
void ngx_rt_ws_message_free(ngx_rt_ws_reader_t *rd);

/*
 * Reads on from "*pos".  NGX_OK and a whole message or control frame, whose
 * data are good until the next call; NGX_AGAIN if all is read and none is
 * complete; NGX_ERROR and the code to close with.  Behind an error or a close
 * frame nothing may be read on.
 */
ngx_int_t ngx_rt_ws_message_feed(ngx_rt_ws_reader_t *rd, u_char **pos,
    u_char *last, ngx_rt_ws_event_t *ev);

/* between two messages there is nothing to keep */
#define ngx_rt_ws_message_is_idle(rd)                                         \
    (!(rd)->in_frame && !(rd)->opcode && !(rd)->nhead)


/* ngx_rt_ws_handshake.c: RFC 6455, section 4 */

#define NGX_RT_WS_HANDSHAKE_ACCEPT     28
#define NGX_RT_WS_HANDSHAKE_PROTOCOLS  64  /* more are an error */

/* 4.2.1: 16 bytes in base64 */
ngx_uint_t ngx_rt_ws_handshake_key_is_valid(const ngx_str_t *key);

/* writes NGX_RT_WS_HANDSHAKE_ACCEPT bytes */
void ngx_rt_ws_handshake_accept(u_char *accept, const ngx_str_t *key);

/* is the token in this list, whatever its case? */
ngx_uint_t ngx_rt_ws_handshake_lists(const ngx_str_t *value,
    const char *token);

/* NGX_OK if the subprotocol is offered, NGX_DECLINED, or NGX_ERROR: no list */
ngx_int_t ngx_rt_ws_handshake_protocol(const ngx_str_t *value,
    const char *name);

/*
 * NGX_OK and the bits that the first acceptable offer of permessage-deflate
 * wants our window to have, 0 if any will do; NGX_DECLINED if there is no such
 * offer, NGX_ERROR: no list.
 */
ngx_int_t ngx_rt_ws_handshake_deflate(const ngx_str_t *value,
    ngx_uint_t *bits);


/* ngx_rt_deflate.c: RFC 7692, 7.2 */

#define NGX_RT_DEFLATE_BITS_MIN  9
#define NGX_RT_DEFLATE_BITS_MAX  15

/*
 * Compresses "len" bytes with a window of 1 << bits; 0 if "size" bytes are not
 * more than enough for the result, or there is no memory.
 */
size_t ngx_rt_deflate_compress(const ngx_rt_part_t *parts, size_t len,
    ngx_uint_t bits, u_char *dst, size_t size);

/*
 * NGX_OK and the data on the heap, NGX_DECLINED if there are more than "max"
 * bytes, NGX_ERROR if the input is damaged, NGX_ABORT if there is no memory.
 */
ngx_int_t ngx_rt_deflate_decompress(u_char *p, size_t len, size_t max,
    ngx_str_t *out);


/* ngx_rt_envelope.c: the subprotocol "rt.json" */

/* {"id":...,"topic":...,"event":...,"data":...} on the heap, or NULL */
u_char *ngx_rt_envelope_create(const ngx_str_t *topic,
    const ngx_rt_message_t *msg, size_t *len);

#define NGX_RT_ENVELOPE_POSITION_LEN                                          \
    (sizeof("{\"position\":\"\"}") - 1 + NGX_RT_ID_LEN)
u_char *ngx_rt_envelope_write_position(u_char *p, const ngx_rt_id_t *id);

/* a byte of a topic takes six at most */
#define NGX_RT_ENVELOPE_GAP_LEN                                               \
    (sizeof("{\"gap\":{\"after\":\"\",\"resumed\":\"\",\"topic\":\"\"},"      \
            "\"position\":\"\"}") - 1                                         \
     + 3 * NGX_RT_ID_LEN + 6 * NGX_RT_NAME_LEN)
u_char *ngx_rt_envelope_write_gap(u_char *p, const ngx_rt_gap_t *gap);


#endif /* _NGX_RT_WIRE_H_INCLUDED_ */
