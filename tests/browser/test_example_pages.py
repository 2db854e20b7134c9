"""The pages of the examples in browsers."""

import browsers
from browsers import keep_screenshot
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

browser, second = browsers.browser, browsers.second

#: Runs if it ever gets into a page as HTML.
EVIL = "<img src=x onerror=document.title=1>"


def wait_for(browser, text, element="main", seconds=10):
    """Waits until an element shows a text."""
    found = browser.find_element(By.CSS_SELECTOR, element)
    WebDriverWait(browser, seconds).until(lambda _: text in found.text, f"no {text!r} in {element}")


def fill(browser, form, text):
    field = browser.find_element(By.CSS_SELECTOR, f"#{form} input")
    WebDriverWait(browser, 10).until(lambda _: field.is_displayed(), f"no form {form!r}")
    field.clear()
    field.send_keys(text)
    field.submit()


def enter(browser, chat, name, room="red"):
    browser.get(f"http://{chat.address}/?room={room}")
    fill(browser, "enter", name)


def test_two_people_chat(browser, second, chat):
    enter(browser, chat, "Ada")
    wait_for(browser, "you are here as Ada")
    enter(second, chat, "Ada")
    wait_for(second, "somebody here is called Ada already: choose another name")
    fill(second, "enter", "Bob")
    wait_for(second, "Ada\nBob", "#present")
    wait_for(browser, "Ada\nBob", "#present")
    fill(second, "say", "hello, fish")
    wait_for(browser, "Bob hello, fish")
    keep_screenshot(browser, "chat")
    second.get("about:blank")
    wait_for(browser, "Bob left")


def test_what_people_write_is_text(browser, second, chat):
    enter(browser, chat, "Ada")
    wait_for(browser, "you are here as Ada")
    enter(second, chat, EVIL[:32])
    wait_for(second, "you are here as <img")
    fill(second, "say", EVIL)
    wait_for(browser, EVIL)
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []
    assert browser.title == "Sockeye chat"
    browser.get(f"http://{chat.address}/?room={EVIL}")
    wait_for(browser, EVIL, "header")
    assert browser.find_elements(By.TAG_NAME, "img") == []


def test_a_flood_is_explained_and_the_page_comes_back_when_asked(browser, chat):
    enter(browser, chat, "Ada")
    wait_for(browser, "you are here as Ada")
    browser.execute_script(
        "const form = document.getElementById('say');"
        "for (let i = 0; i < 50; i++) { form.elements.text.value = 'spam'; form.requestSubmit(); }"
    )
    wait_for(browser, "It says: more than 5 messages per second")
    browser.find_element(By.CSS_SELECTOR, "#again button").click()
    wait_for(browser, "live", "header")


def test_a_stopping_chat_is_shown(browser, chat):
    enter(browser, chat, "Ada")
    wait_for(browser, "you are here as Ada")
    chat.interrupt()
    wait_for(browser, "closed with 1001: The server ended this connection, usually to restart. It says: the server is stopping")
    assert chat.wait()[0] == 0

