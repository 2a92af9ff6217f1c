"""In which units the weights of a parent meet another corpus.

Weights know letters of one size, drawn at one pace. Ink of another tablet comes in
other units, and an experiment sees `(offset - mean) / std`: so the mean and std of an
experiment that is derived on another corpus are its parent's, in the units of that
corpus. What tells them apart is the width of a character, or without transcripts the
length of an offset. Sizes that differ by less than `fit.MAX_RATIO` are hands, not
units: they stay as they are. The pace is the ink's own; `sketch convert --like` changes
it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.ink.fit import is_alike


def inherit_facts(
    parent: Experiment, own: Mapping[str, Any], has_text: bool
) -> tuple[dict[str, Any], list[str]]:
    """The facts of an experiment that begins with a parent's weights.

    Args:
        parent: whose weights they are.
        own: `alphabet`, `offset_mean`, `offset_std`, `text_length`,
            `points_per_character` and `data_digest` of the corpus.
        has_text: whether the model reads texts.

    Returns:
        The facts, by the same names; and what the user should know.

    Raises:
        ValueError: of two that read texts, the parent has not learned a character of
            the corpus, or draws so much faster that it would give up the child's lines.
    """
    facts = {name: getattr(parent, name) for name in own}
    facts["data_digest"] = own["data_digest"]
    if not (has_text and parent.hyperparameters.text):  # no text has been learned
        facts |= {name: own[name] for name in ("alphabet", "text_length")}
    if parent.data_digest == own["data_digest"]:
        return facts, []
    unknown = set(own["alphabet"].characters) - set(facts["alphabet"].characters)
    if unknown:
        raise ValueError(
            f"the corpus has characters that {parent.name} has not learned: "
            f"{' '.join(sorted(unknown))}; it knows "
            f"{''.join(parent.alphabet.characters)!r}. Leave their lines out, or train "
            "without --model"
        )
    notes = []
    scale = _scale(own, facts)
    if not is_alike(scale, 1.0):
        for name in ("offset_mean", "offset_std"):
            facts[name] = facts[name] * scale
        notes.append(
            f"the ink is {scale:.3g} times as large as that of {parent.name}; its "
            "units are taken so"
        )
    if "slow_speeds" in own:  # from the own units of the corpus to those it is seen in
        stds = np.linalg.norm([own["offset_std"], facts["offset_std"]], axis=1)
        facts["slow_speeds"] = tuple(stds[0] / stds[1] * np.array(own["slow_speeds"]))
    paces = own["points_per_character"], parent.points_per_character
    if not parent.points_per_character:
        facts["points_per_character"] = own["points_per_character"]
    elif all(paces) and not is_alike(*paces):
        advice = (
            f"the ink has {paces[0]:.1f} points a character, {parent.name} knows "
            f"{paces[1]:.1f}: convert it again with --like {parent.name}"
        )
        if has_text and paces[0] > paces[1]:
            raise ValueError(f"{advice}; else each line would be given up half-way")
        notes.append(advice)
    return facts, notes


def _scale(own: Mapping[str, Any], parent: Mapping[str, Any]) -> float:
    """How large the own ink's units are, in the parent's."""
    widths = [
        abs(float(facts["offset_mean"][0])) * facts["points_per_character"]
        for facts in (own, parent)
    ]
    if not all(widths):  # one of the two knows no text
        widths = [float(np.linalg.norm(f["offset_std"])) for f in (own, parent)]
    return widths[0] / widths[1]
