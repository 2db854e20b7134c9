"""The examples as a stranger meets them; the quickstart has a file of its own."""

import json
import re
import urllib.error
import urllib.request

import pytest
from conftest import Program
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

TOKEN = {"Authorization": "Bearer secret"}


def heard(socket):
    return json.loads(socket.recv(timeout=5))


def enter(socket, name):
    socket.send(json.dumps({"type": "enter", "name": name}))
    return heard(socket)


def closed(socket):
    """The close frame, after whatever else comes."""
    with pytest.raises(ConnectionClosed) as ended:
        while True:
            socket.recv(timeout=5)
    return ended.value.rcvd


@pytest.mark.parametrize("name", ["chat", "dashboard"])
def test_the_page_is_served_and_needs_no_network(name, request):
    program = request.getfixturevalue(name)
    with urllib.request.urlopen(f"http://{program.address}/") as response:
        page = response.read().decode()
    assert f"<title>Sockeye {name}</title>" in page
    assert not re.search(r"(src|href)=\"https?:", page)
    # What is shown comes from strangers.
    assert "innerHTML" not in page and "insertAdjacentHTML" not in page


def test_people_chat_and_ctrl_c_says_goodbye(chat):
    with connect(chat.url("/ws/rooms/red")) as ada, connect(chat.url("/ws/rooms/red")) as bob:
        assert enter(ada, "Ada") == {"type": "welcome", "name": "Ada", "present": ["Ada"]}
        assert enter(bob, "Ada")["type"] == "refused"
        assert enter(bob, "Bob") == {"type": "welcome", "name": "Bob", "present": ["Ada", "Bob"]}
        assert heard(ada) == {"type": "entered", "name": "Bob"}
        bob.send(json.dumps({"type": "say", "text": "hello"}))
        assert heard(ada) == heard(bob) == {"type": "said", "name": "Bob", "text": "hello"}
        chat.interrupt()
        assert [closed(ada).code, closed(bob).code] == [1001, 1001]
    assert chat.wait()[0] == 0


def test_who_vanishes_has_left(chat):
    with connect(chat.url("/ws/rooms/red")) as ada:
        enter(ada, "Ada")
        bob = connect(chat.url("/ws/rooms/red")).__enter__()
        enter(bob, "Bob")
        assert heard(ada) == {"type": "entered", "name": "Bob"}
        # Without a close frame: as if the browser had crashed.
        bob.socket.shutdown(2)
        assert heard(ada) == {"type": "left", "name": "Bob"}


def test_the_application_serves_old_and_new_routes_and_ends(existing_axum_app):
    app = existing_axum_app
    with pytest.raises(InvalidStatus) as refused:
        connect(app.url("/admin/ws/stock"))
    assert refused.value.response.status_code == 401
    desk = connect(app.url("/admin/ws/stock"), additional_headers=TOKEN)
    with desk as desk, connect(app.url("/ws/changes")) as changes, connect(app.url("/ws/ask")) as ask:
        salmon = {"item": "salmon", "count": 2}
        desk.send(json.dumps(salmon))
        assert heard(desk) == heard(changes) == salmon
        ask.send("salmon")
        assert ask.recv(timeout=5) == "2"
        with urllib.request.urlopen(f"http://{app.address}/stock") as stock:
            assert json.load(stock) == {"salmon": 2}
        app.interrupt()
        assert [closed(desk).code, closed(changes).code] == [1001, 1001]
    assert app.wait()[0] == 0
    # The peer's address is known behind `axum::serve`, too.
    assert re.search(r'endpoint="?desk"? .*peer=127\.0\.0\.1', app.log)


def test_the_log_arrives_and_ctrl_c_says_goodbye(dashboard):
    order = urllib.request.Request(f"http://{dashboard.address}/api/validate/batch", method="POST")
    with connect(dashboard.url("/ws/logs")) as page:
        assert heard(page)["type"] == "connection_established"
        with urllib.request.urlopen(order, data=b'{"directory":"examples/dashboard"}') as answer:
            assert (answer.status, json.load(answer)["status"]) == (202, "pending")
        # Before it come what was logged earlier, and the heartbeat.
        while (record := heard(page).get("event", {})).get("message") != "started":
            pass
        assert record["level"] == "INFO"
        assert record["spans"][0] == {"name": "workflow", "fields": {"id": 1}}
        dashboard.interrupt()
        assert closed(page).code == 1001
    assert dashboard.wait()[0] == 0


def test_a_batch_goes_on_after_a_kill_and_no_event_is_lost_or_told_twice(tmp_path):
    arguments = ["--journal", tmp_path / "journal.jsonl", "--pace", "5"]
    positions = []

    def listen(program, path, last):
        """The events until one of this type; each follows the one before."""
        with connect(program.url(path)) as socket:
            assert heard(socket)["type"] == "connection_established"
            while True:
                message = heard(socket)
                if "position" in message:
                    positions.append(int(message["position"]))
                    if message["event"]["type"] == last:
                        return

    first = Program("example-dashboard", *arguments)
    try:
        order = urllib.request.Request(f"http://{first.address}/api/validate/batch", method="POST")
        with urllib.request.urlopen(order, data=b'{"directory":"runtime"}') as answer:
            assert json.load(answer)["id"] == 1
        listen(first, "/ws/workflows/1?position=0", "validation_created")
    finally:
        first.kill()
    again = Program("example-dashboard", *arguments)
    try:
        listen(again, f"/ws/workflows/1?position={positions[-1]}", "workflow_completed")
        with urllib.request.urlopen(f"http://{again.address}/api/workflows/1") as answer:
            assert json.load(answer)["percent"] == 100
    finally:
        again.kill()
    assert positions == list(range(1, len(positions) + 1))


def test_prometheus_is_told_what_has_happened(metrics):
    with connect(metrics.url("/echo")) as socket:
        socket.send("hello")
        assert socket.recv(timeout=5) == "hello"
    with urllib.request.urlopen(f"http://{metrics.address}/metrics") as response:
        numbers = response.read().decode()
    assert 'sockeye_messages_total{route="/echo",direction="in"} 1' in numbers
    metrics.interrupt()
    assert metrics.wait()[0] == 0
