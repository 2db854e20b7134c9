"""The quickstart as a stranger meets it."""

import contextlib
import json
import re
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def heard(socket):
    return json.loads(socket.recv(timeout=5))


def test_the_page_is_served(quickstart):
    with urllib.request.urlopen(f"http://{quickstart.address}/") as response:
        page = response.read().decode()
    assert "<title>Sockeye quickstart</title>" in page
    # It must work without a network.
    assert not re.search(r"(src|href)=\"https?:", page)


def test_a_room_hears_everyone_and_other_rooms_do_not(quickstart):
    with connect(quickstart.url("/ws/rooms/red")) as one:
        assert heard(one) == {"event": "joined", "who": "guest 1"}
        with connect(quickstart.url("/ws/rooms/red")) as two, connect(quickstart.url("/ws/rooms/blue")) as other:
            assert heard(two) == {"event": "joined", "who": "guest 2"}
            assert heard(one) == {"event": "joined", "who": "guest 2"}
            assert heard(other) == {"event": "joined", "who": "guest 3"}
            two.send(json.dumps({"do": "say", "text": "hello"}))
            assert heard(one) == heard(two) == {"event": "said", "who": "guest 2", "text": "hello"}
            with pytest.raises(TimeoutError):
                other.recv(timeout=0.2)
        assert heard(one) == {"event": "left", "who": "guest 2"}


def test_a_typo_is_named(quickstart):
    with connect(quickstart.url("/ws/rooms/red")) as socket:
        heard(socket)
        socket.send(json.dumps({"do": "say", "txet": "hello"}))
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(timeout=5)
    assert ended.value.rcvd.code == 1007
    assert "txet" in ended.value.rcvd.reason


def test_ctrl_c_says_goodbye_to_everyone_and_ends_at_once(quickstart):
    with contextlib.ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(connect(quickstart.url("/ws/echo"))) for _ in range(20)]
        sockets.append(open_sockets.enter_context(connect(quickstart.url("/ws/rooms/red"))))
        heard(sockets[-1])
        quickstart.interrupt()
        status, seconds = quickstart.wait()
        for socket in sockets:
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    socket.recv(timeout=5)
            assert ended.value.rcvd.code == 1001
    assert status == 0
    assert seconds < 2


def test_ctrl_c_ends_at_once_when_nobody_is_there(quickstart):
    quickstart.interrupt()
    status, seconds = quickstart.wait()
    assert status == 0
    assert seconds < 1
