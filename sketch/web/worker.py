"""One thread that writes, and a short queue before it.

Keras and matplotlib are used by this thread alone, so nothing in them is asked to be
safe among threads. Who finds the queue full is told when to come again; what nobody
waits for any more is not done.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

RETRY_SECONDS = 3
Result = TypeVar("Result")
Work = Callable[[threading.Event], Result]


class Worker:
    """Does the work of all requests, in the order in which they came.

    Args:
        room: requests that are worked on or wait, at the most.
    """

    def __init__(self, room: int):
        self._places = threading.Semaphore(room)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sketch-pen")

    def begin(self, work: Work[Result]) -> tuple["Future[Result]", threading.Event]:
        """Lines up some work for which no request waits, whether there is room or not.

        Args:
            work: called in the thread; it should end soon when its argument is set.

        Returns:
            What becomes of it, and what it is to be stopped by.
        """
        stop = threading.Event()
        return self._thread.submit(work, stop), stop

    async def run(self, request: Request, work: Work[Result]) -> Result | None:
        """Does the work of a request.

        Returns:
            What `work` returns; None if the client has gone.

        Raises:
            HTTPException: 503 with Retry-After, there is no room.
        """
        if not self._places.acquire(blocking=False):
            raise HTTPException(
                503,
                "Too many texts are being written; try again in a few seconds.",
                {"Retry-After": str(RETRY_SECONDS)},
            )
        try:
            future, stop = self.begin(work)
        except RuntimeError:  # the server is shutting down
            self._places.release()
            raise HTTPException(503, "The server is closing.") from None
        future.add_done_callback(lambda _: self._places.release())
        job = asyncio.wrap_future(future)
        leaving = asyncio.ensure_future(_has_left(request))
        try:
            await asyncio.wait({job, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return job.result() if job.done() else None
        finally:
            stop.set()
            job.cancel()
            leaving.cancel()

    def close(self) -> None:
        """Ends the thread; work that has not begun is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)


async def _has_left(request: Request) -> None:
    """Returns when the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
