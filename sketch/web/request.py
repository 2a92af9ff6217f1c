"""Requests, checked: JSON in, values within their limits out.

A request that cannot be read is answered with 400, one that is too large with 413, one
that cannot be fulfilled with 422; each with one sentence, which the page shows.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from sketch.ink.ink_files import parse_line
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import END_OF_STROKE

MAX_BYTES = 1 << 20
MAX_SECONDS = 10.0  # for the body to arrive
MAX_CHARACTERS = 600  # of a text
MAX_PRIME_CHARACTERS = 60
MAX_POINTS = 20_000  # of a prime, which is then thinned out
MAX_STROKES = 300  # of a prime; each keeps a point or two, and each point takes a step
MAX_BIAS = 10.0


@dataclass(frozen=True)
class WriteRequest:
    """A text to be written.

    Attributes:
        text: as typed; its lines are lines of ink.
        model: the name of an experiment; None: the first one.
        bias: tidiness, 0 to 10.
        seed: the same seed writes the same ink.
        columns: the most characters of a line, which is broken at a blank.
        prime: ink to go on from, with its text, or the name of a style.
    """

    text: str
    model: str | None = None
    bias: float = 1.0
    seed: int = 0
    columns: int = 40
    prime: InkLine | str | None = None


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in a request.

    Its type must be `application/json`: a page of another site cannot send that here
    without asking first.

    Raises:
        HTTPException: 415, 413, 408 or 400.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "Send the request as application/json.")
    too_large = HTTPException(413, f"The request is larger than {MAX_BYTES} bytes.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BYTES:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(MAX_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BYTES:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, "The request took too long to arrive.") from None
    try:
        content = json.loads(bytes(body), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The request is not valid JSON.") from None
    if not isinstance(content, dict):
        raise HTTPException(400, "The request is not a JSON object.")
    return content


def parse_write(content: dict[str, Any]) -> WriteRequest:
    """A request to write a text.

    Args:
        content: `{text, model, bias, seed, columns, prime}`, all but the first
            optional; `prime` is a line of the JSON format of `sketch.ink.ink_files`, or
            the name of one of the model's styles.

    Raises:
        HTTPException: 400 or 422; names the field.
    """
    unknown = set(content) - set(WriteRequest.__dataclass_fields__)
    if unknown:
        raise HTTPException(400, f"The request has unknown fields: {sorted(unknown)}.")
    text = _string(content, "text")
    model = _string(content, "model") if content.get("model") is not None else None
    if len(text) > MAX_CHARACTERS:
        raise HTTPException(
            422,
            f"The text has {len(text)} characters; at most {MAX_CHARACTERS} are "
            "written at once.",
        )
    return WriteRequest(
        text,
        model,
        _number(content, "bias", 0, MAX_BIAS),
        int(_number(content, "seed", 0, 2**31 - 1, whole=True)),
        int(_number(content, "columns", 8, 200, whole=True)),
        _parse_prime(content),
    )


def to_pens(line: InkLine) -> list[list[list[float]]]:
    """The strokes of a line as the JSON format has them."""
    return [[[round(x, 3), round(y, 3)] for x, y in pen.tolist()] for pen in line.pens]


def _parse_prime(content: dict[str, Any]) -> InkLine | str | None:
    row = content.get("prime")
    if row is None:
        return None
    if isinstance(row, str):
        return _string(content, "prime")
    line = _parse_line(row, "the drawn line")
    if not line.text.strip():
        raise HTTPException(422, "Say what the drawn line says.")
    if len(line.text) > MAX_PRIME_CHARACTERS:
        raise HTTPException(
            422, f"The drawn line has more than {MAX_PRIME_CHARACTERS} characters."
        )
    if line.strokes[:, END_OF_STROKE].sum() > MAX_STROKES:
        raise HTTPException(
            422, f"The drawn line has more than {MAX_STROKES} strokes of the pen."
        )
    if len(line.strokes) < 2:
        raise HTTPException(422, "Draw the line first.")
    return line


def _parse_line(row: object, where: str) -> InkLine:
    try:
        line = parse_line(row, where)
    except ValueError as error:
        raise HTTPException(400, f"{error}.") from None
    if len(line.strokes) > MAX_POINTS:
        raise HTTPException(422, f"{where} has more than {MAX_POINTS} points.")
    return line


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _string(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise HTTPException(400, f"{name} must be a string.")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair, which no file can hold
        raise HTTPException(400, f"{name} is not valid Unicode.") from None
    return value


def _number(
    content: dict[str, Any], name: str, least: float, most: float, whole: bool = False
) -> float:
    value = content.get(name, WriteRequest.__dataclass_fields__[name].default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # The order of Python's int and float holds however large they are.
    if not is_number or not least <= value <= most or (whole and value % 1):
        kind = "a whole number" if whole else "a number"
        raise HTTPException(400, f"{name} must be {kind} from {least} to {most}.")
    return value
