"""Compressed messages as the `websockets` library and Node's `ws` send and read them: with zlib, and with their own offers."""

import json
import os
import pathlib
import subprocess

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect

MESSAGES = ["", "hello", "žluťoučký kůň 🐟 " * 100, b"", b"\x00\xff" * 50_000, os.urandom(100_000), "x" * 8_000_000]
OFFERS = [
    {},
    {"client_max_window_bits": True},
    {"client_max_window_bits": 9, "server_max_window_bits": 9},
    {"server_no_context_takeover": True, "client_no_context_takeover": True},
    {"server_max_window_bits": 12, "client_max_window_bits": 12},
]


@pytest.mark.parametrize("offer", OFFERS, ids=str)
def test_every_offer_is_agreed_on(server, offer):
    extensions = [ClientPerMessageDeflateFactory(**offer)]
    with connect(server.url("/echo"), extensions=extensions, compression=None, max_size=None) as socket:
        assert "permessage-deflate" in socket.response.headers["sec-websocket-extensions"]
        for message in MESSAGES:
            socket.send(message)
            assert socket.recv(timeout=20) == message


def test_what_the_library_offers_by_default_is_agreed_on(server):
    with connect(server.url("/echo")) as socket:
        assert "permessage-deflate" in socket.response.headers["sec-websocket-extensions"]
        socket.send(["one ", "", "two ", "three " * 100])
        assert socket.recv(timeout=5) == "one two " + "three " * 100


def test_a_client_that_offers_nothing_is_sent_plain_messages(server):
    with connect(server.url("/echo"), compression=None) as socket:
        assert "sec-websocket-extensions" not in socket.response.headers
        socket.send("plain " * 100)
        assert socket.recv(timeout=5) == "plain " * 100


@pytest.mark.skipif("SOCKEYE_WS" not in os.environ, reason="the package `ws` is not there: .ci/clients installs it")
@pytest.mark.parametrize(
    "offer",
    [
        True,
        {"threshold": 0},
        {"clientMaxWindowBits": 10, "serverMaxWindowBits": 10, "threshold": 0},
        {"serverNoContextTakeover": True, "clientNoContextTakeover": True, "threshold": 0},
    ],
    ids=str,
)
def test_what_node_sends_comes_back(server, offer):
    script = pathlib.Path(__file__).with_name("compressed_echo.mjs")
    command = ["node", script, os.environ["SOCKEYE_WS"], server.url("/echo"), json.dumps(offer)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "5 echoes, closed with 1000\n"), ended.stderr
