"""The web application: which address answers what.

| address | answer |
|---|---|
| `/`, `/capture`, `/static/…` | the pages and their parts |
| `/api/models` | the models, and the limits of a request |
| `/api/styles?model=…` | the lines that show a model's styles |
| `/api/prompts?model=…` | the lines of the recording sheet, for a model's alphabet |
| `POST /api/unknown` | the characters of a text that a model cannot write |
| `POST /api/write` | ink; see `sketch.web.answer` |

Errors are `{"error": "One sentence."}`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from sketch.ink.ink_files import FORMAT, VERSION
from sketch.ink.line_of_ink import InkLine
from sketch.page.typing import describe_unknown, find_unknown
from sketch.system.messages import echo
from sketch.web import request as requests
from sketch.web.answer import Event, write
from sketch.web.guard import Guard
from sketch.web.models import Models
from sketch.web.prompts import choose_prompts
from sketch.web.site import STATIC
from sketch.web.worker import Job, Work, Worker

QUEUE = 8  # texts that are written or wait
NO_STORE = {"Cache-Control": "no-store"}
STREAM = "application/x-ndjson"
# Loops are compiled for the length of pieces: the first text has long ones, as most
# texts have, the second short ones.
WARM_UPS = ("a few words to begin with and a few more, until it is warm", "go\non")


class Unloadable(Exception):
    """A model could not be loaded; the message may have paths of this machine."""


def build_app(
    models: Models, hosts: Collection[str] | None = None, room: int = QUEUE
) -> ASGIApp:
    """The application.

    Args:
        models: that it offers.
        hosts: see `Guard`.
        room: the most requests that are worked on or wait.
    """
    worker = Worker(room)
    warm: set[str] = set()  # models that have written something

    def writing(asked: requests.WriteRequest, name: str) -> Work:
        def work(stop: Any, tell: Callable[[Event], None]) -> None:
            if name not in warm:
                tell({"event": "loading"})
            try:
                model = models.open(name)
            except (ValueError, OSError) as error:
                raise Unloadable(f"{name}: {error}") from error
            write(model, asked, stop, tell)
            warm.add(name)

        return work

    async def get_models(request: Request) -> Response:
        found = [
            {
                "name": name,
                "title": models.titles[name],
                "alphabet": "".join(experiment.alphabet.characters),
                "styles": list(models.styles[name]),
            }
            for name, experiment in models.experiments.items()
        ]
        limits = {
            "characters": requests.MAX_CHARACTERS,
            "prime_characters": requests.MAX_PRIME_CHARACTERS,
        }
        # Where the client came to; another name for it would have lines of its own.
        reached_at = (request.scope.get("server") or [""])[0]
        content = {"models": found, "limits": limits, "reached_at": reached_at}
        return JSONResponse(content, headers=NO_STORE)

    async def get_styles(request: Request) -> Response:
        name = models.find(request.query_params.get("model")).name
        lines = [
            {"name": style, "strokes": requests.to_pens(line)}
            for style, line in models.styles[name].items()
        ]
        return JSONResponse({"styles": lines}, headers=NO_STORE)

    async def get_prompts(request: Request) -> Response:
        name = request.query_params.get("model")
        alphabet = None
        if name is not None:
            alphabet = "".join(models.find(name).alphabet.characters)
        return JSONResponse({"lines": choose_prompts(alphabet)}, headers=NO_STORE)

    async def post_unknown(request: Request) -> Response:
        asked = requests.parse_write(await requests.read_json(request))
        words = (asked.text, models.find(asked.model).alphabet)
        return JSONResponse(
            {"unknown": find_unknown(*words), "names": describe_unknown(*words) or ""}
        )

    async def post_write(request: Request) -> Response:
        asked = requests.parse_write(await requests.read_json(request))
        experiment = models.find(asked.model)
        words = asked.text
        if isinstance(asked.prime, InkLine):
            words += asked.prime.text
        if unknown := describe_unknown(words, experiment.alphabet):
            raise HTTPException(422, f"This model cannot write {unknown}.")
        job = worker.begin(writing(asked, experiment.name))
        if experiment.name not in warm:  # the warm-up may be before it
            job.tell({"event": "loading"})
        if STREAM in request.headers.get("accept", ""):
            return EventStream(job, request.url.path)
        return await _collect(job, request)

    async def warm_up() -> None:
        """Writes with the first model, each text behind those asked for meanwhile."""
        for name, experiment in list(models.experiments.items())[:1]:
            known = {*experiment.alphabet.characters, "\n"}
            for words in WARM_UPS:
                text = "".join(c for c in words if c in known)
                job = worker.begin_unasked(writing(requests.WriteRequest(text), name))
                try:
                    async for _ in job.events():
                        pass
                except Exception as error:
                    # The first request will meet it again, and answer with it.
                    if not isinstance(error, CancelledError):
                        echo(error, err=True)
                    return
                finally:
                    job.cancel()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        warming = asyncio.ensure_future(warm_up())
        yield
        warming.cancel()
        worker.close()

    app = Starlette(
        routes=[
            Route("/", _page("index.html")),
            Route("/capture", _page("capture.html")),
            Route("/api/models", get_models),
            Route("/api/styles", get_styles),
            Route("/api/prompts", get_prompts),
            Route("/api/unknown", post_unknown, methods=["POST"]),
            Route("/api/write", post_write, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
        lifespan=lifespan,
    )
    return Guard(app, hosts)


class EventStream(StreamingResponse):
    """The events of a job, a line of JSON each; the job ends with the connection."""

    def __init__(self, job: Job, path: str):
        # nginx would keep the lines back until there are many.
        headers = NO_STORE | {"X-Accel-Buffering": "no"}
        super().__init__(self._lines(job, path), 200, headers, STREAM)
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; see ASGI."""
        # By this version starlette listens for a client that leaves between two lines;
        # by 2.4, which some servers announce, it would notice with the next line.
        asgi = {**scope["asgi"], "spec_version": "2.3"}
        try:
            await super().__call__({**scope, "asgi": asgi}, receive, send)
        finally:
            self._job.cancel()

    async def _lines(self, job: Job, path: str) -> AsyncIterator[str]:
        try:
            async for event in job.events():
                yield json.dumps(event, allow_nan=False) + "\n"
        except Exception as error:  # the status has been sent
            _, sentence = _describe(path, error)
            yield json.dumps({"event": "error", "error": sentence}) + "\n"


async def _collect(job: Job, request: Request) -> Response:
    """The events of a job as one answer."""
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, "lines": []}

    async def gather() -> Response:
        async for event in job.events():
            if event["event"] == "line":
                content["lines"].append(event["line"])
            elif event["event"] == "end":
                content.update(event)
        del content["event"]
        return JSONResponse(content, headers=NO_STORE)

    gathering = asyncio.ensure_future(gather())
    leaving = asyncio.ensure_future(_has_left(request))
    try:
        await asyncio.wait({gathering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        # 499 is nginx' number for a client that is not there any more.
        return gathering.result() if gathering.done() else Response(status_code=499)
    except HTTPException:
        raise
    except Exception as error:
        status, sentence = _describe(request.url.path, error)
        raise HTTPException(status, sentence) from error
    finally:
        job.cancel()
        gathering.cancel()
        leaving.cancel()


async def _has_left(request: Request) -> None:
    """Returns when the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _page(name: str) -> Callable:
    async def get_page(request: Request) -> Response:
        return FileResponse(STATIC / name)

    return get_page


def _describe(path: str, error: Exception) -> tuple[int, str]:
    """Status and sentence for what a job raised."""
    if isinstance(error, CancelledError):
        return 503, "The server is closing."
    if isinstance(error, ValueError):
        text = str(error).rstrip(".")
        return 422, f"{text[:1].upper()}{text[1:]}."
    if isinstance(error, Unloadable):
        echo(error, err=True)
        return 500, "The model could not be loaded; the server's terminal says why."
    name = type(error).__name__
    echo(f"{path}: {name}: {error}", err=True)
    return 500, f"The server failed: {name}. Its terminal says more."


async def _refuse(request: Request, error: HTTPException) -> Response:
    return JSONResponse(
        {"error": error.detail}, error.status_code, headers=error.headers
    )


async def _fail(request: Request, error: Exception) -> Response:
    status, sentence = _describe(request.url.path, error)
    return JSONResponse({"error": sentence}, status)
