"""The corpus file `handwriting.hdf5`: its format, written and read.

Pen files → `convert` → **this file** → batches → training. The layout is fuel's
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

A file may come from anywhere: `hdf5_parts` and `hdf5_checks` look at everything before
it is used. All damage is a `DamagedInk` that names the file and the remedy.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from sketch import __version__
from sketch.corpus.corpus_line import (
    SETS,
    Line,
    arrange_sets,
    check_line,
    content_digest,
)
from sketch.corpus.hdf5_checks import (
    CheckedFile,
    damage_named,
    damaged,
    file_identity,
)
from sketch.corpus.hdf5_parts import (
    FORMAT,
    read_attributes,
    read_references,
    read_shapes,
    read_split,
    split_array,
)
from sketch.corpus.rows import Sets
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import offset_statistics
from sketch.system.atomic import write_bytes

AT_ONCE = 1000  # lines that are written together: 8 MB of lines like IAM-OnDB's


@dataclass(frozen=True)
class CorpusSummary:
    """What `write_corpus` wrote, as in `Corpus`; numbers are those of each set."""

    path: Path
    num_lines: dict[str, int]
    num_offsets: dict[str, int]
    offset_mean: np.ndarray
    offset_std: np.ndarray
    alphabet: Alphabet
    digest: str


def write_corpus(
    path: str | Path,
    sets: Mapping[str, Sequence[Line]],
    *,
    source: str,
    command: str,
    seed: int,
    split: str,
    replace: bool = True,
) -> CorpusSummary:
    """Writes a corpus file, whole or not at all.

    The file is made in memory: after a write that fails, as on a full disk, the HDF5
    library ends the process. The same arguments make the same bytes.

    Args:
        path: Where to.
        sets: The lines of `train`, `valid` and `test`. A set may equal an earlier one
            (it is then stored once); apart from that no line may be in two sets.
        source: What the lines are, for people.
        command: The command line that made the file.
        seed: Seed of the split.
        split: Kind of the split, such as "iam".
        replace: Whether to replace a file that has other content.

    Raises:
        FileExistsError: A file is there, holds anything else, and not `replace`.
        ValueError: Sets are missing or empty, or overlap in part; or a line's strokes
            are not finite float32 `[time, 3]` with flags 0 or 1.
    """
    path = Path(path)
    lines, bounds = arrange_sets(sets)
    for line in lines:
        check_line(line)
    mean, std = offset_statistics(x.strokes for x in lines[slice(*bounds["train"])])
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
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        _fill(file, lines, bounds, attributes)
    if not path.is_file() or path.read_bytes() != buffer.getbuffer():
        if not replace and path.exists():
            raise FileExistsError(
                f"{path} exists and holds something else; choose another --output, or "
                "replace it with --force"
            )
        write_bytes(path, buffer.getbuffer())
    rows = {name: lines[slice(*bound)] for name, bound in bounds.items()}
    return CorpusSummary(
        path=path,
        num_lines={name: len(found) for name, found in rows.items()},
        num_offsets={k: sum(len(x.strokes) for x in v) for k, v in rows.items()},
        offset_mean=attributes["offset_mean"],
        offset_std=attributes["offset_std"],
        alphabet=alphabet,
        digest=digest,
    )


def _fill(
    file: h5py.File,
    lines: Sequence[Line],
    bounds: Mapping[str, tuple[int, int]],
    attributes: Mapping[str, object],
) -> None:
    features = file.create_dataset(
        "features", (len(lines),), dtype=h5py.vlen_dtype(np.dtype("<f4"))
    )
    for start in range(0, len(lines), AT_ONCE):  # h5py copies what it is given
        rows = [line.strokes.reshape(-1) for line in lines[start : start + AT_ONCE]]
        # h5py makes a matrix of equally long rows, and refuses it unless it is one.
        if len({len(row) for row in rows}) > 1:
            ragged = np.empty(len(rows), dtype=object)
            ragged[:] = rows
            features[start : start + AT_ONCE] = ragged
        else:
            features[start : start + AT_ONCE] = np.stack(rows)
    features.dims[0].label = "batch"
    shapes = np.array([line.strokes.shape for line in lines], dtype="<i4")
    labels = np.array([b"time", b"offset"])
    for scale, values in (("shapes", shapes), ("shape_labels", labels)):
        file[f"features_{scale}"] = values
        file[f"features_{scale}"].make_scale(scale)
        features.dims[0].attach_scale(file[f"features_{scale}"])
    for name in ("transcript", "line_id", "writer"):
        texts = [getattr(line, name) for line in lines]
        file.create_dataset(f"{name}s", data=texts, dtype=h5py.string_dtype("utf-8"))
        file[f"{name}s"].dims[0].label = "batch"
    file.attrs["split"] = split_array(bounds)
    for name, value in attributes.items():
        if isinstance(value, str):
            data = value.encode("utf-8", "replace")  # a path may be no text
            text = h5py.string_dtype("utf-8", max(1, len(data)))
            file.attrs.create(name, data, dtype=text)
        else:
            file.attrs[name] = value


class Corpus(Sets):
    """A corpus file, open for reading; a context manager.

    Attributes:
        path: The file.
        identity: `file_identity` of the file when it was opened.
        sets: Names of its sets.
        offset_mean, offset_std: float64 `[2]`, dx and dy over the training set.
        alphabet: The characters of the transcripts.
        digest: SHA-256 of the content, as the writer computed it.
        source: What the lines are.

    Example:
        with Corpus.open("data/handwriting.hdf5") as corpus:
            lines = corpus.read_set("train")
    """

    def __init__(self, file: h5py.File, path: Path, identity: tuple[int, ...]):
        self._file = CheckedFile(file, path)
        self.path = path
        self.identity = identity
        attributes = read_attributes(self._file)
        self.offset_mean = attributes["offset_mean"]
        self.offset_std = attributes["offset_std"]
        self.digest = attributes["digest"]
        self.source = attributes["source"]
        self.alphabet = Alphabet(tuple(attributes["alphabet"]))
        self._shapes = read_shapes(self._file)
        self._bounds = read_split(self._file, len(self._shapes))
        self.sets = tuple(name for name in SETS if name in self._bounds)
        self._place_of_id: dict[str, tuple[str, int]] = {}
        self.files = [self]

    @classmethod
    def open(cls, path: str | Path) -> "Corpus":
        """Opens a corpus file and checks it.

        Raises:
            FileNotFoundError: There is no such file.
            BlockingIOError: Another program writes it.
            DamagedInk: (a ValueError) It is cut, foreign or inconsistent.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(
                f"there is no corpus file {path}; make it with "
                f"`sketch convert SOURCE --output {path}`"
            )
        identity = file_identity(path.stat())
        try:
            file = h5py.File(path, "r")
        except BlockingIOError as error:  # h5py locks its files
            raise BlockingIOError(
                f"{path} is open in another program; close it there and try again"
            ) from error
        except OSError as error:
            raise damaged(path, f"not an HDF5 file, or cut off ({error})") from error
        try:
            with damage_named(path):
                return cls(file, path, identity)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Closes the file; what was read stays valid."""
        self._file.file.close()

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def is_same_set(self, one: str, other: str) -> bool:
        """Whether two sets are the same rows."""
        return self._bounds_of(one) == self._bounds_of(other)

    def lengths(self, set_name: str) -> np.ndarray:
        """Number of offsets of each line of a set, int `[line]`, in file order."""
        return self._shapes[self._bounds_of(set_name), 0]

    def locate(self, source: str, set_name: str) -> np.ndarray:
        """Where the rows of a set are in one of `SOURCES`, for `read_referenced`."""
        with damage_named(self.path):
            references = read_references(self._file, source, len(self._shapes))
        return references[self._bounds_of(set_name)]

    def line(self, line_id: str) -> Line:
        """Reads one line by its id.

        Raises:
            ValueError: No line has this id.
        """
        for set_name in self.sets if not self._place_of_id else ():
            for number, name in enumerate(self.texts(set_name, "line_ids").held().rows):
                self._place_of_id[name] = set_name, number
        if line_id not in self._place_of_id:
            known = ", ".join(list(self._place_of_id)[:3])
            raise ValueError(
                f"{self.path} has no line {line_id!r}; its ids look like {known}"
            )
        set_name, number = self._place_of_id[line_id]
        return self.read_lines(set_name, [number])[0]

    def _bounds_of(self, set_name: str) -> slice:
        if set_name not in self._bounds:
            raise ValueError(
                f"{self.path} has no set {set_name!r}, only {', '.join(self.sets)}"
            )
        return slice(*self._bounds[set_name])
