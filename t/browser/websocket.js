"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * Messages are published all the time while nginx reloads twice and starts anew,
 * and a page connects its WebSocket again with the last id it has seen.
 */

const { run, ok, is, ask, until } = require("./run.js");

/* one by one, until it is told to stop; returns how many; where nginx is not
 * there it tries again */
function publish(uri) {
    let stopped = false;

    const done = (async () => {
        let n = 0;

        while (!stopped) {
            const answer = await fetch(uri, {
                method: "POST", body: String(n + 1), headers: { Connection: "close" },
            });

            if (!answer.ok) {
                throw new Error(`message ${n + 1}: ${answer.status}`);
            }

            n++;
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

run(async (page, url, publishUrl) => {
    await page.goto(url);

    await page.evaluate(() => {
        window.seen = [];
        window.gaps = [];
        window.opens = 0;
        window.codes = [];
        window.lastId = "";

        window.connect = () => {
            const id = lastId && `&last_event_id=${lastId}`;
            window.ws = new WebSocket(`ws://${location.host}/events?topic=a${id}`, "rt.json");

            ws.onopen = () => opens++;
            ws.onclose = ({ code }) => {
                codes.push(code);
                setTimeout(connect, 50);
            };
            ws.onmessage = ({ data }) => {
                const message = JSON.parse(data);
                lastId = message.position ?? message.id;
                "topic" in message && seen.push(message.data);
                "gap" in message && gaps.push(message.gap);
            };
        };

        connect();
    });

    await until(page, "open", () => opens === 1);

    const stop = publish(publishUrl);

    await until(page, "20 messages", () => seen.length >= 20);

    for (const nth of ["first", "second"]) {
        const before = await page.evaluate(() => seen.length);

        await ask("reload");
        ok(await ask("moved"), `${nth} reload: the page came back to a new worker`);

        await until(page, "20 more", (n) => seen.length >= n + 20, before);
    }

    const n = await stop();

    await until(page, "the last", (n) => seen.at(-1) === n, n);
    await ask("publish", "-1");
    await until(page, "one more", () => seen.at(-1) === -1);

    const expected = Array.from({ length: n }, (_, i) => i + 1).concat(-1);

    is(await page.evaluate(() => seen), expected, `each of ${n} messages arrived once, in order`);
    is(await page.evaluate(() => gaps), [], "and no gap was told");

    const [opens, codes] = await page.evaluate(() => [window.opens, window.codes]);
    ok(opens >= 3, `it was connected ${opens} times`);
    is(codes.filter((code) => code !== 1001 && code !== 1006), [],
       "each end was that of a server that goes away");

    /* a new nginx has no history: the page is told */

    await ask("restart");
    await until(page, "a gap", () => gaps.length === 1);
    await ask("publish", "-2");
    await until(page, "the message after the restart", () => seen.at(-1) === -2);
    is(await page.evaluate(() => seen.slice(-2)), [-1, -2], "and goes on");
});
