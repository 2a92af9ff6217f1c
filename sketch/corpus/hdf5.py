"""The corpus file `handwriting.hdf5`: its format, its writer and its reader.

Pen XML → `corpus` → **this file** → batches → training. The layout is fuel's
(`H5PYDataset`), so fuel, plain h5py and this module all read it. With N lines:

`features`
    `[N]` variable-length float32. Row i holds the strokes of line i, flat, in the
    units of the tablet, y downwards; no padding is stored. `dims[0].label` is
    "batch", and two dimension scales hang on it: `shapes` (`features_shapes`, int32
    `[N, 2]`, the `[time, 3]` of each line) and `shape_labels` (`time`, `offset`).
`transcripts`, `line_ids`, `writers`
    `[N]` variable-length UTF-8. An empty transcript or writer is an unknown one.
attribute `split`
    fuel's compound array: for each set (`train`, `valid`, `test`) and source the rows
    `start` (included) to `stop` (not included), as scalar int64: fuel itself writes
    one-element arrays, which today's h5py refuses as indices. Two sets may be the same
    rows (in Graves' split, `valid` and `test` are); every line is stored once.
attributes `offset_mean`, `offset_std`
    float64 `[2]`: dx, dy over all offsets of `train` (population std).
attributes `alphabet`, `source`, `command`, `split_kind`, `seed`, `sketch_version`,
`h5py_interface_version`, `format`, `digest`
    What the file was made from, and how; texts are UTF-8 of fixed length. `digest` is
    a SHA-256 of the sets, ids, writers, transcripts and strokes, and of nothing else:
    same ink, same digest.

A file may come from anywhere; `hdf5_checks` is what the reader asks before it believes
it. All damage is a `DamagedInk` that names the file and the remedy.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from sketch import __version__
from sketch.corpus.hdf5_checks import (
    damage_named,
    damaged,
    heap_lengths,
    own_dataset,
    read_rows,
    read_text_attribute,
)
from sketch.corpus.line import (
    ROW_WIDTH,
    SETS,
    Line,
    check_line,
    content_digest,
    find_problem,
)
from sketch.ink.files import whole_file
from sketch.ink.strokes import offset_statistics
from sketch.ink.text import Alphabet

FILE_NAME = "handwriting.hdf5"
FORMAT = "sketch corpus 1"
SOURCES = ("features", "transcripts", "line_ids", "writers")
TEXT_SOURCES = SOURCES[1:]


@dataclass(frozen=True)
class CorpusSummary:
    """What `write_corpus` wrote.

    Attributes:
        path: The file.
        num_lines: Lines of each set.
        num_offsets: Offsets (points less one a line) of each set.
        offset_mean, offset_std: float64 `[2]`, over the offsets of the training set.
        alphabet: The characters of all transcripts.
        digest: SHA-256 of the content, 64 hexadecimal digits.
    """

    path: Path
    num_lines: dict[str, int]
    num_offsets: dict[str, int]
    offset_mean: np.ndarray
    offset_std: np.ndarray
    alphabet: Alphabet
    digest: str


def find_corpus(data: str | Path | None = None) -> Path | None:
    """Finds the corpus file to train on.

    Looks at `data` (a file, or a folder that holds `handwriting.hdf5`), then at
    `$SKETCH_DATA` (the same), `$FUEL_DATA_PATH/handwriting/` and `./data/`.

    Returns:
        The path of the file, or None if nobody named one and none is there.

    Raises:
        FileNotFoundError: If `data` or `$SKETCH_DATA` names something that is not
            there: whoever named it does not want another corpus instead.
    """
    named = [("--data", data), ("$SKETCH_DATA", os.environ.get("SKETCH_DATA"))]
    for origin, value in named:
        if not value:
            continue
        path = Path(value).expanduser()
        if path.is_dir():
            path = path / FILE_NAME
        if not path.is_file():
            raise FileNotFoundError(
                f"{origin} names {value}, but there is no file {path}; make it with "
                f"`sketch convert SOURCE --output {path}`"
            )
        return path
    fuel_folders = os.environ.get("FUEL_DATA_PATH", "").split(os.pathsep)
    folders = [Path(folder) / "handwriting" for folder in fuel_folders if folder]
    for folder in [*folders, Path("data")]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def write_corpus(
    path: str | Path,
    sets: Mapping[str, Sequence[Line]],
    *,
    source: str,
    command: str,
    seed: int,
    split: str,
) -> CorpusSummary:
    """Writes a corpus file, whole or not at all.

    The file is written beside its place, synced and renamed, so that an interruption
    at any instant leaves the old file, or none. The same arguments make the same bytes.

    Args:
        path: Where to; an existing file is replaced.
        sets: The lines of `train`, `valid` and `test`. A set may equal an earlier one
            (it is then stored once); apart from that no line may stand twice.
        source: What the lines are, for the reader of the file.
        command: The command line that made the file.
        seed: Seed of the split.
        split: Kind of the split, such as "iam".

    Raises:
        ValueError: If sets are missing or empty, overlap in part, or a line's strokes
            are not finite float32 `[time, 3]` with flags 0 or 1.
    """
    path = Path(path)
    lines, bounds = _arrange(sets)
    for line in lines:
        check_line(line)
    train_start, train_stop = bounds["train"]
    mean, std = offset_statistics(
        line.strokes for line in lines[train_start:train_stop]
    )
    if not (np.isfinite(std).all() and (std > 0).all()):
        raise ValueError(
            f"the offsets of the training set do not vary (std {std.tolist()}): "
            "there is nothing to normalise by"
        )
    alphabet = Alphabet.from_texts(line.transcript for line in lines)
    digest = content_digest(lines, bounds)
    attributes = {
        "offset_mean": np.asarray(mean, np.float64),
        "offset_std": np.asarray(std, np.float64),
        "alphabet": "".join(alphabet.characters),
        "source": source,
        "command": command,
        "seed": np.int64(seed),
        "split_kind": split,
        "sketch_version": __version__,
        "h5py_interface_version": h5py.__version__,
        "format": FORMAT,
        "digest": digest,
    }
    _write_whole(path, lines, bounds, attributes)
    return CorpusSummary(
        path=path,
        num_lines={name: stop - start for name, (start, stop) in bounds.items()},
        num_offsets={
            name: sum(len(line.strokes) for line in lines[start:stop])
            for name, (start, stop) in bounds.items()
        },
        offset_mean=attributes["offset_mean"],
        offset_std=attributes["offset_std"],
        alphabet=alphabet,
        digest=digest,
    )


def _write_whole(
    path: Path,
    lines: Sequence[Line],
    bounds: Mapping[str, tuple[int, int]],
    attributes: Mapping[str, object],
) -> None:
    with whole_file(path) as temporary:
        try:
            with h5py.File(temporary, "w") as file:
                _fill(file, lines, bounds, attributes)
        except RuntimeError as error:  # of h5py, as its caches will, for a full disk
            raise OSError(f"{error}; is the disk full?") from error


def _arrange(
    sets: Mapping[str, Sequence[Line]],
) -> tuple[list[Line], dict[str, tuple[int, int]]]:
    """All lines once, and each set's rows `(start, stop)` among them."""
    if set(sets) != set(SETS):
        raise ValueError(f"expected the sets {SETS}, received {tuple(sets)}")
    lines: list[Line] = []
    bounds: dict[str, tuple[int, int]] = {}
    seen: dict[str, str] = {}
    ids = {name: [line.line_id for line in sets[name]] for name in SETS}
    for name in SETS:
        if not ids[name]:
            raise ValueError(f"the set {name!r} is empty: give the converter more ink")
        same = next((other for other in bounds if ids[other] == ids[name]), None)
        if same is not None:
            bounds[name] = bounds[same]
            continue
        for line_id in ids[name]:
            if line_id in seen:
                raise ValueError(
                    f"line {line_id} stands in {seen[line_id]!r} and again in {name!r}"
                )
            seen[line_id] = name
        bounds[name] = (len(lines), len(lines) + len(ids[name]))
        lines.extend(sets[name])
    return lines, bounds


def _fill(
    file: h5py.File,
    lines: Sequence[Line],
    bounds: Mapping[str, tuple[int, int]],
    attributes: Mapping[str, object],
) -> None:
    rows = np.empty(len(lines), dtype=object)
    for row, line in enumerate(lines):
        rows[row] = line.strokes.reshape(-1)
    features = file.create_dataset(
        "features", (len(lines),), dtype=h5py.vlen_dtype(np.dtype("<f4"))
    )
    # h5py makes a matrix of equally long rows, and then refuses it unless it is one.
    is_matrix = len({len(row) for row in rows}) == 1
    features[...] = np.stack(rows) if is_matrix else rows
    features.dims[0].label = "batch"
    shapes = np.array([line.strokes.shape for line in lines], dtype="<i4")
    labels = np.array([b"time", b"offset"])
    for scale, values in (("shapes", shapes), ("shape_labels", labels)):
        file[f"features_{scale}"] = values
        file[f"features_{scale}"].make_scale(scale)
        features.dims[0].attach_scale(file[f"features_{scale}"])
    texts = {
        "transcripts": [line.transcript for line in lines],
        "line_ids": [line.line_id for line in lines],
        "writers": [line.writer for line in lines],
    }
    for name, values in texts.items():
        file.create_dataset(name, data=values, dtype=h5py.string_dtype("utf-8"))
        file[name].dims[0].label = "batch"
    file.attrs["split"] = _split_array(bounds)
    for name, value in attributes.items():
        if isinstance(value, str):
            data = value.encode("utf-8", "replace")  # a path may be no text
            text = h5py.string_dtype("utf-8", max(1, len(data)))
            file.attrs.create(name, data, dtype=text)
        else:
            file.attrs[name] = value


def _split_array(bounds: Mapping[str, tuple[int, int]]) -> np.ndarray:
    split_type = np.dtype(
        [
            ("split", f"S{max(map(len, SETS))}"),
            ("source", f"S{max(map(len, SOURCES))}"),
            ("start", np.int64),
            ("stop", np.int64),
            ("indices", h5py.ref_dtype),
            ("available", np.bool_),
            ("comment", "S1"),
        ]
    )
    entries = [
        (name.encode(), source.encode(), *bounds[name], h5py.Reference(), True, b".")
        for name in SETS
        for source in SOURCES
    ]
    return np.array(entries, dtype=split_type)


class Corpus:
    """A corpus file, open for reading; a context manager.

    Attributes:
        path: The file.
        sets: Names of the sets it holds.
        offset_mean, offset_std: float64 `[2]`, dx and dy over the training set.
        alphabet: The characters of the transcripts.
        digest: SHA-256 of the content, as the writer computed it.
        source: What the lines are.

    Example:
        with Corpus.open("data/handwriting.hdf5") as corpus:
            lines = corpus.read_set("train")
    """

    def __init__(self, file: h5py.File, path: Path):
        self._file = file
        self.path = path
        attributes = self._read_attributes()
        self.offset_mean = attributes["offset_mean"]
        self.offset_std = attributes["offset_std"]
        self.digest = attributes["digest"]
        self.source = attributes["source"]
        self.alphabet = Alphabet(tuple(attributes["alphabet"]))
        self._shapes = self._read_shapes()
        self._check_features()
        self._bounds = self._read_split()
        self.sets = tuple(name for name in SETS if name in self._bounds)
        self._rows_of_ids: dict[str, int] | None = None

    @classmethod
    def open(cls, path: str | Path) -> "Corpus":
        """Opens a corpus file and checks that it is one.

        Raises:
            FileNotFoundError: If there is no such file.
            DamagedInk: (a ValueError) if the file is cut, foreign or inconsistent.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(
                f"there is no corpus file {path}; make it with "
                f"`sketch convert SOURCE --output {path}`"
            )
        try:
            file = h5py.File(path, "r")
        except OSError as error:
            raise damaged(path, f"not an HDF5 file, or cut off ({error})") from error
        try:
            with damage_named(path):
                return cls(file, path)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Closes the file; what was read stays valid."""
        self._file.close()

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def num_lines(self, set_name: str) -> int:
        """Number of lines of a set."""
        rows = self._rows(set_name)
        return rows.stop - rows.start

    def lengths(self, set_name: str) -> np.ndarray:
        """Number of offsets of each line of a set, int `[line]`, in file order."""
        return self._shapes[self._rows(set_name), 0].astype(np.int64)

    def transcripts(self, set_name: str) -> list[str]:
        """The transcript of each line of a set, in file order; "" where unknown."""
        return self._read_texts("transcripts", self._rows(set_name))

    def read_set(self, set_name: str) -> list[Line]:
        """Reads all lines of a set into memory (about 100 MB for IAM-OnDB).

        Raises:
            ValueError: If there is no such set.
            DamagedInk: If a line cannot be read, or is not ink.
        """
        return self._read_rows(self._rows(set_name))

    def line(self, line_id: str) -> Line:
        """Reads one line by its id.

        Raises:
            ValueError: If no line has this id.
        """
        if self._rows_of_ids is None:
            with damage_named(self.path):
                ids = self._read_texts("line_ids", slice(0, len(self._shapes)))
            self._rows_of_ids = {name: row for row, name in enumerate(ids)}
        row = self._rows_of_ids.get(line_id)
        if row is None:
            known = ", ".join(list(self._rows_of_ids)[:3])
            raise ValueError(
                f"{self.path} has no line {line_id!r}; its ids look like {known}"
            )
        return self._read_rows(slice(row, row + 1))[0]

    def _rows(self, set_name: str) -> slice:
        if set_name not in self._bounds:
            raise ValueError(
                f"{self.path} has no set {set_name!r}, only {', '.join(self.sets)}"
            )
        return slice(*self._bounds[set_name])

    def _read_rows(self, rows: slice) -> list[Line]:
        with damage_named(self.path):
            features = read_rows(self._file["features"], self.path, rows, item_size=4)
            texts = {name: self._read_texts(name, rows) for name in TEXT_SOURCES}
        lines = []
        for place, shape in enumerate(self._shapes[rows]):
            line = Line(
                np.frombuffer(features[place], "<f4").astype(np.float32).reshape(shape),
                transcript=texts["transcripts"][place],
                line_id=texts["line_ids"][place],
                writer=texts["writers"][place],
            )
            if problem := find_problem(line.strokes):
                raise damaged(self.path, f"line {line.line_id}: {problem}")
            lines.append(line)
        return lines

    def _read_texts(self, name: str, rows: slice) -> list[str]:
        values = own_dataset(self._file, self.path, name, (len(self._shapes),))
        if h5py.check_string_dtype(values.dtype) is None:
            raise damaged(self.path, f"{name} holds {values.dtype}, not text")
        heap_lengths(values, self.path, item_size=1)
        read = read_rows(values, self.path, rows, item_size=1)
        return [text.decode("utf-8") for text in read]

    def _read_attributes(self) -> dict:
        read: dict = {}
        for name in ("alphabet", "source", "digest"):
            read[name] = read_text_attribute(self._file, self.path, name)
        for name in ("offset_mean", "offset_std"):
            read[name] = np.asarray(self._file.attrs[name], np.float64)
            if read[name].shape != (2,) or not np.isfinite(read[name]).all():
                raise damaged(self.path, f"{name} is not two finite numbers")
        if not (read["offset_std"] > 0).all():
            raise damaged(self.path, "offset_std is not positive")
        return read

    def _read_shapes(self) -> np.ndarray:
        shapes = own_dataset(self._file, self.path, "features_shapes", (None, 2))
        if shapes.dtype.kind not in "iu" or shapes.dtype.itemsize > 8:
            raise damaged(self.path, f"the shapes are {shapes.dtype}, not integers")
        read = np.asarray(shapes[...], np.int64)
        if (read[:, 0] < 1).any() or (read[:, 1] != ROW_WIDTH).any():
            raise damaged(self.path, f"a line's shape is not [time, {ROW_WIDTH}]")
        return read

    def _check_features(self) -> None:
        features = own_dataset(self._file, self.path, "features", (len(self._shapes),))
        if h5py.check_vlen_dtype(features.dtype) != np.dtype("<f4"):
            raise damaged(
                self.path, "features is not variable-length float32: another program's?"
            )
        lengths = heap_lengths(features, self.path, item_size=4)
        wrong = np.flatnonzero(lengths != self._shapes.prod(axis=1))
        if len(wrong):
            row = wrong[0]
            raise damaged(
                self.path,
                f"row {row} has {lengths[row]} numbers, but its shape is "
                f"{self._shapes[row].tolist()}",
            )

    def _read_split(self) -> dict[str, tuple[int, int]]:
        split = self._file.attrs["split"]
        fields = getattr(split, "dtype", np.dtype("f4")).names or ()
        if not {"split", "source", "start", "stop"} <= set(fields) or split.ndim != 1:
            raise damaged(self.path, "attribute 'split' is not fuel's array of sets")
        bounds: dict[str, tuple[int, int]] = {}
        for entry in split[split["source"] == b"features"]:
            name = bytes(entry["split"]).decode("utf-8", "replace")
            if "indices" in fields and entry["indices"]:
                raise damaged(
                    self.path, f"set {name!r} is a list of indices, not a range of rows"
                )
            start, stop = (int(np.ravel(entry[key])[0]) for key in ("start", "stop"))
            if not 0 <= start < stop <= len(self._shapes):
                raise damaged(
                    self.path,
                    f"set {name!r} is rows {start} to {stop} of {len(self._shapes)}",
                )
            bounds[name] = (start, stop)
        if "train" not in bounds:
            raise damaged(self.path, "there is no set 'train'")
        return bounds
