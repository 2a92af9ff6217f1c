"""What sources are: IAM-OnDB, or files of ink, told by what is in them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

from sketch.convert.database import Database
from sketch.convert.iam import is_pen_file, read_database
from sketch.convert.ink_source import SUFFIXES, is_visible, read_ink_files
from sketch.convert.sources import open_source
from sketch.ink import DamagedInk

NAMES = {
    "iam": "IAM-OnDB",
    "inkml": "InkML",
    "svg": "SVG",
    "json": "JSON",
    "quickdraw": "Quick, Draw!",
}


def read_sources(
    sources: Sequence[str | Path],
    form: str,
    processes: int | None = None,
    show_progress: bool = False,
    limit: int | None = None,
) -> Database:
    """Reads sources of one format; arguments as of `convert`."""
    if form == "iam":
        return read_database(sources, processes, show_progress)
    return read_ink_files(sources, form, processes, show_progress, limit)


def detect_format(sources: Sequence[str | Path]) -> str:
    """Finds out what sources are, by the names of the files in them.

    Pen files of IAM-OnDB make them IAM-OnDB, whatever else is there.

    Raises:
        FileNotFoundError: If a source is not there.
        DamagedInk: If an archive is damaged, or the sources hold no ink at all.
        ValueError: If they hold ink of several formats; counts the files.
    """
    counts: Counter[str] = Counter()
    forms = {suffix: form for form, suffix in SUFFIXES.items()}

    def is_iam(parts: tuple[str, ...]) -> bool:
        form = forms.get(PurePath(parts[-1]).suffix.lower())
        if form and is_visible(parts):
            counts[form] += 1
        return is_pen_file(parts)

    for source in map(Path, sources):
        if source.is_file() and source.suffix.lower() in {*forms, ".xml", ".txt"}:
            if is_iam((source.name,)):
                return "iam"
        elif next(open_source(source, is_iam, lambda *_: None).files, None) is not None:
            return "iam"
    if len(counts) > 1:
        found = ", ".join(f"{count:,} {NAMES[form]}" for form, count in counts.items())
        raise ValueError(
            f"the sources hold files of several formats: {found}; say by --format "
            f"which are meant ({', '.join(counts)})"
        )
    if not counts:
        raise DamagedInk(
            f"no pen data in {', '.join(map(str, sources))}: expected IAM-OnDB, files "
            f"lineStrokes/…/FORM-NN.xml, or ink, {', '.join(SUFFIXES.values())}; name "
            "the folder or archive that holds them"
        )
    return next(iter(counts))
