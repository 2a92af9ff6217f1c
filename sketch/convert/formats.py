"""Finds out which format sources have, by the names of the files in them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

from sketch.convert import FORMATS
from sketch.convert.collector import is_visible
from sketch.convert.iam import is_pen_file
from sketch.convert.sources import open_source
from sketch.ink import DamagedInk

# IAM-OnDB goes by the places of its files; all other formats go by their suffixes.
FORMAT_OF_SUFFIX = {
    suffix: name for name, (_, suffix) in FORMATS.items() if name != "iam"
}


def detect_format(sources: Sequence[str | Path]) -> str:
    """Finds out the format of sources.

    Pen files of IAM-OnDB make them IAM-OnDB, whatever else is there.

    Raises:
        FileNotFoundError: A source is not there.
        DamagedInk: An archive is damaged, or the sources hold no ink at all.
        ValueError: They hold ink of several formats; counts the files of each.
    """
    counts: Counter[str] = Counter()

    def is_iam(parts: tuple[str, ...]) -> bool:
        file_format = FORMAT_OF_SUFFIX.get(PurePath(parts[-1]).suffix.lower())
        if file_format and is_visible(parts):
            counts[file_format] += 1
        return is_pen_file(parts)

    files = {*FORMAT_OF_SUFFIX, ".xml", ".txt"}
    for source in map(Path, sources):
        if source.is_file() and source.suffix.lower() in files:
            found = is_iam((source.name,))
        else:
            found = next(open_source(source, is_iam, lambda *_: None).files, None)
        if found:
            return "iam"
    if len(counts) > 1:
        found = ", ".join(f"{n:,} {FORMATS[name][0]}" for name, n in counts.items())
        raise ValueError(
            f"the sources hold files of several formats: {found}; say by --format "
            f"which are meant ({', '.join(counts)})"
        )
    if not counts:
        raise DamagedInk(
            f"no pen data in {', '.join(map(str, sources))}: expected IAM-OnDB, files "
            f"lineStrokes/…/FORM-NN.xml, or ink, {', '.join(FORMAT_OF_SUFFIX)}; name "
            "the folder or archive that holds them"
        )
    return next(iter(counts))
