"""Ink as SVG: single lines in millimetres, in the order of the pen, still or moving.

The format, for browsers, drawing programs and pen plotters alike:

- the user unit is one millimetre (`width`, `height` and `viewBox` agree);
- a `<g class="line">` is a line of handwriting, its `<title>` the text if known;
- in it, a `<polyline>` is a stroke of the pen: unfilled, every point, in the order of
  writing; a dot is its point twice, which round caps make visible;
- `data-units-per-mm` on the root is the scale: millimetres times this are the
  offsets' own unit again. Coordinates are rounded to a thousandth of a millimetre;
- the rules of ruled paper are no elements but the root's background: browsers show it,
  plotters have nothing to draw.

`sketch.ink.svg` reads it back, and what drawing programs write as well.
"""

from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from sketch.figures.canvas import INK
from sketch.ink.line_of_ink import InkLine, Lines
from sketch.ink.xml import xml_text
from sketch.page.paper import RULE, Page, sheet
from sketch.system.atomic import write_text


def write_svg(path: str | Path, lines: Lines) -> None:
    """Writes ink as an SVG file in millimetres, the lines one below the other.

    Args:
        path: the file.
        lines: strokes `[time, 3]` in raw offsets, or an `InkLine` with its text, or
            a sequence of either: all on one scale.

    Raises:
        ValueError: if there is no line.
        DamagedInk: if an offset is NaN or infinite; says in which line.
    """
    write_text(path, page_svg(sheet(lines)))


def page_svg(
    page: Page, colour: str = INK, animate_seconds: float | None = None
) -> str:
    """A page as the text of an SVG file.

    Args:
        page: the ink in its place.
        colour: of the ink, as CSS names it.
        animate_seconds: how long the pen takes to write the page when the file is
            opened in a browser; None: it stands still. Each step of the pen takes the
            same time, and so does each leap; people who asked their system for less
            motion see the finished ink.

    Raises:
        ValueError: if the time is not positive.
    """
    clock = None
    if animate_seconds is not None:
        if not 0 < animate_seconds < float("inf"):
            raise ValueError(
                f"animate_seconds must be a positive number, not {animate_seconds}"
            )
        steps = sum(len(line.strokes) + 1 for line in page.lines)
        clock = _Clock(animate_seconds, steps)
    body = []
    for line in page.lines:
        body += _line(line, clock)
    width, height = _number(page.width), _number(page.height)
    head = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" '
        f'data-units-per-mm="{float(page.units_per_mm)!r}" '
        f'style="background:white{_rules(page)}">',
        *([_ANIMATION] if clock else []),
        f'<g fill="none" stroke={quoteattr(colour)} '
        f'stroke-width="{_number(page.pen_mm)}" '
        'stroke-linecap="round" stroke-linejoin="round">',
    ]
    return "\n".join([*head, *body, "</g>", "</svg>", ""])


# A stroke is a dash that grows from its start; the gap is twice as long so that the
# next dash stays hidden. Before its turn it is invisible: its round cap would be a dot.
_ANIMATION = """<style>
@media (prefers-reduced-motion: no-preference) {
polyline { stroke-dasharray: 1 2; animation: write linear both; }
polyline.dot { stroke-dasharray: none; animation: touch linear both; }
@keyframes write { 0% { stroke-dashoffset: 1; opacity: 0; } 0.1% { opacity: 1; }
100% { stroke-dashoffset: 0; opacity: 1; } }
@keyframes touch { 0% { opacity: 0; } 100% { opacity: 1; } }
}
</style>"""


class _Clock:
    """Counts the pen's steps and tells the time of each stroke."""

    def __init__(self, seconds: float, steps: int):
        self.step_seconds = seconds / steps
        self.step = 0

    def attributes(self, points: int, is_dot: bool) -> str:
        delay = self.step * self.step_seconds
        duration = max(points - 1, 1) * self.step_seconds
        self.step += points
        kind = ' class="dot"' if is_dot else ' pathLength="1"'
        timing = f"animation-delay:{delay:.3f}s;animation-duration:{duration:.3f}s"
        return f'{kind} style="{timing}"'


def _line(line: InkLine, clock: _Clock | None) -> list[str]:
    elements = ['<g class="line">']
    if line.text:
        elements.append(f"<title>{xml_text(line.text)}</title>")
    for points in line.pens:
        is_dot = bool((points == points[0]).all())
        timing = clock.attributes(len(points), is_dot) if clock else ""
        if len(points) == 1:
            points = points.repeat(2, axis=0)
        places = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        elements.append(f'<polyline{timing} points="{places}"/>')
    return [*elements, "</g>"]


def _rules(page: Page) -> str:
    """The rules as a picture behind the page, which browsers show and no pen draws."""
    if not len(page.rules):
        return ""
    path = "".join(
        f"M{_number(x)} {_number(y)}L{_number(to_x)} {_number(to_y)}"
        for (x, y), (to_x, to_y) in page.rules.tolist()
    )
    picture = (
        f"<svg xmlns='http://www.w3.org/2000/svg' "
        f"viewBox='0 0 {_number(page.width)} {_number(page.height)}'>"
        f"<path d='{path}' stroke='{RULE}' stroke-width='{page.rule_mm:g}' "
        "stroke-linecap='round'/></svg>"
    )
    return (
        f" url('data:image/svg+xml,{quote(picture, safe=' =:/,')}') 0 0/100% no-repeat"
    )


def _number(value: float) -> str:
    """A coordinate to the thousandth of a millimetre, without trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
