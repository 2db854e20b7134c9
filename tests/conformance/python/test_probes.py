"""What a port on the internet gets: scanners, other protocols, half a handshake. It must not matter to anyone else."""

import socket
import time

import pytest
from websockets.sync.client import connect

HEAD = (
    "GET /echo HTTP/1.1\r\n"
    "Host: localhost\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
#: The first bytes of a TLS 1.2 client, as a browser sends them that was given `wss://` for a plain port.
TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(192)


def answer_to(server, sent, seconds=6):
    """Everything that comes back until the server ends the connection, and how long that took."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as tcp:
        tcp.sendall(sent)
        received = b""
        try:
            while more := tcp.recv(65_536):
                received += more
        except ConnectionResetError:
            pass
    return received.decode("latin-1"), time.monotonic() - began


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEAD.encode(),
        b"GET /ec",
        b"\r\n",
        b"PRI * HTTP/2.0",
    ],
    ids=["nothing", "no end of the head", "half a request line", "an empty line", "half of http/2's first line"],
)
def test_who_does_not_finish_is_let_go_after_the_time_for_a_handshake(server, sent):
    _, seconds = answer_to(server, sent)
    # The conformance server gives two seconds.
    assert 1 < seconds < 5


@pytest.mark.parametrize(
    "sent",
    [
        TLS_HELLO,
        b"\x00" * 1000,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HELO scanner\r\n",
        b"GET /echo HTTP/9.9\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"GET /echo HTTP/1.1\r\n" + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100,
    ],
    ids=["tls", "zeros", "ssh", "smtp", "version", "nul in a header", "endless header", "bad http/2"],
)
def test_another_language_is_answered_with_an_error_at_once(server, sent):
    received, seconds = answer_to(server, sent)
    assert seconds < 4
    assert "101" not in received.split("\r\n", 1)[0]


def refusal(server, head):
    received, _ = answer_to(server, (head + "Connection: close\r\n\r\n").encode())
    return received


@pytest.mark.parametrize(
    "change, status, rule, words",
    [
        (("Upgrade: websocket\r\nConnection: Upgrade\r\n", ""), 426, "upgrade_stripped", "nginx"),
        (("Upgrade: websocket\r\n", ""), 426, "upgrade_stripped", "Upgrade: websocket"),
        (("Version: 13", "Version: 8"), 426, "not_an_upgrade", "13"),
        (("GET /", "POST /"), 405, "not_an_upgrade", "GET"),
        (("dGhlIHNhbXBsZSBub25jZQ==", "short"), 400, "not_an_upgrade", "Sec-WebSocket-Key"),
    ],
)
def test_a_broken_handshake_is_explained(server, change, status, rule, words):
    received = refusal(server, HEAD.replace(*change))
    assert received.startswith(f"HTTP/1.1 {status} ")
    assert f"sockeye-rule: {rule}" in received
    assert words in received.split("\r\n\r\n", 1)[1]


def test_a_browser_that_opens_the_address_is_told_what_it_is(server):
    received = refusal(server, "GET /echo HTTP/1.1\r\nHost: localhost\r\n")
    assert received.startswith("HTTP/1.1 426 ")
    assert "upgrade: websocket" in received
    assert "WebSocket endpoint" in received


def test_frames_in_the_same_packet_as_the_handshake(server):
    frame = bytes.fromhex("8183 00000000") + b"hey" + bytes.fromhex("8880 00000000")
    received, _ = answer_to(server, HEAD.encode() + b"\r\n" + frame)
    assert received.startswith("HTTP/1.1 101 ")
    assert received.endswith("\x81\x03hey\x88\x00")


def test_a_hundred_idle_scanners_keep_nobody_out(server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    began = time.monotonic()
    with connect(server.url("/echo")) as client:
        client.send("hello")
        assert client.recv(timeout=5) == "hello"
    assert time.monotonic() - began < 1
    for one in idle:
        one.close()
