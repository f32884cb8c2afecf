"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * nginx ends and starts again, and its history is gone; a message is published
 * before an EventSource is back.
 */

const { run, ok, is, ask, subscribe, saw, seen } = require("./run.js");

run(async (page, url, protocol) => {
    await page.goto(url);

    is(await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol),
       protocol, `the page came over ${protocol}`);

    await subscribe(page, "/events?topic=a");

    const before = await ask("publish", "before");
    await saw(page, "message");

    const away = await ask("restart", "away");
    is(away.subscribers, 0, "a message is published while the browser is away");
    await saw(page, "message", { data: "away" });

    const live = await ask("publish", "live");
    await saw(page, "message", { data: "live" });

    const [first, gap, ...rest] = await seen(page, "message", "rt.gap");

    is(first, { type: "message", id: before.id, data: "before" },
       "the message before the restart arrived");

    is(gap.type, "rt.gap", "the browser was told of the gap before anything else");
    is(JSON.parse(gap.data), { after: before.id, resumed: away.id },
       "the gap lies between the two messages");

    is(rest, [{ type: "message", id: away.id, data: "away" },
              { type: "message", id: live.id, data: "live" }],
       "what was published after the restart arrived once");

    ok((await seen(page, "error")).length, "the connection was lost");
});
