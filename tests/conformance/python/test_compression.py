"""Compressed messages as the `websockets` library sends and reads them: with zlib, and with its own offers."""

import os

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
