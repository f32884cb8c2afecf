"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * The demo page as a person uses it.
 */

const { run, ok, is, ask, until } = require("./run.js");

const errors = [];

const shows = (page, selector, text) => until(page, `${selector} is "${text}"`,
    ([selector, text]) => document.querySelector(selector)?.textContent === text,
    [selector, text]);

const texts = (page, selector) => page.$$eval(selector,
    (elements) => elements.map((element) => element.textContent));

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

    is(errors, [], "no errors on the console");
});
