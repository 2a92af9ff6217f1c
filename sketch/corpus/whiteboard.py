"""Reads the pen files of IAM-OnDB: one whiteboard XML, or many of them in parallel.

Only what a parsing process needs is imported here, since each of them starts anew.
An XML file is data from somebody else: a document type (and with it every entity) is
refused; its size is limited where files are read.
"""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate, chain, islice
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from xml.parsers import expat

import numpy as np

from sketch.corpus.sources import SourceFile
from sketch.ink import DamagedInk
from sketch.ink.strokes import strokes_from_points

MAX_COORDINATE = 1e6  # of a tablet; keeps float32 offsets exact
FEW_FILES = 256  # so many are parsed here rather than by a pool that has to start first
CHUNK_FILES = 64
MAX_PROCESSES = 8

Parsed = tuple[SourceFile, np.ndarray | str]  # its strokes, or what is wrong with it

STROKE_TAG = re.compile(
    rb'<Stroke colour="\w*+" start_time="[0-9.]*+" end_time="[0-9.]*+">'
)
PLAIN_FILE = re.compile(
    rb"""<\?xml[ ]version="1\.0"[ ]encoding="ISO-8859-1"\?>\s*+
    <WhiteboardCaptureSession>\s*+
    <WhiteboardDescription>\s*+
    (?:<[A-Za-z]++(?:[ ]corner="\w*+"|[ ]x="-?[0-9]++"[ ]y="-?[0-9]++")/>\s*+)*+
    </WhiteboardDescription>\s*+
    <StrokeSet>\s*+
    (
        (?:
            STROKE_TAG\s*+
            (?:
                <Point[ ]x="-?[0-9]{1,6}+"[ ]y="-?[0-9]{1,6}+"
                [ ]time="[0-9]{1,12}+(?:\.[0-9]{1,6}+)?+"/>\s*+
            )*+
            </Stroke>\s*+
        )*+
    )
    </StrokeSet>\s*+
    </WhiteboardCaptureSession>\s*+""".replace(
        b"STROKE_TAG", STROKE_TAG.pattern.replace(b" ", b"[ ]")
    ),
    re.VERBOSE,
)
QUOTES_TO_BLANKS = bytes.maketrans(b'"', b" ")
NO_DIGITS = bytes(byte for byte in range(256) if byte not in b'0123456789-"')


def parse_whiteboard(data: bytes) -> np.ndarray:
    """Reads the strokes of one line out of its whiteboard XML.

    Args:
        data: `<WhiteboardCaptureSession>` with `<StrokeSet>`, `<Stroke>`, and
            `<Point x= y=>` in tablet units, y downwards.

    Returns:
        float32 `[time, 3]`, time = points less one.

    Raises:
        DamagedInk: If it is not such a document, or holds fewer than two points.
    """
    points, stroke_starts = parse_plain(data) or parse_any(data)
    if len(points) < 2:
        raise DamagedInk(f"{len(points)} points are no line: two are the least")
    if not (np.abs(points) <= MAX_COORDINATE).all():
        raise DamagedInk(f"a coordinate is no number up to {MAX_COORDINATE:g}")
    return strokes_from_points(np.split(points, stroke_starts))


def parse_any(data: bytes) -> tuple[np.ndarray, list[int]]:
    """Reads any whiteboard XML.

    Returns:
        All points, float64 `[n, 2]`, and where among them each stroke begins.

    Raises:
        DamagedInk: If it is not such a document.
    """
    coordinates: list[str] = []
    stroke_starts: list[int] = []

    def read_element(name: str, attributes: dict[str, str]) -> None:
        if name == "Point":
            coordinates.append(attributes["x"])
            coordinates.append(attributes["y"])
        elif name == "Stroke":
            stroke_starts.append(len(coordinates) // 2)

    def read_root(name: str, _: dict[str, str]) -> None:
        if name != "WhiteboardCaptureSession":
            raise DamagedInk(f"a <{name[:40]}> document, not a whiteboard session")
        parser.StartElementHandler = read_element

    def refuse_document_type(*_: object) -> None:
        raise DamagedInk("it declares a document type, which pen data has no use for")

    parser = expat.ParserCreate()
    parser.StartElementHandler = read_root
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        parser.Parse(data, True)
        values = np.array([*map(float, coordinates)])
    except DamagedInk:
        raise
    except expat.ExpatError as error:
        raise DamagedInk(f"not whole XML ({error})" if data else "empty") from error
    except KeyError as error:
        raise DamagedInk(f"a <Point> lacks its {error.args[0]}") from error
    except (ValueError, LookupError) as error:
        raise DamagedInk(f"unreadable ({error})") from error
    return values.reshape(-1, 2), stroke_starts


def parse_plain(data: bytes) -> tuple[np.ndarray, list[int]] | None:
    """Reads a file that looks exactly as the database's own do, three times as fast.

    Returns:
        What `parse_any` returns; None if the file looks any different.
    """
    match = PLAIN_FILE.fullmatch(data)
    if match is None:
        return None
    body = match[1]
    counts = [stroke.count(b"<Point") for stroke in body.split(b"</Stroke>")[:-1]]
    # Only x, y and time are left of each point, with blanks between them.
    digits = STROKE_TAG.sub(b"", body).translate(QUOTES_TO_BLANKS, NO_DIGITS)
    values = np.fromstring(digits, dtype=np.int64, sep=" ").reshape(-1, 3)
    return values[:, :2].astype(np.float64), [0, *accumulate(counts[:-1])]


def parse_all(
    files: Iterator[SourceFile], processes: int | None = None
) -> Iterator[Parsed]:
    """Parses pen files, many of them in other processes, in bounded memory.

    Those import the calling program's main module, which must be safe to import. If
    one of them dies, this process does its work.

    Args:
        files: what to parse; taken as needed.
        processes: how many parse; None: one a core, 1: this one.

    Yields:
        In any order: a file, and its strokes, float32 `[time, 3]`, or what is wrong
        with it.
    """
    first = list(islice(files, FEW_FILES))
    files = chain(first, files)
    processes = processes or min(MAX_PROCESSES, _num_cores())
    if processes == 1 or len(first) < FEW_FILES:
        for file in files:
            yield file, _parse(file)
        return
    # Each process has a pipe of its own, and one chunk at a time: nothing is shared,
    # so none that is stopped or killed, at whatever moment, can make another wait.
    workers = [_Worker() for _ in range(processes)]
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

    def __init__(self):
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _interrupts_held():
            self.process.start()
        theirs.close()
        self.chunk: list[SourceFile] = []  # what it is at work on

    def start(self, chunk: list[SourceFile]) -> None:
        self.chunk = chunk
        with suppress(OSError):  # a dead one is found when its results are wanted
            self.connection.send(chunk)

    def results(self) -> list[Parsed]:
        chunk, self.chunk = self.chunk, []
        try:
            results = self.connection.recv()
        except (EOFError, OSError):
            results = [_parse(file) for file in chunk]
        return list(zip(chunk, results, strict=True))

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join()


def _collect(workers: list[_Worker]) -> Iterator[Parsed]:
    """Waits for one worker at least, and takes what is done."""
    busy = {worker.connection: worker for worker in workers if worker.chunk}
    for connection in wait(busy):
        yield from busy[connection].results()


def _serve(connection: Connection) -> None:
    """What a parsing process does, until the program is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            connection.send([_parse(file) for file in connection.recv()])


def _parse(file: SourceFile) -> np.ndarray | str:
    try:
        return parse_whiteboard(file.read())
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except DamagedInk as error:
        return str(error)


def _num_cores() -> int:
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
