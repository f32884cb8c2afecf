"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * The demo page as a person uses it: topics, publishing, drop and resume, each
 * transport, chat.
 */

const { run, ok, is, ask, until } = require("./run.js");

const errors = [];

const shows = (page, selector, text) => until(page, `${selector} is "${text}"`,
    ([selector, text]) => document.querySelector(selector)?.textContent === text,
    [selector, text]);

const texts = (page, selector) => page.$$eval(selector,
    (elements) => elements.map((element) => element.textContent));

/* a row without its time and id */
const bare = (text) => text.replace(/^[\d:.]+|[\d-]+$/g, "");

run(async (page, url) => {
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));

    await page.goto(url);
    await shows(page, "#state", "connected");

    /* topics */

    await page.click("#topics button:text-is('prices')");
    await page.click("#topics button:text-is('chat')");
    await page.fill("#topic-name", "sport & co");
    await page.click("#topic-form button");
    await shows(page, "#state", "connected");

    is(await texts(page, "#topics [aria-pressed=true]"), ["news", "chat", "sport & co"],
       "topics are chosen");

    /* the form: first to a topic that is not chosen any more */

    const form = { topic: "chat", type: "greeting", data: "<b>one</b>\ntwo & three" };

    await ask("publish", "prices nothing");

    for (const [name, value] of Object.entries(form)) {
        await page.fill(`#publish-${name}`, value);
    }

    await page.click("#publish-send");
    await shows(page, "#count", "1");
    await shows(page, "#events .event .topic", form.topic);

    const [published] = (await page.textContent("#publish-answer")).split(", ");
    const row = await page.$eval("#events .event", (event) => ({
        id: event.dataset.id,
        ...Object.fromEntries(["id", "type", "topic", "data"].map((name) => {
            return ["shown_" + name, event.querySelector("." + name).textContent];
        })),
    }));

    ok(/^\d+-\d+$/.test(published), "the form tells the id of the message");
    is(row, { id: published, shown_id: published, shown_type: form.type,
              shown_topic: form.topic, shown_data: form.data },
       "a message from the form appears with its id, type, topic and data");
    is(await page.textContent("#last-id"), published, "its id is the last id");

    /* drop and resume */

    await page.click("#drop");
    await shows(page, "#state", "dropped");
    ok(await ask("gone"), "the subscriber is gone");

    for (const [i, topic] of ["news", "chat", "news"].entries()) {
        await ask("publish", `${topic} missed ${i}`);
    }

    await page.click("#resume");
    await shows(page, "#count", "4");

    is(await texts(page, "#events .caught .data"), ["missed 2", "missed 1", "missed 0"],
       "what was missed appears");
    is(await page.textContent("#resumed"),
       `Resumed after ${published}: 3 events caught up, none missing`,
       "the page tells that nothing is missing");

    await ask("publish", "news live");
    await shows(page, "#count", "5");

    is(await texts(page, "#events .data"),
       ["live", "missed 2", "missed 1", "missed 0", form.data],
       "the newest event is on top, each is there once");
    is(await page.textContent("#gap"), "", "no gap is told");

    /* the server's numbers are asked for every two seconds */

    await until(page, "numbers", () => {
        return /Published6/.test(document.querySelector("#status").textContent);
    });

    ok(/Subscribers1\b.*Workers2$/.test((await texts(page, "#status div")).join(" ")),
       "the server's numbers are shown");

    /* the other transports go on from the last id, and back */

    const switchTo = async (name) => {
        const id = await page.textContent("#last-id");

        await page.click(`#transports button:text-is('${name}')`);
        await until(page, `resumed over ${name}`, ([text]) => {
            return document.querySelector("#state").textContent === "connected"
                   && document.querySelector("#resumed").textContent.startsWith(text);
        }, ["Resumed after " + id]);
    };

    await switchTo("WebSocket, rt.json");
    await ask("publish", 'news {"of":"rt.json"}');
    await shows(page, "#count", "6");
    is(bare((await texts(page, "#events .event"))[0]),
       'news{"of":"rt.json"}',
       "a message comes over WebSocket with rt.json, with its topic");

    await page.click("#drop");
    await shows(page, "#state", "dropped");
    ok(await ask("gone"), "the subscriber is gone");
    await ask("publish", "chat missed");
    await page.click("#resume");
    await shows(page, "#count", "7");
    ok(/: 1 event caught up, none missing$/.test(await page.textContent("#resumed")),
       "what was missed comes over WebSocket");

    await switchTo("WebSocket");
    const last = await page.textContent("#last-id");
    await ask("publish", "news raw");
    await shows(page, "#count", "8");
    is([(await texts(page, "#events .data"))[0], await page.textContent("#last-id")], ["raw", last],
       "a message comes over WebSocket, the last id stays");

    await switchTo("SSE");
    await shows(page, "#count", "9");
    is((await texts(page, "#events .caught .data"))[0], "raw", "so it comes again over SSE");
    is(await page.textContent("#gap"), "", "no gap is told");

    /* a gap, over each of them */

    await page.click("#drop");
    await shows(page, "#state", "dropped");
    await ask("clear");

    for (const name of ["WebSocket, rt.json", "WebSocket"]) {
        await page.click(`#transports button:text-is('${name}')`);
        await page.click("#resume");
        await until(page, `a gap over ${name}`, () => document.querySelector("#gap").textContent);

        if (name === "WebSocket") {
            ok(/closed with 4409$/.test(await page.textContent("#gap")), `${name}: closed, 4409`);
        } else {
            ok(/resumed at \d+-\d+$/.test(await page.textContent("#gap")), `${name}: a gap`);
            await page.click("#drop");
            await ask("clear");
        }
    }

    await shows(page, "#state", "connected");

    /* chat between two pages */

    const other = await page.context().browser().newPage();

    other.on("pageerror", (error) => errors.push(String(error)));
    await other.goto(url);

    for (const [i, one] of [page, other].entries()) {
        await one.click("#tab-chat");
        await shows(one, "#chat-state", "connected");
        await one.fill("#talk-name", ["anna", "ben"][i]);
    }

    const say = async (one, text) => {
        await one.fill("#talk-text", text);
        await one.click("#talk-send");
    };

    const hears = (one, text) => until(one, text, ([text]) => {
        return document.querySelector("#talk").textContent.includes(text);
    }, [text]);

    const heard = async (one) => (await texts(one, "#talk .event")).map(bare);

    await say(page, "hello");
    await hears(other, "hello");
    await say(other, "<i>hi</i>");

    for (const one of [page, other]) {
        await hears(one, "<i>hi</i>");
        is((await heard(one)).slice(0, 2), ["chatben<i>hi</i>", "chatannahello"],
           "both see both messages");
        ok(/^\{"ack":1,"id":"[\d-]+"\}$/.test(await one.textContent("#talk-answer")),
           "each message is acknowledged");
    }

    /* rooms */

    for (const one of [page, other]) {
        await one.fill("#join-room", "room 1");
        await one.click("#join-form button");
        await shows(one, "#talk-answer", '{"ack":2,"topics":2}');
    }

    await say(page, "in a room");
    await hears(other, "in a room");
    is((await heard(other))[0], "room 1annain a room", "a room is joined");

    await page.fill("#join-room", "news");
    await page.click("#join-form button");
    await shows(page, "#talk-answer", '{"error":"topic is not allowed","ref":4}');
    ok(true, "not any room can be joined");

    is(errors, [], "no errors on the console");
});
