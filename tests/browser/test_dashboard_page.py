"""The dashboard's page in browsers: live, through a restart, for keyboard and screen reader, and for strangers."""

import functools
import http.server
import json
import os
import pathlib
import shutil
import threading
import urllib.error
import urllib.request

import browsers
import pytest
from browsers import keep_screenshot
from conftest import ROOT, Program
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

browser, second, chromium = browsers.browser, browsers.second, browsers.chromium

#: A page of somebody else's, with the client module beside it.
FOREIGN_PAGE = """<!doctype html><title>foreign</title><pre></pre><script type="module">
  import { connect } from "./sockeye.js";
  connect("ws://ADDRESS/ws/validation_updates").addEventListener("state", ({ detail }) =>
    document.querySelector("pre").textContent = `${detail.name} ${detail.rule} ${detail.reason} ${detail.remedy}`);
</script>"""


def wait_for(browser, text, element="body", seconds=20):
    """Waits until an element shows a text."""
    shown = lambda _: any(text in found.text for found in browser.find_elements(By.CSS_SELECTOR, element))
    WebDriverWait(browser, seconds).until(shown, f"no {text!r} in {element}")


def visit(browser, dashboard, view=""):
    browser.get(f"http://{dashboard.address}/{view}")
    wait_for(browser, "Live", "#badge")


def post(dashboard, path, body=None):
    data = json.dumps(body).encode() if body else b""
    with urllib.request.urlopen(f"http://{dashboard.address}{path}", data=data) as answer:
        return json.load(answer)


@pytest.fixture
def documents(tmp_path):
    """Forty files, each with a fence that lacks its language, and every other one with a dead link."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(40):
        link = "[gone](nowhere.md)\n\n" if number % 2 else ""
        (folder / f"{number:02}.md").write_text(f"# File {number}\n\n{link}```\nls\n```\n")
    return folder


@pytest.fixture
def start(documents, tmp_path):
    """Starts the dashboard over those files, always with the same journal."""
    running = []

    def start(*arguments, address="127.0.0.1:0"):
        paths = ["--directory", documents, "--journal", tmp_path / "journal.jsonl"]
        running.append(Program("example-dashboard", *paths, *arguments, SOCKEYE_ADDR=address))
        return running[-1]

    yield start
    for program in running:
        program.kill()


def test_a_batch_of_curl_runs_on_the_page_to_its_end(browser, start):
    dashboard = start()
    visit(browser, dashboard)
    wait_for(browser, "No workflow yet", "main")
    post(dashboard, "/api/validate/batch")
    wait_for(browser, "Workflow 1 created", "#toasts")
    wait_for(browser, "100 %", "[data-workflow='1']")
    wait_for(browser, "4/4", "[data-workflow='1']")
    wait_for(browser, "Workflow 1 completed", "#toasts")
    bar = browser.find_element(By.CSS_SELECTOR, "[data-workflow='1'] [role=progressbar]")
    assert bar.get_attribute("aria-valuenow") == "100"
    wait_for(browser, "60 findings in 40 files", ".feed")
    wait_for(browser, "last 2 minutes", ".plot.rate")
    value = browser.find_element(By.CSS_SELECTOR, ".plot.connections .plot-value")
    WebDriverWait(browser, 10).until(lambda _: value.text == "1", "one connection is open")
    keep_screenshot(browser, "dashboard")


def test_every_open_page_shows_what_one_person_decides(browser, second, start):
    dashboard = start("--pace", "0")
    post(dashboard, "/api/validate/batch")
    for page in (browser, second):
        visit(page, dashboard, "#/workflows/1")
        wait_for(page, "does not say its language", "[data-validation='3']")
    second.find_element(By.CSS_SELECTOR, "[aria-label='reject validation 3']").click()
    for page in (browser, second):
        wait_for(page, "rejected", "[data-validation='3'] .pill")
        wait_for(page, "Validation 3 rejected", "#toasts")


def test_a_person_starts_a_batch_and_decides(browser, start):
    dashboard = start("--pace", "0")
    visit(browser, dashboard, "#/workflows")
    browser.find_element(By.CSS_SELECTOR, ".start input").send_keys("nowhere", Keys.ENTER)
    wait_for(browser, "there is no directory `nowhere`", "#toasts")
    field = browser.find_element(By.CSS_SELECTOR, ".start input")
    field.clear()
    field.send_keys(Keys.ENTER)
    wait_for(browser, "completed", "[data-workflow='1']")
    browser.find_element(By.CSS_SELECTOR, "[data-workflow='1'] a").send_keys(Keys.ENTER)
    wait_for(browser, "does not say its language", "[data-validation='1']")
    browser.find_element(By.CSS_SELECTOR, "[aria-label='approve validation 1']").send_keys(Keys.SPACE)
    wait_for(browser, "approved", "[data-validation='1'] .pill")
    post(dashboard, "/api/validations/2/reject")
    wait_for(browser, "rejected", "[data-validation='2'] .pill")
    approve = browser.find_element(By.CSS_SELECTOR, "[aria-label='approve recommendation 1']")
    # Not where a toast may be in front of it.
    browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", approve)
    approve.click()
    apply = browser.find_element(By.CSS_SELECTOR, "[aria-label='apply recommendation 1']")
    WebDriverWait(browser, 10).until(lambda _: apply.is_displayed(), "an approved one can be applied")
    apply.click()
    wait_for(browser, "start it with `--write`", "#toasts")
    browser.get("about:blank")
    browser.back()
    wait_for(browser, "approved", "[data-validation='1'] .pill")
    visit(browser, dashboard, "#/workflows/99")
    wait_for(browser, "There is no workflow 99", "main")


def test_the_log_fills_and_is_filtered_by_the_server(browser, start):
    dashboard = start("--pace", "0")
    post(dashboard, "/api/validate/batch")
    visit(browser, dashboard, "#/log")
    wait_for(browser, "completed files=40", ".log")
    wait_for(browser, "does not say its language", ".log .WARN")
    assert not browser.find_elements(By.CSS_SELECTOR, ".log .DEBUG")
    browser.find_element(By.CSS_SELECTOR, "option[value=DEBUG]").click()
    wait_for(browser, "checked", ".log .DEBUG")
    browser.find_element(By.CSS_SELECTOR, ".filters input").send_keys("example_dashboard::own_page")
    wait_for(browser, "No record of this level and target yet", "main")
    # A line of the log is text, whoever wrote it.
    evil = urllib.request.Request(f"http://{dashboard.address}/", headers={"Origin": "<img src=x onerror=document.title=1>"})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(evil)
    wait_for(browser, "<img src=x", ".log .WARN")
    assert browser.find_elements(By.CSS_SELECTOR, ".log img") == []


def test_a_killed_server_is_explained_and_nothing_is_lost(browser, start):
    dashboard = start("--pace", "25")
    visit(browser, dashboard)
    post(dashboard, "/api/validate/batch")
    wait_for(browser, "1/4", "[data-workflow='1']")
    dashboard.kill()
    wait_for(browser, "Reconnecting", "#badge")
    wait_for(browser, "The connection was lost without a close frame.", "#trouble")
    wait_for(browser, "The server cannot be reached. Check that the server is running, and check the network.", "#trouble")
    keep_screenshot(browser, "dashboard-reconnecting")
    # Something happens while the page is away.
    again = start("--pace", "0", address=dashboard.address)
    again.wait_for_log("goes on where it was")
    wait_for(browser, "Live", "#badge", seconds=30)
    wait_for(browser, "100 %", "[data-workflow='1']")
    assert not browser.find_element(By.ID, "trouble").is_displayed()
    # The page has read the list once, at the beginning: all of this came as events. A fresh page reads it anew.
    from_events = browser.find_element(By.CSS_SELECTOR, "[data-workflow='1']").text
    assert "60 findings in 40 of 40 files" in from_events
    browser.refresh()
    wait_for(browser, "100 %", "[data-workflow='1']")
    assert browser.find_element(By.CSS_SELECTOR, "[data-workflow='1']").text == from_events
    again.interrupt()
    wait_for(browser, "Reconnecting", "#badge")
    assert again.wait()[0] == 0


def test_where_another_program_has_the_address_the_page_says_so_and_waits_for_a_person(browser, start):
    dashboard = start()
    visit(browser, dashboard, "#/workflows")
    dashboard.kill()
    wait_for(browser, "Reconnecting", "#badge")
    other = Program("example-quickstart", SOCKEYE_ADDR=dashboard.address)
    try:
        wait_for(browser, "Disconnected", "#badge", seconds=30)
        wait_for(browser, "No endpoint has the path `/ws/validation_updates`", "#trouble")
        keep_screenshot(browser, "dashboard-disconnected")
    finally:
        other.kill()
    start(address=dashboard.address)
    browser.find_element(By.ID, "trouble-again").click()
    wait_for(browser, "Live", "#badge")


def test_a_page_of_another_origin_is_refused_and_says_so(browser, start, tmp_path):
    dashboard = start()
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(FOREIGN_PAGE.replace("ADDRESS", dashboard.address))
    shutil.copy(ROOT / "client" / "sockeye.js", folder)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        browser.get(f"http://127.0.0.1:{site.server_port}")
        wait_for(browser, "closed origin_refused", "pre")
        site.shutdown()
    dashboard.wait_for_log("origin_refused")


VIEWS = {"overview": "#/", "workflows": "#/workflows", "workflow": "#/workflows/1", "log": "#/log"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_view_is_accessible_and_fits(chromium, start, theme, width):
    axe = os.environ.get("SOCKEYE_AXE")
    if not axe:
        pytest.skip("no axe-core: set SOCKEYE_AXE to its axe.min.js (.ci/clients installs it)")
    dashboard = start("--pace", "0")
    post(dashboard, "/api/validate/batch")
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]})
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    visit(chromium, dashboard)
    wait_for(chromium, "100 %", "[data-workflow='1']")
    # The page's own policy lets no script in but its files: this one comes from the driver.
    chromium.execute_cdp_cmd("Runtime.evaluate", {"expression": pathlib.Path(axe).read_text()})
    for name, view in VIEWS.items():
        chromium.execute_script("location.hash = arguments[0]", view)
        wait_for(chromium, "1", "main")
        found = chromium.execute_async_script("const done = arguments[0]; axe.run().then(({ violations }) => done(violations));")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name
        assert chromium.execute_script("return document.documentElement.scrollWidth <= innerWidth"), name
        keep_screenshot(chromium, f"dashboard-{name}-{theme}-{width}")
