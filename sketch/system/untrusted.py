"""Small files of strangers, read within limits; JSON in and out.

Only plain files of limited size are read: a stranger's experiment cannot lead out of
its directory (a link), block the program (a named pipe) or fill the memory.
"""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Parsed = TypeVar("Parsed")

MAX_TEXT_BYTES = 16 * 2**20  # a history of 100,000 epochs has 12 MB
MAX_DIGITS = 20  # of a whole number; 2**64 has as many


def require_plain(path: Path, inside: Path) -> None:
    """Refuses links, pipes and devices between the folder `inside` and `path`.

    Raises:
        ValueError: names the link, pipe or device.
        OSError: `path` does not exist.
    """
    place = inside
    for part in path.relative_to(inside).parts:
        place = place / part
        mode = place.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ValueError(
                f"{place} is a link, pipe or device; an experiment holds plain files "
                "and folders only: put the file itself there"
            )


def read_text(path: Path, inside: Path) -> str:
    """The text of a small file in the experiment directory `inside`.

    Raises:
        ValueError: a link, a pipe, a folder, over 16 MB, or not UTF-8; names the file.
        OSError: it is missing, or not readable.
    """
    require_plain(path, inside)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file: move it away")
    with open(path, "rb") as file:
        data = file.read(MAX_TEXT_BYTES + 1)
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(f"{path} is damaged: it is over {MAX_TEXT_BYTES:,} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def read_json(path: Path, inside: Path) -> dict[str, Any]:
    """The JSON object in a file of the experiment directory `inside`.

    Raises:
        ValueError, OSError: as `read_text`, or it is not a JSON object.
    """
    text = read_text(path, inside)
    try:
        value = json.loads(text, parse_int=parse_int)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} is damaged: not a JSON object")
    return value


def read_parsed(path: Path, parse: Callable[[dict[str, Any]], Parsed]) -> Parsed:
    """Reads the JSON object in a file of an experiment's directory and parses it.

    Raises:
        ValueError, OSError: as `read_json` and `parse`; names the file.
    """
    try:
        return parse(read_json(path, inside=path.parent))
    except ValueError as error:
        text = str(error)
        name = "" if str(path) in text else f"{path}: "
        raise ValueError(f"{name}{text}; restore the file") from error


def parse_int(digits: str) -> int:
    """A whole number; raises ValueError over MAX_DIGITS digits, or for other signs."""
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def to_json_text(value: dict[str, Any]) -> str:
    """Indented JSON; numpy's numbers and arrays become plain ones.

    Raises ValueError for what JSON cannot hold, infinity and NaN included.
    """
    return json.dumps(value, indent=2, allow_nan=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise ValueError(f"{value!r:.80} of {type(value).__name__} does not go into JSON")
