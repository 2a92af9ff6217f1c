"""Readers: their directory, exact resume, faults, and what they say of a pen."""

import errno
import json
import shutil
import signal
import sys
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from toy_recogniser import SMALL, make_corpus, make_pen, make_reader
from tqdm import tqdm
from unread import Unread

import sketch
from sketch.corpus.hdf5 import Corpus, Line, write_corpus
from sketch.evaluation import read_back as legibility
from sketch.evaluation.read_back import _write, evaluate_legibility
from sketch.experiment import places
from sketch.experiment import recogniser_directory as reader_module
from sketch.experiment.experiment import find_experiments
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import load_network
from sketch.generation.sampling import SamplingLoop
from sketch.ink.alphabet import Alphabet
from sketch.model.recogniser import Recogniser
from sketch.settings.recogniser_settings import RecogniserSettings, recogniser_name
from sketch.system import lock
from sketch.training import recogniser_run as reader_training
from sketch.training.recogniser_run import RecogniserTraining, is_readable, prepare
from sketch.writing.check import ReadingCheck, find_recogniser_of
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import write_experiment

CLOSE = 1e-5  # as of `test_training.py`
NOISY = SMALL | {"dropout": 0.3, "augment": 0.2, "seed": 3}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """No two of its validation lines say the same."""
    return make_corpus(tmp_path_factory.mktemp("data") / "toy.hdf5", seed=3)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def reader(corpus, root):
    return make_reader(corpus, root)


@pytest.fixture(scope="module")
def pen(corpus, root):
    with pytest.MonkeyPatch.context() as patch:
        return make_pen(corpus, root, patch)


def scores(reader):
    names = ("step", "train_nats_per_character", "valid_error_rate", "gradient_norm")
    return [[row[name] for name in names] for row in reader.history()]


def weights(reader):
    path, _ = reader.load_checkpoint("latest")
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[...]

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def assert_same(one, other):
    np.testing.assert_allclose(scores(one), scores(other), rtol=CLOSE)
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-6)


def interfere(monkeypatch, at_step, act):
    usual = Recogniser.train_on_batch
    count = 0

    def train_on_batch(self, *args, **kwargs):
        nonlocal count
        count += 1
        result = usual(self, *args, **kwargs)
        if count == at_step:
            act(result)
        return result

    monkeypatch.setattr(Recogniser, "train_on_batch", train_on_batch)


def test_stopped_within_an_epoch_and_resumed_is_as_never_stopped(
    corpus, tmp_path, monkeypatch, capsys
):
    unbroken = make_reader(corpus, tmp_path / "a", epochs=3, settings=NOISY)
    rates = [row["learning_rate"] for row in unbroken.history()]
    fallen = (np.arange(1, 4) / 3 - 0.3) / 0.7  # one cycle: up for 30 % of the whole
    due = RecogniserSettings().learning_rate * (0.5 + 0.5 * np.cos(np.pi * fallen))
    np.testing.assert_allclose(rates, due, rtol=1e-5, atol=1e-9)
    with monkeypatch.context() as patch:
        interfere(patch, 4, lambda _: signal.raise_signal(signal.SIGINT))
        with pytest.raises(SystemExit) as caught:
            make_reader(corpus, tmp_path / "b", epochs=3, settings=NOISY)
    assert caught.value.code == 130
    name = recogniser_name(RecogniserSettings(**NOISY))
    told = capsys.readouterr()
    assert f"sketch train-recogniser --recogniser {name} --" in told.out
    assert told.err.startswith(f"{corpus}: 12 lines, ")
    assert told.err.endswith("; 4 lines to check\n")
    stopped = RecogniserDirectory.load(name, tmp_path / "b")
    assert stopped.load_checkpoint("latest")[1]["step"] == 4
    resumed = make_reader(corpus, tmp_path / "b", epochs=None, reader=stopped)
    assert [row["epoch"] for row in resumed.history()] == [1, 2, 3]
    assert_same(unbroken, resumed)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_checkpoint(
    corpus, tmp_path, monkeypatch
):
    interfere(monkeypatch, 5, lambda result: result.update(loss=np.nan))
    with pytest.raises(FloatingPointError, match=r"step 5 \(epoch 2, batch 2\).*--lr"):
        make_reader(corpus, tmp_path, epochs=3)
    reader = RecogniserDirectory.load("toy-recogniser-depth1-dim4-bs4", tmp_path)
    assert reader.load_checkpoint("latest")[1]["step"] == 3


def test_goes_on_from_the_best_where_the_latest_was_moved_away(corpus, tmp_path):
    reader = make_reader(corpus, tmp_path)
    shutil.rmtree(reader.checkpoints_dir / "latest")
    make_reader(corpus, tmp_path, epochs=2, reader=reader)
    assert [row["step"] for row in reader.history()] == [3, 6]


def test_the_best_reader_misreads_least_and_patience_waits_for_a_better_one(
    corpus, tmp_path, monkeypatch
):
    """No batch is computed."""
    sums = dict.fromkeys(("loss", "nats", "characters", "points"), 1.0)
    monkeypatch.setattr(Recogniser, "train_on_batch", lambda *_, return_dict: sums)
    rates = iter([0.5, 0.2, 0.4])
    monkeypatch.setattr(
        RecogniserTraining, "_score", lambda self, interrupts: next(rates)
    )
    monkeypatch.setattr(sys, "stdout", Unread())
    reader = make_reader(corpus, tmp_path, epochs=50, patience=1)
    assert [row["valid_error_rate"] for row in reader.history()] == [0.5, 0.2, 0.4]
    assert reader.load_checkpoint("best")[1]["epoch"] == 2


def test_what_a_reader_leaves(reader, root, capsys):
    assert reader.name == "toy-recogniser-depth1-dim4-bs4"
    there = {path.name for path in reader.path.iterdir()}
    assert there == {
        "recogniser.json",
        "environment.json",
        "history.csv",
        "checkpoints",
        "lock",
    }
    content = json.loads((reader.path / "recogniser.json").read_text())
    assert content["settings"] == {**content["settings"], **SMALL}
    assert find_experiments(root) == [] or reader.path not in find_experiments(root)
    again = RecogniserDirectory.load(reader.path, "elsewhere")
    assert again.settings == reader.settings and again.alphabet == reader.alphabet


def test_a_second_one_of_the_name_is_refused(corpus, root, reader):
    with pytest.raises(FileExistsError, match=f"--recogniser {reader.name}"):
        make_reader(corpus, root)


def test_one_that_cannot_be_locked_is_not_made(corpus, tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "no locks")

    with monkeypatch.context() as patch:
        patch.setattr(lock.fcntl, "flock", refuse)
        with pytest.raises(OSError, match=f"system of {tmp_path} has no file locks"):
            make_reader(corpus, tmp_path)
    monkeypatch.setattr(lock, "fcntl", None)
    monkeypatch.setattr(reader_training, "prepare", None)  # a corpus may be large
    with pytest.raises(RuntimeError, match="on Windows, use WSL"):
        make_reader(corpus, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_slower_of_two_that_begin_at_once_is_told_so(corpus, tmp_path, monkeypatch):
    """Both have seen that there is none; the other makes it meanwhile."""

    def overtaken(path):
        made = tmp_path / recogniser_name(RecogniserSettings(**SMALL))
        made.mkdir()
        (made / "recogniser.json").touch()
        return lock.hold(path)

    monkeypatch.setattr(reader_module, "lock", SimpleNamespace(hold=overtaken))
    with pytest.raises(
        FileExistsError, match="by --recogniser toy-recogniser.* another recogniser"
    ):
        make_reader(corpus, tmp_path)


def test_other_settings_are_refused_with_both_values(reader):
    reader.require_same({"dim": 4})
    with pytest.raises(ValueError, match="--dim is 4 there and 9 here"):
        reader.require_same({"dim": 9})


def test_another_corpus_is_refused(reader, root, tmp_path):
    other = make_corpus(tmp_path / "other.hdf5", seed=1)
    with pytest.raises(ValueError, match="learned from other data"):
        make_reader(other, root, reader=reader)


def test_load_of_an_unknown_recogniser_names_those_there_are(
    reader, root, tmp_path, monkeypatch
):
    with pytest.raises(FileNotFoundError, match=f"there are {reader.name}, iam-rec"):
        RecogniserDirectory.load("nope", root)
    monkeypatch.setattr(places, "pretrained_dir", lambda: tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="has none; `sketch train-recogniser`"):
        RecogniserDirectory.load("nope", tmp_path)


def test_recogniser_of_an_experiment_is_found_by_corpus_and_characters(
    reader, root, monkeypatch
):
    monkeypatch.setattr(places, "pretrained_dir", lambda: root)
    (reader.path / "README.md").touch()
    known = reader.alphabet.characters
    for digest, characters, found in (
        (reader.data_digest, known, reader.path),
        (reader.data_digest, [*known, "ä"], None),
        ("another", known, None),
    ):
        writer = SimpleNamespace(data_digest=digest, alphabet=Alphabet(characters))
        assert find_recogniser_of(writer) == found
    damaged = root / "a-damaged-one"  # the first by name
    damaged.mkdir()
    (damaged / "README.md").touch()
    (damaged / "recogniser.json").write_text("{")
    writer = SimpleNamespace(data_digest=reader.data_digest, alphabet=Alphabet(known))
    assert find_recogniser_of(writer) == reader.path
    shutil.rmtree(damaged)
    (reader.path / "README.md").unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "its format is 2"),
        ({"settings": {"dim": 0}}, "--dim must be"),
        ({"settings": {"dimm": 1}}, "unknown settings dimm"),
        ({"offset_std": [0, 1]}, "above zero"),
        ({"alphabet": "ab"}, "list of characters"),
    ],
)
def test_a_damaged_directory_is_named(reader, tmp_path, change, message):
    content = json.loads((reader.path / "recogniser.json").read_text()) | change
    (tmp_path / "recogniser.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"recogniser.json: .*{message}.*restore"):
        RecogniserDirectory.load(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("dim", "message"),
    [(5, "does not hold"), (300, r"bytes, at least [\d,]+ are needed")],
)
def test_weights_of_another_shape_are_refused(reader, tmp_path, dim, message):
    content = json.loads((reader.path / "recogniser.json").read_text())
    content["settings"]["dim"] = dim
    (tmp_path / "recogniser.json").write_text(json.dumps(content))
    (tmp_path / "checkpoints").mkdir()
    best = reader.path / "checkpoints" / "best"
    best_copy = tmp_path / "checkpoints" / "best"
    best_copy.mkdir()
    for path in best.iterdir():
        (best_copy / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match=f"model.weights.h5 .*{message}"):
        LoadedRecogniser(RecogniserDirectory.load(tmp_path, tmp_path))


@pytest.fixture
def lines(corpus):
    """The lines of the corpus, by set."""
    with Corpus.open(corpus) as opened:
        return {name: opened.read_set(name) for name in opened.sets}


def test_a_corpus_without_transcripts_is_refused(lines, tmp_path):
    """Or with texts that are too long for their ink."""
    lines["train"] = [replace(line, transcript="") for line in lines["train"]]
    lines["train"][0] = replace(lines["train"][0], transcript="big" * 99)
    path = tmp_path / "mute.hdf5"
    write_corpus(path, lines, source="", command="", seed=0, split="random")
    why = "; 11 lines without a transcript left out; 1 line with too few points for the"
    with pytest.raises(ValueError, match=f"mute.*train has no lines to learn f.*{why}"):
        make_reader(path, tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_lines_that_no_reader_can_learn_are_left_out_and_told(
    lines, tmp_path, monkeypatch, capsys
):
    for name, number, text in (
        *(("train", 3, ""), ("train", 5, "big" * 99), ("valid", 1, "")),
        ("test", 0, ""),  # which it does not read
    ):
        lines[name][number] = replace(lines[name][number], transcript=text)
    path = tmp_path / "some.hdf5"
    write_corpus(path, lines, source="", command="", seed=0, split="random")
    monkeypatch.setattr(RecogniserTraining, "run", lambda self, interrupts: None)
    make_reader(path, tmp_path)
    told = capsys.readouterr().err
    assert told.startswith(f"{path}: 10 lines, ")
    assert told.endswith(
        "; 3 lines to check; 2 lines without a transcript left out"
        "; 1 line with too few points for the transcript left out\n"
    )


def test_a_line_must_have_frames_enough_to_spell_its_text():
    alphabet = Alphabet(("a", "b"))

    def line(text, length):
        return Line(np.ones((length, 3), np.float32), text, "x", "")

    assert is_readable(line("ab", 5), alphabet)
    assert not is_readable(line("aa", 8), alphabet)  # a blank between: 3 frames
    assert is_readable(line("aa", 9), alphabet)
    assert not is_readable(line("", 9), alphabet)


# -- what it is for --------------------------------------------------------------------


class Eyes:
    """A reader that reads what it is told to, in turn."""

    def __init__(self, reader, *readings):
        self.reader = reader
        self.readings = iter(readings)
        self.seen = []

    def read(self, strokes, offset_std):
        self.seen += list(strokes)
        return [next(self.readings) for _ in strokes]


def test_a_pen_is_checked_in_the_recordings_units(reader):
    eyes = Eyes(reader, "big", "xxg")
    check = ReadingCheck(eyes, 0.5).of_pen(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    normalised = np.float32([[0, 0, 0], [1, 1, 1]])
    good, bad = check(["big", "big"], [normalised, normalised])
    assert good == (0.0, None)
    assert bad == (2 / 3, "it reads as 'xxg'")
    assert eyes.seen[0].tolist() == [[1, 2, 0], [3, 5, 1]]


@pytest.mark.parametrize("ratio", [0.1, 1.0, 1.4, 10.0])
def test_the_ink_of_another_tablet_is_read_in_its_own_units(reader, ratio):
    class Recorder:
        def predict_on_batch(self, inputs):
            seen.append(inputs["strokes"])
            rows, time, _ = seen[-1].shape
            return np.zeros((rows, time // 4, reader.alphabet.size))

    seen = []
    eyes = LoadedRecogniser(reader)
    eyes.recogniser = Recorder()
    normalised = np.float32([[0, 0, 0], [1, -2, 1]])
    mean, std = reader.offset_mean * ratio, reader.offset_std * ratio
    ReadingCheck(eyes).of_pen(mean, std)(["big"], [normalised])
    # As large as the reader's to a factor of 1.5, it is another hand: seen as it is.
    ink = normalised[:, :2] * std + mean
    due = (ink - reader.offset_mean) / reader.offset_std
    if ratio in (0.1, 10.0):
        due = normalised[:, :2]
    np.testing.assert_allclose(seen[0][0, :2, :2], due, rtol=1e-5, atol=1e-5)


def test_a_reader_that_misreads_real_lines_is_noted(reader, pen, tmp_path, monkeypatch):
    path = tmp_path / reader.name
    shutil.copytree(reader.path, path)
    eyes = LoadedRecogniser(RecogniserDirectory.load(path, tmp_path))
    lowest = min(row["valid_error_rate"] for row in reader.history())
    assert eyes.error_rate == lowest and eyes.state["epoch"] >= 1  # of its best
    header, *rows = (path / "history.csv").read_text("utf-8").splitlines()
    place = header.split(",").index("valid_error_rate")

    def note_at(rate):
        cells = [row.split(",") for row in rows]
        for row in cells:
            row[place] = rate
        text = "\n".join([header, *map(",".join, cells), ""])
        (path / "history.csv").write_text(text, "utf-8")
        return ReadingCheck(eyes).describe_recogniser()

    (note,) = note_at("0.85")
    assert reader.name in note and "misreads 85%" in note
    written_by = sketch.load(pen.path)
    assert written_by.write("big", check=path, tries=1).notes == [note]
    with monkeypatch.context() as patch:
        patch.setattr(
            LoadedRecogniser, "__init__", None
        )  # nothing is read from disk again
        more = written_by.write("big", check=path, max_error_rate=1.0, tries=1)
        assert more.notes == [note]
    assert note_at("0.3") == note_at("") == []
    eyes.state["epoch"] = 0
    (note,) = note_at("")
    assert "has finished no epoch: it cannot read yet" in note
    eyes.state["epoch"] = 1
    (path / "history.csv").write_text("damaged")
    assert ReadingCheck(eyes).describe_recogniser() == []


def test_a_text_that_the_reader_cannot_spell_is_refused_before_it_is_written(
    reader, pen
):
    check = ReadingCheck(Eyes(reader))
    with pytest.raises(ValueError, match="toy-recogniser.* cannot check it: .*'z'"):
        check.require_known(["zig"])
    with pytest.raises(ValueError, match="cannot check it"):
        write_experiment(pen, ["zig"], check=check)


@pytest.fixture
def given(monkeypatch, corpus):
    """The ink that a reader was given and the units of that, for each call.

    It knows the validation lines by heart.
    """
    with Corpus.open(corpus) as opened:
        lines = opened.read_set("valid")
    texts = {line.strokes.tobytes(): line.transcript for line in lines}
    found = []
    usual = LoadedRecogniser.read

    def read(self, strokes, offset_std=None):
        found.append((strokes, offset_std))
        readings = usual(self, strokes, offset_std)
        pairs = zip(strokes, readings, strict=True)
        return [texts.get(ink.tobytes(), reading) for ink, reading in pairs]

    monkeypatch.setattr(LoadedRecogniser, "read", read)
    return found


def test_legibility(pen, reader, root, corpus, given, monkeypatch):
    biases = []
    usual = legibility.write_experiment

    def write(experiment, texts, manner, **options):
        biases.append(manner.probability_bias)
        return usual(experiment, texts, manner, **options)

    monkeypatch.setattr(legibility, "write_experiment", write)
    report = evaluate_legibility(
        pen, root, reader, corpus, biases=(0.0, 2.0), num_lines=3
    )
    assert len(given) == 3 and all(std is pen.offset_std for _, std in given)
    facts = report.to_json()
    assert facts["model"] == pen.name
    assert facts["reader"] == {"name": reader.name, "epoch": 1, "step": 3}
    assert facts["real"]["num_lines"] == 3
    with Corpus.open(corpus) as opened:
        lines = opened.read_set("valid")
    for ink, line in zip(given[0][0], [lines[k] for k in (0, 2, 3)], strict=True):
        np.testing.assert_array_equal(ink, line.strokes)
    assert facts["real"]["error_rate"]["value"] == 0.0  # each beside its own text
    assert [one["bias"] for one in facts["written"]] == biases == [0.0, 2.0]
    for one in facts["written"]:
        assert one["texts"] == "validation texts"
        assert one["num_characters"] == facts["real"]["num_characters"]
        assert 0 <= one["failures"] <= 3
        assert one["characters_per_second"] > 0
        assert one["distances"]["speed"] > 0
    # The corpus has three letters: none of the sentences can be written.
    assert "32 of the 32 new sentences are left out" in facts["notes"][0]


def test_legibility_says_who_learned_elsewhere(pen, reader, root, tmp_path, given):
    other = make_corpus(tmp_path / "other.hdf5", seed=1)
    report = evaluate_legibility(pen, root, reader, other, biases=(), num_lines=2)
    assert report.written == []
    with Corpus.open(other) as opened:
        np.testing.assert_array_equal([std for _, std in given], [opened.offset_std])
    assert (
        f"not trained on this corpus, as far as is known: {pen.name}, "
        in (report.notes[-1])
    )


def test_distances_from_the_ink_of_another_tablet_are_in_its_units(
    pen, reader, root, corpus, tmp_path
):
    """By a power of two: all quotients of lengths stay as they are, to the last bit."""
    path = tmp_path / "eightfold.hdf5"
    with Corpus.open(corpus) as opened:
        sets = {
            name: [
                replace(line, strokes=line.strokes * np.float32([8, 8, 1]))
                for line in opened.read_set(name)
            ]
            for name in opened.sets
        }
    write_corpus(path, sets, source="made up", command="a test", seed=0, split="random")
    near, far = (
        evaluate_legibility(pen, root, reader, data, biases=(1.0,)).written[0].distances
        for data in (corpus, path)
    )
    assert far == near and near["speed"] is not None


def test_a_corpus_of_several_files_is_learned_and_read_as_one(
    pen, reader, root, corpus, tmp_path
):
    files = [str(corpus), str(make_corpus(tmp_path / "other.hdf5", seed=1))]
    learned, train, valid, _ = prepare(
        RecogniserSettings(**SMALL), None, files, tmp_path
    )
    assert (train.num_lines, len(valid)) == (24, 8)
    of_both = replace(pen, data_digest=learned.data_digest)
    eyes = replace(reader, data_digest=learned.data_digest)
    report = evaluate_legibility(of_both, root, eyes, files, biases=())
    assert report.real.num_lines == 8
    assert not any("not trained" in note for note in report.notes)
    with pytest.raises(ValueError, match="learned from other data"):
        prepare(learned.settings, learned, files[::-1], tmp_path)


def test_legibility_needs_a_text_model_and_a_text(pen, reader, root, tmp_path):
    settings = replace(pen.hyperparameters, text=False, window_mixtures=10)
    free = replace(pen, hyperparameters=settings)
    with pytest.raises(ValueError, match="cannot write a given text"):
        evaluate_legibility(free, root, reader)
    strangers = replace(reader, alphabet=Alphabet(("z",)))
    with pytest.raises(ValueError, match="no validation line"):
        evaluate_legibility(pen, root, strangers, make_corpus(tmp_path / "x.hdf5"))


def test_the_pace_of_writing_counts_no_compilation(pen, monkeypatch):
    """Lines of several lengths, which this pen gets wrong and writes again."""
    is_timed = []  # a first look at the clock, and a second
    monkeypatch.setattr(
        "sketch.evaluation.read_back.time.perf_counter",
        lambda: is_timed.append(True) or float(len(is_timed)),
    )
    shapes = {0: set(), 1: set()}
    loop = SamplingLoop(load_network(pen))
    predict = loop.predict_on_batch

    def note(inputs):
        shape = inputs["characters"].shape
        shapes[len(is_timed)].add((inputs["point"].shape, shape))
        return predict(inputs)

    loop.predict_on_batch = note
    monkeypatch.setattr("sketch.evaluation.read_back.BATCH_SIZE", 2)
    texts = ["big" * 9, "gib", "big" * 5, "big" * 8, "b"]
    done, seconds = _write(pen, loop, texts, 0.0, 0, 3, tqdm(disable=True))
    assert seconds == 1.0 and [line.text for line in done] == texts
    assert len(shapes[1]) > 1 and shapes[1] <= shapes[0]
    assert max(max(line.tries) for line in done) > 1
