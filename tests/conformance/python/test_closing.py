"""Every connection ends with one close frame that says why."""

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def end_of(server, path, message="now"):
    """Sends one message and gives the server's close frame."""
    with connect(server.url(path)) as socket:
        socket.send(message)
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(timeout=5)
        return ended.value.rcvd


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1008, 1011, 1012, 1013, 3000, 4999])
def test_the_code_that_the_handler_chose(server, code):
    frame = end_of(server, f"/close/{code}")
    assert (frame.code, frame.reason) == (code, "as you asked")


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_the_client_closes_and_the_server_answers_with_the_same_code(server, code):
    with connect(server.url("/echo")) as socket:
        socket.close(code, "done here")
    assert (socket.close_code, socket.protocol.close_rcvd.code) == (code, code)
    server.wait_for_log(rf"closed the connection with {code}.*done here")


@pytest.mark.parametrize("path, rule", [("/fails", "handler_error"), ("/panics", "handler_panic")])
def test_a_failing_handler_closes_with_1011_and_keeps_its_secret(server, path, rule):
    frame = end_of(server, path)
    assert frame.code == 1011
    assert "secret" not in frame.reason
    server.wait_for_log(rf"rule=\"?{rule}.*the secret cause")


def test_a_client_that_vanishes_is_noticed(server):
    with connect(server.url("/default")) as socket:
        peer = socket.socket.getsockname()[1]
        socket.socket.shutdown(2)
    server.wait_for_log(rf"connection closed.*peer=127\.0\.0\.1:{peer}")


def test_replies_before_a_close_are_not_lost(server):
    """A client that sends and closes in one breath still gets its answers."""
    with connect(server.url("/echo")) as socket:
        # Two frames in one write: a message, and the close frame.
        frames = bytes.fromhex("8185 00000000") + b"hello" + bytes.fromhex("8882 00000000 03e8")
        socket.socket.sendall(frames)
        assert socket.recv(timeout=5) == "hello"
