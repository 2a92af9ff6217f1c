"""Many files parsed by many processes, in bounded memory.

A file that cannot be parsed is an answer too, and so is the work of a process that
died: nothing that a file holds can stop the others.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from sketch.convert.source_file import SourceFile
from sketch.ink import DamagedInk

FEW_FILES = 256  # so many are parsed here rather than by a pool that has to start first
CHUNK_FILES = 64
MAX_PROCESSES = 8

# Ink of a file; for one that cannot be read it raises DamagedInk or OSError.
Parse = Callable[[SourceFile], Any]


def parse_all(
    files: Iterator[SourceFile], parse: Parse, processes: int | None = None
) -> Iterator[tuple[SourceFile, Any]]:
    """Parses files, many of them in other processes, in bounded memory.

    Those import the calling program's main module, which must be safe to import. If
    one of them dies, this process does its work.

    Args:
        files: what to parse; taken as needed.
        parse: what makes ink of a file's content; a function at the top of a module.
        processes: how many parse; None: one a core, 1: this one.

    Yields:
        In any order: a file, and what `parse` makes of it, or what is wrong with it.
    """
    first = list(islice(files, FEW_FILES))
    files = chain(first, files)
    processes = processes or min(MAX_PROCESSES, num_cores())
    if processes == 1 or len(first) < FEW_FILES:
        for file in files:
            yield file, _try(parse, file)
        return
    # Each process has a pipe of its own, and one chunk at a time: nothing is shared,
    # so none that is stopped or killed, at whatever moment, can make another wait.
    workers = [_Worker(parse) for _ in range(processes)]
    try:
        while chunk := list(islice(files, CHUNK_FILES)):
            while all(worker.chunk for worker in workers):
                yield from _collect(workers)
            idle = next(worker for worker in workers if not worker.chunk)
            idle.start(chunk)
        while any(worker.chunk for worker in workers):
            yield from _collect(workers)
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A parsing process, seen from the program that started it."""

    def __init__(self, parse: Parse):
        self.parse = parse
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, parse), daemon=True)
        with _interrupts_held():
            self.process.start()
        theirs.close()
        self.chunk: list[SourceFile] = []  # what it is at work on

    def start(self, chunk: list[SourceFile]) -> None:
        self.chunk = chunk
        with suppress(OSError):  # a dead one is found when its results are wanted
            self.connection.send(chunk)

    def results(self) -> list[tuple[SourceFile, Any]]:
        chunk, self.chunk = self.chunk, []
        try:
            results = self.connection.recv()
        except (EOFError, OSError):
            results = [_try(self.parse, file) for file in chunk]
        return list(zip(chunk, results, strict=True))

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join()


def _collect(workers: list[_Worker]) -> Iterator[tuple[SourceFile, Any]]:
    """Waits for one worker at least, and takes what is done."""
    busy = {worker.connection: worker for worker in workers if worker.chunk}
    for connection in wait(busy):
        yield from busy[connection].results()


def _serve(connection: Connection, parse: Parse) -> None:
    """What a parsing process does, until the program is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            connection.send([_try(parse, file) for file in connection.recv()])


def _try(parse: Parse, file: SourceFile) -> Any:
    try:
        return parse(file)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except DamagedInk as error:
        return str(error)


def num_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits, and a process that is started meanwhile never gets one."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    resource_tracker.ensure_running()  # the first process would, and end the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
