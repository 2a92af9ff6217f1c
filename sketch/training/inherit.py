"""A parent's weights on another corpus: units, points a character, characters.

Weights know letters of one size, drawn with one number of points. Another tablet
records in other units, and a model sees `(offset - mean) / std`: so an experiment that
starts from a parent's weights takes the parent's mean and std, converted to the units
of its own corpus. The conversion compares the widths of a character, or without
transcripts the lengths of an offset. Sizes within `fit.MAX_RATIO` of each other are
taken for two writers' sizes in the same units, and stay. The points a character are the
ink's own; `sketch convert --like` changes them.

Characters that only the new corpus has join the parent's alphabet: see
`Network.take_weights`.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.ink.alphabet import Alphabet
from sketch.ink.fit import is_alike


def inherit_facts(
    parent: Experiment, own: Mapping[str, Any], has_text: bool
) -> tuple[dict[str, Any], list[str]]:
    """The facts of an experiment that starts from a parent's weights.

    Args:
        parent: the experiment with the weights.
        own: `alphabet`, `offset_mean`, `offset_std`, `text_length`,
            `points_per_character`, `character_counts` and `data_digest` of the corpus.
        has_text: whether the new experiment has texts.

    Returns:
        The facts, by the same names; notes for the user.

    Raises:
        ValueError: the ink has so many more points a character than the parent's that
            each line would be given up half-way.
    """
    facts = {name: getattr(parent, name) for name in own}
    facts["data_digest"] = own["data_digest"]
    knows_text = has_text and parent.hyperparameters.text
    if not knows_text:
        facts |= {name: own[name] for name in ("alphabet", "text_length")}
    counts = Counter(own["character_counts"])
    if parent.data_digest == own["data_digest"]:
        facts["character_counts"] = dict(parent.character_counts or counts)
        return facts, []
    if knows_text:  # of a parent that does not tell, nobody knows what it has seen
        theirs = Counter(parent.character_counts)
        counts = theirs and counts + theirs
    facts["character_counts"] = dict(counts)
    notes = []
    known = set(parent.alphabet.characters)
    new = sorted(set(own["alphabet"].characters) - known)
    if knows_text and new:
        facts["alphabet"] = Alphabet(tuple(sorted(known.union(new))))
        notes.append(
            f"characters that {parent.name} does not know, to be learned: "
            f"{' '.join(new)}"
        )
    scale = _scale(own, facts)
    if not is_alike(scale, 1.0):
        for name in ("offset_mean", "offset_std"):
            facts[name] = facts[name] * scale
        notes.append(
            f"the ink is {scale:.3g} times as large as that of {parent.name}: its "
            "units are converted"
        )
    if "slow_speeds" in own:  # from the corpus' units to those that the model sees
        stds = np.linalg.norm([own["offset_std"], facts["offset_std"]], axis=1)
        facts["slow_speeds"] = tuple(stds[0] / stds[1] * np.array(own["slow_speeds"]))
    ours, theirs = own["points_per_character"], parent.points_per_character
    if not theirs:
        facts["points_per_character"] = ours
    elif ours and not is_alike(ours, theirs):
        advice = (
            f"the ink has {ours:.1f} points a character, {parent.name} knows "
            f"{theirs:.1f}: convert it again with --like {parent.name}"
        )
        if has_text and ours > theirs:
            raise ValueError(f"{advice}; else each line would be given up half-way")
        notes.append(advice)
    return facts, notes


def _scale(own: Mapping[str, Any], parent: Mapping[str, Any]) -> float:
    """How large the parent's units are in those of the corpus."""
    widths = [
        abs(float(facts["offset_mean"][0])) * facts["points_per_character"]
        for facts in (own, parent)
    ]
    if not all(widths):  # one of the two has no texts
        widths = [float(np.linalg.norm(f["offset_std"])) for f in (own, parent)]
    return widths[0] / widths[1]
