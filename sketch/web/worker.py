"""One thread that writes, and a short queue before it.

Only this thread uses keras, so nothing of it needs to be thread-safe. A client that
finds the queue full is told when to come again; work whose client has gone is stopped.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from starlette.exceptions import HTTPException

RETRY_SECONDS = 3
Event = dict[str, Any]
Work = Callable[[threading.Event, Callable[[Event], None]], None]


class Job:
    """Some work, its events, and a way to stop it."""

    def __init__(self, work: Work, when_done: Callable[["Job"], None]):
        self.stop = threading.Event()
        self.future: Future[None] | None = None
        self._work = work
        self._when_done = when_done
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    def run(self) -> None:
        """Does the work, in the thread."""
        self.tell({"event": "queue", "ahead": 0})
        self._work(self.stop, self.tell)

    def tell(self, event: Event) -> None:
        """Adds an event, from any thread."""
        self._call(self._events.put_nowait, event)

    def end(self, _: object = None) -> None:
        """Marks the end of all events, from any thread."""
        self._call(self._finish)

    def _call(self, function: Callable, *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

    def _finish(self) -> None:
        self._events.put_nowait(None)
        self._when_done(self)

    async def events(self) -> AsyncIterator[Event]:
        """The events as they come.

        Raises:
            Exception: what the work raised; CancelledError if it was stopped.
        """
        while (event := await self._events.get()) is not None:
            yield event
        self.future.result()

    def cancel(self) -> None:
        """Stops the work, or keeps it from beginning."""
        self.stop.set()
        self.future.cancel()


class Worker:
    """Does the work of all requests, in the order in which they came.

    Args:
        room: the most requests that are worked on or wait.
    """

    def __init__(self, room: int):
        self._room = room
        self._jobs: list[Job] = []  # of requests, not yet done
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sketch-pen")

    def begin(self, work: Work) -> Job:
        """Queues the work of a request; its events tell its place in the queue.

        Raises:
            HTTPException: 503, the server is closing, or with Retry-After, no room.
        """
        if len(self._jobs) >= self._room:
            raise HTTPException(
                503,
                "Too many texts are being written; try again in a few seconds.",
                {"Retry-After": str(RETRY_SECONDS)},
            )
        job = self.begin_unasked(work)
        self._jobs.append(job)
        self._tell_place(job)
        return job

    def begin_unasked(self, work: Work) -> Job:
        """Queues work that no request waits for, whether there is room or not."""
        job = Job(work, self._leave)
        try:
            job.future = self._thread.submit(job.run)
        except RuntimeError:  # shut down
            raise HTTPException(503, "The server is closing.") from None
        job.future.add_done_callback(job.end)
        return job

    def close(self) -> None:
        """Ends the thread; work that has not begun is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _leave(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
            for other in self._jobs:
                self._tell_place(other)

    def _tell_place(self, job: Job) -> None:
        if ahead := self._jobs.index(job):
            job.tell({"event": "queue", "ahead": ahead})
