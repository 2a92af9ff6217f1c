"""Reads the pen files of IAM-OnDB: one whiteboard XML.

Only what a parsing process needs is imported here, since each of them starts anew.
An XML file is data from somebody else: a document type (and with it every entity) is
refused; its size is limited where files are read.
"""

import re
from itertools import accumulate
from xml.parsers import expat

import numpy as np

from sketch.convert.source_file import SourceFile
from sketch.ink import DamagedInk
from sketch.ink.strokes import strokes_from_points
from sketch.system.messages import counted

MAX_COORDINATE = 1e6  # of a tablet; keeps float32 offsets exact

STROKE_TAG = re.compile(
    rb'<Stroke colour="\w*+" start_time="[0-9.]*+" end_time="[0-9.]*+">'
)
PLAIN_FILE = re.compile(
    rb"""<\?xml[ ]version="1\.0"[ ]encoding="ISO-8859-1"\?>\s*+
    <WhiteboardCaptureSession>\s*+
    <WhiteboardDescription>\s*+
    (?:<[A-Za-z]++(?:[ ]corner="\w*+"|[ ]x="-?[0-9]++"[ ]y="-?[0-9]++")/>\s*+)*+
    </WhiteboardDescription>\s*+
    <StrokeSet>\s*+
    (
        (?:
            STROKE_TAG\s*+
            (?:
                <Point[ ]x="-?[0-9]{1,6}+"[ ]y="-?[0-9]{1,6}+"
                [ ]time="[0-9]{1,12}+(?:\.[0-9]{1,6}+)?+"/>\s*+
            )*+
            </Stroke>\s*+
        )*+
    )
    </StrokeSet>\s*+
    </WhiteboardCaptureSession>\s*+""".replace(
        b"STROKE_TAG", STROKE_TAG.pattern.replace(b" ", b"[ ]")
    ),
    re.VERBOSE,
)
QUOTES_TO_BLANKS = bytes.maketrans(b'"', b" ")
NO_DIGITS = bytes(byte for byte in range(256) if byte not in b'0123456789-"')


def parse_file(file: SourceFile) -> np.ndarray:
    """As `parse_whiteboard`, for a file of a source."""
    return parse_whiteboard(file.read())


def parse_whiteboard(data: bytes) -> np.ndarray:
    """Reads the strokes of one line out of its whiteboard XML.

    Args:
        data: `<WhiteboardCaptureSession>` with `<StrokeSet>`, `<Stroke>`, and
            `<Point x= y=>` in tablet units, y downwards.

    Returns:
        float32 `[time, 3]`, time = points less one.

    Raises:
        DamagedInk: If it is not such a document, or holds fewer than two points.
    """
    points, stroke_starts = parse_plain(data) or parse_any(data)
    if len(points) < 2:
        raise DamagedInk(
            f"{counted(len(points), 'point')} of ink, no line: two are the least"
        )
    if not (np.abs(points) <= MAX_COORDINATE).all():
        raise DamagedInk(f"a coordinate is no number up to {MAX_COORDINATE:g}")
    return strokes_from_points(np.split(points, stroke_starts))


def parse_any(data: bytes) -> tuple[np.ndarray, list[int]]:
    """Reads any whiteboard XML.

    Returns:
        All points, float64 `[n, 2]`, and where among them each stroke begins.

    Raises:
        DamagedInk: If it is not such a document.
    """
    coordinates: list[str] = []
    stroke_starts: list[int] = []

    def read_element(name: str, attributes: dict[str, str]) -> None:
        if name == "Point":
            coordinates.append(attributes["x"])
            coordinates.append(attributes["y"])
        elif name == "Stroke":
            stroke_starts.append(len(coordinates) // 2)

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
        values = np.array([*map(float, coordinates)])
    except DamagedInk:
        raise
    except expat.ExpatError as error:
        raise DamagedInk(f"not whole XML ({error})" if data else "empty") from error
    except KeyError as error:
        raise DamagedInk(f"a <Point> lacks its {error.args[0]}") from error
    except (ValueError, LookupError) as error:
        raise DamagedInk(f"unreadable ({error})") from error
    return values.reshape(-1, 2), stroke_starts


def parse_plain(data: bytes) -> tuple[np.ndarray, list[int]] | None:
    """Reads a file that looks exactly as the database's own do, three times as fast.

    Returns:
        What `parse_any` returns; None if the file looks any different.
    """
    match = PLAIN_FILE.fullmatch(data)
    if match is None:
        return None
    body = match[1]
    counts = [stroke.count(b"<Point") for stroke in body.split(b"</Stroke>")[:-1]]
    # Only x, y and time are left of each point, with blanks between them.
    digits = STROKE_TAG.sub(b"", body).translate(QUOTES_TO_BLANKS, NO_DIGITS)
    values = np.fromstring(digits, dtype=np.int64, sep=" ").reshape(-1, 3)
    return values[:, :2].astype(np.float64), [0, *accumulate(counts[:-1])]
