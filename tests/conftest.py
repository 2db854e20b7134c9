"""Starts the programs under test, each on a port of its own, and stops them again."""

import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import threading
import time

import pytest
import trustme

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARIES = pathlib.Path(os.environ.get("SOCKEYE_BINARIES", ROOT / "target" / "debug"))
ANNOUNCED = re.compile(r"on (wss?)://(127\.0\.0\.1:(\d+))")


class Program:
    """A server that was started, and what it has logged so far."""

    def __init__(self, name, *arguments, **environment):
        path = BINARIES / name
        assert path.exists(), f"{path} is missing: cargo build --workspace --bins"
        self.log = ""
        self._grown = threading.Condition()
        self._process = subprocess.Popen(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "SOCKEYE_ADDR": "127.0.0.1:0", **environment},
        )
        threading.Thread(target=self._read, daemon=True).start()
        found = self.wait_for_log(ANNOUNCED)
        self.scheme, self.address, self.port = found[1], found[2], int(found[3])

    def _read(self):
        for line in self._process.stdout:
            with self._grown:
                self.log += line
                self._grown.notify_all()

    def url(self, path):
        return f"{self.scheme}://{self.address}{path}"

    def wait_for_log(self, pattern, seconds=10):
        """The match of a pattern in the log, now or within the time."""
        with self._grown:
            self._grown.wait_for(lambda: re.search(pattern, self.log), seconds)
            found = re.search(pattern, self.log)
        assert found, f"{pattern!r} was not logged within {seconds} s:\n{self.log}"
        return found

    def interrupt(self):
        """What Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def wait(self, seconds=5):
        """The exit status, and the time until it was there."""
        began = time.monotonic()
        return self._process.wait(seconds), time.monotonic() - began

    def is_running(self):
        return self._process.poll() is None

    def kill(self):
        if self.is_running():
            self._process.kill()
        self._process.wait()


def needed(name, program=None):
    """The path of a program. Without it, a test is skipped by hand and fails on CI."""
    found = shutil.which(program or name)
    if not found:
        missing = f"no {program or name}: apt-get install {name}"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return found


def _serve(name, **environment):
    program = Program(name, **environment)
    yield program
    alive = program.is_running()
    program.kill()
    assert alive, f"{name} ended by itself:\n{program.log}"


@pytest.fixture(scope="module")
def server():
    """The conformance server, one for each file; no test may bring it down."""
    yield from _serve("conformance-server")


class Authority:
    """Issues certificates that no system trusts."""

    def __init__(self, folder):
        self._authority, self.folder = trustme.CA(key_type=trustme.KeyType.ECDSA), folder
        self.certificate = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.certificate)

    def issue(self, *names):
        """A folder with a certificate for these names."""
        issued = self._authority.issue_cert(*names, key_type=trustme.KeyType.ECDSA)
        folder = self.folder / names[0]
        folder.mkdir()
        issued.private_key_pem.write_to_path(folder / "key.pem")
        for certificate in issued.cert_chain_pems:
            certificate.write_to_path(folder / "chain.pem", append=True)
        return folder

    def context(self):
        """For a client in Python that trusts it."""
        return ssl.create_default_context(cafile=self.certificate)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def certificate(authority):
    """The folder of the certificate of a server with TLS."""
    return authority.issue("localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def secured(certificate):
    """The conformance server with TLS, one for each file."""
    yield from _serve("conformance-server", SOCKEYE_TLS=certificate)


@pytest.fixture
def quickstart():
    """A quickstart of one's own: its tests stop it."""
    program = Program("example-quickstart")
    yield program
    program.kill()


@pytest.fixture
def chat():
    """A chat of one's own."""
    program = Program("example-chat")
    yield program
    program.kill()


@pytest.fixture
def existing_axum_app():
    """An application of one's own, whose token is `secret`."""
    program = Program("example-existing-axum-app", APP_TOKEN="secret")
    yield program
    program.kill()


@pytest.fixture
def metrics():
    """An echo of one's own that counts."""
    program = Program("example-metrics")
    yield program
    program.kill()


@pytest.fixture
def dashboard(tmp_path):
    """A dashboard of one's own, which remembers nothing of others."""
    program = Program("example-dashboard", "--journal", tmp_path / "journal.jsonl")
    yield program
    program.kill()
