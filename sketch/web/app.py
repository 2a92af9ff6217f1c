"""The web application: which address answers what.

| address | answer |
|---|---|
| `/`, `/capture`, `/static/…` | the pages and what they are made of |
| `/api/hands` | the hands, and the limits of a request |
| `/api/prompts?hand=…` | the lines of the capture sheet, for a hand's alphabet |
| `POST /api/write` | ink; see `sketch.web.answer` |
| `POST /api/ink.svg`, `.png`, `.inkml` | the ink that was sent, as a file |

Errors are `{"error": "One sentence."}`.
"""

import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sketch.web import request as requests
from sketch.web.answer import write
from sketch.web.downloads import MEDIA_TYPES, as_file
from sketch.web.guard import Guard
from sketch.web.models import Models
from sketch.web.prompts import choose_prompts
from sketch.web.worker import Worker

STATIC = Path(__file__).parent / "static"
QUEUE = 8  # texts that are written or wait
NO_STORE = {"Cache-Control": "no-store"}
# Of several pieces, so that all loops are compiled that texts will need.
WARM_UP = "a few words to begin with, and a few more, until the pen has warmed up again"


def build_app(
    hands: Models, hosts: Collection[str] | None = None, room: int = QUEUE
) -> ASGIApp:
    """The application.

    Args:
        hands: that it offers.
        hosts: names that requests may be for; None: any.
        room: requests that are worked on or wait, at the most.
    """
    worker = Worker(room)

    async def get_hands(request: Request) -> Response:
        found = [
            {
                "name": name,
                "alphabet": "".join(experiment.alphabet.characters),
                "styles": list(hands.styles[name]),
            }
            for name, experiment in hands.experiments.items()
        ]
        limits = {
            "characters": requests.MAX_CHARACTERS,
            "prime_characters": requests.MAX_PRIME_CHARACTERS,
        }
        return JSONResponse({"hands": found, "limits": limits}, headers=NO_STORE)

    async def get_prompts(request: Request) -> Response:
        name = request.query_params.get("hand")
        alphabet = None
        if name is not None:
            alphabet = "".join(hands.find(name).alphabet.characters)
        return JSONResponse({"lines": choose_prompts(alphabet)}, headers=NO_STORE)

    async def post_write(request: Request) -> Response:
        asked = requests.parse_write(await requests.read_json(request))
        name = hands.find(asked.hand).name
        answer = await _work(
            worker, request, lambda stop: write(hands.open(name), asked, stop)
        )
        return _left() if answer is None else JSONResponse(answer, headers=NO_STORE)

    async def post_ink(request: Request) -> Response:
        form = request.path_params["form"]
        if form not in MEDIA_TYPES:
            raise HTTPException(404, f"Ink comes as {', '.join(MEDIA_TYPES)}.")
        lines = requests.parse_ink(await requests.read_json(request))
        content = await _work(worker, request, lambda stop: as_file(lines, form))
        if content is None:
            return _left()
        name = f'attachment; filename="handwriting.{form}"'
        headers = NO_STORE | {"Content-Disposition": name}
        return Response(content, headers=headers, media_type=MEDIA_TYPES[form])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        stop = None
        if hands.experiments:
            name = next(iter(hands.experiments))
            _, stop = worker.begin(lambda stop: _warm_up(hands, name, stop))
        yield
        if stop:
            stop.set()
        worker.close()

    app = Starlette(
        routes=[
            Route("/", _page("index.html")),
            Route("/capture", _page("capture.html")),
            Route("/api/hands", get_hands),
            Route("/api/prompts", get_prompts),
            Route("/api/write", post_write, methods=["POST"]),
            Route("/api/ink.{form}", post_ink, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
        lifespan=lifespan,
    )
    return Guard(app, hosts)


def _page(name: str) -> Callable:
    async def get_page(request: Request) -> Response:
        return FileResponse(STATIC / name)

    return get_page


async def _work(worker: Worker, request: Request, work: Callable) -> Any:
    try:
        return await worker.run(request, work)
    except ValueError as error:
        text = str(error).rstrip(".")
        raise HTTPException(422, f"{text[:1].upper()}{text[1:]}.") from error


def _left() -> Response:
    """For a client that is not there any more; the number is nginx'."""
    return Response(status_code=499)


def _warm_up(hands: Models, name: str, stop: threading.Event) -> None:
    """Loads a hand and has its loops compiled, before anybody waits for it."""
    known = set(hands.find(name).alphabet.characters)
    text = "".join(c for c in WARM_UP if c in known)
    try:
        write(hands.open(name), requests.WriteRequest(text, name, columns=200), stop)
    except CancelledError:
        pass
    except (ValueError, OSError) as error:
        # The first request will meet it again, and answer with it.
        print(f"{name}: {error}", file=sys.stderr)


async def _refuse(request: Request, error: HTTPException) -> Response:
    return JSONResponse(
        {"error": error.detail}, error.status_code, headers=error.headers
    )


async def _fail(request: Request, error: Exception) -> Response:
    print(f"{request.url.path}: {type(error).__name__}: {error}", file=sys.stderr)
    return JSONResponse(
        {"error": f"The server failed: {type(error).__name__}. Its window says more."},
        500,
    )
