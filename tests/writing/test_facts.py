"""What a program is told of an experiment."""

import json

from untrained import make_experiment

from sketch.experiment.experiment import Experiment
from sketch.experiment.publishing import IAM_CONDITION
from sketch.writing.facts import step_facts


def test_facts_are_plain_and_the_condition_that_of_the_card(root):
    experiment = Experiment.load("iam-text", root)
    facts = step_facts(experiment)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["condition"] == IAM_CONDITION
    assert "".join(facts["alphabet"]) == "".join(experiment.alphabet.characters)
    x, y, end = facts["first_point"]
    assert (x, y, end) == (-8.177996155704292 / 41.99961125762844, y, 0.0)


def test_an_experiment_without_text_has_no_alphabet(root):
    facts = step_facts(make_experiment(root, with_weights=False, text=False))
    assert (facts["alphabet"], facts["condition"]) == ([], None)
