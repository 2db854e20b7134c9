"""Handshakes that are accepted, and those that are refused with a reason."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def refusal(server, path, **how):
    with pytest.raises(InvalidStatus) as refused:
        connect(server.url(path), **how)
    return refused.value.response


@pytest.mark.parametrize(
    "offered, agreed",
    [(["v1"], "v1"), (["v2"], "v2"), (["v1", "v2"], "v2"), (["v3", "v1"], "v1")],
)
def test_the_servers_favourite_of_what_is_offered(server, offered, agreed):
    with connect(server.url("/subprotocol"), subprotocols=offered) as socket:
        assert socket.subprotocol == agreed
        assert socket.recv(timeout=5) == agreed


def test_no_common_subprotocol(server):
    response = refusal(server, "/subprotocol", subprotocols=["v3"])
    assert response.status_code == 400
    assert response.headers["sockeye-rule"] == "subprotocol_refused"
    assert b"v2" in response.body


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_is_refused(server, origin):
    response = refusal(server, "/echo", origin=origin)
    assert response.status_code == 403
    assert response.headers["sockeye-rule"] == "origin_refused"
    assert b"origin_refused" in response.body
    server.wait_for_log(rf"rule=\"?origin_refused.*{origin}")


def test_a_page_of_the_same_origin_is_welcome(server):
    with connect(server.url("/echo"), origin=f"http://{server.address}") as socket:
        socket.send("hello")
        assert socket.recv(timeout=5) == "hello"


def test_a_handler_that_rejects(server):
    response = refusal(server, "/private")
    assert response.status_code == 401
    assert response.headers["sockeye-rule"] == "handler_refused"
    assert b"log in first" in response.body


def test_headers_that_the_handler_adds(server):
    with connect(server.url("/private"), additional_headers={"Authorization": "Bearer x"}) as socket:
        assert socket.response.headers["x-welcome"] == "yes"


def test_a_path_that_does_not_parse(server):
    response = refusal(server, "/close/abc")
    assert response.status_code == 400
    assert response.headers["sockeye-rule"] == "extractor_refused"


def test_a_path_without_an_endpoint(server):
    response = refusal(server, "/nowhere")
    assert (response.status_code, response.headers["sockeye-rule"]) == (404, "unknown_route")
