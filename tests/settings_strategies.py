"""Hypothesis strategies for settings."""

import dataclasses
import math

from hypothesis import assume
from hypothesis import strategies as st

from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.names import experiment_name


def values(field: dataclasses.Field) -> st.SearchStrategy:
    """Valid values of a setting, its default often among them."""
    rule = field.metadata["option"]
    if field.name == "name":
        # What looks like a part of a name is what may confuse the parser.
        parts = ["a", "7", "handwriting", "-from-abcdef", "-gru", "3x700-g20-bs56-lr1"]
        words = st.lists(st.sampled_from([*parts, "-", "_"]), min_size=1, max_size=4)
        drawn = words.map(lambda w: "n" + "".join(w) + "_")
        return st.one_of(st.just(field.default), drawn).filter(lambda n: len(n) <= 64)
    if rule.choices:
        drawn = st.sampled_from(rule.choices)
    elif rule.type is bool:
        drawn = st.booleans()
    elif rule.type is int:
        drawn = st.integers(int(rule.minimum), int(rule.maximum))
    else:
        lower = math.nextafter(0, 1) if rule.minimum is None else rule.minimum
        drawn = st.one_of(
            st.sampled_from([1e-4, 3.5e-4, 0.075, 0.1, 0.25, 0.5]),
            st.floats(lower, rule.maximum, allow_infinity=False),
        )
    return st.one_of(st.just(field.default), drawn)


@st.composite
def hyperparameters(draw) -> Hyperparameters:
    """Any settings that have a name."""
    fields = dataclasses.fields(Hyperparameters)
    drawn = {field.name: draw(values(field)) for field in fields}
    try:
        settings = Hyperparameters(**drawn)
        experiment_name(settings, "abcdef")
    except ValueError:  # two that exclude each other, or a name that is too long
        assume(False)
    return settings
