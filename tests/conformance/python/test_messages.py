"""Messages as the `websockets` library sends and reads them."""

import json
import os
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def closed_with(socket):
    """Code and reason of the server's close frame."""
    with pytest.raises(ConnectionClosed) as ended:
        socket.recv(timeout=5)
    return ended.value.rcvd.code, ended.value.rcvd.reason


@pytest.mark.parametrize("message", ["", "hello", "žluťoučký kůň 🐟", b"", b"\x00\xff" * 50])
def test_echo(server, message):
    with connect(server.url("/echo")) as socket:
        socket.send(message)
        assert socket.recv(timeout=5) == message


@pytest.mark.parametrize("size", [125, 126, 127, 65_535, 65_536, 1_000_000, 16 * 1024 * 1024])
def test_every_length_of_frame(server, size):
    message = os.urandom(size)
    with connect(server.url("/echo"), max_size=None, compression=None) as socket:
        socket.send(message)
        assert socket.recv(timeout=20) == message


def test_fragments_become_one_message(server):
    with connect(server.url("/echo"), max_size=None) as socket:
        socket.send(["one ", "", "two ", "three"])
        assert socket.recv(timeout=5) == "one two three"
        socket.send(os.urandom(10) for _ in range(10_000))
        assert len(socket.recv(timeout=10)) == 100_000


def test_a_burst_is_answered_in_order(server):
    with connect(server.url("/echo")) as socket:
        def send():
            for number in range(5_000):
                socket.send(str(number))
        sender = threading.Thread(target=send)
        sender.start()
        assert [int(socket.recv(timeout=5)) for _ in range(5_000)] == list(range(5_000))
        sender.join()


def test_compression_is_offered_and_declined(server):
    with connect(server.url("/default"), compression="deflate") as socket:
        assert "sec-websocket-extensions" not in socket.response.headers
        socket.send("plain")
        assert socket.recv(timeout=5) == "plain"


def test_messages_up_to_the_limit_and_no_longer(server):
    with connect(server.url("/default")) as socket:
        socket.send(b"x" * 65_536)
        assert len(socket.recv(timeout=5)) == 65_536
        socket.send(b"x" * 65_537)
        code, reason = closed_with(socket)
        assert code == 1009
        assert "65536" in reason


def test_the_limit_counts_all_fragments_together(server):
    with connect(server.url("/default")) as socket:
        # The server may close before all of it is sent.
        try:
            socket.send(b"x" * 1_000 for _ in range(70))
        except ConnectionClosed:
            pass
        assert closed_with(socket)[0] == 1009


def test_typed_json(server):
    with connect(server.url("/sum")) as socket:
        socket.send(json.dumps({"numbers": [1, 2, 39]}))
        assert json.loads(socket.recv(timeout=5)) == {"total": 42}
        socket.send(json.dumps({"numbers": []}).encode())
        assert json.loads(socket.recv(timeout=5)) == {"total": 0}


@pytest.mark.parametrize(
    "message, words",
    [
        ('{"numbers": [1, "two"]}', "invalid type"),
        ('{"number": [1]}', "numbers"),
        ("{", "EOF"),
        (b"\xff\xfe", "expected value"),
    ],
)
def test_what_does_not_decode_closes_with_1007_and_says_why(server, message, words):
    with connect(server.url("/sum")) as socket:
        socket.send(message)
        code, reason = closed_with(socket)
        assert code == 1007
        assert words in reason
    server.wait_for_log(r"endpoint=\"?sum.*" + words)


def test_a_ping_is_answered_with_its_payload(server):
    with connect(server.url("/echo")) as socket:
        pong = socket.ping(b"payload")
        assert pong.wait(timeout=5)
        assert socket.latency >= 0


def test_a_handler_that_is_busy_elsewhere_still_answers_pings(server):
    with connect(server.url("/busy")) as socket:
        began = time.monotonic()
        assert socket.ping().wait(timeout=2)
        assert time.monotonic() - began < 1


def test_the_server_pings_and_keeps_who_answers(server):
    with connect(server.url("/heartbeat"), ping_interval=None) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=2)
        assert socket.ping().wait(timeout=2)


def test_many_clients_at_once(server):
    """Each client gets its own messages and nobody else's."""
    faults = []

    def client(name):
        try:
            with connect(server.url("/echo"), open_timeout=20) as socket:
                for number in range(50):
                    socket.send(f"{name}:{number}")
                    assert socket.recv(timeout=20) == f"{name}:{number}"
        except Exception as fault:  # a thread's exception would be lost
            faults.append(fault)

    clients = [threading.Thread(target=client, args=(name,)) for name in range(100)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert not faults
