# Copyright (C) the ngx_rt authors
#
# Opens and ends WebSocket connections as fast as it can, by raw sockets.
#
#     storm.py PORT URI COUNT
#
# A line "N closed, M without" tells how many connections ended with the server's
# close frame and how many were ended by us.

import socket
import struct
import sys

port, uri, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

# so many are open at a time
CLIENTS = 80

REQUEST = (f'GET {uri} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
           'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
           'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n').encode()
CLOSE = bytes([0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xe8 ^ 2])
CLOSED = bytes([0x88, 2, 0x03, 0xe8])
HELLO = bytes([0x81, 0x85, 0, 0, 0, 0]) + b'hello'

LINGER = struct.pack('ii', 1, 0)

# what is sent with the request, and when that is answered; None: a reset
KINDS = [(CLOSE, b''), (HELLO + CLOSE, b''), (b'', CLOSE), (b'', CLOSE),
         (b'', CLOSE), (b'', HELLO + HELLO[:7]), (b'', None), (b'', b'')]


def receive(s, data, what):
    while what not in data:
        more = s.recv(4096)
        assert more, data
        data += more
    return data


def turn(n):
    clients = []

    for i in range(n):
        s = socket.create_connection(('127.0.0.1', port))
        s.settimeout(20)
        s.sendall(REQUEST + KINDS[i % 8][0])
        clients.append([s, b''])

    for i, client in enumerate(clients):
        s = client[0]
        client[1] = receive(s, b'', b'\r\n\r\n')
        assert client[1].startswith(b'HTTP/1.1 101'), client[1]

        if KINDS[i % 8][1] is None:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        elif KINDS[i % 8][1]:
            s.sendall(KINDS[i % 8][1])

    closed = 0

    for i, (s, data) in enumerate(clients):
        if i % 8 < 5:
            receive(s, data, CLOSED)
            closed += 1
        s.close()

    return closed


closed = sum(turn(min(CLIENTS, count - i)) for i in range(0, count, CLIENTS))
print(f'{closed} closed, {count - closed} without')
