"""The card of a published experiment: what it is, how it was made, how good it is."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sketch.experiment.experiment import Experiment
from sketch.experiment.places import CARD_NAME
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.run_directory import ENVIRONMENT_NAME
from sketch.experiment.styles import load_styles
from sketch.system.messages import command_line, counted
from sketch.system.untrusted import read_json, read_text

_CONDITION = re.compile(r"^\| condition \| (.*) \|$", re.MULTILINE)


def read_condition(path: Path) -> str | None:
    """The condition on the card of a published directory; None without card or row.

    Raises:
        ValueError: the card is damaged, or a link.
    """
    if not (path / CARD_NAME).is_file():
        return None
    row = _CONDITION.search(read_text(path / CARD_NAME, inside=path))
    return row and row[1].replace("\\|", "|")


def write_card(
    source: Experiment | RecogniserDirectory,
    state: dict[str, Any],
    pictures: Sequence[str],
    corpus: str | None,
    condition: str,
    evaluations: Sequence[str | Path] = (),
) -> str:
    """The card of a published directory, as Markdown.

    Args:
        source: the directory that is published.
        state: of its best checkpoint.
        pictures: names of the published pictures.
        corpus: the source that the corpus names; None: it is not at hand.
        condition: under which the weights may be used.
        evaluations: JSON files of `sketch evaluate --json`.

    Raises:
        ValueError: a file is not a report, or reports another model or other weights;
            names the file.
    """
    is_pen = isinstance(source, Experiment)
    facts = {
        "data": f"{corpus or source.dataset_name}, digest {source.data_digest[:12]}",
        "condition": condition,
        **_run_facts(source, state),
        "weights": "best on the validation lines, half precision, no optimizer state",
    }
    if is_pen and source.lineage:
        lineage = source.lineage
        facts["began with"] = f"the weights of {lineage.parent}, step {lineage.step:,}"
    if styles := load_styles(source) if is_pen else {}:
        facts["styles"] = f"`--prime` {', '.join(styles)}"
    purpose = (
        "Reads ink, for `sketch write --check` and `sketch evaluate --legibility`."
    )
    if is_pen:
        letters = "".join(source.alphabet.characters).replace("`", "")
        purpose = "Writes freely: ink without a given text."
        if source.hyperparameters.text:
            purpose = f"Writes any text in the characters `{letters}`."
    rows = [f"# {source.name}", "", purpose, ""]
    rows += [f"![{name[:-4]}]({name})\n" for name in pictures if "pen" not in name]
    rows += ["| | |", "|---|---|"]
    for name, value in facts.items():
        cell = " ".join(value.split()).replace("|", "\\|")
        rows.append(f"| {name} | {cell} |")
    rows += ["", "## Scores", "", *_scores(source, state)]
    for path in evaluations:
        rows += ["", *_evaluation(Path(path), source, state)]
    return "\n".join(rows) + "\n"


def _run_facts(
    source: Experiment | RecogniserDirectory, state: dict[str, Any]
) -> dict[str, str]:
    step = state.get("step", 0)
    rows = [row for row in source.history() if row["step"] <= step]
    hours = max((row.get("seconds", 0) for row in rows), default=0) / 3600
    facts = {
        "training": f"{counted(state.get('epoch', 0), 'epoch')}, "
        f"{counted(step, 'step')}, {f'{hours:.2f} h' if hours else 'of unknown length'}"
    }
    path = source.path / ENVIRONMENT_NAME
    if not path.exists():
        return facts
    environment = read_json(path, inside=source.path)
    versions = dict(environment.get("versions") or {})
    versions["commit"] = str(environment.get("commit") or "")[:12]
    first = environment.get("first")  # the command with the settings; others resumed
    words = (first if isinstance(first, dict) else environment).get("command")
    words = words[1:] if isinstance(words, list) else []
    return facts | {
        "command": f"`{command_line(['sketch', *words])}`",
        "hardware": f"{environment.get('processors')} processors, "
        f"{', '.join(map(str, environment.get('devices') or ['unknown']))}; "
        f"{environment.get('platform')}",
        "software": f"{environment.get('backend')}, {environment.get('precision')}; "
        + ", ".join(f"{name} {value}" for name, value in versions.items() if value),
    }


def _scores(
    source: Experiment | RecogniserDirectory, state: dict[str, Any]
) -> list[str]:
    rows = [row for row in source.history() if row["epoch"] == state.get("epoch")]
    if not rows:
        return ["The history has no row for these weights."]
    row = rows[0]
    if isinstance(source, RecogniserDirectory):
        return [
            f"{row['valid_error_rate']:.1%} of the characters of the validation lines "
            "misread, measured in training."
        ]
    table = ["| in training | nats/line | nats/point |", "|---|---|---|"]
    for name in ("train", "valid", "test"):
        line = row.get(f"{name}_log_likelihood", math.nan)
        point = row.get(f"{name}_log_likelihood_per_point", math.nan)
        table.append(f"| {name} | {line:.1f} | {point:.3f} |")
    return table


def _evaluation(
    path: Path, source: Experiment | RecogniserDirectory, state: dict[str, Any]
) -> list[str]:
    """What a report of `sketch evaluate --json` prints, but for its first two lines.

    These name the model and the folder of its corpus.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["model"] != source.name:
            raise ValueError(f"it is of {facts['model']}")
        theirs, ours = (
            f"epoch {weights.get('epoch')}, step {weights.get('step')}"
            for weights in (facts["checkpoint"], state)
        )
        if theirs != ours:
            raise ValueError(f"it is of {theirs}, not of {ours}: evaluate again")
        return [f"    {row}".rstrip() for row in facts["text"].splitlines()[2:]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not a report of `sketch evaluate --json` on {source.name}: "
            f"{error}"
        ) from error
