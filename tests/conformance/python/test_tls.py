"""`wss://` and `https://` as Python's `websockets`, `h2` and curl meet them, with a certificate of an authority of one's own."""

import asyncio
import json
import os
import ssl
import subprocess

import conftest
import pytest
from conftest import Program, needed
from websockets.asyncio.client import connect as asyncio_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


class Wss:
    """A client over TLS, in one thread.

    `websockets.sync` reads and writes in two, which OpenSSL does not allow: while one of them reads the session tickets of
    TLS 1.3, the other's request is lost now and then.
    """

    def __init__(self, server, path, context, **how):
        self._runner = asyncio.Runner()
        self._run = self._runner.run
        try:
            self.inner = self._run(self._connect(server.url(path), ssl=context, server_hostname="localhost", **how))
        except BaseException:
            self._runner.close()
            raise

    @staticmethod
    async def _connect(*where, **how):
        return await asyncio_connect(*where, **how)

    def send(self, message):
        self._run(self.inner.send(message))

    def recv(self, timeout):
        return self._run(asyncio.wait_for(self.inner.recv(), timeout))

    def close(self, *why):
        self._run(self.inner.close(*why))

    def vanish(self):
        """TCP ends, but TLS does not."""
        self.inner.transport.abort()

    @property
    def port(self):
        return self.inner.local_address[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self._runner.close()


def enter(server, path, authority, **how):
    return Wss(server, path, authority.context(), **how)


@pytest.mark.parametrize("message", ["hello", "žluťoučký kůň 🐟", b"", bytes(1_000_000)])
def test_echo(secured, authority, message):
    with enter(secured, "/echo", authority, max_size=None, compression=None) as wss:
        wss.send(message)
        assert wss.recv(timeout=20) == message


def test_a_burst_is_answered_in_order(secured, authority):
    with enter(secured, "/echo", authority) as wss:
        for number in range(1_000):
            wss.send(str(number))
        assert [int(wss.recv(timeout=5)) for _ in range(1_000)] == list(range(1_000))


def test_both_sides_close_with_a_code(secured, authority):
    with enter(secured, "/close/4999", authority) as wss:
        wss.send("now")
        with pytest.raises(ConnectionClosed) as ended:
            wss.recv(timeout=5)
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (4999, "as you asked")
    with enter(secured, "/echo", authority) as wss:
        wss.close(4000, "done with tls")
    assert wss.inner.protocol.close_rcvd.code == 4000
    secured.wait_for_log("closed the connection with 4000.*done with tls")


def test_refusals_say_why(secured, authority):
    with pytest.raises(InvalidStatus) as refused:
        enter(secured, "/private", authority)
    assert refused.value.response.headers["sockeye-rule"] == "handler_refused"
    with pytest.raises(InvalidStatus) as refused:
        enter(secured, "/echo", authority, origin="https://evil.example")
    assert refused.value.response.headers["sockeye-rule"] == "origin_refused"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls(secured, authority, version):
    context = authority.context()
    context.minimum_version = context.maximum_version = version
    with Wss(secured, "/echo", context) as wss:
        wss.send("hello")
        assert wss.recv(timeout=5) == "hello"


def test_who_does_not_trust_the_certificate_is_named(secured):
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(secured.url("/echo"), ssl=ssl.create_default_context(), server_hostname="localhost")
    secured.wait_for_log('rule="tls_failed" reason="the client does not trust the certificate')


def test_a_client_without_tls_reads_what_to_do(secured):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{secured.address}/echo")
    response = refused.value.response
    assert (response.status_code, response.headers["sockeye-rule"]) == (400, "plain_http")
    assert b"use `wss://` or `https://`" in response.body


def test_a_client_that_vanishes_without_a_word_is_noticed(secured, authority):
    """What was sent may be truncated."""
    with enter(secured, "/echo", authority) as wss:
        peer = wss.port
        wss.vanish()
    secured.wait_for_log(rf"connection closed.*peer=127\.0\.0\.1:{peer}")


def test_a_check_says_that_it_is_tls(certificate):
    command = [conftest.BINARIES / "conformance-server"]
    environment = {**os.environ, "SOCKEYE_TLS": str(certificate)}

    def said(check):
        return subprocess.run(
            command, env={**environment, "SOCKEYE_CHECK": check}, capture_output=True, text=True, timeout=10
        ).stdout

    assert "\ntls: wss:// and https:// on the port, without a proxy\n" in said("1")
    assert json.loads(said("json"))["server"]["tls"] is True


def test_ctrl_c_closes_with_1001(authority, certificate):
    program = Program("conformance-server", SOCKEYE_TLS=certificate)
    try:
        with enter(program, "/echo", authority) as wss:
            program.interrupt()
            with pytest.raises(ConnectionClosed) as ended:
                wss.recv(timeout=5)
            assert ended.value.rcvd.code == 1001
        assert program.wait()[0] == 0
    finally:
        program.kill()


class Curl:
    """What curl has said about one request."""

    def __init__(self, authority, url, *options):
        command = [needed("curl"), "--silent", "--show-error", "--include", "--cacert", authority.certificate]
        written = ["--write-out", "\n%{json}", "--max-time", "10"]
        ended = subprocess.run([*command, *written, *options, url], capture_output=True, text=True)
        self.status, self.error = ended.returncode, ended.stderr
        self.told, _, facts = ended.stdout.rpartition("\n")
        self.facts = json.loads(facts)


@pytest.mark.parametrize("option, version", [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl_speaks_both_versions_of_http(secured, authority, option, version):
    for path, status in [("/health", 200), ("/nowhere", 404)]:
        answer = Curl(authority, f"https://localhost:{secured.port}{path}", option)
        assert (answer.facts["http_code"], answer.facts["http_version"]) == (status, version), answer.error
        assert answer.facts["ssl_verify_result"] == 0


def test_curl_without_tls_reads_what_to_do(secured, authority):
    answer = Curl(authority, f"http://localhost:{secured.port}/health")
    assert answer.facts["http_code"] == 400
    assert "sockeye-rule: plain_http" in answer.told
    assert "this port speaks TLS: use `wss://` or `https://`" in answer.told
    # Without HTTP/1.1 there is no answer in words.
    unheard = Curl(authority, f"http://localhost:{secured.port}/health", "--http2-prior-knowledge")
    assert unheard.status != 0
    secured.wait_for_log("rule=\"plain_http\" reason=\"the client sent HTTP/2 without TLS")


def test_curl_by_a_name_without_a_certificate(secured, authority):
    answer = Curl(
        authority,
        f"https://other.example:{secured.port}/health",
        "--resolve",
        f"other.example:{secured.port}:127.0.0.1",
    )
    assert answer.status == 60, "the certificate is for another name"
