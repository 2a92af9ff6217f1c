"""Made-up data in the layout of IAM-OnDB, and sources to read it from."""

import tarfile
import zipfile
from pathlib import Path

import numpy as np

from sketch.convert.sources import open_source


def whiteboard_xml(pen_strokes) -> bytes:
    """A pen file with the given strokes, each a sequence of points (x, y)."""
    rows = []
    for points in pen_strokes:
        rows.append('    <Stroke colour="black" start_time="1.00" end_time="2.00">')
        rows += [f'      <Point x="{x}" y="{y}" time="1.25"/>' for x, y in points]
        rows.append("    </Stroke>")
    return "\n".join(
        [
            '<?xml version="1.0" encoding="ISO-8859-1"?>',
            "<WhiteboardCaptureSession>",
            "  <WhiteboardDescription>",
            '    <SensorLocation corner="top_left"/>',
            '    <DiagonallyOppositeCoords x="6512" y="1376"/>',
            "  </WhiteboardDescription>",
            "  <StrokeSet>",
            *rows,
            "  </StrokeSet>",
            "</WhiteboardCaptureSession>",
        ]
    ).encode()


def random_pen_strokes(rng: np.random.Generator) -> list[np.ndarray]:
    """A few strokes of whole-numbered points, as a tablet records them."""
    steps = rng.integers(-60, 70, size=(int(rng.integers(1, 4)), 6, 2))
    return list(1000 + np.cumsum(steps, axis=1))


def transcript(lines) -> bytes:
    """An `ascii/` file as the database has them: Windows line ends, two blocks."""
    text = "\r\n".join(["OCR:", "", "not this", "", "CSR:", "", *lines, ""])
    return text.encode()


def write_database(folder: Path, forms: dict[str, list[str]], seed: int = 0) -> Path:
    """Writes `lineStrokes/` and `ascii/` with one line of ink for each line of text."""
    rng = np.random.default_rng(seed)
    for form, texts in forms.items():
        place = Path(form[:3]) / form[:7]
        ink = folder / "lineStrokes" / place
        ascii_file = folder / "ascii" / place / f"{form}.txt"
        ink.mkdir(parents=True, exist_ok=True)
        ascii_file.parent.mkdir(parents=True, exist_ok=True)
        ascii_file.write_bytes(transcript(texts))
        for number in range(1, len(texts) + 1):
            data = whiteboard_xml(random_pen_strokes(rng))
            (ink / f"{form}-{number:02d}.xml").write_bytes(data)
    return folder


def write_split_lists(folder: Path, **lists: list[str]) -> Path:
    """Writes `trainset.txt` and so on, with blanks as in the real ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("trainset", "testset_v", "testset_t", "testset_f"):
        text = "".join(f" {form}\n" for form in lists.get(name, []))
        (folder / f"{name}.txt").write_text(text)
    return folder


def pack(folder: Path, archive: Path, mode: str) -> Path:
    """Packs a folder's content as people download it, to the same bytes each time."""

    def at_one_time(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = 1.5  # a fraction, as of a real file: in an extended header
        return member

    with tarfile.open(archive, f"w:{mode}") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name, filter=at_one_time)
    return archive


def pack_zip(
    folder: Path, archive: Path, compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(archive, "w", compression) as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, path.relative_to(folder))
    return archive


def read_source(
    source: Path, wanted=lambda parts: len(parts) > 1
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Places (without the source's name) -> content; names left out -> reason."""
    left_out: dict[str, str] = {}

    def leave_out(name, reason, is_file):
        assert is_file
        left_out[name] = reason

    opened = open_source(source, wanted, leave_out)
    files = {}
    progress = [0]
    for file in opened.files:
        files["/".join(file.parts[1:])] = file.data
        progress.append(file.progress)
    assert progress == sorted(progress) and progress[-1] <= opened.size
    return files, left_out
