"""Instructions of an echo in user space, counted by callgrind: the same on a busy machine as on a quiet one.

python instructions.py SERVER EXPECTED [--update]

Two runs with a different number of echoes each; their difference leaves out the start, the handshakes and the end. EXPECTED has a line for
each case: payload, connections, outstanding, instructions. A count that differs by more than 3 % is a failure, in either direction: one that
has become smaller is to be written down.
"""

import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile

TOLERANCE = 0.03
FEW, MANY = 200, 1200
MASK = b"\x12\x34\x56\x78"
HEAD = (
    b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def length(payload):
    return bytes([payload]) if payload < 126 else b"\x7e" + struct.pack("!H", payload)


def masked(payload):
    size = length(len(payload))
    body = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))
    return b"\x82" + bytes([size[0] | 0x80]) + size[1:] + MASK + body


def read(stream, count):
    while count:
        part = stream.recv(count)
        assert part, "the connection ended"
        count -= len(part)


def connect(port):
    stream = socket.create_connection(("127.0.0.1", port), timeout=60)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.sendall(HEAD)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += stream.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return stream


def total(server, payload, connections, outstanding, echoes):
    """Instructions of a server that has echoed so often."""
    with tempfile.TemporaryDirectory() as folder:
        counted = pathlib.Path(folder, "callgrind.out")
        process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}", server],
            stderr=subprocess.PIPE,
            text=True,
            # One worker: which of several takes a task is chance.
            env={**os.environ, "SOCKEYE_ADDR": "127.0.0.1:0", "TOKIO_WORKER_THREADS": "1", "RUST_LOG": "off"},
        )
        for line in process.stderr:
            if found := re.search(r"on ws://127\.0\.0\.1:(\d+)", line):
                break
        port = int(found[1])
        streams = [connect(port) for _ in range(connections)]
        burst = masked(bytes(payload)) * outstanding
        answer = (1 + len(length(payload)) + payload) * outstanding
        for _ in range(echoes // (connections * outstanding)):
            # One after the other: how many are ready at once would be chance.
            for stream in streams:
                stream.sendall(burst)
                read(stream, answer)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        return int(re.search(r"^(?:summary|totals): (\d+)", counted.read_text(), re.MULTILINE)[1])


def count(server, payload, connections, outstanding):
    rounds = connections * outstanding
    few, many = (echoes // rounds * rounds or rounds for echoes in (FEW, MANY))
    case = (server, payload, connections, outstanding)
    return (total(*case, many) - total(*case, few)) // (many - few)


def main():
    server, expected = sys.argv[1], pathlib.Path(sys.argv[2])
    lines, wrong = [], []
    for line in expected.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            lines.append(line)
            continue
        payload, connections, outstanding, known = map(int, line.split())
        found = count(server, payload, connections, outstanding)
        case = f"{payload} B, {connections} connections, {outstanding} outstanding"
        print(f"{case}: {found} instructions, {known} expected", flush=True)
        if abs(found - known) > TOLERANCE * known:
            wrong.append(case)
        lines.append(f"{payload:>7} {connections:>11} {outstanding:>11} {found:>12}")
    if "--update" in sys.argv:
        expected.write_text("\n".join(lines) + "\n")
    elif wrong:
        sys.exit(f"differs by more than 3 %: {'; '.join(wrong)}. If that is meant: UPDATE=1 .ci/instructions")


main()
