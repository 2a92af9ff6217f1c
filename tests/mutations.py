"""Damages a file in a thousand seeded ways and reads each as a user's command would.

Executed as a script, in a process of its own, so that a crash of a library, a hang and
a full memory are seen from outside: `python mutations.py FOLDER COUNT KIND…` prints how
many of COUNT damaged files each kind refused. Each reading has ten seconds and a
gigabyte; an error must be of the kinds that the command line shows as one line, and
name the file.
"""

import contextlib
import faulthandler
import gzip
import hashlib
import io
import json
import re
import resource
import signal
import sys
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import untrained
from made_up_corpus import make_corpus
from made_up_ink import write
from own_ink import ndjson
from whiteboards import pack, pack_zip, write_database

from sketch.cli.main import EXPECTED
from sketch.cli.main import main as sketch_main
from sketch.convert.collector import Collector
from sketch.convert.iam import IamCollector
from sketch.convert.ink_source import InkCollector
from sketch.corpus.hdf5 import Corpus
from sketch.experiment import checkpoint
from sketch.experiment.experiment import Experiment
from sketch.experiment.styles import load_styles
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.page.svg_writer import write_svg

SECONDS = 10
MAX_BYTES = 2**30
# What stands where a number was, and what may stand anywhere.
NUMBERS = (b"-1", b"0", b"1e999", b"NaN", b"99999999999", b"1" * 5000, b"1.5", b"[]")
PIECES = (b"\0", b"\xff", b"<", b">", b'"', b"{", b"[", b",", b"&#x41;", b"e9", b"null")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four changes: of bits, bytes, numbers, pieces, or the length."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        place = int(rng.integers(len(data) + 1))
        length = int(2 ** rng.uniform(0, 8))
        match int(rng.integers(8)):
            case 0 if place < len(data):
                data[place] ^= 1 << int(rng.integers(8))
            case 1 if place < len(data):
                data[place] = int(rng.integers(256))
            case 2:  # a number, or the nearest one behind it
                if number := re.compile(rb"-?[0-9.]+").search(data, place):
                    start, stop = number.span()
                    data[start:stop] = NUMBERS[int(rng.integers(len(NUMBERS)))]
            case 3:
                data[place:place] = PIECES[int(rng.integers(len(PIECES)))]
            case 4:
                del data[place : place + length]
            case 5:  # something twice
                data[place:place] = data[place : place + length]
            case 6:  # a field of a binary format
                size = int(2 ** rng.integers(4))
                value = (0, 256**size - 1, 256**size // 2)[int(rng.integers(3))]
                data[place : place + size] = value.to_bytes(size, "little")
            case 7 if rng.random() < 0.3:
                del data[place:]
    return bytes(data)


# SVG and InkML with all that our own files do not have.
DRAWING = """<svg width="40mm" height="1in" viewBox="0 0 100 100" fill="none"
preserveAspectRatio="none"><style>.a, g > #b{stroke:red;transform:rotate(9deg)}</style>
<symbol id="s" viewBox="0 0 9 9"><path class="a" d="M1 1A5 4 30 01 7 7q2 3 4 5t1 1z"/>
</symbol><g id="g" transform="translate(1 2)"><use href="#s" x="3" width="50%"/></g>
<use href="#g" y="9"/><svg x="1" width="2cm" viewBox="0 0 5 5"><rect id="b" rx="1"
width="4" height="3" stroke="#123"/><circle r="1" style="fill:black"/></svg></svg>"""
INKML = """<ink><definitions><context id="c"><inkSource><traceFormat><channel name="Y"/>
<channel name="X" units="mm"/></traceFormat><channelProperties><channelProperty
channel="X" name="resolution" value="4" units="1/cm"/><channelProperty channel="Y"
name="resolution" value="5" units="1/cm"/></channelProperties></inkSource></context>
</definitions><trace id="t" contextRef="#c">1 2, '3'4, "1"1, * *</trace>
<traceGroup id="g" contextRef="#c"><trace>5 6, 7 8</trace><trace>9 9, 8 7</trace>
</traceGroup><traceView><traceView><annotation type="type">Textline</annotation>
<annotation type="truth">a b</annotation><traceView traceDataRef="#t" from="1" to="3"/>
<traceView traceDataRef="#g"/></traceView></traceView></ink>"""

STROKE = b'<stroke tool="pen" width="1.4 1.2">12 2.5 23 4.5 7 8</stroke>'
XOPP = b"<xournal><page><layer>%b</layer></page></xournal>" % (20 * STROKE)


# -- what is read: each makes a file, and returns it with how it is read ---------------

Prepared = tuple[Path, Callable[[], None]]


def collecting(collector: Callable[[], Collector], source: Path) -> Callable[[], None]:
    """Reads a source as `sketch convert` does; what it leaves out, it must list."""

    def read():
        found = collector().collect([source])
        texts = [line.transcript for line in found.lines]
        require(all(text.isprintable() for text in texts), f"text {texts}")
        check_ink(line.strokes for line in found.lines)
        if found.left_out:
            rows = (f"{name}: {problem}" for name, problem in found.left_out)
            raise ValueError("; ".join(rows))

    return read


def make_database(folder: Path) -> Path:
    return write_database(folder / "iam", {"a01-000u": ["some text", "and more"]})


def damaged_database(folder: Path, name: str) -> Prepared:
    database = make_database(folder)
    return next(database.rglob(name)), collecting(IamCollector, database)


def damaged_archive(folder: Path, mode: str) -> Prepared:
    database, archive = make_database(folder), folder / "iam"
    if mode == "zip":
        archive = pack_zip(database, folder / "iam.zip")
    else:
        archive = pack(database, folder / "iam.tar", mode)
    return archive, collecting(IamCollector, archive)


def ink_file(folder: Path, name: str, content: bytes | Callable) -> Prepared:
    """An ink file of this content, or as it is written by this function."""
    path = folder / name
    if callable(content):
        content(path, [InkLine(write(text), text) for text in ("dot", "by ink")])
    else:
        path.write_bytes(content)
    return path, lambda: check_ink(line.strokes for line in read_ink(path))


def styles(folder):
    experiment = untrained.make_experiment(folder, with_weights=False)
    path = experiment.path / "styles.json"
    lines = [InkLine(write(name), name, writer=name) for name in ("wide", "round")]
    write_json(path, lines)

    def read():
        found = load_styles(experiment)
        require(len(found) == 2, f"styles {list(found)}")
        check_ink(line.strokes for line in found.values())

    return path, read


def drawings(folder):
    """Quick, Draw!: a file of one drawing a line."""
    path = folder / "cat.ndjson"
    path.write_text(ndjson(8))
    return path, collecting(lambda: InkCollector("quickdraw"), path)


def pickled_drawings(folder):
    """sketch-rnn: an array of objects, packed when it is damaged already."""
    path = folder / "train.npy"
    arrays = np.empty(8, object)
    for number in range(8):
        arrays[number] = np.full((3 + number, 3), number % 2, np.int16)
    np.save(path, arrays, allow_pickle=True)
    archive = path.with_suffix(".npy.npz")
    collect = collecting(lambda: InkCollector("sketchrnn"), archive)

    def read():
        with zipfile.ZipFile(archive, "w") as packed:
            packed.write(path, path.name)
        collect()

    return path, read


def corpus(folder):
    path = make_corpus(folder / "toy.hdf5")

    def read():
        with Corpus.open(path) as corpus:
            for name in corpus.sets:
                check_ink(line.strokes for line in corpus.read_set(name))

    return path, read


def make_experiment(folder: Path):
    """An experiment with a checkpoint, and its network."""
    from sketch.experiment.weights import load_network
    from sketch.training.position import Position

    experiment = untrained.make_experiment(folder / "runs", dim=4)
    network = load_network(experiment)
    state = Position(epoch=1, step=5, best=1.5, best_epoch=1).to_state()
    state["seeds"] = [
        np.asarray(variable).tolist() for variable in network.non_trainable_variables
    ]
    experiment.save_checkpoint("latest", network.save_weights, state)
    row = {"epoch": 1, "step": 5, "seconds": 0.5, "valid_log_likelihood": 1.5}
    experiment.append_history(row)
    return experiment, network


def command_line(*words: str) -> None:
    """A command of `sketch`; its one line on stderr is raised again."""
    errors, out = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(out):
        try:
            sketch_main(words)
        except SystemExit as end:
            code = end.code
    line = errors.getvalue()
    require("fault in sketch" not in line, line)
    if code or line:
        require(line.count("\n") == 1 and code in (0, 1), f"exit {code}: {line}")
        raise ValueError(line)


def settings(folder):
    from sketch.experiment.weights import load_network

    experiment, _ = make_experiment(folder)
    root = str(folder / "runs")

    def read():
        for words in (["list"], ["show", experiment.name]):
            command_line(*words, "--experiments", root)
        load_network(Experiment.load(experiment.name, root))

    return experiment.path / "hyperparameters.json", read


def history(folder):
    experiment, _ = make_experiment(folder)
    root = str(folder / "runs")
    picture = str(folder / "history.png")

    def read():
        command_line("list", "--experiments", root)
        command_line("show", experiment.name, "--json", "--experiments", root)
        command_line("show", experiment.name, "--experiments", root)
        if experiment.history():  # cut behind its first line, it is merely empty
            command_line("plot", "-o", picture, "--force", "--experiments", root)

    return experiment.history_path, read


def state(folder):
    from sketch.training.loop import TrainingLoop
    from sketch.training.position import Position

    experiment, network = make_experiment(folder)
    run = SimpleNamespace(model=network, position=Position(), has_cycle=False)

    def read():
        weights, content = experiment.load_checkpoint("latest")
        TrainingLoop._restore(run, content, weights.parent / "state.json")
        for name in ("epoch", "batch", "step", "best_epoch"):
            count = getattr(run.position, name)
            require(type(count) is int and count >= 0, f"{name} of {run.position}")
        seconds = run.position.seconds
        require(type(seconds) is float and seconds >= 0, f"seconds {seconds}")

    return experiment.checkpoints_dir / "latest" / "state.json", read


def weights(folder):
    """A weights file of somebody who knows how to make its digest fit."""
    from sketch.experiment.weights import load_weights

    experiment, network = make_experiment(folder)
    path, _ = experiment.load_checkpoint("latest")
    state_path = path.parent / "state.json"

    def read():
        content = json.loads(state_path.read_text())
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        content["weights"] = {"bytes": len(data), "sha256": digest}
        state_path.write_text(json.dumps(content))
        load_weights(network, experiment.load_checkpoint("latest")[0])

    return path, read


KINDS: dict[str, Callable[[Path], Prepared]] = {
    "whiteboard": partial(damaged_database, name="a01-000u-02.xml"),
    "transcript": partial(damaged_database, name="a01-000u.txt"),
    "tar": partial(damaged_archive, mode=""),
    "tar.gz": partial(damaged_archive, mode="gz"),
    "tar.xz": partial(damaged_archive, mode="xz"),
    "zip": partial(damaged_archive, mode="zip"),
    "inkml": partial(ink_file, name="mine.inkml", content=write_inkml),
    "svg": partial(ink_file, name="mine.svg", content=write_svg),
    "json": partial(ink_file, name="mine.json", content=write_json),
    "drawing": partial(ink_file, name="drawing.svg", content=DRAWING.encode()),
    "pages": partial(ink_file, name="pages.inkml", content=INKML.encode()),
    "xopp": partial(ink_file, name="unpacked.xopp", content=XOPP),
    "packed xopp": partial(ink_file, name="packed.xopp", content=gzip.compress(XOPP)),
    "ndjson": drawings,
    "npy": pickled_drawings,
    "styles": styles,
    "hdf5": corpus,
    "hyperparameters": settings,
    "history": history,
    "state": state,
    "weights": weights,
}


# -- how it is read ------------------------------------------------------------------


def require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def check_ink(lines) -> None:
    for strokes in lines:
        require(strokes.ndim == 2 and strokes.shape[1] == 3, f"{strokes.shape}")
        require(bool(np.isfinite(strokes).all()), "ink that is not finite")


def damage_and_read(path: Path, read: Callable[[], None], count: int) -> int:
    """Reads `count` damaged forms of a file; returns how many were refused."""
    original = path.read_bytes()
    refused = 0
    for seed in range(count):
        print(f"{path.name}, seed {seed}", file=sys.stderr, flush=True)
        path.write_bytes(mutate(original, np.random.default_rng(seed)))
        signal.alarm(SECONDS)
        try:
            read()
        except MemoryError:
            raise
        except EXPECTED as error:
            named = path.name in str(error)
            require(named, f"{type(error).__name__} does not name the file: {error}")
            refused += 1
        finally:
            signal.alarm(0)
    path.write_bytes(original)
    return refused


def main(folder: Path, count: int, kinds: list[str]) -> None:
    warnings.simplefilter("error")
    # As in pyproject.toml: keras.Variable.numpy() of keras 3.15 under numpy 2.
    warnings.filterwarnings("ignore", "__array__ impl", DeprecationWarning)
    prepared = {}
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        prepared[kind] = KINDS[kind](folder / kind)
        prepared[kind][1]()  # whole, it is read, and all that is needed is imported
    status = Path("/proc/self/statm")
    if status.exists():
        now = int(status.read_text().split()[0]) * resource.getpagesize()
        limit = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (now + MAX_BYTES, limit))
    faulthandler.enable()
    faulthandler.register(signal.SIGALRM, chain=True)  # says where it hangs; then dies
    checkpoint.time = SimpleNamespace(sleep=lambda seconds: None)  # nobody saves here
    print(json.dumps({kind: damage_and_read(*prepared[kind], count) for kind in kinds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
