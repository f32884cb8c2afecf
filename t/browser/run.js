"use strict";

/*
 * Copyright (C) the ngx_rt authors
 *
 * What the scripts share: a page of a real Chromium, assertions in TAP, and the
 * test in Perl (Test::RT::Browser), which is asked to do what a page cannot.
 */

const readline = require("readline");
const { chromium } = require("playwright-core");

const WATCHDOG = 60000;

/* a sanitized nginx is several times slower */
const TIMEOUT = process.env.RT_SANITIZE ? 20000 : 10000;

/* nothing but loopback, neither by name nor by address */
const ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--ignore-certificate-errors",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

let assertions = 0;

function ok(value, text) {
    assertions++;
    console.log((value ? "ok - " : "not ok - ") + text);

    return Boolean(value);
}

function is(got, expected, text) {
    [got, expected] = [got, expected].map((value) => JSON.stringify(value));

    if (!ok(got === expected, text)) {
        console.log(`#      got: ${got}\n# expected: ${expected}`);
    }
}

/* has the test do something, and returns what it answers */
async function ask(name, argument = "") {
    console.log(`do: ${name} ${argument}`);

    return JSON.parse((await answers.next()).value);
}

/* waits until a function, called in the page, returns a true value */
async function until(page, what, code, argument) {
    try {
        await page.waitForFunction(code, argument, { timeout: TIMEOUT, polling: 20 });
    } catch (error) {
        const seen = await page.evaluate(() => JSON.stringify(window.seen?.slice(-20)));
        throw new Error(`${what}: ${error.message}\nlast seen: ${seen}`);
    }
}

/* an EventSource in the page; "seen" is all that it has told, in order */
async function subscribe(page, uri) {
    await page.evaluate((uri) => {
        window.seen = [];
        window.source = new EventSource(uri);

        for (const type of ["open", "error", "message", "rt.gap"]) {
            source.addEventListener(type, (event) => {
                seen.push({ type, id: event.lastEventId, data: event.data });
            });
        }
    }, uri);

    await saw(page, "open");
}

/* waits for the n-th of a type, or for one with such data */
async function saw(page, type, { n = 1, data } = {}) {
    await until(page, `${type} ${data ?? n}`, ([type, n, data]) => {
        return seen.filter((event) => event.type === type
                                      && (!data || event.data === data)).length >= n;
    }, [type, n, data]);
}

/* all of some types that the EventSource has told */
async function seen(page, ...types) {
    return (await page.evaluate(() => seen)).filter(({ type }) => types.includes(type));
}

/* runs a script, given the page and the arguments of the command line */
async function run(script) {
    const watchdog = setTimeout(() => {
        console.log(`not ok - ends within ${WATCHDOG / 1000} s`);
        process.exit(1);
    }, WATCHDOG);

    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGS });

    try {
        await script(await browser.newPage(), ...process.argv.slice(2));
    } catch (error) {
        ok(false, "runs to its end");
        console.log(error.stack.replace(/^/gm, "# "));
        process.exitCode = 1;
    }

    await browser.close();

    clearTimeout(watchdog);
    process.stdin.destroy();
    console.log(`1..${assertions}`);
}

module.exports = { run, ok, is, ask, until, subscribe, saw, seen };
