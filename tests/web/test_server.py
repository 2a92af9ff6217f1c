"""The server as a browser or an attacker meets it: over a socket."""

import contextlib
import http.client
import json
import re
import socket
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest
from made_up_ink import pens_of
from web_server import Server, made_up_write

from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import line_from_pen_strokes
from sketch.web import app as web_app
from sketch.web import request as web_request
from sketch.web.models import Models

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
        asked = {"text": "a lake", "model": experiment.name} | fields
        return server.post("/api/write", asked)

    return ask


def test_pages_and_their_parts_are_served(server):
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


def test_every_answer_has_the_guarding_headers(server, experiment):
    answers = [
        server.get("/"),
        server.get("/static/style.css"),
        server.get("/api/models"),
        server.get("/nowhere"),
        server.get("/static/nowhere.js"),
        server.get("/static"),
        server.get("/api/write"),
        server.get("/", Host="evil.example"),
        server.post("/api/write", b"{"),
        server.post("/api/write", {"text": "a", "model": experiment.name}),
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


def test_models_and_prompts_are_listed(server, experiment):
    answer = server.get("/api/models").json
    (model,) = answer["models"]
    assert (model["name"], model["styles"]) == (experiment.name, [])
    assert model["title"] == experiment.name  # it has no card
    assert answer["reached_at"] == "127.0.0.1"
    assert model["alphabet"] == "".join(experiment.alphabet.characters)
    assert answer["limits"]["characters"] == web_request.MAX_CHARACTERS
    lines = server.get(f"/api/prompts?model={experiment.name}").json["lines"]
    assert set("".join(lines)) <= set(model["alphabet"])
    assert len(server.get("/api/prompts").json["lines"]) > 20
    assert server.get("/api/prompts?model=nobody").status == 404


def test_write_answers_with_a_file_of_ink(ask_to_write, quick_pen, tmp_path):
    how = {"bias": 0.5, "seed": 4, "columns": 30, "prime": "wide"}
    answer = ask_to_write(text="a lake\nand a hill", **how)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert [line["text"] for line in answer.json["lines"]] == ["a lake", "and a hill"]
    (asked,) = quick_pen
    assert {name: getattr(asked, name) for name in how} == how
    # A saved answer is a file of ink.
    (tmp_path / "answer.json").write_bytes(answer.body)
    assert read_ink(tmp_path / "answer.json")[1].text == "and a hill"


def test_write_without_a_model_takes_the_first(server, experiment, monkeypatch):
    opened = []
    monkeypatch.setattr(Models, "open", lambda self, name: opened.append(name))
    for body in ({"text": "a lake"}, {"text": "a lake", "model": None}):
        assert server.post("/api/write", body).status == 200
    assert opened == [experiment.name] * 2


def test_write_with_the_request_of_the_documentation_works(server, experiment):
    text = DOCS.read_text(encoding="utf-8")
    (body,) = re.findall(r"-d '(\{.*\})'", text)
    answer = server.post("/api/write", body.replace("EXPERIMENT", experiment.name))
    assert answer.status == 200
    for field in ("attention", "tries"):
        assert f"`{field}`" in text and field in answer.json["lines"][0]
    for field in ("faults", "notes", "seconds", "seed", "model"):
        assert f"`{field}`" in text and field in answer.json


def test_styles_come_with_their_lines(server, models, experiment, monkeypatch):
    assert server.get("/api/styles").json == {"styles": []}
    line = line_from_pen_strokes(pens_of("a lake")[0], "a lake", "wide")
    monkeypatch.setitem(models.styles, experiment.name, {"wide": line})
    (style,) = server.get(f"/api/styles?model={experiment.name}").json["styles"]
    assert style["name"] == "wide"
    np.testing.assert_allclose(style["strokes"][0], pens_of("a")[0][0], atol=0.01)
    assert server.get("/api/styles?model=nobody").status == 404


def test_unknown_characters_are_listed_and_refused_by_name(
    server, ask_to_write, quick_pen
):
    answer = server.post("/api/unknown", {"text": "é € 50%"})
    assert answer.json == {"unknown": ["€", "5", "0", "%"], "names": "€, 5, 0 and %"}
    answer = ask_to_write(text="é € \x07%")
    assert answer.status == 422
    assert answer.error == "This model cannot write €, U+0007 and %."
    drawn = {"text": "5", "strokes": [[[0, 0], [1, 1], [2, 0]]]}
    assert ask_to_write(prime=drawn).error == "This model cannot write 5."
    assert not quick_pen


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
    for prefix in ("/static/", "/", "/api/"):
        answer = server.get(prefix + name)
        assert answer.status in (200, 404, 405) and b"build-system" not in answer.body
        assert b"root:" not in answer.body and b"def build_app" not in answer.body
        if prefix == "/static/":
            assert answer.status == 404


@pytest.mark.parametrize(
    "name", ["../secret", "/etc", "..", ".", "", "x\u0000y", "a" * 9999, "\ud800"]
)
def test_a_model_is_a_name_never_a_path(server, root, name, quick_pen):
    answer = server.post("/api/write", {"text": "a", "model": name})
    assert answer.status in (400, 404), answer
    assert len(answer.error) < 200
    assert not quick_pen


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", ""],
)
def test_a_foreign_host_is_refused(server, host):
    assert server.get("/", Host=host).status == 421
    assert server.get("/api/models", Host=host).status == 421


def test_a_foreign_host_gets_a_page_that_names_the_remedy(server):
    answer = server.get("/", Host="a.example:80", Accept="text/html,*/*")
    assert answer.status == 421 and b"--allow-host a.example<" in answer.body
    answer = server.get("/", Host="<b>.example", Accept="text/html")
    assert b"<b>" not in answer.body
    assert "--allow-host" in server.get("/", Host="a.example").error


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_own_hosts_are_answered(server, host):
    assert server.get("/", Host=host).status == 200
    assert server.get("/", Host=f"{host}:{server.port}").status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_content_that_a_foreign_form_can_send_is_refused(server, kind):
    answer = server.ask("POST", "/api/write", "{}", {"Content-Type": kind})
    assert answer.status == 415


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[1]", b"null", b"[" * 100_000, b"1" * 5000, b'"a"'],
)
def test_malformed_json_is_refused(server, body):
    answer = server.post("/api/write", body)
    assert answer.status == 400 and "JSON" in answer.error
    assert server.post("/api/unknown", body).status == 400


def prime(points):
    return {"text": "a lake", "strokes": points}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": "a" * 601}, 422, "601 characters"),
        ({"text": 5}, 400, "text must be a string"),
        ({"model": 5}, 400, "model must be a string"),
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
        ({"prime": prime([[["nan", 0], [1, 1]]])}, 400, "drawn line is damaged"),
        ({"prime": prime([[[1e308, 0], [-1e308, 1], [3, 4]]])}, 400, "damaged"),
        ({"prime": prime([[[0]]])}, 400, "damaged"),
        ({"prime": prime([])}, 422, "Draw the line first"),
        ({"prime": prime([[[0, 0]]])}, 422, "Draw the line first"),
        ({"prime": {"text": " ", "strokes": [[[0, 0], [1, 1]]]}}, 422, "Say what"),
        ({"prime": {"text": "a" * 61, "strokes": [[[0, 0]]]}}, 422, "60 characters"),
        ({"prime": prime([[[n % 7, 0] for n in range(20_002)]])}, 422, "20000 points"),
        ({"prime": prime([[[n, 0]] for n in range(302)])}, 422, "300 strokes"),
    ],
)
def test_an_invalid_request_is_refused(ask_to_write, quick_pen, fields, status, words):
    answer = ask_to_write(**fields)
    assert (answer.status, quick_pen) == (status, [])
    assert words in answer.error
    assert answer.error.endswith(".") and "\n" not in answer.error


def test_a_body_that_is_too_large_is_refused(server, quick_pen):
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


def test_a_body_that_does_not_come_is_refused(server, monkeypatch):
    monkeypatch.setattr(web_request, "MAX_SECONDS", 0.05)
    head = b"POST /api/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sent:
        sent.sendall(head + b"Content-Type: application/json\r\n\r\n{")
        assert b" 408 " in sent.recv(100)


@pytest.fixture
def slow_pen(models, experiment, quick_pen, monkeypatch):
    """A server that writes a text when it is let go, and what happens in it."""
    seen = {"began": [], "stopped": [], "go": threading.Event()}

    def write(model, asked, stop, tell):
        if asked.text in web_app.WARM_UPS:
            return
        seen["began"].append(asked.text)
        while not seen["go"].wait(0.01):
            if stop.is_set():
                seen["stopped"].append(asked.text)
                raise CancelledError
        made_up_write(model, asked, stop, tell)

    monkeypatch.setattr(web_app, "write", write)
    with Server(models, room=2) as server:
        yield server, seen
        seen["go"].set()


@contextlib.contextmanager
def streaming(server, text, experiment):
    """The events of a text, as they come over a connection of its own."""
    body = json.dumps({"text": text, "model": experiment.name})
    headers = {"Content-Type": "application/json", "Accept": web_app.STREAM}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/api/write", body, headers)
    response = connection.getresponse()
    events = map(json.loads, iter(response.readline, b""))
    try:
        yield (event for event in events if event["event"] != "loading")
    finally:
        response.close()
        connection.close()


def test_a_stream_tells_each_line_as_it_comes(server, experiment, quick_pen):
    body = {"text": "a lake\na hill", "model": experiment.name}
    answer = server.post("/api/write", body, Accept=web_app.STREAM)
    assert answer.headers["content-type"].startswith(web_app.STREAM)
    assert answer.headers["cache-control"] == "no-store"
    kinds = [event["event"] for event in answer.events]
    assert "queue" in kinds and kinds[-3:] == ["line", "line", "end"]


def test_a_model_is_told_as_loading_until_it_has_written(
    models, experiment, quick_pen, monkeypatch
):
    def write(model, asked, stop, tell):
        if asked.text in web_app.WARM_UPS:
            raise CancelledError
        made_up_write(model, asked, stop, tell)

    monkeypatch.setattr(web_app, "write", write)
    body = {"text": "a lake", "model": experiment.name}
    with Server(models) as server:
        first, second = (
            [
                event["event"]
                for event in server.post(
                    "/api/write", body, Accept=web_app.STREAM
                ).events
            ]
            for _ in range(2)
        )
    assert first[-3:] == ["loading", "line", "end"] and "loading" not in second


def test_a_queue_tells_its_places_and_when_it_is_full(slow_pen, experiment, wait_until):
    server, seen = slow_pen
    with streaming(server, "a", experiment) as first:
        assert next(first) == {"event": "queue", "ahead": 0}
        wait_until(lambda: seen["began"] == ["a"])
        with streaming(server, "b", experiment) as second:
            assert next(second) == {"event": "queue", "ahead": 1}
            full = server.post("/api/write", {"text": "c", "model": experiment.name})
            assert full.status == 503
            assert int(full.headers["retry-after"]) >= 1
            assert "try again" in full.error
            assert server.get("/").status == 200  # all else goes on
            seen["go"].set()
            assert [e["event"] for e in first][-2:] == ["line", "end"]
            later = list(second)
            assert {"event": "queue", "ahead": 0} in later
            assert later[-1]["event"] == "end"
    assert server.post("/api/write", {"text": "c"}).status == 200


@pytest.mark.parametrize("accept", ["*/*", web_app.STREAM])
def test_writing_stops_when_its_client_leaves(slow_pen, experiment, wait_until, accept):
    server, seen = slow_pen

    def send(text):
        body = json.dumps({"text": text, "model": experiment.name})
        head = (
            "POST /api/write HTTP/1.1\r\nHost: localhost\r\n"
            f"Accept: {accept}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        sent = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        sent.sendall((head + body).encode())
        return sent

    def is_full():
        asked = {"text": "more", "model": experiment.name}
        return server.post("/api/write", asked).status == 503

    gone = send("gone")
    wait_until(lambda: seen["began"] == ["gone"])
    waiting = send("wait")
    wait_until(is_full)
    waiting.close()  # it has not begun: it never will
    gone.close()  # it has begun: it is stopped
    wait_until(lambda: seen["stopped"] == ["gone"])
    seen["go"].set()
    wait_until(lambda: not is_full())
    assert "wait" not in seen["began"]


def test_a_server_without_models_says_so_and_records(tmp_path, quick_pen):
    with Server(Models(tmp_path)) as server:
        assert server.get("/api/models").json["models"] == []
        assert server.get("/api/prompts").status == 200
        for body in ({"text": "a", "model": "any"}, {"text": "a"}):
            answer = server.post("/api/write", body)
            assert answer.status == 404 and "sketch train --text" in answer.error


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (RuntimeError("out\x1b[2J of luck"), 500, "The server failed: RuntimeError"),
        (ValueError("no such thing"), 422, "No such thing."),
        (CancelledError(), 503, "The server is closing."),
        (FileNotFoundError("/home/ann/x"), 500, "The server failed: FileNotFoundError"),
    ],
)
def test_a_failure_is_one_sentence_in_either_form(
    models, experiment, quick_pen, capfd, monkeypatch, error, status, sentence
):
    def fail(*_):
        raise error

    monkeypatch.setattr(web_app, "write", fail)
    with Server(models) as server:
        body = {"text": "a", "model": experiment.name}
        answer = server.post("/api/write", body)
        (*_, last) = server.post("/api/write", body, Accept=web_app.STREAM).events
    assert answer.status == status and answer.error.startswith(sentence)
    assert last["event"] == "error" and last["error"].startswith(sentence)
    told = capfd.readouterr().err
    assert "luck" not in answer.error and "Traceback" not in told
    assert (type(error).__name__ in told) == (status == 500)
    assert (status == 500) == ("of luck" in told or "/home/ann/x" in told)
    assert "\x1b" not in told and "/home" not in answer.error + last["error"]


def test_a_model_that_cannot_be_loaded_shows_no_path_of_the_server(
    models, experiment, quick_pen, capfd, monkeypatch
):
    def fail(self, name):
        raise ValueError("/home/ann/experiments/x/model.weights.h5 is damaged")

    monkeypatch.setattr(Models, "open", fail)
    with Server(models) as server:
        answer = server.post("/api/write", {"text": "a"})
    assert answer.status == 500 and "/home" not in answer.error
    assert "could not be loaded" in answer.error
    assert "/home/ann/experiments/x" in capfd.readouterr().err
