"""A network is made of all settings that are its own."""

import inspect
from dataclasses import fields

from sketch.experiment import weights as building
from sketch.experiment.experiment import Experiment
from sketch.model.network import Network
from sketch.settings.hyperparameters import Hyperparameters

# Settings of the lines or of the optimizer: a network is the same with any of them.
NOT_OF_NETWORKS = {
    "name",
    "batch_size",
    "learning_rate",
    "max_grad",
    "step_method",
    "max_length",
    "schedule",
    "augment",
    "recombine",
}


def test_build_network_uses_all_settings_and_facts(root, facts, monkeypatch):
    monkeypatch.setattr(building, "Network", dict)
    facts = facts | {"points_per_character": 20.0}
    alike = {"depth": 2, "dim": 8, "dropout": 0.3, "uniform": 0.1, "seed": 5}
    alike |= {"weight_noise": 0.05}
    always = alike | {
        "num_mixtures": 3,
        "scale_floor": 1e-3,
        "first_input": (-8.25 / 42.0, -0.125 / 37.0, 0.0),
        "advance": 1 / 20.0,
    }
    cases = [  # two, as some settings exclude each other
        (
            {"text": True, "window_mixtures": 4, "peepholes": True, "skip": True},
            {"cell": "lstm", "peepholes": True, "skip": True, "top": False}
            | {"num_symbols": facts["alphabet"].size, "window_mixtures": 4},
        ),
        (
            {"gru": True, "top": True},
            {"cell": "gru", "peepholes": False, "skip": False, "top": True}
            | {"num_symbols": None, "window_mixtures": 10},
        ),
    ]
    off_default = set()
    for given, expected in cases:
        settings = Hyperparameters(mixtures=3, epsilon=1e-3, **alike, **given)
        experiment = Experiment.planned(root, settings, facts)
        assert building.build_network(experiment) == always | expected
        for field in fields(settings):
            if getattr(settings, field.name) != field.default:
                off_default.add(field.name)
    # Whoever adds a setting, or an argument, says here what becomes of it.
    assert off_default == {field.name for field in fields(settings)} - NOT_OF_NETWORKS
    arguments = inspect.signature(Network).parameters.keys() - {"kwargs"}
    assert arguments == (always | expected).keys()
