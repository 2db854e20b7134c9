"""Behind Debian's nginx: once as it is forgotten to be set up, once as it should be."""

import http.client
import shutil
import socket
import subprocess
import time

import pytest
from conftest import Program
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location /forgotten/ {{
            proxy_pass http://{upstream}/;
        }}
        location /host_lost/ {{
            proxy_pass http://{upstream}/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }}
        location / {{
            proxy_pass http://{upstream}/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def nginx(server, tmp_path_factory):
    """The address of an nginx in front of the server."""
    yield from behind(server, tmp_path_factory)


def behind(server, tmp_path_factory):
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert program, "nginx is missing: apt-get install nginx"
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=server.address))
    process = subprocess.Popen([program, "-c", file, "-p", folder], stderr=subprocess.PIPE)
    try:
        wait_for(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(port, process):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def refusal(url, **how):
    with pytest.raises(InvalidStatus) as refused:
        connect(url, **how)
    return refused.value.response


def test_without_the_upgrade_headers_the_server_shows_the_lines_that_are_missing(nginx, server):
    response = refusal(f"ws://{nginx}/forgotten/echo")
    assert response.status_code == 426
    assert response.headers["sockeye-rule"] == "upgrade_stripped"
    for line in [b"proxy_http_version 1.1;", b"proxy_set_header Upgrade $http_upgrade;", b"proxy_set_header Connection"]:
        assert line in response.body
    server.wait_for_log(r"rule=\"?upgrade_stripped")


def test_with_them_it_works_for_the_pages_that_nginx_serves(nginx):
    with connect(f"ws://{nginx}/echo", origin=f"http://{nginx}") as client:
        client.send("through the proxy")
        assert client.recv(timeout=5) == "through the proxy"


def test_a_page_from_elsewhere_is_still_refused(nginx):
    response = refusal(f"ws://{nginx}/echo", origin="https://evil.example")
    assert (response.status_code, response.headers["sockeye-rule"]) == (403, "origin_refused")


def test_a_proxy_that_loses_the_host_is_explained_in_the_log(nginx, server):
    response = refusal(f"ws://{nginx}/host_lost/echo", origin=f"http://{nginx}")
    assert response.headers["sockeye-rule"] == "origin_refused"
    server.wait_for_log(rf"origin_refused.*proxy_set_header Host.*origin=\"?http://{nginx}")


def test_a_close_passes_through(nginx):
    with connect(f"ws://{nginx}/close/4001") as client:
        client.send("now")
        with pytest.raises(Exception):
            client.recv(timeout=5)
        assert client.close_code == 4001


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """The address of an nginx in front of a server with a console, which takes each of its clients for one on this machine."""
    program = Program("startup_healthy", "127.0.0.1:0")
    yield from behind(program, tmp_path_factory)
    program.kill()


@pytest.mark.parametrize("prefix, sign", [("/forgotten", "HTTP/1.0"), ("/host_lost", "`Connection` header"), ("", "`Connection` header")])
def test_the_console_is_not_for_the_clients_of_a_proxy(console, prefix, sign):
    asked = http.client.HTTPConnection(console)
    asked.request("GET", f"{prefix}/_sockeye/live.json", headers={"Upgrade": "websocket"})
    answer = asked.getresponse()
    told = answer.read().decode()
    assert (answer.status, answer.headers["sockeye-rule"]) == (403, "console_refused")
    assert sign in told and ", so it comes through a proxy\nhelp: " in told
