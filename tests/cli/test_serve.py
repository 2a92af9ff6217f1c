"""`sketch serve`: what it says, what it refuses, how it ends; and its documentation."""

import http.client
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn
from made_up_ink import write
from untrained import make_experiment

from sketch.experiment import places
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.web import guard, server
from sketch.web.guard import LOOPBACK
from sketch.web.server import is_loopback, listen

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "serve.md"
PACKAGE = ROOT / "sketch"


@pytest.fixture
def root(tmp_path):
    make_experiment(tmp_path / "experiments", with_weights=False, name="toy")
    return tmp_path / "experiments"


@pytest.fixture
def served(monkeypatch):
    """The configurations with which a server began; it ends at once."""
    configs = []

    def run(self, sockets):
        configs.append((self.config, sockets[0].getsockname()))

    monkeypatch.setattr(uvicorn.Server, "run", run)
    return configs


def test_serve_prints_its_address(sketch, root, served):
    result = sketch("serve", "--port", 0)
    ((config, (host, port)),) = served
    assert result == (0, f"http://127.0.0.1:{port}/\n", "")
    assert host == "127.0.0.1"
    assert config.server_header is False and not config.access_log


def test_hosts_are_its_own_names_and_those_allowed(sketch, root, served, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk.lab.example")
    sketch("serve", "--port", 0)
    options = ("--allow-host", "Ink.example:443", "--allow-host", "b.example")
    result = sketch("serve", "--port", 0, "--host", "0.0.0.0", *options)
    (local, _), (shared, (host, _)) = served
    assert host == "0.0.0.0" and "anybody who reaches" in result.out
    assert local.app._hosts == LOOPBACK
    assert shared.app._hosts - LOOPBACK == {
        *("0.0.0.0", "desk.lab.example", "desk", "desk.local"),
        *("ink.example", "b.example"),
    }


@pytest.mark.parametrize(
    ("host", "server", "expected"),
    [
        ("192.168.1.7:8000", "192.168.1.7", True),  # where the request arrived
        ("[fe80::1]:8000", "fe80::1", True),
        ("192.168.1.8:8000", "192.168.1.7", False),
    ],
)
def test_an_address_is_answered_where_the_request_arrived(host, server, expected):
    scope = {"type": "http", "headers": [(b"host", host.encode())]}
    ours = guard.Guard(None, LOOPBACK)._is_ours(scope | {"server": (server, 8000)})
    assert ours is expected


def test_names_of_strangers_reach_the_terminal_without_escapes(sketch, root, served):
    folder = root / "bad\x1b]0;owned\x07"
    folder.mkdir()
    (folder / "hyperparameters.json").write_text("{")
    result = sketch("serve", "--port", 0)
    assert "damaged: " in result.out and "owned" in result.out
    assert "\x1b" not in result.out + result.err and "\x07" not in result.out
    for path in [*(PACKAGE / "web").glob("*.py"), PACKAGE / "cli" / "serve.py"]:
        assert not re.search(r"\bprint\(|click\.echo", path.read_text()), path


@pytest.mark.parametrize("host", ["127.0.0.2", "LocalHost", "::1", "0::1"])
def test_the_printed_address_is_answered(sketch, root, served, monkeypatch, host):
    # A machine may have no IPv6, and this is not about the socket.
    monkeypatch.setattr(server, "listen", lambda *_: listen("127.0.0.1", 0))
    result = sketch("serve", "--port", 0, "--host", host)
    address = result.out.removeprefix("http://").partition("/")[0]
    ((config, _),) = served
    request = {"type": "http", "headers": [(b"host", address.encode())]}
    assert guard.host_of(request) in config.app._hosts


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True)]
    + [("0.0.0.0", False), ("::", False), ("192.168.1.7", False), ("a.b", False)],
)
def test_is_loopback(host, expected):
    assert is_loopback(host) is expected


def test_serve_without_a_text_model_still_records(
    sketch, served, tmp_path, monkeypatch
):
    monkeypatch.setattr(places, "pretrained_dir", lambda: tmp_path / "none")
    result = sketch("serve", "--port", 0)
    assert result.code == 0 and "recording works" in result.out


def test_serve_with_wrong_options_is_refused(sketch, root, served):
    result = sketch("serve", "--model", "toi")
    assert result.code == 1 and "there is no experiment 'toi'" in result.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = sketch("serve", "--port", port)
    assert result.code == 1 and result.err.count("\n") == 1
    assert f"port {port}: Address already in use; choose another" in result.err
    result = sketch("serve", "--host", "nowhere.invalid", "--port", 0)
    assert result.code == 1 and "cannot listen at nowhere.invalid" in result.err
    assert sketch("serve", "--port", 65536).code == 2
    assert not served


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_serve_without_its_packages_is_one_line(missing):
    program = (
        f"import sys; sys.modules[{missing!r}] = None; "
        "from sketch.cli.main import main; main(['serve'])"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    remedy = "pip install starlette uvicorn"
    assert result.stderr == f"Error: {missing} is not installed: {remedy}\n"
    assert (result.returncode, result.stdout) == (1, "")


def test_serve_from_the_shell_ends_with_ctrl_c(root):
    model = next(root.iterdir()).name
    command = [sys.executable, "-m", "sketch", "serve", "--model", model, "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=root.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        address = process.stdout.readline().strip()
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 200 and b"sketch" in answer.read()
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        told = process.stderr.read()
        # There are no weights: the warm-up met that, and the page would say it.
        assert "model.weights.h5" in told and "Traceback" not in told


def test_commands_of_the_documentation_run(sketch, root, served):
    (name,) = [path.name for path in root.iterdir()]
    lines = [InkLine(write(text), text) for text in ["a lake", "and a hill"] * 8]
    write_inkml("karim.inkml", lines)
    commands = re.findall(r"(?m)^ {4,}(sketch .*)$", PAGE.read_text(encoding="utf-8"))
    for command in commands:
        words = shlex.split(command.replace("EXPERIMENT", name), comments=True)[1:]
        if words[0] == "serve":  # at a port that is free for sure
            words = [word for word in words if not word.isdecimal()]
            words += ["0"] if words[-1] == "--port" else ["--port", "0"]
        result = sketch(*words)
        assert result.code == 0, result.err
    assert len(served) == len(commands) - 1 == 4
    assert (root.parent / "karim.hdf5").is_file()
