"""Kinds of values on a command line: what click's own let pass, and completion."""

import math
import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem


class FiniteRange(click.FloatRange):
    """A range of numbers; click's own holds NaN, and without an end infinity."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class NamedPath(click.Path):
    """A path; of "" click's own makes the folder one is in."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if value == "":
            self.fail("An empty path names nothing.", param, ctx)
        return super().convert(value, param, ctx)


class PrimeName(click.ParamType):
    """Ink to go on from; the shell completes styles and files."""

    name = "prime"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from sketch.experiment.experiment import Experiment
        from sketch.experiment.places import default_model
        from sketch.experiment.styles import load_styles

        model = ctx.params.get("model")
        try:
            path = default_model() if model is None else model
            styles = load_styles(Experiment.load(path, _experiments_root(ctx)))
        except (ValueError, OSError):  # nothing to complete, nobody to tell
            styles = {}
        names = [name for name in styles if name.startswith(incomplete)]
        # In this order: bash forgets what comes before a file.
        return [CompletionItem(incomplete, type="file"), *map(CompletionItem, names)]


class ExperimentName(click.ParamType):
    """An experiment's name or path; the shell completes names, of hands too."""

    name = "experiment"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from sketch.experiment.experiment import find_experiments
        from sketch.experiment.places import find_pretrained

        own = [path.name for path in find_experiments(_experiments_root(ctx))]
        names = dict.fromkeys([*own, *find_pretrained()])
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _experiments_root(ctx: click.Context) -> str | Path:
    """The folder of all experiments, while a command line is still being typed."""
    named = ctx.params.get("experiments") or os.environ.get("SKETCH_EXPERIMENTS")
    return named or "experiments"
