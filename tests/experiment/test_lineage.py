"""An experiment's ancestors, and what they learned from."""

import shutil

import pytest

from sketch.experiment.experiment import Experiment, Lineage
from sketch.experiment.lineage import ancestors, learned_from, trained_elsewhere
from sketch.settings.hyperparameters import Hyperparameters


@pytest.fixture
def make(root, facts):
    """Makes an experiment of a name, with a parent."""

    def make(name, parent=None, digest="mine", known=None):
        lineage = parent and Lineage(parent, 1, known)
        settings = Hyperparameters(name=name, depth=1, dim=8)
        more = {"lineage": lineage, "data_digest": digest}
        return Experiment.create(root, settings, facts | more)

    return make


def test_ancestors_are_the_nearest_first(make, root):
    old = make("old")
    middle = make("middle", old.name)
    new = make("new", middle.name)
    found = list(ancestors(new, root))
    assert [lineage.parent for lineage, _ in found] == [middle.name, old.name]
    assert [parent.path for _, parent in found] == [middle.path, old.path]


def test_ancestors_end_at_a_missing_or_damaged_parent(make, root):
    middle = make("middle", "gone")
    new = make("new", middle.name)
    assert [parent for _, parent in ancestors(new, root)][1:] == [None]
    (middle.path / "hyperparameters.json").write_text("{")
    assert [parent for _, parent in ancestors(new, root)] == [None]


def test_ancestors_of_a_circular_lineage_end(make, root, facts):
    first = make("first", "second-1X8-G20-bs56-lr1e-4")
    copy = shutil.copytree(first.path, root / "second-1X8-G20-bs56-lr1e-4")
    assert len(list(ancestors(Experiment.load(copy, root), root))) <= 2


def test_ancestors_are_never_looked_for_by_path(make, root, tmp_path):
    elsewhere = shutil.copytree(make("old").path, tmp_path / "elsewhere")
    for name in (str(elsewhere), "../elsewhere"):
        new = make(f"new{len(name)}", name)
        [(_, parent)] = ancestors(new, root)
        assert parent is None


def test_learned_from_joins_the_corpora_of_all_ancestors(make, root):
    old = make("old", digest="a")
    new = make("new", old.name, digest="b")
    assert learned_from(new, root) == ("a", "b")
    shutil.rmtree(old.path)
    assert learned_from(new, root) is None  # nobody knows
    told = make("told", "gone", digest="b", known=("a", "c"))
    assert learned_from(told, root) == ("a", "b", "c")


def test_trained_elsewhere_names_those_that_learned_other_lines(make, root):
    old = make("old", digest="a")
    new = make("new", old.name, digest="b")
    assert trained_elsewhere(new, root, "b") == [old.name]
    assert trained_elsewhere(new, root, "a") == [new.name]
    assert trained_elsewhere(make("orphan", "gone", "b"), root, "b") == ["gone"]
    told = make("told", "gone", digest="b", known=("b",))
    assert trained_elsewhere(told, root, "b") == []
