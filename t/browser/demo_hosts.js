"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * The demo page where two hosts share the stream.
 */

const { run, ok, is, ask, until } = require("./run.js");

const errors = [];

run(async (page, first, second) => {
    const [a, b] = [first, second].map((url) => new URL(url).host);
    const [pa, pb] = [a, b].map((host) => host.replace(/.*:/, ":"));

    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));

    const shows = (selector, text) => until(page, `${selector} is "${text}"`,
        ([selector, text]) => document.querySelector(selector)?.textContent === text,
        [selector, text]);

    const publish = async (host, text) => {
        await page.selectOption("#publish-host", host);
        await page.fill("#publish-data", text);
        await page.click("#publish-send");
        await shows("#events .event .data", text);
        await until(page, "the answer", ([host]) => {
            return document.querySelector("#publish-answer").textContent.includes(host);
        }, [host]);
    };

    await page.goto(first);
    await shows("#state", "connected");

    /* from either host over the first one */

    await publish(a, "one");
    await shows("#events .event .host", `${pa} \u2192 ${pa}`);
    await publish(b, "two");
    await shows("#events .event .host", `${pb} \u2192 ${pa}`);
    ok(true, "the page shows who published and who delivered");

    /* over the other one, from the last id on */

    const id = await page.textContent("#last-id");

    await page.click(`#hosts button:text-is('${b}')`);
    await until(page, "the other host", ([id]) => {
        return document.querySelector("#state").textContent === "connected"
               && document.querySelector("#resumed").textContent
                  === `Resumed after ${id}: 0 events caught up, none missing`;
    }, [id]);
    ok(await ask("left", "first"), "the subscription has left the first host");

    await publish(a, "three");
    await shows("#events .event .host", `${pa} \u2192 ${pb}`);
    await shows("#count", "3");
    ok(true, "messages of the first host come over the other one");

    /* what is missed at one host is caught up at the other */

    await page.click("#drop");
    await shows("#state", "dropped");
    ok(await ask("left", "second"), "the subscription is dropped");

    await page.fill("#publish-data", "missed");
    await page.click("#publish-send");
    await until(page, "another answer", ([id]) => {
        const [last] = document.querySelector("#publish-answer").textContent.split(",");
        return last !== "" && last !== id;
    }, [await page.textContent("#last-id")]);
    await page.click(`#hosts button:text-is('${a}')`);
    await page.click("#resume");
    await shows("#events .event .data", "missed");
    is(await page.textContent("#gap"), "", "no gap is told");
    is(await page.textContent("#count"), "4", "each message came once");

    is(errors, [], "no errors on the console");
});
