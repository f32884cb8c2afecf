"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * Two pages chat over WebSocket with rt.json, in two rooms.
 */

const { run, ok, is, until } = require("./run.js");

async function enter(page, url, name) {
    await page.goto(url);

    await page.evaluate((name) => {
        window.seen = [];
        window.acks = new Map();
        window.sent = 0;
        window.ws = new WebSocket(`ws://${location.host}/chat?topic=lobby`, ["rt.json"]);

        ws.onmessage = ({ data }) => {
            const message = JSON.parse(data);

            if ("ack" in message) {
                acks.set(message.ack, message);

            } else if ("topic" in message) {
                seen.push(message);

            } else if ("error" in message) {
                window.failure = message;
            }
        };

        window.command = (object) => {
            const ref = ++sent;
            ws.send(JSON.stringify({ ...object, ref }));
            return ref;
        };

        window.say = (topic, text) => command({ topic, event: "line", data: { name, text } });
    }, name);

    await until(page, "open", () => ws.readyState === 1);
}

const acked = (page, ref) => until(page, `ack ${ref}`, (ref) => acks.has(ref), ref);

const lines = (page) => page.evaluate(() => {
    return seen.map(({ topic, data }) => `${topic} ${data.name}: ${data.text}`);
});

run(async (ann, url) => {
    const bob = await ann.context().browser().newPage();

    await enter(ann, url, "ann");
    await enter(bob, url, "bob");

    is(await ann.evaluate(() => ws.protocol), "rt.json", "the subprotocol is chosen");
    is(await ann.evaluate(() => ws.extensions.split(";")[0]), "permessage-deflate",
       "and the extension");

    /* each answers the other */

    const long = "\u20ac<b>&\"\n".repeat(2000);
    const expected = [];

    for (const text of ["hello", "", "\u{1f600}", long]) {
        for (const [page, name] of [[ann, "ann"], [bob, "bob"]]) {
            const ref = await page.evaluate((text) => say("lobby", text), text);
            await acked(page, ref);
            expected.push(`lobby ${name}: ${text}`);

            for (const other of [ann, bob]) {
                await until(other, "line", (n) => seen.length === n, expected.length);
            }
        }
    }

    is(await lines(ann), expected, "ann saw what was said, in order");
    is(await lines(bob), expected, "and so did bob");
    is(await ann.evaluate(() => seen.map(({ id }) => id)),
       await bob.evaluate(() => seen.map(({ id }) => id)), "with the same ids");

    const mine = await ann.evaluate(() => [...acks.values()].map(({ id }) => id));
    const seen = await ann.evaluate(() => {
        return window.seen.filter(({ data }) => data.name === "ann").map(({ id }) => id);
    });
    is(mine, seen, "an ack has the id of the message");

    /* a room that one of them joins, and the other one later */

    await acked(ann, await ann.evaluate(() => command({ subscribe: ["room.1"] })));

    for (const text of ["one", "two", "three"]) {
        await acked(ann, await ann.evaluate((text) => say("room.1", text), text));
    }

    const [first] = await ann.evaluate(() => window.seen.filter(({ topic }) => topic === "room.1"));

    await acked(bob, await bob.evaluate((after) => {
        return command({ subscribe: ["room.1"], after });
    }, first.id));

    await until(bob, "what was said before", () => window.seen.length === 10);
    is((await lines(bob)).slice(8), ["room.1 ann: two", "room.1 ann: three"],
       "who comes later is told what he missed");

    await acked(bob, await bob.evaluate(() => say("room.1", "four")));
    await acked(bob, await bob.evaluate(() => command({ unsubscribe: ["room.1"] })));
    await acked(ann, await ann.evaluate(() => say("room.1", "five")));
    await acked(ann, await ann.evaluate(() => say("lobby", "last")));

    await until(bob, "the last line", () => window.seen.at(-1).data.text === "last");
    is((await lines(bob)).slice(10), ["room.1 bob: four", "lobby ann: last"],
       "who has left is told no more");

    /* both at once */

    await Promise.all([ann, bob].map((page) => page.evaluate(() => {
        for (let i = 0; i < 200; i++) {
            say("lobby", `flood ${i}`);
        }
    })));

    for (const page of [ann, bob]) {
        await until(page, "all of the flood", () => {
            return window.seen.filter(({ data }) => data.text.startsWith("flood")).length === 400;
        });

        for (const name of ["ann", "bob"]) {
            is(await page.evaluate((name) => window.seen
                    .filter(({ data }) => data.name === name && data.text.startsWith("flood"))
                    .map(({ data }) => data.text), name),
               Array.from({ length: 200 }, (_, i) => `flood ${i}`),
               `what ${name} said came in order`);
        }
    }

    await until(ann, "all acks", () => acks.size === window.sent);
    is(await ann.evaluate(() => window.failure ?? null), null, "nothing was refused");

    const closed = await ann.evaluate(() => new Promise((resolve) => {
        ws.onclose = ({ code, wasClean }) => resolve([code, wasClean]);
        ws.close(4000, "bye");
    }));
    is(closed, [4000, true], "a page leaves cleanly");

    ok(await bob.evaluate(() => ws.readyState === 1), "the other one stays");
});
