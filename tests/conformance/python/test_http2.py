"""WebSockets over HTTP/2 (RFC 8441), with the `h2` library as the client."""

import socket

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame
from hyperframe.frame import Frame as HttpFrame
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader


class Client:
    """One HTTP/2 connection; a stream of it can become a WebSocket."""

    def __init__(self, server):
        self.address = server.address
        self.tcp = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.settings, self.answers, self.readers, self.ended = None, {}, {}, set()
        self._send()
        self.wait(lambda: self.settings is not None)

    def _send(self):
        self.tcp.sendall(self.h2.data_to_send())

    def wait(self, until):
        """Takes what the server sends until something has come."""
        while not until():
            received = self.tcp.recv(65_536)
            assert received, "the server closed the connection"
            for event in self.h2.receive_data(received):
                self._note(event)
            self._send()

    def _note(self, event):
        if isinstance(event, RemoteSettingsChanged):
            self.settings = {code: change.new_value for code, change in event.changed_settings.items()}
        elif isinstance(event, ResponseReceived):
            self.answers[event.stream_id] = dict(event.headers)
        elif isinstance(event, DataReceived):
            self.readers[event.stream_id].feed_data(event.data)
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, (StreamEnded, StreamReset)):
            self.ended.add(event.stream_id)

    def ask(self, path, method="CONNECT", **headers):
        """Sends a request; gives its stream and the head of the answer."""
        stream = self.h2.get_next_available_stream_id()
        self.readers[stream] = StreamReader()
        asked = {":method": method, ":scheme": "http", ":authority": self.address, ":path": path}
        if method == "CONNECT":
            asked |= {":protocol": "websocket", "sec-websocket-version": "13"}
        asked |= {name.replace("_", "-"): value for name, value in headers.items()}
        if protocol := asked.pop("protocol", None):
            asked[":protocol"] = protocol
        pseudo_first = sorted(asked.items(), key=lambda header: not header[0].startswith(":"))
        self.h2.send_headers(stream, pseudo_first, end_stream=method != "CONNECT")
        self._send()
        self.wait(lambda: stream in self.answers)
        return stream, self.answers[stream]

    def send(self, stream, opcode, payload):
        data = Frame(opcode, payload).serialize(mask=True)
        while data:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(data))
            if room == 0:
                self.wait(lambda: self.h2.local_flow_control_window(stream) > 0)
                continue
            self.h2.send_data(stream, data[:room])
            data = data[room:]
            self._send()

    def receive(self, stream):
        """The next frame of a stream."""
        parser = Frame.parse(self.readers[stream].read_exact, mask=False)
        while True:
            try:
                next(parser)
            except StopIteration as parsed:
                return parsed.value
            before = self.readers[stream].buffer[:]
            self.wait(lambda: self.readers[stream].buffer != before)

    def body(self, stream):
        self.wait(lambda: stream in self.ended)
        return bytes(self.readers[stream].buffer).decode()


@pytest.fixture
def client(server):
    one = Client(server)
    yield one
    one.tcp.close()


def test_the_server_offers_extended_connect(client):
    assert client.settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] == 1


def test_echo_and_close(client):
    stream, answer = client.ask("/echo")
    assert answer[":status"] == "200"
    assert "sec-websocket-accept" not in answer
    client.send(stream, Opcode.TEXT, "over h2 🐟".encode())
    assert client.receive(stream).data == "over h2 🐟".encode()
    client.send(stream, Opcode.PING, b"there?")
    assert client.receive(stream) == Frame(Opcode.PONG, b"there?")
    client.send(stream, Opcode.CLOSE, Close(1000, "bye").serialize())
    answered = client.receive(stream)
    assert (answered.opcode, Close.parse(answered.data).code) == (Opcode.CLOSE, 1000)
    client.wait(lambda: stream in client.ended)


def test_a_message_larger_than_the_flow_control_window(client):
    stream, _ = client.ask("/echo")
    payload = b"x" * 1_000_000
    client.send(stream, Opcode.BINARY, payload)
    assert client.receive(stream).data == payload


def test_several_websockets_share_a_connection(client):
    streams = [client.ask("/echo")[0] for _ in range(20)]
    for stream in streams:
        client.send(stream, Opcode.TEXT, f"stream {stream}".encode())
    for stream in reversed(streams):
        assert client.receive(stream).data == f"stream {stream}".encode()


def test_the_server_closes_one_stream_and_leaves_the_others(client):
    keeps, _ = client.ask("/echo")
    closes, _ = client.ask("/close/4001")
    client.send(closes, Opcode.TEXT, b"now")
    assert Close.parse(client.receive(closes).data).code == 4001
    client.send(closes, Opcode.CLOSE, Close(4001, "").serialize())
    client.wait(lambda: closes in client.ended)
    client.send(keeps, Opcode.TEXT, b"still here")
    assert client.receive(keeps).data == b"still here"


def test_a_violation_gets_its_close_code(client):
    stream, _ = client.ask("/default")
    client.send(stream, Opcode.TEXT, b"\xff\xfe")
    assert Close.parse(client.receive(stream).data).code == 1007


def test_subprotocols(client):
    _, answer = client.ask("/subprotocol", sec_websocket_protocol="v1, v2")
    assert answer["sec-websocket-protocol"] == "v2"


@pytest.mark.parametrize(
    "path, how, status, rule",
    [
        ("/echo", {"origin": "https://evil.example"}, "403", "origin_refused"),
        ("/echo", {"method": "GET"}, "405", "not_an_upgrade"),
        # Not 426: that needs an `Upgrade` header, and HTTP/2 has none.
        ("/echo", {"sec_websocket_version": "12"}, "400", "not_an_upgrade"),
        ("/echo", {"protocol": "connect-udp"}, "501", "not_an_upgrade"),
        ("/private", {}, "401", "handler_refused"),
        ("/nowhere", {}, "404", "unknown_route"),
    ],
)
def test_refusals_have_a_name(client, path, how, status, rule):
    stream, answer = client.ask(path, **how)
    assert (answer[":status"], answer["sockeye-rule"]) == (status, rule)
    assert rule in client.body(stream)


def test_a_same_origin_page(client):
    _, answer = client.ask("/echo", origin=f"http://{client.address}")
    assert answer[":status"] == "200"


def test_ctrl_c_says_goodbye(quickstart):
    client = Client(quickstart)
    stream, _ = client.ask("/ws/echo")
    client.send(stream, Opcode.TEXT, b"hello")
    client.receive(stream)
    quickstart.interrupt()
    # `h2` takes the GOAWAY of a graceful end for the end of every stream, so what follows is read without it.
    assert close_code_in(client.tcp, stream) == 1001
    client.tcp.close()
    status, seconds = quickstart.wait()
    assert status == 0
    assert seconds < 2


def close_code_in(tcp, stream):
    """The code of the close frame that the next data of a stream makes up."""
    data = b""
    with tcp.makefile("rb") as received:
        while len(data) < 4:
            frame, length = HttpFrame.parse_frame_header(memoryview(received.read(9)))
            body = received.read(length)
            if isinstance(frame, DataFrame) and frame.stream_id == stream:
                data += body
    assert data[0] == 0x88
    return Close.parse(data[2:4]).code
