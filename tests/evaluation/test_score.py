"""A trained experiment under every protocol, and what is said of where it learned."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sketch.corpus.hdf5 import Corpus, Line, write_corpus
from sketch.corpus.shards import open_shards
from sketch.evaluation import PROTOCOL_NAMES
from sketch.evaluation.score import evaluate_experiment
from sketch.experiment.experiment import Experiment, Lineage
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.run_options import RunOptions
from sketch.training.epoch_pictures import EpochPictures
from sketch.training.network_run import train
from sketch.training.plan import plan_run

SETTINGS = {
    "depth": 1,
    "dim": 4,
    "mixtures": 2,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "text": True,
}
LENGTH = 301  # long enough for every protocol


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "toy.hdf5"
    rng = np.random.default_rng(0)

    def lines(name, count):
        for number in range(count):
            strokes = rng.normal((5, 0), (20, 30), (LENGTH, 2)).round()
            rows = np.column_stack([strokes, np.arange(LENGTH) % 9 == 8])
            yield Line(rows.astype(np.float32), "ab", f"{name}-{number}", name)

    sets = {name: list(lines(name, 4)) for name in ("train", "valid", "test")}
    write_corpus(path, sets, source="made up", command="", seed=0, split="form")
    return path


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def experiment(corpus, root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EpochPictures, "draw", lambda self, epoch: None)
        plan = plan_run(SETTINGS, None, root)
        return train(plan, RunOptions(epochs=2, data=str(corpus)), root).directory


def test_scores_are_those_of_training(experiment, root, corpus):
    """`writer` reports in the unit that the network was trained in, on `test`."""
    report = evaluate_experiment(experiment, root, "writer", corpus)
    row = max(experiment.history(), key=lambda row: row["valid_log_likelihood"])
    part, expected = report["log_likelihood"], row["test_log_likelihood"]
    assert part["nats_per_line"]["value"] == pytest.approx(expected, rel=1e-5)
    assert part["nats_per_point"]["value"] == pytest.approx(expected / LENGTH, rel=1e-5)
    weights = {name: row[name] for name in ("epoch", "step")}
    assert report["checkpoint"] == {"kind": "best", **weights}
    assert report["is_trained_on_corpus"] and report["corpus"]["path"] == str(corpus)
    text = report["text"]
    assert text.startswith(f"{experiment.name}, best checkpoint: epoch {row['epoch']}")
    assert "made up, digest " in text
    assert f"as papers print it, a loss: {-expected:.1f} nats/line" in text


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_every_protocol(experiment, root, corpus, protocol, monkeypatch):
    scored_without_a_network(monkeypatch)
    report = evaluate_experiment(experiment, root, protocol, corpus, "latest")
    facts = json.loads(json.dumps(report, allow_nan=False))
    assert list(facts)[:2] == ["format", "model"]
    explained = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()
    assert [key for key in facts if f"`{key}`" not in explained] == []
    assert facts["num_points"] == 4 and facts["checkpoint"]["kind"] == "latest"
    assert facts["has_text"] and not facts["is_its_corpus"]
    assert facts["set"] == ("test" if protocol == "writer" else "valid")
    compared = "to compare: -1128.2  Graves 2013, the same with weight noise"
    assert (compared in facts["text"]) == (protocol == "graves")
    assert "-1041.0" not in facts["text"]  # of a model without text
    assert ("-1008 is the figure to beat" in facts["text"]) == (protocol == "udibr")
    assert "4 lines, 4 points; left out: 0 short, 0 long" in facts["text"]


def test_whole_coordinates_are_needed_for_the_dequantised_score(
    experiment, root, corpus, monkeypatch
):
    scored_without_a_network(monkeypatch, dequantised=None)
    report = evaluate_experiment(experiment, root, data=corpus)
    assert report["dequantised"] is report["bits_per_point"] is None
    assert "the coordinates are not whole numbers" in report["text"]


def test_another_report_is_compared(experiment, root, corpus, tmp_path, monkeypatch):
    scored_without_a_network(monkeypatch)
    other = tmp_path / "other.json"
    report = evaluate_experiment(experiment, root, data=corpus)
    other.write_text(json.dumps(report | {"model": "theirs"}))
    text = evaluate_experiment(experiment, root, data=corpus, other=other)["text"]
    assert "better than theirs, over the 4 lines of both, in nats/line:" in text
    assert "  log-likelihood +0.0  (+0.0 to +0.0)" in text
    for content, words in (("{", "is not JSON"), ("{}", "is no report of")):
        other.write_text(content)
        with pytest.raises(ValueError, match=f"other.json.*{words}"):
            evaluate_experiment(experiment, root, data=corpus, other=other)


def test_udibr_counts_the_first_600_rows_of_a_line(experiment, root, corpus, tmp_path):
    with Corpus.open(corpus) as opened:
        sets = {name: opened.read_set(name) for name in opened.sets}
    long = np.concatenate([line.strokes for line in sets["valid"][:3]])[:700]
    sets["valid"] = [replace(sets["valid"][0], strokes=long)]
    path = tmp_path / "long.hdf5"
    write_corpus(path, sets, source="made up", command="", seed=0, split="form")
    num_points = [
        evaluate_experiment(experiment, root, protocol, path)["num_points"]
        for protocol in ("udibr", "graves")
    ]
    assert num_points == [600, 700]


def scored_without_a_network(monkeypatch, dequantised=1.0):
    """Any figures: these tests are about what is said beside them."""
    from sketch.evaluation.likelihood import LineScores

    def score_lines(network, lines, mean, std, *rest):
        ones = np.ones(len(lines))
        noisy = dequantised and dequantised * ones
        return LineScores(ones, -ones, noisy, ones.astype(int), np.asarray(std))

    monkeypatch.setattr("sketch.evaluation.score.score_lines", score_lines)


def derived(experiment, root, name, parent, learned_from=None):
    facts = {
        field: getattr(experiment, field)
        for field in ("alphabet", "offset_mean", "offset_std", "data_digest")
    }
    settings = Hyperparameters(**SETTINGS, name=name)
    facts["lineage"] = Lineage(parent, 1, learned_from)
    child = Experiment.create(root, settings, facts)
    path, state = experiment.load_checkpoint("best")
    child.save_checkpoint(
        "latest", lambda to: to.write_bytes(path.read_bytes()), {"epoch": 0, "step": 1}
    )
    return child


@pytest.mark.parametrize(
    ("parent", "learned_from", "stranger"),
    [
        ("itself", None, None),
        ("gone\x1b[2J", None, "gone\ufffd[2J"),
        ("gone", ("its corpus",), None),  # on record, though it is absent
    ],
)
def test_ancestors_that_may_know_other_lines_are_named(
    experiment, root, corpus, tmp_path, monkeypatch, parent, learned_from, stranger
):
    scored_without_a_network(monkeypatch)
    (tmp_path / experiment.name).symlink_to(experiment.path)
    if learned_from:
        learned_from = (experiment.data_digest,)
    parent = experiment.name if parent == "itself" else parent
    child = derived(experiment, tmp_path, "child", parent, learned_from)
    report = evaluate_experiment(child, tmp_path, "graves", corpus)
    assert report["is_trained_on_corpus"] == (stranger is None)
    note = f"note: not trained on this corpus, as far as is known: {stranger};"
    assert (note in report["text"]) == (stranger is not None)
    assert report["text"].replace("\n", "").isprintable()
    # There is no best yet: the latest stands in, and is named.
    assert report["checkpoint"] == {"kind": "latest", "epoch": 0, "step": 1}


def test_another_corpus_is_told(experiment, root, corpus, tmp_path, monkeypatch):
    scored_without_a_network(monkeypatch)
    with Corpus.open(corpus) as opened:
        sets = {name: opened.read_set(name) for name in opened.sets}
    sets["train"] = sets["train"][:3]
    sets["valid"][0] = replace(sets["valid"][0], transcript="abc")  # it knows a and b
    other = tmp_path / "other.hdf5"
    write_corpus(other, sets, source="x\x1b]0;y", command="", seed=0, split="form")
    report = evaluate_experiment(experiment, root, "graves", other)
    assert f"as far as is known: {experiment.name};" in report["text"]
    assert "note: left out: 1 line with characters that the model has" in report["text"]
    assert report["num_lines"] == 3
    assert "\x1b" not in report["text"]


def test_a_corpus_of_several_files_is_scored_as_one(
    experiment, root, corpus, tmp_path, monkeypatch
):
    scored_without_a_network(monkeypatch)
    files = [corpus, tmp_path / "more.hdf5"]
    with Corpus.open(corpus) as opened:
        sets = {name: opened.read_set(name)[::-1] for name in opened.sets}
    write_corpus(files[1], sets, source="made up", command="", seed=0, split="form")
    with open_shards(files) as joined:
        of_both = replace(experiment, data_digest=joined.digest)
    for protocol in PROTOCOL_NAMES:
        report = evaluate_experiment(of_both, root, protocol, files)
        assert report["is_trained_on_corpus"] and report["num_lines"] == 8
        assert report["corpus"]["path"] == f"{files[0]}, {files[1]}"
        assert report["corpus"]["source"] == "made up"
    report = evaluate_experiment(of_both, root, data=corpus)
    assert not report["is_trained_on_corpus"]


def test_no_corpus_and_no_checkpoint_are_errors(
    experiment, root, corpus, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    facts = {
        field: getattr(experiment, field)
        for field in ("alphabet", "offset_mean", "offset_std", "data_digest")
    }
    empty = Experiment.create(root, Hyperparameters(**SETTINGS, name="empty"), facts)
    with pytest.raises(FileNotFoundError, match="needs its corpus, but there is"):
        evaluate_experiment(empty, root, "graves")
    with pytest.raises(ValueError, match="empty-1X4.* has no checkpoint yet"):
        evaluate_experiment(empty, root, "graves", corpus)
