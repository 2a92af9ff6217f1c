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
    facts = {
        "data": f"{corpus or source.dataset_name}, digest {source.data_digest[:12]}",
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
        return (
            "Reads ink, for `sketch write --check` and `sketch evaluate --legibility`."
        )
    if source.hyperparameters.text:
        letters = "".join(source.alphabet.characters)
        return f"Writes any text in the characters `{letters.replace('`', '')}`."
    return "Writes freely: ink without a given text."


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
    path = source.path / ENVIRONMENT_NAME
    if not path.exists():
        return facts
    environment = read_json(path, inside=source.path)
    versions = dict(environment.get("versions") or {})
    if isinstance(environment.get("commit"), str):
        versions["commit"] = environment["commit"][:12]
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
            raise ValueError(f"it is of {theirs}, not of {ours}: evaluate again")
        corpus, origin = facts["corpus"], ""
        if corpus["digest"] != source.data_digest:
            theirs = _cell(corpus["source"])
            origin = f" (of a corpus that {source.name} did not learn from: {theirs})"
        if "written" in facts:
            return _legibility(facts, origin)
        both = facts["log_likelihood"]
        line, point = both["nats_per_line"], both["nats_per_point"]
        row = (
            f"`sketch evaluate --protocol {facts['protocol']}`: "
            f"{line['value']:.1f} nats/line ({line['low']:.1f} to {line['high']:.1f}), "
            f"{point['value']:.4f} nats/point, "
            f"{counted(facts['num_lines'], 'line')}{origin}"
        )
        if bound := facts["dequantised"]:
            row += f"; dequantised {bound['nats_per_line']['value']:.1f} nats/line"
        return [f"{row}."]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not a report of `sketch evaluate --json` on {source.name}: "
            f"{error}"
        ) from error


def _legibility(facts: dict[str, Any], origin: str) -> list[str]:
    real = facts["real"]["error_rate"]["value"]
    table = [
        f"`sketch evaluate --legibility`, read by {facts['recogniser']['name']}, which "
        f"misreads {real:.1%} of the characters of real lines{origin}:",
        "",
        "| texts | bias | lines | misread | failed |",
        "|---|---|---|---|---|",
    ]
    for one in facts["written"]:
        table.append(
            f"| {one['texts']} | {one['bias']:g} | {one['num_lines']} | "
            f"{one['error_rate']['value']:.1%} | {one['failures']} |"
        )
    return table


def _cell(text: str) -> str:
    """The text as one line that does not end the cell."""
    return " ".join(text.split()).replace("|", "\\|")
