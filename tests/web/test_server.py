"""The server as a browser or an attacker meets it: over a socket."""

import json
import re
import socket
import threading
from pathlib import Path

import pytest
from web_server import Server

from sketch.ink.ink_files import read_ink
from sketch.web import app as web_app
from sketch.web import request as web_request
from sketch.web.models import Models
from sketch.web.worker import Worker

DOCS = Path(__file__).parents[2] / "docs" / "serve.md"
POLICY = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture
def ask_to_write(server, experiment):
    def ask(**fields):
        asked = {"text": "a lake", "hand": experiment.name} | fields
        return server.post("/api/write", asked)

    return ask


def test_the_pages_and_what_they_are_made_of(server):
    for path, kind in [
        ("/", "text/html"),
        ("/capture", "text/html"),
        ("/static/style.css", "text/css"),
        ("/static/write.js", "text/javascript"),
        ("/static/icon.svg", "image/svg+xml"),
    ]:
        answer = server.get(path)
        assert answer.status == 200, path
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "no-cache"


def test_every_answer_has_the_headers(server, experiment):
    answers = [
        server.get("/"),
        server.get("/static/style.css"),
        server.get("/api/hands"),
        server.get("/nowhere"),
        server.get("/static/nowhere.js"),
        server.get("/static"),
        server.get("/api/write"),
        server.get("/", Host="evil.example"),
        server.post("/api/write", b"{"),
        server.post("/api/write", {"text": "a", "hand": experiment.name}),
        server.ask("DELETE", "/"),
        server.ask("OPTIONS", "/api/write"),
    ]
    assert {answer.status for answer in answers} == {200, 307, 400, 404, 405, 421}
    for answer in answers:
        for name, value in POLICY.items():
            assert answer.headers[name].startswith(value)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "*" not in policy and "data:" not in policy
        # No other site is told that it may read the answer.
        assert "access-control-allow-origin" not in answer.headers


def test_the_hands_and_the_prompts(server, experiment):
    answer = server.get("/api/hands").json
    (hand,) = answer["hands"]
    assert (hand["name"], hand["styles"]) == (experiment.name, [])
    assert hand["alphabet"] == "".join(experiment.alphabet.characters)
    assert answer["limits"]["characters"] == web_request.MAX_CHARACTERS
    lines = server.get(f"/api/prompts?hand={experiment.name}").json["lines"]
    assert set("".join(lines)) <= set(hand["alphabet"])
    assert len(server.get("/api/prompts").json["lines"]) > 20
    assert server.get("/api/prompts?hand=nobody").status == 404


def test_writing(ask_to_write, quick_pen, tmp_path):
    answer = ask_to_write(text="a lake\nand a hill", bias=0.5, seed=4, columns=30)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert [line["text"] for line in answer.json["lines"]] == ["a lake", "and a hill"]
    (asked,) = quick_pen
    assert (asked.bias, asked.seed, asked.columns) == (0.5, 4, 30)
    # A saved answer is a file of ink.
    (tmp_path / "answer.json").write_bytes(answer.body)
    assert read_ink(tmp_path / "answer.json")[1].text == "and a hill"


def test_without_a_hand_it_is_the_first_one_that_is_offered(
    server, experiment, monkeypatch
):
    opened = []
    monkeypatch.setattr(Models, "open", lambda self, name: opened.append(name))
    for body in ({"text": "a lake"}, {"text": "a lake", "hand": None}):
        assert server.post("/api/write", body).status == 200
    assert opened == [experiment.name] * 2


def test_the_request_of_the_documentation(server, experiment):
    text = DOCS.read_text(encoding="utf-8")
    (body,) = re.findall(r"-d '(\{.*\})'", text)
    answer = server.post("/api/write", body.replace("EXPERIMENT", experiment.name))
    assert answer.status == 200
    for field in ("attention", "tries"):
        assert f"`{field}`" in text and field in answer.json["lines"][0]
    for field in ("faults", "seconds"):
        assert f"`{field}`" in text and field in answer.json


@pytest.mark.parametrize("form", ["svg", "png", "inkml"])
def test_ink_as_a_file(server, ask_to_write, tmp_path, form):
    ink = ask_to_write().json
    answer = server.post(f"/api/ink.{form}", ink)
    assert answer.status == 200
    name = f'attachment; filename="handwriting.{form}"'
    assert answer.headers["content-disposition"] == name
    path = tmp_path / f"ink.{form}"
    path.write_bytes(answer.body)
    if form == "png":
        assert answer.body.startswith(b"\x89PNG")
    else:
        (line,) = read_ink(path)
        assert line.text == "a lake"


@pytest.mark.parametrize(
    "name",
    [
        "../../pyproject.toml",
        "..%2f..%2fpyproject.toml",
        "%2e%2e/%2e%2e/pyproject.toml",
        "....//app.py",
        "..%5capp.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "style.css%00.js",
        "",
    ],
)
def test_no_file_is_reached_by_its_path(server, name):
    for prefix in ("/static/", "/", "/api/ink."):
        answer = server.get(prefix + name)
        assert answer.status in (200, 404, 405) and b"build-system" not in answer.body
        assert b"root:" not in answer.body and b"def build_app" not in answer.body
        if prefix == "/static/":
            assert answer.status == 404


@pytest.mark.parametrize(
    "name", ["../secret", "/etc", "..", ".", "", "x\u0000y", "a" * 9999, "\ud800"]
)
def test_a_hand_is_a_name_never_a_path(server, root, name, quick_pen):
    answer = server.post("/api/write", {"text": "a", "hand": name})
    assert answer.status in (400, 404), answer
    assert len(answer.error) < 200
    assert not quick_pen


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", ""],
)
def test_a_name_that_resolves_to_here_is_refused(server, host):
    assert server.get("/", Host=host).status == 421
    assert server.get("/api/hands", Host=host).status == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_own_names_are_answered(server, host):
    assert server.get("/", Host=host).status == 200
    assert server.get("/", Host=f"{host}:{server.port}").status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_of_another_site_can_send_is_refused(server, kind):
    answer = server.ask("POST", "/api/write", "{}", {"Content-Type": kind})
    assert answer.status == 415


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[1]", b"null", b"[" * 100_000, b"1" * 5000, b'"a"'],
)
def test_malformed_json(server, body):
    answer = server.post("/api/write", body)
    assert answer.status == 400 and "JSON" in answer.error
    assert server.post("/api/ink.svg", body).status == 400


def test_a_style_by_its_name(ask_to_write, quick_pen):
    assert ask_to_write(prime="wide").status == 200
    assert quick_pen[0].prime == "wide"


def prime(points):
    return {"text": "a lake", "strokes": points}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": "a" * 601}, 422, "601 characters"),
        ({"text": 5}, 400, "text must be a string"),
        ({"hand": 5}, 400, "hand must be a string"),
        ({"text": "\ud800"}, 400, "Unicode"),
        ({"bias": -1}, 400, "bias must be a number from 0 to 10"),
        ({"bias": 1e999}, 400, "JSON"),
        ({"bias": 10**400}, 400, "bias"),
        ({"bias": True}, 400, "bias"),
        ({"bias": "1"}, 400, "bias"),
        ({"seed": 1.5}, 400, "seed must be a whole number"),
        ({"seed": 2**31}, 400, "a whole number from 0 to 2147483647."),
        ({"speed": 2}, 400, "unknown fields: ['speed']"),
        ({"columns": 1}, 400, "columns"),
        ({"path": "/etc"}, 400, "unknown fields: ['path']"),
        ({"prime": 5}, 400, "damaged"),
        ({"prime": "\ud800"}, 400, "Unicode"),
        ({"prime": prime([[[0, float("nan")], [1, 1]]])}, 400, "JSON"),
        ({"prime": prime([[["nan", 0], [1, 1]]])}, 400, "drawn hand is damaged"),
        ({"prime": prime([[[1e308, 0], [-1e308, 1], [3, 4]]])}, 400, "damaged"),
        ({"prime": prime([[[0]]])}, 400, "damaged"),
        ({"prime": prime([])}, 422, "Draw the line first"),
        ({"prime": prime([[[0, 0]]])}, 422, "Draw the line first"),
        ({"prime": {"text": " ", "strokes": [[[0, 0], [1, 1]]]}}, 422, "Say what"),
        ({"prime": {"text": "a" * 61, "strokes": [[[0, 0]]]}}, 422, "60 characters"),
        ({"prime": prime([[[n % 7, 0] for n in range(50_002)]])}, 422, "50000 points"),
    ],
)
def test_requests_that_are_refused(ask_to_write, quick_pen, fields, status, words):
    answer = ask_to_write(**fields)
    assert (answer.status, quick_pen) == (status, [])
    assert words in answer.error
    assert answer.error.endswith(".") and "\n" not in answer.error


def test_ink_that_is_refused(server, ask_to_write):
    ink = ask_to_write().json
    for change, status in [
        ({"format": "other"}, 400),
        ({"version": 2}, 400),
        ({"lines": {}}, 400),
        ({"lines": []}, 422),
        ({"lines": [{"text": "a", "strokes": [[[0, 0], ["x", 1]]]}]}, 400),
        ({"lines": [prime([[[0, 0], [1e5, 1e5]]])]}, 422),
        ({"lines": [prime([[[0, 0], [1e30, 1e30]]])]}, 422),
    ]:
        answer = server.post("/api/ink.png", ink | change)
        assert answer.status == status, change
        assert answer.error.endswith(".")
    assert server.post("/api/ink.exe", ink).status == 404


def test_a_body_that_is_too_large(server, quick_pen):
    # With its length in the header it is refused before it is read ...
    large = b'{"text": "' + b"a" * web_request.MAX_BYTES + b'"}'
    assert server.post("/api/write", large).status == 413
    # ... and without one, as soon as too much has come.
    head = b"POST /api/write HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sent:
        sent.sendall(head)
        chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        for _ in range(web_request.MAX_BYTES // 0x10000 + 1):
            sent.sendall(chunk)
        assert b" 413 " in sent.recv(100)
    assert not quick_pen


def test_a_body_that_does_not_come(server, monkeypatch):
    monkeypatch.setattr(web_request, "MAX_SECONDS", 0.05)
    head = b"POST /api/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sent:
        sent.sendall(head + b"Content-Type: application/json\r\n\r\n{")
        assert b" 408 " in sent.recv(100)


@pytest.fixture
def slow_pen(hands, experiment, quick_pen, monkeypatch):
    """A server whose pen waits to be let go, and the events that tell what happens."""
    events = {"queue": [], "began": [], "stopped": [], "go": threading.Event()}
    begin = Worker.begin

    def line_up(worker, work):
        future, stop = begin(worker, work)
        events["queue"].append(future)
        return future, stop

    def write(hand, asked, stop):
        events["began"].append(asked.text)
        while not events["go"].wait(0.01):
            if stop.is_set():
                events["stopped"].append(asked.text)
                raise web_app.CancelledError
        return {"text": asked.text}

    monkeypatch.setattr(web_app, "write", write)
    monkeypatch.setattr(Worker, "begin", line_up)
    with Server(hands, room=2) as server:
        yield server, events
        events["go"].set()


def test_a_full_queue_says_when_to_come_again(slow_pen, experiment, wait_until):
    server, events = slow_pen
    answers = []

    def ask(text):
        body = {"text": text, "hand": experiment.name}
        answers.append(server.post("/api/write", body))

    threads = [threading.Thread(target=ask, args=(text,)) for text in "ab"]
    threads[0].start()
    wait_until(lambda: events["began"] == ["a"])
    before = len(events["queue"])
    threads[1].start()
    wait_until(lambda: len(events["queue"]) > before)
    full = server.post("/api/ink.svg", INK)
    assert full.status == 503
    assert int(full.headers["retry-after"]) >= 1
    assert "try again" in full.error
    # All else goes on.
    assert server.get("/").status == 200
    events["go"].set()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.json["text"] for answer in answers) == ["a", "b"]
    assert server.post("/api/ink.svg", INK).status == 200


INK = {
    "format": "sketch-ink",
    "version": 1,
    "lines": [{"text": "a", "strokes": [[[0, 0], [5, 5], [9, 1]]]}],
}


def test_who_leaves_is_not_written_for(slow_pen, experiment, wait_until):
    server, events = slow_pen
    body = json.dumps({"text": "gone", "hand": experiment.name}).encode()
    head = b"POST /api/write HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    gone = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    gone.sendall(head + body)
    wait_until(lambda: events["began"] == ["gone"])
    before = len(events["queue"])
    waiting = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    waiting.sendall(head.replace(b"gone", b"wait") + body.replace(b"gone", b"wait"))
    wait_until(lambda: len(events["queue"]) > before)
    waiting.close()  # it has not begun: it never will
    wait_until(events["queue"][before].cancelled)
    gone.close()  # it has begun: it is stopped
    wait_until(lambda: events["stopped"] == ["gone"])
    wait_until(lambda: server.post("/api/ink.svg", INK).status == 200)
    assert events["began"] == ["gone"]


def test_without_a_hand_the_page_says_so_and_captures(tmp_path, quick_pen):
    with Server(Models(tmp_path)) as server:
        assert server.get("/api/hands").json["hands"] == []
        assert server.get("/api/prompts").status == 200
        for body in ({"text": "a", "hand": "any"}, {"text": "a"}):
            answer = server.post("/api/write", body)
            assert answer.status == 404 and "sketch train --text" in answer.error


def test_a_failure_of_the_server_is_one_sentence(hands, experiment, quick_pen, capfd):
    def fail(*_):
        raise RuntimeError("out of luck")

    web_app_write, web_app.write = web_app.write, fail
    try:
        with Server(hands) as server:
            body = {"text": "a", "hand": experiment.name}
            answer = server.post("/api/write", body)
    finally:
        web_app.write = web_app_write
    assert answer.status == 500 and "RuntimeError" in answer.error
    assert "luck" not in answer.error
    seen = capfd.readouterr().err
    assert "out of luck" in seen and "Traceback" not in seen
