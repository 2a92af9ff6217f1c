"""`hyperparameters.json`: what an experiment was made with, written before step 1.

`format` (1), `sketch_version`, `hyperparameters` (all of them), `alphabet` (a list of
characters), `offset_mean` and `offset_std` (two numbers each, in the recording's
units), `data_digest`, `text_length` and `points_per_character` (of the corpus; 0 if it
has no texts), `slow_speeds` and `character_counts` (see `Experiment`; absent in old
files), and `lineage`
(`parent`, its `step` and `learned_from`, or null).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import sketch
from sketch.generation.terms import SLOW_SPEEDS
from sketch.ink.alphabet import Alphabet
from sketch.settings.hyperparameters import Hyperparameters, from_json, to_json

# These values size what is written: a file must not ask for too much.
MAX_LENGTH = 10_000  # characters of a line; IAM-OnDB: 64
MAX_POINTS_PER_CHARACTER = 1000  # IAM-OnDB: 23


@dataclass(frozen=True)
class Lineage:
    """The experiment whose weights a run began with.

    Attributes:
        parent: its full name.
        step: of its best checkpoint, in optimizer updates.
        learned_from: the digests of all corpora that it and its ancestors learned from;
            None: unknown.
    """

    parent: str
    step: int
    learned_from: tuple[str, ...] | None = None

    @property
    def digest(self) -> str:
        """Six hexadecimal digits for the name of the new experiment."""
        text = f"{self.parent}@{self.step}"
        return hashlib.sha256(text.encode()).hexdigest()[:6]


def to_content(
    hyperparameters: Hyperparameters, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON object of a new experiment; `facts` as in `Experiment.create`."""
    lineage = facts.get("lineage")
    return {
        "format": 1,
        "sketch_version": sketch.__version__,
        "hyperparameters": to_json(hyperparameters),
        **corpus_content(facts),
        "text_length": int(facts.get("text_length", 0)),
        "points_per_character": float(facts.get("points_per_character", 0)),
        "slow_speeds": [float(v) for v in facts.get("slow_speeds", SLOW_SPEEDS)],
        "character_counts": dict(facts.get("character_counts", {})),
        "lineage": asdict(lineage) if lineage else None,
    }


def corpus_content(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a settings file about the corpus: alphabet, units, digest."""
    return {
        "alphabet": list(facts["alphabet"].characters),
        "offset_mean": [float(value) for value in facts["offset_mean"]],
        "offset_std": [float(value) for value in facts["offset_std"]],
        "data_digest": str(facts["data_digest"]),
    }


def parse_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an `Experiment`, each checked: the file may be a stranger's.

    Raises:
        ValueError: says which part is missing or out of range.
    """
    facts = parse_corpus(content)
    text_length = content.get("text_length", 0)
    if type(text_length) is not int or not 0 <= text_length <= MAX_LENGTH:
        raise ValueError(f"`text_length` must be a whole number up to {MAX_LENGTH}")
    density = content.get("points_per_character", 0)
    is_number = type(density) in (int, float)
    if not is_number or not 0 <= density <= MAX_POINTS_PER_CHARACTER:
        raise ValueError(
            f"`points_per_character` must be from 0 to {MAX_POINTS_PER_CHARACTER}"
        )
    speeds = SLOW_SPEEDS
    if "slow_speeds" in content:
        speeds = tuple(_parse_pair(content, "slow_speeds").tolist())
    if not 0 <= speeds[0] < speeds[1]:
        raise ValueError(f"`slow_speeds` must rise from 0 or more, received {speeds}")
    counts = content.get("character_counts", {})
    if not isinstance(counts, dict) or not all(
        type(count) is int and count >= 0 for count in counts.values()
    ):
        raise ValueError("`character_counts` must give a whole number by character")
    return {
        "hyperparameters": from_json(content.get("hyperparameters")),
        **facts,
        "text_length": text_length,
        "points_per_character": float(density),
        "slow_speeds": speeds,
        "character_counts": counts,
        "lineage": parse_lineage(content.get("lineage")),
    }


def parse_corpus(content: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that `corpus_content` wrote, each checked, and the file's format.

    Raises:
        ValueError: says which part is missing or out of range.
    """
    if content.get("format") != 1:
        raise ValueError(
            f"its format is {content.get('format')!r:.20}, 1 is expected: it is "
            "damaged, or of a newer sketch"
        )
    characters = content.get("alphabet")
    if not isinstance(characters, list) or not all(
        isinstance(character, str) for character in characters
    ):
        raise ValueError("`alphabet` must be a list of characters")
    "".join(characters).encode()  # raises ValueError for half a surrogate pair
    mean = _parse_pair(content, "offset_mean")
    std = _parse_pair(content, "offset_std")
    if not (std > 0).all():
        raise ValueError(f"`offset_std` must be above zero, received {std.tolist()}")
    digest = content.get("data_digest")
    if not isinstance(digest, str) or len(digest) > 200:
        raise ValueError("`data_digest` must be text")
    return {
        "alphabet": Alphabet(tuple(characters)),
        "offset_mean": mean,
        "offset_std": std,
        "data_digest": digest,
    }


def _parse_pair(content: Mapping[str, Any], key: str) -> np.ndarray:
    values = content.get(key)
    if isinstance(values, list) and len(values) == 2:
        if all(type(value) in (int, float) for value in values):
            pair = np.array(values, dtype=np.float64)
            if np.isfinite(pair).all():
                return pair
    raise ValueError(f"`{key}` must be two finite numbers, received {values!r:.80}")


def parse_lineage(content: Any) -> Lineage | None:
    """A lineage from the JSON of `asdict(lineage)`; None from null.

    Raises:
        ValueError: it is anything else.
    """
    if content is None:
        return None
    if isinstance(content, dict) and {"parent", "step"} <= set(content):
        parent, step = content["parent"], content["step"]
        digests = content.get("learned_from")
        is_known = isinstance(digests, list | tuple)
        if (
            (isinstance(parent, str) and len(parent) <= 255 and type(step) is int)
            and (digests is None or is_known)
            and all(isinstance(digest, str) for digest in digests or ())
        ):
            return Lineage(parent, step, tuple(digests) if is_known else None)
    raise ValueError("`lineage` must have a parent and its step, or be null")
