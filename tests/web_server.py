"""The application of `sketch serve` behind a real socket, and ink without a network."""

import contextlib
import http.client
import json
import threading
from typing import NamedTuple

import uvicorn
from made_up_ink import write as write_ink

from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import split_pen_strokes
from sketch.web import app as web_app
from sketch.web.answer import FORMAT, VERSION, break_lines, cut_to_ink
from sketch.web.guard import LOOPBACK
from sketch.web.models import Models
from sketch.web.request import WriteRequest
from sketch.web.server import listen


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json["error"]


class Server:
    """The application behind a real socket, in a thread."""

    def __init__(self, hands: Models, **options):
        self.socket = listen("127.0.0.1", 0)
        self.port = self.socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        app = web_app.build_app(hands, LOOPBACK, **options)
        config = uvicorn.Config(app, log_config=None, log_level="critical", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self.socket]}
        )

    def ask(self, method, path, body=None, headers=None, raw=False) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = dict(headers or {})
        if body is not None and not raw:
            headers.setdefault("Content-Type", "application/json")
            if not isinstance(body, bytes | str):
                body = json.dumps(body)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    def get(self, path, **headers) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path, body) -> Answer:
        return self.ask("POST", path, body)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self.socket.close()
        assert not self._thread.is_alive()


def made_up_answer(asked: WriteRequest) -> dict:
    """An answer as of `sketch.web.answer.write`, without a network."""
    rows = break_lines(asked.text, asked.columns)
    page = cut_to_ink(
        [InkLine(write_ink(row), row, (0.0, 40.0 * n)) for n, row in enumerate(rows)]
    )
    lines = []
    for line in page.lines:
        pens = split_pen_strokes(line.strokes, line.start)
        count = sum(map(len, pens))
        attention = [[n * len(line.text) // count, 255] for n in range(count)]
        strokes = [pen.tolist() for pen in pens]
        lines.append(
            {
                "text": line.text,
                "strokes": strokes,
                "attention": attention,
                "tries": [1],
            }
        )
    size = {"width": page.width, "height": page.height, "pen": 1.0}
    return {
        "format": FORMAT,
        "version": VERSION,
        "lines": lines,
        "page": size,
        "faults": [],
        "seconds": 1.0,
        "seed": asked.seed,
        "hand": asked.hand,
    }
