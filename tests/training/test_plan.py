"""What `--model` and the other options ask for."""

import shutil

import pytest

from sketch.experiment.experiment import Experiment, Lineage
from sketch.settings.hyperparameters import SHAPE_FIELDS, Hyperparameters
from sketch.training.plan import plan_run

NAME = "handwriting-1X8-G20-bs56-lr1e-3"
SAME = {"depth": 1, "dim": 8, "learning_rate": 1e-3}


@pytest.fixture
def trained(experiment):
    experiment.save_checkpoint("best", lambda p: p.write_bytes(b"1"), {"step": 12})
    return experiment


def test_fresh_run_needs_no_parent(root):
    plan = plan_run({"dim": 9}, None, root)
    assert (plan.action, plan.parent, plan.lineage) == ("fresh", None, None)
    assert plan.hyperparameters == Hyperparameters(dim=9)
    assert plan.name == "handwriting-3X9-G20-bs56-lr1e-4"
    assert not root.exists()


@pytest.mark.parametrize(
    "given, model, kind, message",
    [
        (SAME, None, FileExistsError, f"--model {NAME}, or begin another"),
        ({"learning_rate": 3e-4}, NAME, ValueError, "has no best checkpoint yet"),
        ({"learning_rate": -1.0}, NAME, ValueError, "--lr must be"),
        ({"epochs": 3}, NAME, ValueError, "unknown settings: epochs"),
        ({}, "x", FileNotFoundError, "there is no experiment 'x'"),
        (SAME | {"dim": 9}, "continue", FileNotFoundError, f"did you mean {NAME}"),
    ],
)
def test_impossible_plans_are_refused(experiment, root, given, model, kind, message):
    with pytest.raises(kind, match=message):
        plan_run(given, model, root)


@pytest.mark.parametrize("given", [{}, {"dim": 8}, SAME, {"seed": 0}])
def test_model_with_the_same_settings_or_none_resumes(experiment, root, given):
    for model in (NAME, str(experiment.path)):
        plan = plan_run(given, model, root)
        assert (plan.action, plan.name, plan.lineage) == ("resume", NAME, None)
        assert plan.hyperparameters == experiment.hyperparameters


def test_continue_resumes_the_experiment_that_the_options_name(experiment, root):
    plan = plan_run(SAME, "continue", root)
    assert (plan.action, plan.name) == ("resume", NAME)


def test_continue_without_that_experiment_names_derived_ones(root, facts):
    facts["lineage"] = Lineage("parent", 1)
    derived = Experiment.create(root, Hyperparameters(**SAME), facts)
    with pytest.raises(FileNotFoundError, match=f"those of {derived.name}"):
        plan_run(SAME, "continue", root)


@pytest.mark.parametrize(
    "given",
    [
        {"learning_rate": 3e-4},
        {"batch_size": 8, "dropout": 0.5},
        {"name": "mine"},
        {"seed": 7, "dim": 8},
    ],
)
def test_model_with_other_settings_derives(trained, root, given):
    plan = plan_run(given, NAME, root)
    assert plan.action == "derive"
    assert plan.parent.path == trained.path
    assert plan.lineage == Lineage(NAME, 12, (trained.data_digest,))
    assert plan.name.endswith(f"-from-{plan.lineage.digest}")
    assert plan.hyperparameters == Hyperparameters(**SAME | given)
    trained.save_checkpoint("best", lambda p: p.write_bytes(b"2"), {"step": 13})
    assert plan_run(given, NAME, root).name != plan.name  # of later weights
    trained.save_checkpoint("best", lambda p: p.write_bytes(b"2"), {"step": "x"})
    with pytest.raises(ValueError, match="state.json is damaged: it has no step"):
        plan_run(given, NAME, root)


def test_derived_experiment_can_be_derived_from_and_resumed(trained, root, facts):
    plan = plan_run({"learning_rate": 3e-4}, NAME, root)
    facts["lineage"] = plan.lineage
    child = Experiment.create(root, plan.hyperparameters, facts)
    assert child.name == plan.name
    with pytest.raises(FileExistsError, match=f"--model {child.name}"):
        plan_run({"learning_rate": 3e-4}, NAME, root)
    assert plan_run({}, child.name, root).action == "resume"
    child.save_checkpoint("best", lambda p: p.write_bytes(b"1"), {"step": 20})
    digests = (trained.data_digest,)
    grandchild = plan_run({"learning_rate": 1e-4}, child.name, root)
    assert grandchild.lineage == Lineage(child.name, 20, digests)
    shutil.rmtree(trained.path)  # the child says what it learned from
    again = plan_run({"learning_rate": 1e-4}, child.name, root)
    assert again.lineage == grandchild.lineage


@pytest.mark.parametrize("is_there", [True, False])
def test_lineage_without_digests_takes_them_from_the_parent(
    trained, root, facts, is_there
):
    parent = NAME if is_there else "gone"
    facts |= {"lineage": Lineage(parent, 12), "data_digest": "another"}
    child = Experiment.create(root, Hyperparameters(**SAME | {"seed": 7}), facts)
    child.save_checkpoint("best", lambda p: p.write_bytes(b"1"), {"step": 20})
    plan = plan_run({"learning_rate": 1e-4}, child.name, root)
    digests = tuple(sorted({"another", trained.data_digest})) if is_there else None
    assert plan.lineage.learned_from == digests


@pytest.mark.parametrize("parent", [NAME, "no"])
def test_parent_whose_weights_were_to_be_taken_is_found_or_named(
    trained, root, facts, parent
):
    facts["lineage"] = Lineage(parent, 12)
    child = Experiment.create(root, Hyperparameters(**SAME | {"seed": 7}), facts)
    if parent == NAME:
        assert plan_run({}, child.name, root).origin.path == trained.path
        return
    message = "start from the weights of 'no', which .* put it there"
    with pytest.raises(FileNotFoundError, match=message):
        plan_run({}, child.name, root)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dim": 9}, "--dim is 8 there and 9 here"),
        ({"depth": 2, "skip": True}, "--depth is 1 .*; --skip is off there and on"),
        ({"text": True, "dim": 9}, "--dim is 8 there and 9 here"),
    ],
)
def test_model_of_another_shape_is_refused_with_both_values(
    trained, root, given, message
):
    with pytest.raises(ValueError, match=f"{NAME} have another shape: .*{message}"):
        plan_run(given, NAME, root)


def test_every_shape_field_that_differs_is_refused(trained, root):
    others = {"depth": 2, "dim": 9, "mixtures": 2, "window_mixtures": 2}
    lacks = {
        "skip": "--skip needs --depth",
        "top": "--top needs --depth",
        "window_mixtures": "-K needs --text",
    }
    for name in SHAPE_FIELDS:
        if name == "text":
            continue
        with pytest.raises(ValueError, match=lacks.get(name, "have another shape")):
            plan_run({name: others.get(name, True)}, NAME, root)


def test_derived_run_may_add_text_with_any_window(trained, root, facts):
    for size in (3, 10):
        given = {"text": True, "window_mixtures": size}
        plan = plan_run(given, NAME, root)
        assert plan.action == "derive"
        assert plan.hyperparameters == Hyperparameters(**SAME | given)
    assert plan_run({"text": True}, NAME, root).hyperparameters.window_mixtures == 10
    reads = Hyperparameters(**SAME, text=True, window_mixtures=3)
    parent = Experiment.create(root, reads, facts)
    parent.save_checkpoint("best", lambda p: p.write_bytes(b"1"), {"step": 12})
    plan = plan_run({"text": False}, parent.name, root)
    assert (plan.action, plan.parent.name) == ("derive", parent.name)
    assert plan.hyperparameters == Hyperparameters(**SAME)
    with pytest.raises(ValueError, match="another shape: -K is 3 there and 4 here"):
        plan_run({"window_mixtures": 4}, parent.name, root)
    with pytest.raises(ValueError, match="-K needs --text"):
        plan_run({"text": False, "window_mixtures": 4}, parent.name, root)
