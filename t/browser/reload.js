"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * Messages are published all the time while nginx is told to reload, twice, and
 * the connection of an EventSource ends with its worker or by its lifetime.
 */

const { run, ok, is, ask, subscribe, saw, seen } = require("./run.js");

/* one by one, until it is told to stop; returns how many */
function publish(uri) {
    let stopped = false;

    const done = (async () => {
        let n = 0;

        while (!stopped) {
            const answer = await fetch(uri, {
                method: "POST", body: String(++n), headers: { Connection: "close" },
            });

            if (!answer.ok) {
                throw new Error(`message ${n}: ${answer.status}`);
            }

            await answer.json();
            await new Promise((resolve) => setTimeout(resolve, 5));
        }

        return n;
    })();

    done.catch(() => {});

    return () => {
        stopped = true;
        return done;
    };
}

run(async (page, url, publishUrl, protocol) => {
    await page.goto(url);

    is(await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol),
       protocol, `the page came over ${protocol}`);

    await subscribe(page, "/events?topic=a");

    const stop = publish(publishUrl);

    await saw(page, "message", { n: 20 });

    for (const nth of ["first", "second"]) {
        const before = await seen(page, "message");

        await ask("reload");
        ok(await ask("moved"), `${nth} reload: the browser came back to a new worker`);

        /* what was published before it moved, and some more */

        await saw(page, "message", { n: before.length + 20 });
    }

    const n = await stop();

    await saw(page, "message", { data: String(n) });

    /* a repeated message would come before one that is newer than all */

    await ask("publish", "last");
    await saw(page, "message", { data: "last" });

    const expected = Array.from({ length: n }, (_, i) => String(i + 1)).concat("last");

    is((await seen(page, "message", "rt.gap")).map(({ data }) => data), expected,
       `each of ${n} messages arrived once, in order`);

    const opens = (await seen(page, "open")).length;
    ok(opens >= 3, `it was connected ${opens} times`);
});
