# Copyright (C) the ngx_rt authors
#
# Debian's python3-websockets as a client: a library that checks what a server
# sends.
#
#     client.py PORT

import asyncio
import base64
import json
import sys
import urllib.request

import websockets

port = int(sys.argv[1])
n = 0


def ok(value, text):
    global n
    n += 1
    print(('ok - ' if value else 'not ok - ') + text, flush=True)


def same(got, want, text):
    ok(got == want, text)
    if got != want:
        print(f'got {str(got)[:200]}, expected {str(want)[:200]}', flush=True)


def connect(uri, **options):
    return websockets.connect(f'ws://127.0.0.1:{port}{uri}', max_size=None,
                              **options)


async def recv(ws):
    return await asyncio.wait_for(ws.recv(), 10)


def post(topic, data):
    request = urllib.request.Request(
        f'http://127.0.0.1:{port}/publish?topic={topic}', data=data,
        method='POST')
    return json.loads(urllib.request.urlopen(request).read())


async def publish(topic, data):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, post, topic, data)


async def echo(compression):
    async with connect('/echo', compression=compression) as ws:
        same([type(e).__name__ for e in ws.extensions],
             ['PerMessageDeflate'] if compression else [],
             f'{compression}: the extension is agreed on')

        for size in (0, 1, 125, 126, 127, 1024, 65535, 65536, 1 << 20):
            for data in ('\u20ac' * (size // 3) + 'x' * (size % 3),
                         b'\xff' * size):
                await ws.send(data)
                got = await recv(ws)
                ok(got == data or (size == 0 and got == ''),
                   f'{compression}: {type(data).__name__} of {size} bytes')

        # an iterable is sent in fragments

        await ws.send(['one ', 'two ', '', 'three'])
        same(await recv(ws), 'one two three', f'{compression}: fragments')
        await ws.send([b'\xff'] * 300)
        same(await recv(ws), b'\xff' * 300, f'{compression}: many of them')

        pong = await ws.ping(b'hello')
        await asyncio.wait_for(pong, 5)
        ok(True, f'{compression}: a ping is answered')

    same(ws.close_code, 1000, f'{compression}: closed')


async def fan_out(compression):
    many = [await connect('/events?topic=a', compression=compression)
            for i in range(50)]
    texts = ['{"n": %d, "text": "%s"}' % (i, 'x' * (i * 40))
             for i in range(40)]

    for text in texts:
        await publish('a', text.encode())

    await publish('a', b'\x00\xff' * 1000)

    for ws in many:
        got = [await recv(ws) for i in range(len(texts) + 1)]
        if got != texts + [b'\x00\xff' * 1000]:
            break
    else:
        ws = None

    ok(ws is None, f'{compression}: 50 clients got each message')

    for ws in many:
        await ws.close()


async def code(uri, what, want, **options):
    async with connect(uri, **options) as ws:
        try:
            await what(ws)
            while True:
                await recv(ws)
        except websockets.ConnectionClosed as e:
            got = e.rcvd.code if e.rcvd else 1006
        same(got, want, f'closed with {want}')


async def closes():
    await code('/events?topic=a', lambda ws: ws.send('x'), 1008)
    await code('/echo', lambda ws: ws.send(b'x' * (2 << 20)), 1009)
    await code('/chat?topic=a', lambda ws: ws.send(b'x'), 1003,
               subprotocols=['rt.json'])
    await code('/short?topic=a', lambda ws: asyncio.sleep(0), 1001)

    for close in (1000, 1001, 1011, 3000, 4999):
        ws = await connect('/events?topic=a')
        await ws.close(close, 'because')
        same(ws.close_code, close, f'{close} is answered with {close}')

    try:
        await connect('/events?topic=a', extra_headers={
            'Origin': 'http://evil.example'})
        ok(False, 'a foreign origin is refused')
    except websockets.InvalidStatusCode as e:
        same(e.status_code, 403, 'a foreign origin is refused')


async def rt_json(compression):
    options = {'compression': compression,
               'subprotocols': ['other', 'rt.json']}

    async with connect('/chat?topic=b,c', **options) as one, \
               connect('/chat?topic=b', **options) as two:

        same(one.subprotocol, 'rt.json', f'{compression}: rt.json is chosen')
        ok('position' in json.loads(await recv(one)), 'a position comes first')
        await recv(two)

        values = [1, 'text', None, True, [1, {'x': 'y' * 2000}], {}, '', 1.5]

        for value in values:
            await one.send(json.dumps({'topic': 'b', 'data': value, 'ref': 7,
                                       'event': 'e'}))
            got = [json.loads(await recv(one)) for i in range(2)]
            ack = [m for m in got if 'ack' in m][0]
            event = [m for m in got if 'topic' in m][0]
            same(json.loads(await recv(two)), event,
                 f'{compression}: the other has the same')
            same([ack['ack'], ack['id']], [7, event['id']],
                 f'{compression}: acknowledged')
            same([event['topic'], event['event'], event['data']],
                 ['b', 'e', value], f'{compression}: {str(value)[:20]}')

        await publish('b', b'\xff\x00')
        event = json.loads(await recv(two))
        same(base64.b64decode(event['data']), b'\xff\x00',
             f'{compression}: bytes are base64')
        await recv(one)

        await one.send('{"topic":"d","data":1,"ref":"r"}')
        same(json.loads(await recv(one))['ref'], 'r',
             f'{compression}: an error has the ref')


async def main():
    for compression in ('deflate', None):
        await echo(compression)
        await fan_out(compression)
        await rt_json(compression)

    await closes()

asyncio.run(main())
print(f'1..{n}')
