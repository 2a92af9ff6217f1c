"""Which corpus a run trains on."""

import os

import pytest
from made_up_corpus import make_corpus

from sketch.backend.processes import Processes
from sketch.corpus.hdf5 import Corpus
from sketch.experiment import corpora
from sketch.experiment.experiment import Experiment
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.run_options import RunOptions
from sketch.training import plan_data as data


@pytest.fixture(autouse=True)
def demo(tmp_path, monkeypatch):
    """An empty working directory, and a demo corpus that costs nothing."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("sketch.corpus.demo.demo_corpus", lambda: tmp_path / "demo")
    return str(tmp_path / "demo")


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine" / "handwriting.hdf5"
    path.parent.mkdir()
    path.touch()
    return str(path)


def plan(given, model=None, root="experiments", **options):
    plan, options, notice = data.plan_with_data(
        given, model, RunOptions(**options), root
    )
    (path,) = options.data
    return plan, path, notice


def test_run_without_a_corpus_takes_the_built_in_one_and_its_name(demo):
    planned, path, notice = plan({"dim": 8})
    assert path == demo
    assert planned.name == "demo-3X8-G20-bs56-lr1e-4"
    for word in ("$SKETCH_DATA", "IAM-OnDB", "register", "sketch convert", "demo-"):
        assert word in notice


def test_run_on_a_corpus_that_is_found_keeps_its_name(mine, monkeypatch):
    for options in ({"data": mine}, {"data": mine.rpartition("/")[0]}):
        planned, path, notice = plan({"dim": 8}, **options)
        assert (planned.name, path) == ("handwriting-3X8-G20-bs56-lr1e-4", mine)
        assert notice is None
    monkeypatch.setenv("SKETCH_DATA", mine)
    assert plan({})[1] == mine


def test_name_without_a_corpus_is_refused():
    with pytest.raises(FileNotFoundError, match="handwriting needs its corpus.*IAM"):
        plan({"name": "handwriting"})
    with pytest.raises(
        FileNotFoundError, match="FUEL_DATA_PATH.*convert SOURCE.*--name demo is the"
    ):
        plan({"name": "x"})


def test_name_demo_takes_the_built_in_corpus_and_refuses_data(demo, mine, monkeypatch):
    monkeypatch.setenv("SKETCH_DATA", mine)
    planned, path, notice = plan({"name": "demo"})
    assert (planned.hyperparameters.name, path, notice) == ("demo", demo, None)
    with pytest.raises(ValueError, match="demo is the name of the built-in corpus"):
        plan({"name": "demo"}, data=mine)


def test_resumed_run_takes_its_own_corpus(demo, mine, root, facts):
    of_demo = Experiment.create(root, Hyperparameters(name="demo"), facts)
    of_mine = Experiment.create(root, Hyperparameters(), facts)
    planned, path, notice = plan({}, of_demo.name, root)
    assert (planned.action, path, notice) == ("resume", demo, None)
    assert plan({}, of_mine.name, root, data=mine)[1] == mine
    with pytest.raises(FileNotFoundError, match="handwriting needs its corpus") as lost:
        plan({}, of_mine.name, root)
    assert "--name demo" not in str(lost.value)  # it could not go on with that
    for files, rest in (("a", ", or"), ("ab", ", all its files in the order of the f")):
        with pytest.raises(ValueError, match=f"name its corpus by --data{rest}"):
            corpora.require_own_corpus(of_mine, files, "another")
    planned, path, notice = plan({}, "continue", root)
    assert (planned.name, path) == (of_demo.name, demo)


@pytest.fixture
def older(tmp_path, monkeypatch):
    """The built-in corpus of an older sketch, kept in the cache; and its digest."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "sketch"
    folder.mkdir(parents=True)
    (folder / "demo-0.hdf5").write_text("cut off")
    make_corpus(folder / "demo-1.hdf5", seed=1)
    path = make_corpus(folder / "demo-2.hdf5")
    with Corpus.open(path) as corpus:
        return str(path), corpus.digest


def test_resumed_run_on_an_older_built_in_corpus_takes_that(
    demo, older, root, facts, tmp_path
):
    path, digest = older
    settings = Hyperparameters(name="demo")
    of_older = Experiment.create(root, settings, facts | {"data_digest": digest})
    assert plan({}, of_older.name, root)[1] == path
    assert list(map(str, corpora.find_corpus_of(of_older))) == [path]
    assert plan({"name": "demo", "dim": 8}, None, root)[1] == demo  # a new one
    copy = str(tmp_path / "copy.hdf5")
    os.rename(path, copy)
    assert plan({}, of_older.name, root)[1] == demo
    planned, found, _ = plan({}, of_older.name, root, data=copy)
    assert (planned.action, found) == ("resume", copy)
    corpora.require_own_corpus(of_older, [copy], digest)
    message = f"digest {digest[:12]}.*{demo} .*demo-[*].hdf5: name that .*--data"
    with pytest.raises(ValueError, match=message):
        corpora.require_own_corpus(of_older, [demo], "another")


def test_derived_run_takes_its_parents_corpus_unless_another_is_named(
    demo, mine, older, root, facts, monkeypatch
):
    path, digest = older
    facts = facts | {"data_digest": digest}
    of_mine, of_demo = (
        Experiment.create(root, Hyperparameters(name=name), facts)
        for name in ("mine", "demo")
    )
    for one in (of_mine, of_demo):
        one.save_checkpoint("best", lambda p: p.write_bytes(b"1"), {"step": 12})
    faster = {"learning_rate": 5e-5}
    with pytest.raises(FileNotFoundError, match="mine needs its corpus"):
        plan(faster, of_mine.name, root)
    assert plan(faster, of_demo.name, root)[1] == path  # as kept in the cache
    assert plan(faster, of_demo.name, root, data=path)[1] == path
    monkeypatch.setenv("SKETCH_DATA", path)
    assert plan(faster, of_mine.name, root)[1] == path
    other = str(make_corpus(mine, seed=3))
    monkeypatch.setenv("SKETCH_DATA", other)
    message = f"{digest[:12]}.* {other} .*by --data, or .*another --name"
    with pytest.raises(ValueError, match=message):
        plan(faster, of_mine.name, root)
    with pytest.raises(ValueError, match="built-in corpus .* --name demo and another"):
        plan(faster, of_demo.name, root, data=other)
    for given, options in (
        (faster, {"data": other}),
        (faster | {"name": "other"}, {}),
        (faster | {"name": "other"}, {"data": other}),
    ):
        planned, found, _ = plan(given, of_mine.name, root, **options)
        assert (planned.action, found) == ("derive", other)
    planned, found, _ = plan(faster | {"name": "demo"}, of_demo.name, root)
    assert (planned.action, found) == ("derive", demo)


class Second(Processes):
    """Process 1 of two, whose process 0 was started with another seed."""

    index, count = 1, 2

    def gather(self, value):
        return [value | {"--seed": 3}, value]


def test_processes_with_different_options_are_refused(mine, root):
    message = "differ in --seed: it is 3 in process 0 and 4 in process 1"
    with pytest.raises(ValueError, match=message):
        data.plan_with_data({"seed": 4}, None, RunOptions(data=mine), root, Second())
    assert not root.exists()


def test_data_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="--data names"):
        plan({}, data=str(tmp_path / "nothing"))
