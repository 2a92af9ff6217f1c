"""What `sketch train` is to do: start a new run, resume one, or derive one."""

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
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.settings_file import parse_content, parse_lineage
from sketch.settings.hyperparameters import (
    SHAPE_FIELDS,
    Hyperparameters,
    from_json,
    to_json,
)
from sketch.settings.names import experiment_name
from sketch.settings.option import get_option

CONTINUE = "continue"  # --model for the experiment that the other options name


@dataclass(frozen=True)
class RunPlan:
    """What to train.

    Attributes:
        action: "fresh" starts from new weights, "resume" goes on exactly where `parent`
            stopped, "derive" starts a new experiment from the best weights of `parent`.
        hyperparameters: the settings of the run.
        parent: the experiment that is resumed or derived from; None for "fresh".
        lineage: of the new experiment, for "derive"; else None.
        origin: the experiment whose best weights it starts from, if nothing was saved
            yet; or None.
        kept: the run options of `parent` that hold where none are given.
    """

    action: Literal["fresh", "resume", "derive"]
    hyperparameters: Hyperparameters
    parent: Experiment | None = None
    lineage: Lineage | None = None
    origin: Experiment | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The plan, for another process."""
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
        """The plan of process 0, which alone reads the directories that it names."""
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
    """Decides what is trained.

    Args:
        given: the fields of `Hyperparameters` that the user set, and no others.
        model: an experiment's name or path, "continue" (the experiment that `given`
            names), or None.
        root: the folder of all experiments.
        again: whether a new run whose directory exists goes on in it: schedulers
            repeat a command that has failed.

    Raises:
        ValueError: bad settings, or settings that the weights of `model` do not fit.
        FileExistsError: a new run's directory exists; names the two ways on.
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
            f"{parent.name} has no best checkpoint yet to start from: finish an epoch "
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
    Experiment.refuse_existing(root / plan.name)
    return plan


def _resume(experiment: Experiment, root: Path) -> RunPlan:
    latest = find_latest(
        experiment, "derive an experiment from it: add --lr, --seed or another setting"
    )
    origin = None
    if latest is None and experiment.lineage:  # killed before it could save
        origin = _origin(experiment, root)
    return RunPlan(
        "resume",
        experiment.hyperparameters,
        experiment,
        origin=origin,
        kept=experiment.kept_options(),
    )


def find_latest(run: RunDirectory, way_on: str) -> tuple[Path, dict[str, Any]] | None:
    """The checkpoint from which a run goes on, or None.

    Raises:
        ValueError: it is published, without its optimizer; ends with `way_on`.
    """
    found = run.latest_or_best()
    if found is not None and found[1].get("inference_only"):
        raise ValueError(
            f"{run.name} is published: it has its weights, but not the state of the "
            f"optimizer, so it cannot go on; {way_on}"
        )
    return found


def _origin(experiment: Experiment, root: Path) -> Experiment:
    """The parent of the lineage, in `root` or among the pretrained models."""
    lineage, parent = next(ancestors(experiment, root))
    if parent is None:
        raise FileNotFoundError(
            f"{experiment.name} was to start from the weights of {lineage.parent!r}, "
            f"which {root} does not have, or which cannot be read: put it there, or "
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
    new = replace(old, **given)  # raises ValueError for what excludes each other
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
