"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * npm's "ws" as a client.
 *
 *     client.js PORT
 */

const WebSocket = require("ws");

const port = process.argv[2];

let assertions = 0;

function ok(value, text) {
    assertions++;
    console.log((value ? "ok - " : "not ok - ") + text);
}

function is(got, expected, text) {
    [got, expected] = [got, expected].map((value) => JSON.stringify(value));
    ok(got === expected, text);

    if (got !== expected) {
        console.log(`got ${got}, expected ${expected}`.slice(0, 400));
    }
}

/* a client with a queue of what has come: [data, isBinary] */
async function connect(uri, protocols, options = {}) {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${uri}`, protocols, options);
    const queue = [];
    const waiting = [];

    ws.on("message", (data, isBinary) => {
        const message = [isBinary ? data : data.toString(), isBinary];
        const next = waiting.shift();
        next ? next(message) : queue.push(message);
    });

    ws.next = () => queue.length ? queue.shift()
        : new Promise((resolve) => waiting.push(resolve));
    ws.json = async () => JSON.parse((await ws.next())[0]);
    ws.ended = new Promise((resolve) => {
        ws.on("close", (code, reason) => resolve([code, reason.toString()]));
    });

    await new Promise((resolve, reject) => {
        ws.on("open", resolve);
        ws.on("error", reject);
        ws.on("unexpected-response", (request, response) => {
            reject(Object.assign(new Error("refused"), { status: response.statusCode }));
        });
    });

    return ws;
}

const publish = async (topic, body) => {
    return (await fetch(`http://127.0.0.1:${port}/publish?topic=${topic}`,
                        { method: "POST", body })).json();
};

async function echo(perMessageDeflate) {
    const name = perMessageDeflate ? "deflate" : "plain";
    const ws = await connect("/echo", [], { perMessageDeflate });

    is(ws.extensions, perMessageDeflate ? "permessage-deflate" : "", `${name}: the extension`);

    for (const size of [0, 1, 125, 126, 127, 1024, 65535, 65536, 1 << 20]) {
        const text = "x".repeat(size);
        ws.send(text);
        ok((await ws.next())[0] === text, `${name}: text of ${size} bytes`);

        const bytes = Buffer.alloc(size, 0xfe);
        ws.send(bytes);
        const [got, isBinary] = await ws.next();
        ok(size === 0 || isBinary && bytes.equals(got), `${name}: ${size} bytes`);
    }

    for (let i = 0; i < 100; i++) {
        ws.send("part", { fin: false, binary: false });
        i % 10 || ws.ping("between");
    }

    ws.send("end", { fin: true });
    is((await ws.next())[0], "part".repeat(100) + "end", `${name}: fragments, pings between`);

    ws.ping("hello");
    const pong = await new Promise((resolve) => ws.on("pong", (data) => {
        data.toString() === "hello" && resolve(data);
    }));
    ok(pong, `${name}: a ping is answered`);

    ws.close(1000, "bye");
    is((await ws.ended)[0], 1000, `${name}: closed`);
}

async function fanOut(perMessageDeflate) {
    const name = perMessageDeflate ? "deflate" : "plain";
    const many = await Promise.all(Array.from({ length: 50 },
        () => connect("/events?topic=a", [], { perMessageDeflate })));
    const texts = Array.from({ length: 40 },
        (_, i) => JSON.stringify({ i, text: "\u20ac".repeat(50 * i) }));

    for (const text of texts) {
        await publish("a", text);
    }

    let good = 0;

    for (const ws of many) {
        const got = [];

        while (got.length < texts.length) {
            got.push((await ws.next())[0]);
        }

        good += JSON.stringify(got) === JSON.stringify(texts);
        ws.close();
        await ws.ended;
    }

    is(good, many.length, `${name}: each client got each message`);
}

async function rtJson(perMessageDeflate) {
    const one = await connect("/chat?topic=b,c", ["other", "rt.json"], { perMessageDeflate });
    const two = await connect("/chat?topic=b", "rt.json", { perMessageDeflate });

    is(one.protocol, "rt.json", "rt.json is chosen");
    ok((await one.json()).position, "a position comes first");
    await two.json();

    for (const value of [1, "text", null, [1, { x: "y".repeat(3000) }], {}, ""]) {
        one.send(JSON.stringify({ topic: "b", data: value, ref: "r" }));

        const got = [await one.json(), await one.json()];
        const ack = got.find((m) => "ack" in m);
        const event = got.find((m) => "topic" in m);

        is([ack.ack, ack.id, event.data], ["r", event.id, value], "acknowledged and delivered");
        is(await two.json(), event, "the other has the same");
    }

    one.terminate();
    two.close();
    await two.ended;
}

async function closes() {
    for (const [uri, protocol, data, code] of [
        ["/events?topic=a", [], "x", 1008],
        ["/echo", [], Buffer.alloc(2 << 20), 1009],
        ["/chat?topic=b", "rt.json", Buffer.from("{}"), 1003],
        ["/short?topic=a", [], null, 1001],
    ]) {
        const ws = await connect(uri, protocol);
        data === null || ws.send(data);
        is((await ws.ended)[0], code, `closed with ${code}`);
    }

    for (const code of [1000, 1001, 1011, 3000, 4999]) {
        const ws = await connect("/events?topic=a");
        ws.close(code, "because");
        is((await ws.ended)[0], code, `${code} is answered with ${code}`);
    }

    const refused = await connect("/events?topic=a", [], { origin: "http://evil.example" })
        .catch((error) => error);
    is(refused.status, 403, "a foreign origin is refused");
}

(async () => {
    for (const perMessageDeflate of [true, false]) {
        await echo(perMessageDeflate);
        await fanOut(perMessageDeflate);
        await rtJson(perMessageDeflate);
    }

    await closes();

    console.log(`1..${assertions}`);
    process.exit(0);
})().catch((error) => {
    console.log(error.stack);
    process.exit(1);
});
