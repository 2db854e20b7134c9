"""Debian's browsers, headless, each with a profile of its own. A test that takes `browser` runs in every one of them."""

import base64
import hashlib
import os
import pathlib
import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selenium import webdriver


def _chromium(folder, trusted=None):
    options = webdriver.ChromeOptions()
    if trusted:
        options.add_argument(f"--ignore-certificate-errors-spki-list={trusted}")
    options.binary_location = shutil.which("chromium")
    for flag in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1100,800",
        f"--user-data-dir={folder}",
    ]:
        options.add_argument(flag)
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


def _firefox(folder, trusted=None):
    folder.mkdir(parents=True)
    options = webdriver.FirefoxOptions()
    options.accept_insecure_certs = trusted is not None
    options.binary_location = shutil.which("firefox-esr")
    for flag in ["-headless", "--width=1100", "--height=800"]:
        options.add_argument(flag)
    service = webdriver.FirefoxService(shutil.which("geckodriver"), service_args=["--profile-root", str(folder)])
    return webdriver.Firefox(options, service)


#: How each is started, and the programs and packages that it needs.
KNOWN = {
    "chromium": (_chromium, ["chromium", "chromedriver"], "apt-get install chromium chromium-driver"),
    "firefox": (
        _firefox,
        ["firefox-esr", "geckodriver"],
        "apt-get install firefox-esr && cargo install geckodriver",
    ),
}


def launch(name, folder, trusted=None):
    """Starts a browser, which trusts a public key (`key_of`). Without one, a test is skipped by hand and fails on CI."""
    start, programs, install = KNOWN[name]
    if not all(map(shutil.which, programs)):
        missing = f"no {name}: {install}"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return start(folder, trusted)


@pytest.fixture(params=KNOWN)
def browser(request, tmp_path):
    with launch(request.param, tmp_path / "profile") as one:
        yield one


def key_of(chain):
    """The hash of a certificate's public key, as Chromium writes it."""
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@pytest.fixture(params=KNOWN)
def trusting(request, tmp_path, certificate):
    """A browser that trusts the certificate of a server with TLS."""
    with launch(request.param, tmp_path / "profile", key_of(certificate / "chain.pem")) as one:
        yield one


@pytest.fixture
def second(browser, tmp_path):
    """Another browser of the same kind, so that two people can meet."""
    with launch(_kind(browser), tmp_path / "second") as one:
        yield one


@pytest.fixture
def chromium(tmp_path):
    """For what only Chromium's driver can do."""
    with launch("chromium", tmp_path / "profile") as one:
        yield one


def _kind(browser):
    return "firefox" if browser.name == "firefox" else "chromium"


def keep_screenshot(browser, name):
    if folder := os.environ.get("SOCKEYE_SCREENSHOTS"):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        suffix = "-firefox" if _kind(browser) == "firefox" else ""
        browser.save_screenshot(os.path.join(folder, f"{name}{suffix}.png"))
