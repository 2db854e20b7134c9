"""The console in browsers: it opens a socket, sends what it makes from the schema, and shows what the server knows."""

import os
import pathlib
import signal
import socket

import browsers
import pytest
from browsers import keep_screenshot
from conftest import Program
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

browser, chromium = browsers.browser, browsers.chromium


@pytest.fixture
def chat():
    program = Program("example-chat")
    yield program
    program.kill()


@pytest.fixture
def echo():
    """It takes messages of 1 MiB."""
    program = Program("startup_healthy", "127.0.0.1:0")
    yield program
    program.kill()


def find(browser, selector, seconds=20):
    """The first such element, once it is there: a view is drawn after the click that leads to it."""
    found = lambda _: browser.find_elements(By.CSS_SELECTOR, selector)
    return WebDriverWait(browser, seconds).until(found, f"no {selector!r}")[0]


def wait_for(browser, text, element="main", seconds=20):
    """Waits until an element shows a text."""
    shown = lambda _: any(text in found.text for found in browser.find_elements(By.CSS_SELECTOR, element))
    # A row that changes is replaced.
    wait = WebDriverWait(browser, seconds, ignored_exceptions=[StaleElementReferenceException])
    wait.until(shown, f"no {text!r} in {element}")


def show(browser, view):
    browser.execute_script("location.hash = arguments[0]", view)


def visit(browser, chat):
    """The console by the URL that the program has printed."""
    url = chat.wait_for_log(r"sockeye: console on (http://\S+)")[1]
    assert url == f"http://{chat.address}/_sockeye"
    browser.get(url)
    wait_for(browser, "Live", "#badge")


def open_room(browser, chat):
    visit(browser, chat)
    find(browser, ".endpoint").click()
    find(browser, ".opener button").click()
    wait_for(browser, "open", ".messages .event")


def write(browser, selector, text):
    element = find(browser, selector)
    element.clear()
    element.send_keys(text)


def test_a_message_made_from_the_schema_is_sent_and_answered(browser, chat):
    visit(browser, chat)
    wait_for(browser, "/ws/rooms/{room}", ".endpoint")
    wait_for(browser, "Lets a browser into a room under a name", ".endpoint")
    find(browser, ".endpoint").click()
    assert find(browser, ".composer button").get_property("disabled")
    write(browser, ".opener input", "the lobby")
    assert find(browser, ".url").text == "/ws/rooms/the%20lobby"
    find(browser, ".opener button").click()
    wait_for(browser, "open", ".messages .event")
    find(browser, ".composer button").click()
    wait_for(browser, '{"type":"welcome","name":"name","present":["name"]}', ".messages .in")
    Select(find(browser, ".composer select")).select_by_visible_text("FromClient: say")
    content = find(browser, "textarea")
    assert '"type": "say"' in content.get_property("value")
    # What clients and servers say is text.
    write(browser, "textarea", '{"type":"say","text":"<img src=x onerror=document.title=1>"}')
    find(browser, ".composer button").click()
    wait_for(browser, '"text":"<img src=x', ".messages .in")
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []
    wait_for(browser, "1 open, 1 accepted, 0 refused · messages: 2 in", ".title")
    keep_screenshot(browser, "console-endpoint")

    # The socket stays open while other views are shown.
    show(browser, "#/connections")
    wait_for(browser, "/ws/rooms/{room}", "tbody")
    wait_for(browser, "open", "tbody .pill")
    show(browser, "#/hubs")
    wait_for(browser, "rooms", "h2")
    assert find(browser, "tbody tr").text.split() == ["the", "lobby", "1", "0", "0"]
    show(browser, "#/")
    wait_for(browser, "1\nopen connections", ".tiles")
    find(browser, ".endpoint").click()
    wait_for(browser, "welcome", ".messages .in")


def test_messages_are_filtered(browser, chat):
    open_room(browser, chat)
    find(browser, ".composer button").click()
    wait_for(browser, "welcome", ".messages .in")
    Select(find(browser, ".filters select")).select_by_value("out")
    wait_for(browser, "1 of 3", ".messages-card")
    assert [one.get_attribute("class") for one in browser.find_elements(By.CSS_SELECTOR, ".messages li")] == ["out"]
    Select(find(browser, ".filters select")).select_by_value("")
    write(browser, ".messages-card input", "WELCOME")
    wait_for(browser, "1 of 3", ".messages-card")
    Select(browser.find_elements(By.CSS_SELECTOR, ".filters select")[1]).select_by_value("binary")
    wait_for(browser, "No message fits the filter.", ".messages-card")
    find(browser, ".messages-card .filters button").click()
    wait_for(browser, "Open the socket, and its messages are here.", ".messages-card")


def test_what_is_wrong_is_explained_with_rule_and_remedy(browser, chat):
    open_room(browser, chat)
    write(browser, "textarea", "{nonsense")
    wait_for(browser, "Not JSON:", ".composer .fault")
    find(browser, ".composer button").click()
    wait_for(browser, "closed with 1007", ".messages .event")
    wait_for(browser, "invalid_message", ".messages .event")
    wait_for(browser, "help: make the client's messages match the message type", ".messages .event")
    # A handshake that the handler refuses: a browser's script sees only 1006 of it.
    write(browser, ".opener input", "x" * 65)
    find(browser, ".opener button").click()
    wait_for(browser, "refused with status 400", ".messages .event")
    wait_for(browser, "handler_refused", ".messages .event")
    show(browser, "#/refusals")
    wait_for(browser, "A room's name has at most 64 characters: ask for a shorter one", ".faults")
    wait_for(browser, "help:", ".faults")
    wait_for(browser, "1 in all", "[aria-label='Refused handshakes']")
    wait_for(browser, "invalid_message", "[aria-label='Ended connections']")
    keep_screenshot(browser, "console-refusals")
    write(browser, "[aria-label='Search']", "handler")
    wait_for(browser, "No connection has ended so.", "[aria-label='Ended connections']")


def test_bytes_are_sent_and_a_server_that_is_gone_is_noticed(browser, chat):
    open_room(browser, chat)
    Select(browser.find_elements(By.CSS_SELECTOR, ".composer select")[1]).select_by_value("binary")
    write(browser, "textarea", "0g")
    wait_for(browser, "two hexadecimal digits", ".composer .fault")
    write(browser, "textarea", "00 ff 0a")
    find(browser, ".composer button").click()
    wait_for(browser, "binary, 3 B", ".messages .out")
    wait_for(browser, "00 ff 0a", ".messages .out")
    chat.kill()
    wait_for(browser, "The server cannot be reached", "#badge")


def open_echo(browser, echo):
    visit(browser, echo)
    show(browser, "#/endpoints/echo")
    wait_for(browser, "/echo", "h1")
    find(browser, ".opener button").click()
    wait_for(browser, "open", ".messages .event")


def send(browser, text, times=1):
    """What no keyboard writes in time."""
    browser.execute_script(
        "const area = document.querySelector('textarea'), [text, times] = arguments;"
        "area.value = text; area.dispatchEvent(new Event('input'));"
        "for (let time = 0; time < times; time += 1) area.form.requestSubmit();",
        text,
        times,
    )


def shown(browser):
    """How many messages are on the page, and how many characters of them."""
    return browser.execute_script(
        "const list = document.querySelector('.messages'); return [list.children.length, list.textContent.length];"
    )


def test_long_messages_are_cut_until_someone_asks_for_them(browser, echo):
    open_echo(browser, echo)
    long = "é" * (1 << 19)
    send(browser, long)
    wait_for(browser, "1.0 MiB", ".messages .in")
    assert shown(browser)[1] < 20_000
    more = find(browser, ".messages .in .more")
    assert more.text == "Show all 524,288 characters"
    browser.execute_script("arguments[0].click()", more)
    assert find(browser, ".messages .in pre").get_property("textContent") == long
    find(browser, ".messages-card .filters button").click()
    send(browser, '{"list":[' + "1234567890," * 20_000 + "1]}")
    wait_for(browser, "214.9 KiB", ".messages .in")
    assert shown(browser)[1] < 20_000
    browser.execute_script("arguments[0].click()", find(browser, ".messages .in summary"))
    wait_for(browser, "Show all", ".messages .in pre")
    find(browser, ".messages-card .filters button").click()
    Select(browser.find_elements(By.CSS_SELECTOR, ".composer select")[0]).select_by_value("binary")
    send(browser, "fe" * 100_000)
    wait_for(browser, "binary, 97.7 KiB, the first 16.0 KiB are shown", ".messages .in")
    assert shown(browser)[1] < 20_000


def test_of_many_messages_the_newest_are_kept(browser, echo):
    open_echo(browser, echo)
    send(browser, "short", 520)
    # A message of its own shows that all before it are there.
    send(browser, "the end")
    wait_for(browser, "the end", ".messages .in:last-child")
    wait_for(browser, "1,000 of 1,043", ".messages-card")
    assert shown(browser)[0] == 1000
    send(browser, "x" * (1 << 20), 9)
    send(browser, "the long end")
    wait_for(browser, "the long end", ".messages .in:last-child")
    rows, characters = shown(browser)
    assert rows < 20 and characters < 100_000, "at most 16 MiB are kept, and little of each is on the page"


def test_a_server_that_hangs_or_was_replaced_is_noticed(browser, echo):
    visit(browser, echo)
    os.kill(echo._process.pid, signal.SIGSTOP)
    wait_for(browser, "The server does not answer", "#badge")
    os.kill(echo._process.pid, signal.SIGCONT)
    wait_for(browser, "Live", "#badge")
    assert not find(browser, "#outdated").is_displayed()
    echo.kill()
    wait_for(browser, "The server cannot be reached", "#badge")
    other = Program("example-chat", SOCKEYE_ADDR=echo.address)
    try:
        wait_for(browser, "Live", "#badge")
        wait_for(browser, "The server was restarted, and its endpoints are not the ones on this page.", "#outdated")
        find(browser, "#reload").click()
        wait_for(browser, "/ws/rooms/{room}", ".endpoint")
        wait_for(browser, "Live", "#badge")
        assert not find(browser, "#outdated").is_displayed()
    finally:
        other.kill()


def test_what_strangers_send_is_text(browser, chat):
    visit(browser, chat)
    hostile = "<img src=x onerror=document.title=1>"
    with socket.create_connection(("127.0.0.1", chat.port)) as stranger:
        lines = [
            "GET /ws/rooms/x HTTP/1.1",
            f"Host: {chat.address}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Origin: {hostile}",
        ]
        stranger.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert b" 403 " in stranger.recv(100)
    show(browser, "#/refusals")
    wait_for(browser, hostile, ".faults")
    for name in ["%", "%3Cimg%20src=x%3E", hostile]:
        show(browser, f"#/endpoints/{name}")
        wait_for(browser, "There is no such endpoint.")
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []
    assert browser.title == "Endpoint · Sockeye console"


def test_the_keyboard_is_enough(browser, chat):
    visit(browser, chat)
    focused = lambda selector: browser.execute_script("return document.activeElement.matches(arguments[0])", selector)

    def tab_to(selector):
        for _ in range(40):
            if focused(selector):
                return
            browser.switch_to.active_element.send_keys(Keys.TAB)
        raise AssertionError(f"no Tab leads to {selector}")

    tab_to(".endpoint")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_for(browser, "/ws/rooms/{room}", "h1")
    tab_to(".opener button")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    wait_for(browser, "open", ".messages .event")
    tab_to(".composer textarea")
    browser.switch_to.active_element.send_keys(Keys.CONTROL, Keys.ENTER)
    wait_for(browser, "welcome", ".messages .in")
    tab_to(".messages summary")


def test_the_url_is_the_one_that_the_browser_asks_for(browser, chat):
    open_room(browser, chat)
    for room, query, url in [
        ("..", "", "/ws/"),
        ("a/b", "", "/ws/rooms/a%2Fb"),
        ("x", "a=b#c", "/ws/rooms/x?a=b%23c"),
    ]:
        inputs = browser.find_elements(By.CSS_SELECTOR, ".opener input")
        for element, text in zip(inputs, [room, query]):
            browser.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", element, text)
        assert find(browser, ".url").text == url


#: Schemas, and what is made of them.
SAMPLES = [
    ({"type": "string"}, "text"),
    ({"type": ["null", "integer"], "minimum": 3}, 3),
    ({"type": "integer", "minimum": -9, "maximum": -2}, -9),
    ({"type": "boolean", "default": True}, True),
    ({"enum": ["red", "green"]}, "red"),
    ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, False),
    ({"type": "array", "items": {"type": "string", "format": "uuid"}}, ["00000000-0000-0000-0000-000000000000"]),
    ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]}, [0, "text"]),
    (
        {
            "allOf": [{"properties": {"type": {"const": "move"}}}, {"type": "object", "properties": {"to": {"type": "string"}}}],
            "properties": {"at": {"type": "object", "properties": {"x": {"type": "number"}}}},
        },
        {"at": {"x": 0}, "type": "move", "to": "to"},
    ),
    ({}, None),
]


def test_templates_and_paths_are_made_from_what_is_documented(browser, chat):
    visit(browser, chat)
    made = browser.execute_async_script(
        "const [schemas, done] = arguments;"
        "import('./schema.js').then(({ sample }) => done(schemas.map((one) => sample(one))));",
        [schema for schema, _ in SAMPLES],
    )
    assert made == [value for _, value in SAMPLES]
    path = browser.execute_async_script(
        "const [route, values, done] = arguments; import('./document.js').then(({ pathOf }) => done(pathOf(route, values)));",
        "/a/{{x}}/{id}/{*rest}",
        {"id": "1/2 3", "rest": "b c/d"},
    )
    assert path == "/a/{x}/1%2F2%203/b%20c/d"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_view_is_accessible_and_fits(chromium, chat, theme, width):
    axe = os.environ.get("SOCKEYE_AXE")
    if not axe:
        pytest.skip("no axe-core: set SOCKEYE_AXE to its axe.min.js (.ci/clients installs it)")
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]})
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    open_room(chromium, chat)
    find(chromium, ".composer button").click()
    wait_for(chromium, "welcome", ".messages .in")
    write(chromium, "textarea", "nonsense")
    find(chromium, ".composer button").click()
    wait_for(chromium, "invalid_message", ".messages .event")
    find(chromium, ".opener button").click()
    wait_for(chromium, "Close socket", ".opener")
    for fold in chromium.find_elements(By.CSS_SELECTOR, ".fold > summary"):
        chromium.execute_script("arguments[0].click()", fold)
    # The page's own policy lets no script in but its files: this one comes from the driver.
    chromium.execute_cdp_cmd("Runtime.evaluate", {"expression": pathlib.Path(axe).read_text()})
    for name, view, text in [
        ("endpoint", None, "Send a message"),
        ("endpoints", "#/", "/ws/rooms/{room}"),
        ("connections", "#/connections", "/ws/rooms/{room}"),
        ("refusals", "#/refusals", "invalid_message"),
        ("hubs", "#/hubs", "rooms"),
    ]:
        if view:
            show(chromium, view)
        wait_for(chromium, text)
        found = chromium.execute_async_script("const done = arguments[0]; axe.run().then(({ violations }) => done(violations));")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name
        assert chromium.execute_script("return document.documentElement.scrollWidth <= innerWidth"), name
        keep_screenshot(chromium, f"console-{name}-{theme}-{width}")
