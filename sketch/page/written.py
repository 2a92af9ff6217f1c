"""Written ink, as users of `sketch` from Python hold it."""

from collections.abc import Sequence
from pathlib import Path

from sketch.figures.canvas import INK
from sketch.ink.ink_files import write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.page.page_files import save_pages
from sketch.page.paper import Page
from sketch.page.smooth import smooth_page
from sketch.page.svg_writer import page_svg
from sketch.system.messages import counted


class Ink:
    """Lines of ink, on one page or several; a notebook shows it as a picture.

    Attributes:
        lines: the lines, each with `.strokes` `[time, 3]` (dx, dy, end of stroke), and
            `.text`. `Pen.write` and `Pen.sample` give them as they were written, in the
            recordings' units, `Pen.write_page` in millimetres, in their places.
        pages: the same ink on paper, in millimetres.
        faults: what went wrong, a sentence each; empty if all is well.
        is_page: whether `Pen.write_page` laid it out on paper.
        tries: how often each piece of the text was written.
        notes: what may make the ink worse than it could be, a sentence each.
    """

    def __init__(
        self,
        lines: Sequence[InkLine],
        pages: Sequence[Page],
        faults: Sequence[str] = (),
        is_page: bool = False,
        tries: Sequence[int] = (),
        notes: Sequence[str] = (),
    ):
        self.lines = list(lines)
        self.pages = list(pages)
        self.faults = list(faults)
        self.is_page = is_page
        self.tries = list(tries)
        self.notes = list(notes)

    @property
    def text(self) -> str:
        """What was written, line by line."""
        return "\n".join(line.text for line in self.lines)

    def save(
        self,
        path: str | Path,
        *,
        colour: str = INK,
        pen_mm: float | None = None,
        animate: bool = False,
        seconds: float | None = None,
        smooth: bool = True,
        nib: bool = False,
        background: str | Path | None = None,
    ) -> list[Path]:
        """Writes the ink to a file, in the format of its suffix; overwrites it.

        Args:
            path: ends with .svg, .png, .pdf, .gif, .inkml or .json. Several pages make
                numbered files, except in a PDF.
            colour: of the ink, a name or `#rrggbb`.
            pen_mm: the width of the pen in millimetres; None: suits the letters' size.
            animate: an SVG that writes itself when it is opened. A GIF always does.
            seconds: how long a page takes to write itself, up to 600 in a GIF; None:
                as long as a person takes, up to 30.
            smooth: draw curves through the points, not straight lines between them.
                InkML and JSON always hold the points as they are.
            nib: a pen as wide as it is slow, in .png, .pdf and .gif.
            background: a PNG or JPEG below the ink, such as a scanned form, in the
                middle of the sheet and as large as it has room for; in .png and .pdf.

        Returns:
            The files written.

        Raises:
            ValueError: an unknown suffix or colour; a width or time not positive; a
                background that is damaged, or not for the format.
        """
        writer = {".inkml": write_inkml, ".json": write_json}.get(
            Path(path).suffix.lower()
        )
        if writer and not (self.is_page or animate or nib or background):
            writer(path, self.lines)  # the points just as they are
            return [Path(path)]
        return save_pages(
            path,
            self.pages,
            colour=colour,
            pen_mm=pen_mm,
            animate=animate,
            seconds=seconds,
            smooth=smooth,
            nib=nib,
            background=background,
        )

    def _repr_html_(self) -> str:
        return "\n".join(page_svg(smooth_page(page)) for page in self.pages)

    def __repr__(self) -> str:
        steps = sum(len(line.strokes) for line in self.lines)
        lines, pages = (
            counted(len(self.lines), "line"),
            counted(len(self.pages), "page"),
        )
        return f"<Ink: {lines}, {pages}, {counted(steps, 'step')}>"
