"""The quickstart's page in browsers: what a person sees, and what a foreign page is refused."""

import functools
import http.server
import json
import threading

import browsers
import pytest
from browsers import keep_screenshot
from conftest import Program
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from websockets.sync.client import connect

browser, second = browsers.browser, browsers.second

#: A page of somebody else's that tries the quickstart's endpoints.
EVIL_PAGE = """<!doctype html><title>evil</title><pre></pre><script>
  const socket = new WebSocket("ws://ADDRESS/ws/echo");
  socket.onopen = () => document.querySelector("pre").textContent = "opened";
  socket.onclose = ({ code }) => document.querySelector("pre").textContent = `refused with ${code}`;
</script>"""


class Panel:
    """One of the page's two halves."""

    def __init__(self, browser, name):
        self._browser, self._section = browser, browser.find_element(By.ID, name)

    def wait_for(self, text, seconds=10):
        """Waits until the panel shows a text."""
        WebDriverWait(self._browser, seconds).until(lambda _: text in self._section.text, f"no {text!r}")

    def say(self, text):
        field = self._section.find_element(By.NAME, "text")
        field.send_keys(text)
        field.submit()

    def press(self, words):
        self._section.find_element(By.XPATH, f".//button[contains(., '{words}')]").click()


def visit(browser, quickstart, room="lobby"):
    browser.get(f"http://{quickstart.address}/?room={room}")
    echo, room = Panel(browser, "echo"), Panel(browser, "room")
    for panel in (echo, room):
        panel.wait_for("live")
    return echo, room


def test_echo_and_room_events_arrive(browser, second, quickstart):
    echo, room = visit(browser, quickstart)
    room.wait_for("guest 1 joined")
    echo.say("hello, fish")
    echo.wait_for("hello, fish")
    _, other = visit(second, quickstart)
    room.wait_for("guest 2 joined")
    other.say("anybody here?")
    room.wait_for("guest 2 anybody here?")
    room.say("yes, upstream")
    other.wait_for("guest 1 yes, upstream")
    second.quit()
    room.wait_for("guest 2 left")
    keep_screenshot(browser, "events")


def test_mistakes_are_shown_with_their_reason(browser, quickstart):
    echo, room = visit(browser, quickstart)
    room.press("typo")
    room.wait_for("closed with 1007")
    room.wait_for("unknown field `txet`, expected `text`. Compare it with")
    echo.press("100 KiB")
    echo.wait_for("closed with 1009")
    keep_screenshot(browser, "mistakes")
    quickstart.wait_for_log("rule=\"?invalid_message")
    quickstart.wait_for_log("rule=\"?message_too_big")
    echo.press("Connect again")
    echo.wait_for("live")


def test_ctrl_c_is_shown_as_1001_and_a_restart_is_found(browser, quickstart):
    echo, room = visit(browser, quickstart)
    quickstart.interrupt()
    for panel in (echo, room):
        panel.wait_for("closed with 1001: The server ended this connection, usually to restart.")
    assert quickstart.wait()[0] == 0
    room.wait_for("The server cannot be reached.")
    again = Program("example-quickstart", SOCKEYE_ADDR=quickstart.address)
    try:
        for panel in (echo, room):
            panel.wait_for("live", seconds=30)
    finally:
        again.kill()


def test_leaving_the_page_is_leaving_the_room(browser, quickstart):
    visit(browser, quickstart)
    with connect(quickstart.url("/ws/rooms/lobby")) as other:
        browser.get("about:blank")
        while json.loads(other.recv(timeout=10)) != {"event": "left", "who": "guest 1"}:
            pass
    browser.back()
    Panel(browser, "room").wait_for("guest 3 joined")


@pytest.fixture
def evil_page(tmp_path, quickstart):
    """The address of a page on another port, which is another origin."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(EVIL_PAGE.replace("ADDRESS", quickstart.address))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


def test_a_page_of_another_origin_is_refused_and_the_log_says_how_to_allow_it(browser, quickstart, evil_page):
    browser.get(evil_page)
    shown = browser.find_element(By.TAG_NAME, "pre")
    WebDriverWait(browser, 10).until(lambda _: shown.text)
    assert shown.text == "refused with 1006"
    quickstart.wait_for_log("origin_refused")
    assert f'origins = ["{evil_page}"]' in quickstart.log.replace('\\"', '"')
