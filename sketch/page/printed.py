"""What is on the paper before the pen comes: rules, and the picture of a form."""

import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from PIL import Image, ImageOps, UnidentifiedImageError

from sketch.page.paper import RULE, Page

DOTS_PER_INCH = 200
MM_PER_INCH = 25.4
MAX_PIXELS = 100_000_000  # of a page: A0 has 62 million


def require_drawable(width: float, height: float) -> None:
    """Raises ValueError if paper of these millimetres has too many pixels."""
    if width * height * (DOTS_PER_INCH / MM_PER_INCH) ** 2 > MAX_PIXELS:
        raise ValueError(
            f"paper of {width:g} x {height:g} mm has more than {MAX_PIXELS:,} pixels "
            "as a picture: take a .svg or a .pdf, without a background"
        )


def read_background(path: str | Path, width: float, height: float) -> np.ndarray:
    """A picture in the middle of a white sheet, as large as it has room for.

    Args:
        path: a PNG or JPEG.
        width, height: of the sheet, in mm.

    Returns:
        uint8 `[rows, columns, 3]`, RGB, 200 pixels an inch.

    Raises:
        ValueError: it is damaged, too large, or another format; names the file.
        OSError: it cannot be opened.
    """
    require_drawable(width, height)
    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        if file.read(4) == b"%PDF":
            raise ValueError(
                f"{path} is a PDF: make a picture of it, for example by `pdftoppm -r "
                f"{DOTS_PER_INCH} -png -singlefile {path} {Path(path).stem}`"
            )
        try:
            # Only these two: some other formats of Pillow start programs.
            with Image.open(file, formats=("PNG", "JPEG")) as picture:
                upright = ImageOps.exif_transpose(picture).convert("RGBA")
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ValueError(
                f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels: scan it at "
                f"{DOTS_PER_INCH} dots an inch, or make it smaller"
            ) from None
        except UnidentifiedImageError:
            raise ValueError(f"{path} is neither a PNG nor a JPEG") from None
        except Exception as error:  # Pillow raises many kinds
            raise ValueError(f"{path} is not a sound PNG or JPEG: {error}") from error
    size = [max(1, round(mm / MM_PER_INCH * DOTS_PER_INCH)) for mm in (width, height)]
    upright = ImageOps.contain(upright, size)
    sheet = Image.new("RGBA", size, "white")
    place = [(room - side) // 2 for room, side in zip(size, upright.size, strict=True)]
    sheet.alpha_composite(upright, tuple(place))
    return np.array(sheet.convert("RGB"))


def draw_printed(axes: Axes, page: Page) -> None:
    """Draws it on axes in millimetres, below all else."""
    if page.background is not None:
        sheet = (0, page.width, page.height, 0)
        axes.imshow(page.background, extent=sheet, aspect="auto", interpolation="none")
    if len(page.rules):
        width = page.rule_mm / MM_PER_INCH * 72
        rules = LineCollection(
            page.rules,
            linewidths=width,
            colors=RULE,
            capstyle="round",
            zorder=0.5,
            snap=False,  # snapped to whole pixels, a dot has no length
        )
        axes.add_collection(rules, autolim=False)
