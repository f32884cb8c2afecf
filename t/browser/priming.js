"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * The connection of an EventSource ends before its first message.
 */

const { run, is, ask, subscribe, saw, seen } = require("./run.js");

run(async (page, url) => {
    await page.goto(url);
    await subscribe(page, "/events?topic=a");

    await ask("keep_away");
    await saw(page, "error");

    is(await seen(page, "message", "rt.gap"), [], "the connection ended before any message");

    const away = await ask("publish", "away");
    is(away.subscribers, 0, "a message is published while the browser is away");

    await ask("let_back");
    await saw(page, "open", { n: 2 });
    await saw(page, "message");

    const live = await ask("publish", "next");
    await saw(page, "message", { data: "next" });

    is(await seen(page, "message", "rt.gap"),
       [{ type: "message", id: away.id, data: "away" },
        { type: "message", id: live.id, data: "next" }],
       "both arrived once, and there was no gap");
});
