"""Types of values on a command line: stricter than click's own, with completion."""

import math
import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from sketch.experiment.places import (
    SETTINGS_NAME,
    default_model,
    find_own,
    find_pretrained,
)


class FiniteRange(click.FloatRange):
    """A range of numbers; click's own lets NaN pass and, if open-ended, infinity."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class NamedPath(click.Path):
    """A path; click's own takes "" for the working directory."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if value == "":
            self.fail("An empty path names nothing.", param, ctx)
        return super().convert(value, param, ctx)


class PrimeName(click.ParamType):
    """Ink to continue; the shell completes styles and files."""

    name = "prime"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from sketch.experiment.experiment import Experiment
        from sketch.experiment.styles import load_styles

        model = ctx.params.get("model")
        try:
            path = default_model() if model is None else model
            styles = load_styles(Experiment.load(path, _experiments_root(ctx)))
        except (ValueError, OSError):  # while completing, errors cannot be shown
            styles = {}
        names = [name for name in styles if name.startswith(incomplete)]
        # In this order: bash forgets what comes before a file.
        return [CompletionItem(incomplete, type="file"), *map(CompletionItem, names)]


class ExperimentName(click.ParamType):
    """The name or path of an experiment or recogniser; the shell completes names.

    Args:
        settings_names: of experiments, of recognisers, or of both.
    """

    name = "experiment"

    def __init__(self, *settings_names: str):
        self.settings_names = settings_names or (SETTINGS_NAME,)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        names: dict[str, None] = {}  # in order, each once
        for settings_name in self.settings_names:
            own = find_own(_experiments_root(ctx), settings_name)
            names |= dict.fromkeys(path.name for path in own)
            names |= dict.fromkeys(find_pretrained(settings_name))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _experiments_root(ctx: click.Context) -> str | Path:
    """The folder of all experiments, while a command line is still being typed."""
    named = ctx.params.get("experiments") or os.environ.get("SKETCH_EXPERIMENTS")
    return named or "experiments"
