"""The ink on the page as a file to keep."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from sketch.ink.line_of_ink import InkLine
from sketch.page.page_files import save_pages
from sketch.web.answer import cut_to_ink

MEDIA_TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "inkml": "application/inkml+xml",
}
LARGEST = 300_000.0  # mm²; as a PNG, some 75 MB of memory


def as_file(lines: Sequence[InkLine], form: str) -> bytes:
    """A file of ink.

    Args:
        lines: in their places, in millimetres.
        form: one of `MEDIA_TYPES`.

    Raises:
        ValueError: the ink is spread over too large a sheet.
    """
    page = cut_to_ink([line for line in lines if len(line.strokes)])
    if page.width * page.height > LARGEST:
        raise ValueError(
            f"the ink covers {page.width:.0f} x {page.height:.0f} mm, which is too "
            "much for one picture"
        )
    with tempfile.TemporaryDirectory(prefix="sketch-") as folder:
        (path,) = save_pages(Path(folder) / f"ink.{form}", [page])
        return path.read_bytes()
