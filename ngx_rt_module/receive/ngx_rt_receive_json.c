
/*
 * Copyright (C) the ngx_rt authors
 */


/*
 * The objects that a client of "rt.json" sends:
 *
 *     {"topic":...,"event":...,"data":...,"ref":...}
 *     {"subscribe":[...],"after":...,"ref":...}
 *     {"unsubscribe":[...],"ref":...}
 *
 * Each is answered by {"ack":ref,...} or {"error":reason,"ref":ref}.  The ref
 * is a string or a number, or null if the client gave nothing of that kind.
 */


#include "ngx_rt_receive.h"


static const char *ngx_rt_receive_json_topic(ngx_rt_subscriber_t *sub,
    json_t *object, ngx_str_t *topic);
static const char *ngx_rt_receive_json_check_command(ngx_rt_subscriber_t *sub,
    json_t *join, json_t *leave, json_t *after, ngx_rt_id_t *id);
static const char *ngx_rt_receive_json_check_topic(ngx_rt_subscriber_t *sub,
    json_t *item, ngx_uint_t join);
static const char *ngx_rt_receive_json_join(ngx_rt_subscriber_t *sub,
    json_t *list);
static const char *ngx_rt_receive_json_leave(ngx_rt_subscriber_t *sub,
    json_t *list);
static ngx_uint_t ngx_rt_receive_json_may_join(ngx_rt_dynamic_conf_t *conf,
    ngx_str_t *topic);
static json_t *ngx_rt_receive_json_ref(json_t *object);
static void ngx_rt_receive_json_send(ngx_rt_subscriber_t *sub,
    json_t *answer);


void
ngx_rt_receive_json_publish(ngx_rt_subscriber_t *sub, json_t *object)
{
    const char            *reason;
    ngx_rt_publication_t   pub;

    ngx_memzero(&pub, sizeof(ngx_rt_publication_t));

    reason = ngx_rt_receive_json_topic(sub, object, &pub.topic);

    if (reason != NULL) {
        ngx_rt_receive_json_refuse(sub, object, reason);
        return;
    }

    ngx_rt_receive_publish_start(sub, &pub, object);
}


void
ngx_rt_receive_json_acknowledge(ngx_rt_subscriber_t *sub, json_t *object,
    const ngx_rt_id_t *id)
{
    ngx_rt_receive_json_send(sub,
        json_pack("{s:o,s:o}", "ack", ngx_rt_receive_json_ref(object),
                  "id", ngx_rt_publish_object_id(id)));
}


ngx_uint_t
ngx_rt_receive_json_is_command(ngx_rt_subscriber_t *sub, json_t *object)
{
    return sub->conf->receive->dynamic
           && (json_object_get(object, "subscribe")
               || json_object_get(object, "unsubscribe"));
}


void
ngx_rt_receive_json_command(ngx_rt_subscriber_t *sub, json_t *object)
{
    json_t       *join, *leave, *after;
    ngx_uint_t    first;
    ngx_rt_id_t   id;
    const char   *reason;

    join = json_object_get(object, "subscribe");
    leave = json_object_get(object, "unsubscribe");
    after = json_object_get(object, "after");
    first = sub->nmembers;

    reason = ngx_rt_receive_json_check_command(sub, join, leave, after, &id);

    if (reason == NULL) {
        reason = join ? ngx_rt_receive_json_join(sub, join)
                      : ngx_rt_receive_json_leave(sub, leave);
    }

    if (reason != NULL) {
        ngx_rt_receive_json_refuse(sub, object, reason);
        return;
    }

    ngx_rt_receive_json_send(sub,
        json_pack("{s:o,s:I}", "ack", ngx_rt_receive_json_ref(object),
                  "topics", (json_int_t) sub->nmembers));

    if (join && after) {
        ngx_rt_join_run(sub, first, &id);

        /* whatever ids were there, this is what to resume from */

        ngx_rt_receive_json_send(sub,
            json_pack("{s:o}", "position",
                      ngx_rt_publish_object_id(&sub->position)));
    }
}


void
ngx_rt_receive_json_refuse(ngx_rt_subscriber_t *sub, json_t *object,
    const char *reason)
{
    json_t  *answer;

    ngx_rt_counter_add(sub->hub->zone, rejected, 1);

    answer = object ? json_pack("{s:s,s:o}", "error", reason,
                                "ref", ngx_rt_receive_json_ref(object))
                    : json_pack("{s:s}", "error", reason);

    ngx_rt_receive_json_send(sub, answer);
}


/* one of the subscriber's topics; NULL, or what is wrong */

static const char *
ngx_rt_receive_json_topic(ngx_rt_subscriber_t *sub, json_t *object,
    ngx_str_t *topic)
{
    json_t           *name;
    ngx_rt_member_t  *member;

    name = json_object_get(object, "topic");

    if (name == NULL && sub->nmembers == 1) {
        *topic = sub->members[0].topic->name;
        return NULL;
    }

    if (name == NULL) {
        return "\"topic\" is missing";
    }

    if (!json_is_string(name)) {
        return "\"topic\" is not a string";
    }

    topic->data = (u_char *) json_string_value(name);
    topic->len = json_string_length(name);

    member = ngx_rt_member_find(sub, topic);

    if (member == NULL) {
        return "\"topic\" is not one of this subscriber";
    }

    *topic = member->topic->name;

    return NULL;
}


/* NULL, or what is wrong; "id" is set if there is an "after" */

static const char *
ngx_rt_receive_json_check_command(ngx_rt_subscriber_t *sub, json_t *join,
    json_t *leave, json_t *after, ngx_rt_id_t *id)
{
    size_t       i;
    json_t      *list;
    const char  *reason;

    list = join ? join : leave;

    if (join && leave) {
        return "\"subscribe\" and \"unsubscribe\" are two commands";
    }

    if (!json_is_array(list)) {
        return "topics are not an array";
    }

    if (json_array_size(list) > sub->conf->topics_max) {
        return "more topics than \"rt_topics_max\"";
    }

    for (i = 0; i < json_array_size(list); i++) {
        reason = ngx_rt_receive_json_check_topic(sub, json_array_get(list, i),
                                                 join != NULL);
        if (reason != NULL) {
            return reason;
        }
    }

    if (after
        && (!json_is_string(after)
            || ngx_rt_id_parse(id, (u_char *) json_string_value(after),
                               json_string_length(after))
               != NGX_OK))
    {
        return "\"after\" is not an id";
    }

    return NULL;
}


static const char *
ngx_rt_receive_json_check_topic(ngx_rt_subscriber_t *sub, json_t *item,
    ngx_uint_t join)
{
    ngx_str_t    topic;
    const char  *reason;

    if (!json_is_string(item)) {
        return "a topic is not a string";
    }

    topic.data = (u_char *) json_string_value(item);
    topic.len = json_string_length(item);

    reason = ngx_rt_name_check_topic(&topic);

    if (reason == NULL
        && join
        && !ngx_rt_receive_json_may_join(sub->conf->receive->dynamic, &topic))
    {
        reason = "topic is not allowed";
    }

    return reason;
}


/* all of the topics, or none for a reason */

static const char *
ngx_rt_receive_json_join(ngx_rt_subscriber_t *sub, json_t *list)
{
    size_t       i, joined;
    json_t      *item;
    ngx_str_t    topic;
    const char  *reason;

    reason = NULL;
    joined = sub->nmembers;

    for (i = 0; i < json_array_size(list); i++) {
        item = json_array_get(list, i);

        topic.data = (u_char *) json_string_value(item);
        topic.len = json_string_length(item);

        if (ngx_rt_member_join(sub, &topic) == NGX_ERROR) {
            reason = "stream has no room";
            break;
        }

        if (sub->nmembers > sub->conf->topics_max) {
            reason = "more topics than \"rt_topics_max\"";
            break;
        }
    }

    /* the new ones are the last */

    while (reason && sub->nmembers > joined) {
        topic = sub->members[sub->nmembers - 1].topic->name;
        ngx_rt_member_leave(sub, &topic);
    }

    return reason;
}


static const char *
ngx_rt_receive_json_leave(ngx_rt_subscriber_t *sub, json_t *list)
{
    size_t      i;
    json_t     *item;
    ngx_str_t   topic;

    for (i = 0; i < json_array_size(list); i++) {
        item = json_array_get(list, i);

        topic.data = (u_char *) json_string_value(item);
        topic.len = json_string_length(item);

        ngx_rt_member_leave(sub, &topic);
    }

    return NULL;
}


static ngx_uint_t
ngx_rt_receive_json_may_join(ngx_rt_dynamic_conf_t *conf, ngx_str_t *topic)
{
    ngx_str_t   *prefix;
    ngx_uint_t   i;

#if (NGX_PCRE)
    if (conf->regex) {
        return ngx_regex_exec(conf->regex, topic, NULL, 0) >= 0;
    }
#endif

    prefix = conf->prefixes->elts;

    for (i = 0; i < conf->prefixes->nelts; i++) {
        if (topic->len >= prefix[i].len
            && ngx_memcmp(topic->data, prefix[i].data, prefix[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static json_t *
ngx_rt_receive_json_ref(json_t *object)
{
    json_t  *ref;

    ref = json_object_get(object, "ref");

    return (json_is_string(ref) || json_is_number(ref)) ? json_incref(ref)
                                                        : json_null();
}


/* takes the reference to "answer", which may be NULL: no memory */

static void
ngx_rt_receive_json_send(ngx_rt_subscriber_t *sub, json_t *answer)
{
    char  *text;

    text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;

    json_decref(answer);

    if (text == NULL) {
        ngx_rt_subscriber_close(sub, NGX_RT_END_FAILED);
        return;
    }

    sub->transport->answer(sub, (u_char *) text, ngx_strlen(text));

    ngx_free(text);
}
