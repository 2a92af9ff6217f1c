"""Parses the pen files of IAM-OnDB: whiteboard XML, one line of writing a file.

The files come from strangers: a document type, and with it every entity, is refused.
`source_file` limits their size.
"""

from xml.parsers import expat

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.strokes import strokes_from_points
from sketch.system.messages import counted

MAX_COORDINATE = 1e6  # tablet units; keeps float32 offsets exact


def parse_whiteboard(data: bytes) -> np.ndarray:
    """Parses the pen strokes of one line, float32 `[points - 1, 3]`.

    `data` is `<WhiteboardCaptureSession>` with `<StrokeSet>`, `<Stroke>`, and
    `<Point x= y=>` in tablet units, y downwards.

    Raises:
        DamagedInk: It is not such a document, or holds fewer than two points.
    """
    xs: list[str] = []
    ys: list[str] = []
    stroke_starts: list[int] = []  # the number of each stroke's first point

    def read_element(name: str, attributes: dict[str, str]) -> None:
        if name == "Point":
            xs.append(attributes["x"])
            ys.append(attributes["y"])
        elif name == "Stroke":
            stroke_starts.append(len(xs))

    def read_root(name: str, _: dict[str, str]) -> None:
        if name != "WhiteboardCaptureSession":
            raise DamagedInk(f"a <{name[:40]}> document, not a whiteboard session")
        parser.StartElementHandler = read_element

    def refuse_document_type(*_: object) -> None:
        raise DamagedInk("it declares a document type, which pen data has no use for")

    parser = expat.ParserCreate()
    parser.StartElementHandler = read_root
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        parser.Parse(data, True)
        points = np.array([xs, ys], np.float64).T
    except DamagedInk:
        raise
    except expat.ExpatError as error:
        raise DamagedInk(f"not whole XML ({error})" if data else "empty") from error
    except KeyError as error:
        raise DamagedInk(f"a <Point> lacks its {error.args[0]}") from error
    except (ValueError, LookupError) as error:
        raise DamagedInk(f"unreadable ({error})") from error
    if len(points) < 2:
        raise DamagedInk(f"{counted(len(points), 'point')} of ink; a line has two")
    if not (np.abs(points) <= MAX_COORDINATE).all():
        raise DamagedInk(f"a coordinate is not a number up to {MAX_COORDINATE:g}")
    return strokes_from_points(np.split(points, stroke_starts))
