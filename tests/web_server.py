"""The application of `sketch serve` behind a real socket, and ink without a network."""

import contextlib
import http.client
import json
import threading
from typing import NamedTuple

import uvicorn
from made_up_ink import pens_of

from sketch.web import app as web_app
from sketch.web.answer import break_lines
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
    def events(self):
        return list(map(json.loads, self.body.splitlines()))

    @property
    def error(self) -> str:
        return self.json["error"]


class Server:
    """The application behind a real socket, in a thread."""

    def __init__(self, models: Models, **options):
        self.socket = listen("127.0.0.1", 0)
        self.port = self.socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        app = web_app.build_app(models, LOOPBACK, **options)
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

    def post(self, path, body, **headers) -> Answer:
        return self.ask("POST", path, body, headers)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self.socket.close()
        assert not self._thread.is_alive()


def made_up_write(model, asked: WriteRequest, stop, tell) -> None:
    """Writes as `sketch.web.answer.write` does, without a network."""
    rows = break_lines(asked.text, asked.columns)
    for number, row in enumerate(rows):
        pens = [pen / 4 + (6, 12 + 10 * number) for pen in pens_of(row)[0]]
        count = sum(map(len, pens))
        line = {
            "text": row,
            "strokes": [pen.round(3).tolist() for pen in pens],
            "attention": [[n * len(row) // count, 255] for n in range(count)],
            "tries": [1],
        }
        page = {"width": 100.0, "height": 10.0 + 10 * len(rows), "pen": 0.35}
        tell({"event": "line", "of": len(rows), "line": line, "page": page})
    end = {"event": "end", "page": page, "faults": [], "notes": [], "seconds": 1.0}
    tell(end | {"seed": asked.seed, "model": asked.model})
