"""The card of a published experiment: what it is, of what it came, how good it is."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sketch.experiment.experiment import Experiment
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.styles import load_styles
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.recogniser_settings import RecogniserSettings
from sketch.system.messages import command_line, counted
from sketch.system.untrusted import read_json


def settings_of(
    source: Experiment | RecogniserDirectory,
) -> Hyperparameters | RecogniserSettings:
    """The settings of what is published."""
    return source.hyperparameters if isinstance(source, Experiment) else source.settings


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
        source: what is published.
        state: of its best checkpoint.
        pictures: the names of those beside the card.
        corpus: what it learned from, in the corpus' own words; None: not at hand.
        condition: under which it may be used.
        evaluations: JSON files of `sketch evaluate --json`.

    Raises:
        ValueError: a report is none, or is of another model or other weights of it;
            names the file.
    """
    facts = {
        "data": f"{corpus or settings_of(source).name}, "
        f"digest {source.data_digest[:12]}",
        "condition": condition,
        **_run_facts(source, state),
        **_style_facts(source),
        "weights": "best on the validation lines, half precision, no optimizer state",
    }
    rows = [f"# {source.name}", "", _purpose(source), ""]
    rows += [
        f"![{Path(name).stem}]({name})\n" for name in pictures if "pen" not in name
    ]
    rows += ["| | |", "|---|---|"]
    rows += [f"| {name} | {_cell(value)} |" for name, value in facts.items()]
    rows += ["", "## Scores", "", *_scores(source, state)]
    for path in evaluations:
        rows += ["", *_evaluation(Path(path), source, state)]
    return "\n".join(rows) + "\n"


def _purpose(source: Experiment | RecogniserDirectory) -> str:
    if isinstance(source, RecogniserDirectory):
        return "Reads ink: `sketch write --check`, `sketch evaluate --legibility`."
    if source.hyperparameters.text:
        letters = "".join(source.alphabet.characters)
        return f"Writes any text in the characters `{letters.replace('`', '')}`."
    return "Writes freely: ink that says nothing."


def _style_facts(source: Experiment | RecogniserDirectory) -> dict[str, str]:
    styles = load_styles(source) if isinstance(source, Experiment) else {}
    return {"styles": f"`--prime` {', '.join(styles)}"} if styles else {}


def _run_facts(
    source: Experiment | RecogniserDirectory, state: dict[str, Any]
) -> dict[str, str]:
    rows = source.history()
    before = [row for row in rows if row["step"] <= state.get("step", 0)]
    seconds = [row["seconds"] for row in before if "seconds" in row]
    facts = {
        "training": f"{counted(state.get('epoch', 0), 'epoch')}, "
        f"{counted(state.get('step', 0), 'step')}, "
        + (f"{max(seconds) / 3600:.2f} h" if seconds else "of unknown length")
    }
    if isinstance(source, Experiment) and source.lineage:
        facts["began with"] = (
            f"the weights of {source.lineage.parent}, step {source.lineage.step:,}"
        )
    path = source.path / "environment.json"
    if not path.exists():
        return facts
    environment = read_json(path, inside=source.path)
    versions = dict(environment.get("versions") or {})
    if isinstance(environment.get("commit"), str):
        versions["commit"] = environment["commit"][:12]
    facts |= _commands(environment)
    return facts | {
        "hardware": f"{environment.get('processors')} processors, "
        f"{', '.join(map(str, environment.get('devices') or ['unknown']))}; "
        f"{environment.get('platform')}",
        "software": f"{environment.get('backend')}, {environment.get('precision')}; "
        + ", ".join(f"{name} {value}" for name, value in versions.items() if value),
    }


def _commands(environment: dict[str, Any]) -> dict[str, str]:
    """The last command and, where it is another, the first."""
    command, first = environment.get("command"), environment.get("first")
    last = {"last command": f"`{_command(command)}`"}
    if not isinstance(first, dict) or first.get("command") == command:
        return last
    # Before commits were noted, each run left its own command alone.
    name = "first command" if "commit" in first else "earliest known command"
    return {name: f"`{_command(first.get('command'))}`"} | last


def _command(words: Any) -> str:
    return command_line(["sketch", *(words[1:] if isinstance(words, list) else [])])


def _scores(
    source: Experiment | RecogniserDirectory, state: dict[str, Any]
) -> list[str]:
    rows = [row for row in source.history() if row["epoch"] == state.get("epoch")]
    if not rows:
        return ["Its history has no row of these weights."]
    row = rows[0]
    if isinstance(source, RecogniserDirectory):
        return [
            f"{row['valid_error_rate']:.1%} of the characters of the validation lines "
            "wrong, as they were trained."
        ]
    table = ["| as trained | nats/line | nats/point |", "|---|---|---|"]
    for name in ("train", "valid", "test"):
        line = row.get(f"{name}_log_likelihood", math.nan)
        point = row.get(f"{name}_log_likelihood_per_point", math.nan)
        table.append(f"| {name} | {line:.1f} | {point:.3f} |")
    return table


def _evaluation(
    path: Path, source: Experiment | RecogniserDirectory, state: dict[str, Any]
) -> list[str]:
    """A report of `sketch evaluate --json`, as a table."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["model"] != source.name:
            raise ValueError(f"it is of {facts['model']}")
        theirs, ours = (
            f"epoch {weights.get('epoch')}, step {weights.get('step')}"
            for weights in (facts["checkpoint"], state)
        )
        if theirs != ours:
            raise ValueError(f"it is of {theirs}, not of {ours}; evaluate again")
        corpus, origin = facts["corpus"], ""
        if corpus["digest"] != source.data_digest:
            theirs = _cell(corpus["source"])
            origin = f" (of another corpus than {source.name} learned from: {theirs})"
        if "written" in facts:
            return _legibility(facts, origin)
        both = facts["log_likelihood"]
        line, point = both["nats_per_line"], both["nats_per_point"]
        return [
            f"`sketch evaluate --protocol {facts['protocol']}`: "
            f"{line['value']:.1f} nats/line ({line['low']:.1f} to {line['high']:.1f}), "
            f"{point['value']:.4f} nats/point, "
            f"{counted(facts['num_lines'], 'line')}{origin}."
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is no report of `sketch evaluate --json` on {source.name}: {error}"
        ) from error


def _legibility(facts: dict[str, Any], origin: str) -> list[str]:
    real = facts["real"]["error_rate"]["value"]
    table = [
        f"`sketch evaluate --legibility`, read by {facts['reader']['name']}, which "
        f"gets {real:.1%} of the characters of real lines{origin} wrong:",
        "",
        "| texts | bias | lines | wrong | failed |",
        "|---|---|---|---|---|",
    ]
    for one in facts["written"]:
        table.append(
            f"| {one['texts']} | {one['bias']:g} | {one['num_lines']} | "
            f"{one['error_rate']['value']:.1%} | {one['failures']} |"
        )
    return table


def _cell(text: str) -> str:
    """One line, and no end of the cell."""
    return " ".join(text.split()).replace("|", "\\|")
