"""Reading that trusts nothing, and JSON as it is written everywhere here.

Plain files of a sane size only are read, so that an experiment from a stranger can
neither point out of its directory (a link) nor hang its reader (a named pipe) nor fill
the memory. Files are written by `sketch.system.atomic`: whole or not at all.
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
    """Refuses links, pipes and devices on the way from the folder `inside` to `path`.

    Raises:
        ValueError: names the thing that is not a plain file or folder.
        OSError: `path` is not there.
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
        OSError: not there, or not readable.
    """
    require_plain(path, inside)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; it should be a file: move it away")
    with open(path, "rb") as file:
        data = file.read(MAX_TEXT_BYTES + 1)
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(f"{path} is over {MAX_TEXT_BYTES:,} bytes: not what it should")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def read_json(path: Path, inside: Path) -> dict[str, Any]:
    """The JSON object in a file of the experiment directory `inside`.

    Raises:
        ValueError: as `read_text`, or no JSON object; names the file.
        OSError: not there, or not readable.
    """
    text = read_text(path, inside)
    try:
        value = json.loads(text, parse_int=parse_int)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: no JSON ({error})") from error
    if not isinstance(value, dict):
        raise ValueError(f"{path} is damaged: not a JSON object")
    return value


def read_parsed(path: Path, parse: Callable[[dict[str, Any]], Parsed]) -> Parsed:
    """What `parse` makes of the JSON object in a file of an experiment's directory.

    Raises:
        ValueError: as `read_json` and `parse`; names the file.
        OSError: not there, or not readable.
    """
    try:
        return parse(read_json(path, inside=path.parent))
    except ValueError as error:
        text = str(error)
        name = "" if str(path) in text else f"{path}: "
        raise ValueError(f"{name}{text}; restore the file") from error


def parse_int(digits: str) -> int:
    """A whole number of no more digits than 64 bits hold.

    Raises:
        ValueError: it has more, or other characters.
    """
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def to_json_text(value: dict[str, Any]) -> str:
    """JSON as written everywhere here; numpy's numbers and arrays become plain ones.

    Raises:
        ValueError: a value that JSON has no form for, infinity and NaN included.
    """
    return json.dumps(value, indent=2, allow_nan=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise ValueError(f"{value!r:.80} of {type(value).__name__} does not go into JSON")
