"""hyperparameters.json: what is written is read."""

import json

import numpy as np
import pytest

from sketch.experiment.settings_file import (
    Lineage,
    parse_content,
    parse_lineage,
    to_content,
)
from sketch.settings.hyperparameters import Hyperparameters


def test_parse_content_of_to_content_is_the_identity(facts):
    settings = Hyperparameters(dim=8, text=True)
    more = {
        "text_length": 12,
        "points_per_character": 3.5,
        "lineage": Lineage("a-parent", 7, ("digest",)),
    }
    content = json.loads(json.dumps(to_content(settings, facts | more)))
    parsed = parse_content(content)
    assert parsed["hyperparameters"] == settings
    for name, value in (facts | more).items():
        np.testing.assert_array_equal(parsed[name], value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"parent": "a"},
        {"parent": 1, "step": 1},
        {"parent": "a" * 256, "step": 1},
        {"parent": "a", "step": 1.0},
        {"parent": "a", "step": 1, "learned_from": "digest"},
        {"parent": "a", "step": 1, "learned_from": [1]},
        [],
    ],
)
def test_parse_lineage_of_other_json_is_refused(value):
    with pytest.raises(ValueError, match="`lineage` must have a parent"):
        parse_lineage(value)


def test_lineage_digest_tells_parents_and_steps_apart():
    lineages = [Lineage("a", 1), Lineage("a", 2), Lineage("b", 1)]
    assert len({lineage.digest for lineage in lineages}) == 3
    assert Lineage("a", 1, ("x",)).digest == Lineage("a", 1).digest
