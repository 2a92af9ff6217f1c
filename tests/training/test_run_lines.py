"""The lines of a run: in memory or on disk, of one file or several."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from made_up_corpus import make_corpus
from made_up_ink import write

from sketch.backend.processes import ALONE
from sketch.corpus import batches as batches_module
from sketch.corpus import rows
from sketch.corpus.batches import Batch, Batches
from sketch.corpus.hdf5 import Corpus, Line, write_corpus
from sketch.corpus.rows import RowsInMemory
from sketch.corpus.shards import open_shards
from sketch.ink.strokes import normalise
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.recogniser_settings import RecogniserSettings
from sketch.settings.run_options import RunOptions
from sketch.training import recogniser_run as reader_training
from sketch.training.network_run import TrainingRun
from sketch.training.plan import plan_run
from sketch.training.position import Position
from sketch.training.prepare import prepare
from sketch.training.run_lines import (
    BESIDE_INK,
    load_lines,
    measure_speeds,
    measure_texts,
)

SETTINGS = Hyperparameters(dim=6, batch_size=4, augment=0.1, text=True, seed=5)


@pytest.fixture
def paths(tmp_path):
    """Two files, of lines of 12 and of 17 points."""
    first = make_corpus(tmp_path / "first.hdf5")
    second = make_corpus(tmp_path / "second.hdf5", seed=1, length=17)
    return [first, second]


def load(paths, memory, settings=SETTINGS):
    with open_shards(paths) as corpus:
        facts = corpus.alphabet, corpus.offset_mean, corpus.offset_std
    return load_lines(paths, settings, *facts, memory, ALONE)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(batches_module, "BLOCK", 3)
    monkeypatch.setattr(batches_module, "POOL", 12)


@pytest.mark.parametrize("is_long", [False, True], ids=["one pool", "pools"])
def test_lines_on_disk_make_the_batches_of_lines_in_memory(paths, is_long, request):
    if is_long:
        request.getfixturevalue("small_blocks")
    held, read = load(paths, memory=1e9), load(paths, memory=1)
    assert held.is_held and not read.is_held
    assert isinstance(held.batches["train"].strokes, RowsInMemory)
    assert "read from disk" in read.summary()
    for name in ("train", "valid", "test"):
        pairs = zip(
            held.batches[name].epoch(1), read.batches[name].epoch(1), strict=True
        )
        for one, other in pairs:
            assert (one.lines == other.lines).all()
            assert one.inputs.keys() == other.inputs.keys()
            for key, value in one.inputs.items():
                np.testing.assert_array_equal(value, other.inputs[key])


def test_summary_tells_the_size_and_what_is_not_learned(paths):
    lines = load(paths[:1], 1e9)
    assert lines.summary() == (
        "18 lines, 216 points, in 5 batches of 1 length, 0.0% of it padding"
    )
    for settings, is_told in (
        (replace(SETTINGS, max_length=9), True),
        (replace(SETTINGS, max_length=12), False),
        (replace(SETTINGS, max_length=9, text=False), False),
    ):
        summary = load(paths[:1], 1e9, settings).summary()
        due = "; 18 lines cut by --max-length: the model does not learn where"
        assert (due in summary) == ("--max-length" in summary) == is_told


def ink_of(batches):
    """The lines of a set as they stand in its batches, in the order of the corpus."""
    found = {}
    for batch in batches.epoch(0):
        inputs = zip(batch.inputs["strokes"], batch.inputs["mask"], strict=True)
        for line, (strokes, mask) in zip(batch.lines, inputs, strict=True):
            found[line] = strokes[mask > 0]
    return [found[number] for number in range(batches.num_lines)]


def test_only_training_lines_are_recombined(tmp_path):
    """Every second one, out of words that are in the corpus."""
    texts = ["big pig", "pig big", "gig big pig"] * 8
    lines = [Line(write(text), text, f"a-{n:02}", "w") for n, text in enumerate(texts)]
    sets = {"train": lines[:18], "valid": lines[18:21], "test": lines[21:]}
    path = tmp_path / "words.hdf5"
    write_corpus(path, sets, source="", command="", seed=0, split="random")
    usual, new = (
        load([path], 1e9, replace(SETTINGS, augment=0.0, recombine=share)).batches
        for share in (0.0, 0.5)
    )
    for name in usual:
        pairs = zip(ink_of(usual[name]), ink_of(new[name]), strict=True)
        same = [len(a) == len(b) and np.array_equal(a, b) for a, b in pairs]
        assert all(same) if name != "train" else 3 < sum(same) < 15


def test_only_training_lines_are_augmented_and_cut(paths):
    with open_shards(paths) as corpus:
        units = corpus.offset_mean, corpus.offset_std
        whole = {
            name: [normalise(line.strokes, *units) for line in corpus.read_set(name)]
            for name in ("train", "valid", "test")
        }
    varied = load(paths, 1e9, replace(SETTINGS, augment=0.5)).batches
    cut = load(paths, 1e9, replace(SETTINGS, augment=0.0, max_length=6)).batches
    for name in ("valid", "test"):
        for batches in (varied, cut):
            for own, line in zip(ink_of(batches[name]), whole[name], strict=True):
                np.testing.assert_array_equal(own, line)
    for own, line in zip(ink_of(varied["train"]), whole["train"], strict=True):
        assert own.shape == line.shape and np.abs(own - line).max() > 0.01
    for own, line in zip(ink_of(cut["train"]), whole["train"], strict=True):
        np.testing.assert_array_equal(own, line[:6])


def resown(path):
    """A corpus whose first lines of `train` and `test` have changed places."""
    with Corpus.open(path) as corpus:
        sets = {name: corpus.read_set(name) for name in corpus.sets}
    sets["train"][0], sets["test"][0] = sets["test"][0], sets["train"][0]
    other = path.with_stem(f"{path.stem}-resown")
    write_corpus(other, sets, source="", command="", seed=1, split="random")
    return other


def test_line_held_out_in_one_file_and_trained_on_in_another_is_refused(
    paths, tmp_path
):
    again = resown(paths[0])
    message = f"line test-00 is for training in {again} and held out in {paths[0]}"
    files = [str(again), *map(str, paths)]
    with pytest.raises(ValueError, match=message):
        prepare(plan_run({}, None, tmp_path), RunOptions(data=files), tmp_path)
    with pytest.raises(ValueError, match=message):
        reader_training.prepare(RecogniserSettings(), None, files, tmp_path)


def test_file_that_cannot_be_reached_is_not_called_damaged(paths):
    with open_shards(paths) as corpus:
        strokes = corpus.strokes("train")
    paths[0].rename(paths[0].with_name("elsewhere"))
    with pytest.raises(FileNotFoundError, match="first.hdf5"):
        strokes.take([0])


def test_lines_of_two_equal_sets_take_memory_once(tmp_path):
    ink = np.float32([[1, 2, 0], [2, 1, 1]] * 50)
    train, valid = ([Line(ink, "a", f"{name}{k}") for k in range(9)] for name in "tv")
    sets = {"train": train, "valid": valid, "test": valid}
    path = tmp_path / "shared.hdf5"
    write_corpus(path, sets, source="", command="", seed=0, split="graves")
    needed = 18 * (100 * 12 + BESIDE_INK)
    assert load([path], needed).is_held
    assert not load([path], needed - 1).is_held


def test_pools_hold_every_line_once_and_few_blocks_at_a_time(small_blocks):
    lines = [np.full((1 + k % 5, 3), k, np.float32) for k in range(100)]
    batches = Batches(lines, np.zeros(2), np.ones(2), 4, seed=2)
    whole = [batch.lines for batch in batches.epoch(3)]
    assert sorted(np.concatenate(whole)) == list(range(100))
    assert len(whole) == batches.num_batches == 25
    for start in range(0, 25, 3):  # the batches of a pool: 12 lines
        blocks = np.unique(np.concatenate(whole[start : start + 3]) // 3)
        assert len(blocks) <= 5  # four, and one that reaches into two pools
    assert any((a != b).any() for a, b in zip(whole, whole[1:], strict=False))
    again = [batch.lines for batch in batches.epoch(3, first=7)]
    assert all((a == b).all() for a, b in zip(again, whole[7:], strict=True))


def test_lines_take_little_memory_on_disk_and_once_their_size_in_it(
    tmp_path, monkeypatch
):
    """A corpus of 4.8 MB; a batch of it has 0.2."""
    rng = np.random.default_rng(0)
    ink = rng.normal(size=(1000, 3)).astype(np.float32)
    ink[:, 2] = 0
    lines = [Line(ink + np.float32([k, 0, 0]), "a", f"l{k}") for k in range(400)]
    sets = {"train": lines[:380], "valid": lines[380:390], "test": lines[390:]}
    path = tmp_path / "long.hdf5"
    write_corpus(path, sets, source="", command="", seed=0, split="random")
    settings = Hyperparameters(dim=6, batch_size=8)
    monkeypatch.setattr(rows, "AT_ONCE", 50)  # 0.6 MB
    peaks = {}
    for memory in (1, 1, 1e9):  # the first time, it imports
        tracemalloc.start()
        for _ in load([path], memory, settings).batches["train"].epoch(0):
            pass
        peaks[memory] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[1] < 1e6 < 4.5e6 < peaks[1e9] < 6.5e6


@pytest.mark.parametrize("memory, named", [(1e9, "train-01"), (1, "number 1")])
def test_divergence_is_reported_though_the_corpus_was_replaced(paths, memory, named):
    run = TrainingRun.__new__(TrainingRun)
    run.lines, run.position = load(paths, memory), Position()
    run._remedy = lambda: "lower --lr"
    for path in paths:
        path.write_bytes(b"another")
    batch = Batch({}, np.array([1, 20, -1]))
    with pytest.raises(FloatingPointError, match=f"lines {named}, .* and 0 more"):
        run._require_sound({"log_likelihood": np.nan, "points": 1.0}, 1.0, batch)


def test_lines_without_text_count_once_where_test_is_valid(tmp_path):
    ink = np.float32([[1, 2, 0], [2, 1, 1]])
    train = [Line(ink, "a", "t0"), Line(ink * np.float32([2, 3, 1]), "", "t1")]
    valid = [Line(ink, "a", "v0"), Line(ink, "", "v1"), Line(ink, "", "v2")]
    sets = {"train": train, "valid": valid, "test": valid}
    path = tmp_path / "few.hdf5"
    write_corpus(path, sets, source="", command="", seed=0, split="random")
    assert load([path], 1e9).num_without_text == 3


def test_texts_are_measured_by_the_training_lines_that_have_one(tmp_path):
    """Of 101 texts of 1 to 101 characters, one is longer than 100."""

    def line(text, num_points, name):
        rows = np.arange(3 * num_points).reshape(-1, 3) % 2
        return Line(rows.astype(np.float32), text, name)

    train = [line("a" * n, 3 * (n + 1), f"t{n}") for n in range(1, 102)]
    mute = line("", 500, "mute")
    others = [line("a" * 300, 2, "v0")]
    scenes = [line("cat", 5000, f"s{n}") for n in range(3)]  # texts say what is drawn
    measured = []
    for lines in ([*train, mute], [mute], scenes):
        sets = {"train": lines, "valid": others, "test": others}
        path = tmp_path / f"{len(lines)}.hdf5"
        write_corpus(path, sets, source="", command="", seed=0, split="random")
        with open_shards([path]) as corpus:
            measured.append(measure_texts(corpus))
    assert [list(facts.values()) for facts in measured] == [
        [100, 3.0, {"a": 5151}],
        [0, 0.0, {}],
        [3, 1000, {"c": 3, "a": 3, "t": 3}],
    ]


def test_slow_speeds_are_quantiles_of_the_running_speed(paths):
    with open_shards(paths) as corpus:
        measured = measure_speeds(corpus)
        lines = corpus.strokes("train").take(range(len(corpus.lengths("train"))))
        speeds = []
        for line in lines:
            speed = 1.0
            for dx, dy, _ in line / np.append(corpus.offset_std, 1.0):
                speed = 0.9 * speed + 0.1 * np.hypot(dx, dy)
                speeds.append(speed)
    np.testing.assert_allclose(measured, np.quantile(speeds, [0.01, 0.04]), rtol=1e-5)


def test_character_that_the_experiment_lacks_is_named(paths):
    with open_shards(paths) as corpus:
        facts = corpus.offset_mean, corpus.offset_std
    alphabet = type(corpus.alphabet)(("a",))
    with pytest.raises(ValueError, match="first.hdf5: the alphabet .* lacks ' ' 'b'"):
        load_lines(paths, SETTINGS, alphabet, *facts, 1e9, ALONE)
