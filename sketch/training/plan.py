"""What `sketch train` is asked for: a fresh run, one that goes on, or one derived."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from sketch.experiment.experiment import (
    Experiment,
    Lineage,
    find_experiments,
)
from sketch.experiment.lineage import ancestors, learned_from
from sketch.experiment.run_directory import refuse_existing
from sketch.experiment.settings_file import parse_content, parse_lineage
from sketch.settings.hyperparameters import (
    SHAPE_FIELDS,
    Hyperparameters,
    from_json,
    to_json,
)
from sketch.settings.names import experiment_name
from sketch.settings.option import get_option

CONTINUE = "continue"  # the --model that means: what the other options name


@dataclass(frozen=True)
class RunPlan:
    """What to train.

    Attributes:
        action: "fresh" begins with new weights, "resume" goes on exactly where `parent`
            stopped, "derive" begins a new experiment with the best weights of `parent`.
        hyperparameters: the settings of the run.
        parent: the experiment that is resumed or derived from; None for "fresh".
        lineage: for "derive", what goes into the new experiment; else None.
        origin: whose best weights it begins with, if nothing was saved yet; or None.
        kept: the run options of `parent` that hold where none are given.
    """

    action: Literal["fresh", "resume", "derive"]
    hyperparameters: Hyperparameters
    parent: Experiment | None = None
    lineage: Lineage | None = None
    origin: Experiment | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All of it, to tell another process."""
        parent = self.parent
        return {
            "action": self.action,
            "settings": to_json(self.hyperparameters),
            "parent": parent and {"path": str(parent.path), "is": parent.content()},
            "lineage": self.lineage and asdict(self.lineage),
            "kept": dict(self.kept),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RunPlan":
        """The plan that process 0 told: parent's and origin's directories are there."""
        parent, lineage = values["parent"], values["lineage"]
        return cls(
            values["action"],
            from_json(values["settings"]),
            parent and Experiment(Path(parent["path"]), **parse_content(parent["is"])),
            parse_lineage(lineage),
            kept=values["kept"],
        )

    @property
    def name(self) -> str:
        """The name of the experiment that will be trained."""
        if self.action == "resume":
            return self.parent.name
        digest = self.lineage.digest if self.lineage else None
        return experiment_name(self.hyperparameters, digest)


def plan_run(
    given: Mapping[str, Any],
    model: str | None,
    root: str | Path,
    again: bool = False,
) -> RunPlan:
    """Decides what is to be trained.

    Args:
        given: the fields of `Hyperparameters` that the user set, and no others.
        model: an experiment's name or path, "continue" (the experiment that `given`
            names), or None.
        root: the folder of all experiments.
        again: whether a new run whose directory is there goes on in it: schedulers
            repeat a command that has failed.

    Raises:
        ValueError: bad settings, or others than the weights of `model` fit.
        FileExistsError: a new run's directory is there; tells the two ways on.
        FileNotFoundError: no such experiment; names the nearest.
    """
    root = Path(root)
    unknown = set(given) - {field.name for field in fields(Hyperparameters)}
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    if model is None:
        return _begin(RunPlan("fresh", Hyperparameters(**given)), root, again)
    if model == CONTINUE:
        return _resume(_find_named(Hyperparameters(**given), root), root)
    parent = Experiment.load(model, root)
    hyperparameters = _derive(parent, given)
    if hyperparameters == parent.hyperparameters:
        return _resume(parent, root)
    best = parent.load_checkpoint("best")
    if best is None:
        raise ValueError(
            f"{parent.name} has no best checkpoint yet to begin with: finish an epoch "
            f"first, with --model {parent.name} and no other setting"
        )
    step = best[1].get("step")
    if type(step) is not int:
        raise ValueError(f"{best[0].parent / 'state.json'} is damaged: it has no step")
    lineage = Lineage(parent.full_name, step, learned_from(parent, root))
    kept = {
        name: value
        for name, value in parent.kept_options().items()
        if name not in ("epochs", "patience")
    }
    plan = RunPlan("derive", hyperparameters, parent, lineage, parent, kept)
    return _begin(plan, root, again)


def _begin(plan: RunPlan, root: Path, again: bool) -> RunPlan:
    if again and (root / plan.name).exists():
        return _resume(Experiment.load(plan.name, root), root)
    refuse_existing(root / plan.name)
    return plan


def _resume(experiment: Experiment, root: Path) -> RunPlan:
    latest = experiment.load_checkpoint("latest")
    best = experiment.load_checkpoint("best") if latest is None else None
    if best is not None and best[1].get("inference_only"):
        raise ValueError(
            f"{experiment.name} is published: it has its weights, but not the state of "
            "the optimizer, so it cannot go on; derive an experiment from it, by "
            "another setting beside --model, such as --lr or --seed"
        )
    origin = None
    if not (latest or best) and experiment.lineage:  # killed before it could save
        origin = _origin(experiment, root)
    return RunPlan(
        "resume",
        experiment.hyperparameters,
        experiment,
        origin=origin,
        kept=experiment.kept_options(),
    )


def _origin(experiment: Experiment, root: Path) -> Experiment:
    """Whose weights it was to begin with: one of `root`, or a hand of sketch."""
    lineage, parent = next(ancestors(experiment, root))
    if parent is None:
        raise FileNotFoundError(
            f"{experiment.name} was to begin with the weights of {lineage.parent!r}, "
            f"and {root} has none of that name that can be read: put it there, or "
            f"remove {experiment.path} and begin again"
        )
    return parent


def _find_named(hyperparameters: Hyperparameters, root: Path) -> Experiment:
    name = experiment_name(hyperparameters)
    derived = [p.name for p in find_experiments(root) if p.name.startswith(name + "-f")]
    if derived and not (root / name).exists():
        raise FileNotFoundError(
            f"there is no experiment {name!r}; the settings are those of "
            + " and ".join(derived)
        )
    return Experiment.load(name, root)


def _derive(parent: Experiment, given: Mapping[str, Any]) -> Hyperparameters:
    """The parent's settings and those given, if its weights fit them.

    Text may come or go, and the window with it: see `Network.take_weights`.
    """
    old = parent.hyperparameters
    if given.get("text", old.text) != old.text:
        size = given.get("window_mixtures", Hyperparameters.window_mixtures)
        old = replace(old, text=given["text"], window_mixtures=size)
    new = replace(old, **given)  # which says what does not go together at all
    changed = [
        f"{get_option(name, Hyperparameters).flags[0]} is {_word(getattr(old, name))} "
        f"there and {_word(given[name])} here"
        for name in SHAPE_FIELDS
        if name in given and given[name] != getattr(old, name)
    ]
    if changed:
        raise ValueError(
            f"the weights of {parent.name} have another shape: {'; '.join(changed)}. "
            "Leave that out to go on with them, or leave out --model to begin anew"
        )
    return new


def _word(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
