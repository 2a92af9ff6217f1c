"""Parses the data sets of sketch-rnn: files `.npz` of many drawings.

Such a file (Ha and Eck 2017, arXiv:1704.03477) is a zip archive of `train.npy`,
`valid.npy` and `test.npy`. Each is a numpy array of objects, the drawings, each an
array `[n, 3]` of numbers: dx and dy from the point before, y downwards, and 1 if the
pen is lifted after this point. The first row leads from (0, 0) to the first point.

numpy stores arrays of objects as a pickle, which could run any code. None runs here:
`pickletools` lists its instructions, and those few that build arrays are followed.
"""

import io
import pickletools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from sketch.convert.zip_source import BOUNDED, BROKEN, END_BYTES, list_bytes
from sketch.corpus.corpus_line import SETS
from sketch.ink import DamagedInk
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes

MAX_ARRAY_BYTES = 128 << 20  # of one set, unpacked; 70,000 drawings have about 25 MB
MAX_NAMES_BYTES = 10_000  # of the archive's list of files
MAX_INSTRUCTIONS = 4_000_000  # of one set; a drawing takes about 20
VALUES = set(
    "BININT BININT1 BININT2 INT LONG LONG1 NONE NEWTRUE NEWFALSE "
    "STRING BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 "
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8".split()
)
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
NUMBER_TYPE = re.compile("[iuf][1248]")


@dataclass
class Built:
    """What a pickle would build by a call: the callable's name, and its arguments."""

    name: str
    args: tuple = ()
    state: Any = None


MARK = Built("mark")


def parse_drawings(data: bytes, limit: int | None) -> Iterator[tuple[str, InkLine]]:
    """Parses the first `limit` drawings; yields a name such as `train-00001`, and ink.

    Raises:
        DamagedInk: `data` is not such a file.
    """
    drawings = (
        (f"{name}-{number:05d}", _to_line(drawing))
        for name, array in _arrays(data)
        for number, drawing in enumerate(array, start=1)
    )
    yield from islice(drawings, limit)


def _arrays(data: bytes) -> Iterator[tuple[str, list[np.ndarray]]]:
    if list_bytes(data[-END_BYTES:]) > MAX_NAMES_BYTES:
        raise DamagedInk("it lists more files than a data set has")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [name for name in SETS if f"{name}.npy" in packed.namelist()]
            if not names:
                raise DamagedInk("it holds none of train.npy, valid.npy, test.npy")
            for name in names:
                member = packed.getinfo(f"{name}.npy")
                if member.compress_type not in BOUNDED:
                    raise DamagedInk(
                        f"{member.filename} is neither stored nor deflated"
                    )
                if member.file_size > MAX_ARRAY_BYTES:
                    raise DamagedInk(f"{member.filename} is larger than drawings are")
                with packed.open(member) as file:
                    yield name, _parse_array(file.read(member.file_size))
    except DamagedInk:
        raise
    except (*BROKEN, AttributeError) as error:
        raise DamagedInk(f"not a data set of sketch-rnn ({error})") from None


def _parse_array(content: bytes) -> list[np.ndarray]:
    # Magic, version, the header's size in 2 bytes (version 1) or 4, the header.
    start = 10 if content[6] == 1 else 12
    end = start + int.from_bytes(content[8:start], "little")
    if b"|O" not in content[start:end]:
        raise DamagedInk("its arrays hold numbers, not drawings")
    *_, drawings = _follow(content[end:]).state
    return [_to_array(drawing) for drawing in drawings]


def _follow(pickled: bytes) -> Built:
    """Follows the instructions of a pickle that only builds arrays of numbers."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}

    def pop_to_mark() -> list[Any]:
        place = len(stack) - 1
        while stack[place] is not MARK:
            place -= 1
        items = stack[place + 1 :]
        del stack[place:]
        return items

    for instruction, value, _ in islice(pickletools.genops(pickled), MAX_INSTRUCTIONS):
        name = instruction.name
        if name in VALUES:
            stack.append(CONSTANTS.get(name, value))
        elif name == "MARK":
            stack.append(MARK)
        elif name == "GLOBAL":
            stack.append(Built(value))
        elif name == "STACK_GLOBAL":
            module, attribute = stack.pop(-2), stack.pop()
            stack.append(Built(f"{module} {attribute}"))
        elif name in ("EMPTY_TUPLE", "EMPTY_LIST"):
            stack.append(() if name == "EMPTY_TUPLE" else [])
        elif name in ("TUPLE", "LIST"):
            items = pop_to_mark()
            stack.append(tuple(items) if name == "TUPLE" else items)
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else pop_to_mark()
            stack[-1].extend(items)
        elif name == "REDUCE":
            args = stack.pop()
            stack.append(Built(stack.pop().name, args))
        elif name == "BUILD":
            state = stack.pop()
            stack[-1].state = state
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            memo[len(memo) if name == "MEMOIZE" else value] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[value])
        elif name == "STOP":
            return stack.pop()
        elif name not in ("PROTO", "FRAME"):
            break
    raise DamagedInk("it holds other objects than drawings, which are not read")


def _to_array(built: Built) -> np.ndarray:
    """The array of numbers that a pickle builds, `[n, 3]`."""
    _, shape, dtype, is_fortran, raw = built.state
    if isinstance(raw, Built):  # Python 3 writes bytes for Python 2 so
        raw = raw.args[0]
    raw = raw.encode("latin-1") if isinstance(raw, str) else raw
    kind, order = dtype.args[0], dtype.state[1]
    if not built.name.endswith(" _reconstruct") or not NUMBER_TYPE.fullmatch(kind):
        raise DamagedInk("it holds other objects than drawings, which are not read")
    numbers = np.frombuffer(raw, np.dtype(order + kind))
    array = numbers.reshape(shape, order="F" if is_fortran else "C")
    if array.ndim != 2 or array.shape[1] != 3:
        raise DamagedInk(f"a drawing has shape {array.shape}, expected [n, 3]")
    return array


def _to_line(drawing: np.ndarray) -> InkLine:
    points = np.cumsum(drawing[:, :2], axis=0, dtype=np.float64)
    ends = np.flatnonzero(drawing[:, 2]) + 1
    return line_from_pen_strokes(np.split(points, ends), "")
