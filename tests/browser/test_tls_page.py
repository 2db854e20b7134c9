"""A page over `https://` that opens `wss://` on the same port: over HTTP/1.1, and over HTTP/2 (RFC 8441)."""

import json

import browsers
import pytest
from conftest import Program
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

browser = browsers.trusting


@pytest.fixture(params=["http/1.1", "h2"])
def protocol(request):
    return request.param


@pytest.fixture
def server(certificate, protocol):
    program = Program("conformance-server", SOCKEYE_TLS=certificate, SOCKEYE_ALPN=protocol)
    yield program
    program.kill()


def shown(browser, name, text, seconds=10):
    """The text of an element, once a text is in it."""
    element = browser.find_element(By.ID, name)
    WebDriverWait(browser, seconds).until(lambda _: text in element.text, f"no {text!r} in {name}")
    return element.text.splitlines()


def test_a_page_receives_events(browser, server, protocol):
    browser.get(f"https://localhost:{server.port}/")
    version = {"http/1.1": "HTTP/1.1", "h2": "HTTP/2.0"}[protocol]
    events = shown(browser, "events", "event 3")
    assert events == [protocol, version, "event 1", "event 2", "event 3"]
    server.interrupt()
    assert shown(browser, "events", "1001")[-1] == "1001 the server is stopping"
    assert server.wait()[0] == 0


def test_a_page_is_told_why_it_was_refused(browser, server):
    browser.get(f"https://localhost:{server.port}/")
    refused = json.loads(shown(browser, "refused", "rule")[0])
    assert (refused["rule"], refused["status"]) == ("handler_refused", 401), refused


def test_a_page_without_tls_on_the_same_port_shows_what_to_do(browser, server):
    browser.get(f"http://localhost:{server.port}/")
    text = browser.find_element(By.TAG_NAME, "body").text
    assert "this port speaks TLS: use `wss://` or `https://`" in text


def test_the_console_opens_over_tls(browser, server):
    browser.get(f"https://localhost:{server.port}/_sockeye")
    WebDriverWait(browser, 10).until(lambda _: "/events" in browser.find_element(By.TAG_NAME, "body").text)
