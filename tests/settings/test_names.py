"""Names: injective, parsed back, and a file name on every system."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsed_names import parse_name
from settings_strategies import hyperparameters

from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.names import (
    MAX_NAME_LENGTH,
    experiment_name,
    shortest_float,
)

parents = st.one_of(st.none(), st.from_regex("[0-9a-f]{6}", fullmatch=True))


@pytest.mark.parametrize(
    ("settings", "parent", "name"),
    [
        (
            {
                "dim": 900,
                "depth": 1,
                "batch_size": 56,
                "learning_rate": 1e-3,
                "mixtures": 10,
            },
            None,
            "handwriting-1X900-G10-bs56-lr1e-3",
        ),
        ({}, "0a1b2c", "handwriting-3X700-G20-bs56-lr1e-4-from-0a1b2c"),
        (
            {"dropout": 0.2, "gru": True, "skip": True, "seed": 7, "name": "demo"},
            None,
            "demo-3X700-G20-bs56-lr1e-4-dropout0.2-gru-skip-seed7",
        ),
        (
            {"text": True, "window_mixtures": 5, "max_length": 600},
            None,
            "handwriting-3X700-G20-bs56-lr1e-4-max-length600-text-K5",
        ),
        (
            {"step_method": "graves", "schedule": "one-cycle", "max_grad": 0},
            None,
            "handwriting-3X700-G20-bs56-lr1e-4-max-grad0-graves-one-cycle",
        ),
    ],
)
def test_experiment_name_of_known_settings(settings, parent, name):
    assert experiment_name(Hyperparameters(**settings), parent) == name


@given(hyperparameters(), parents)
def test_experiment_name_parses_back_and_is_a_file_name(settings, parent):
    name = experiment_name(settings, parent)
    assert parse_name(name) == (settings, parent)
    # Letters, digits and three signs that no system gives a meaning to; Windows drops
    # a dot at the end.
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]", name)
    assert len(name) <= MAX_NAME_LENGTH


@given(hyperparameters(), parents)
def test_experiment_name_in_lower_case_can_be_read(settings, parent):
    # So names differ without their case, too: with the capitals gone, the last place
    # that looks like the settings is the settings.
    name = experiment_name(settings, parent).lower()
    place = list(re.finditer(r"-(\d+)x(\d+)-g(\d+)-bs", name))[-1]
    assert name[: place.start()] == settings.name
    assert tuple(map(int, place.groups())) == (
        settings.depth,
        settings.dim,
        settings.mixtures,
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1e-3, "1e-3"),
        (3.5e-4, "3.5e-4"),
        (0.01, "0.01"),
        (0.2, "0.2"),
        (10.0, "10"),
        (100.0, "100"),
        (1000.0, "1e3"),
        (1500.0, "1500"),
        (123456.789, "123456.789"),
        (1e22, "1e22"),
        (5e-324, "5e-324"),
    ],
)
def test_shortest_float_of_known_values(value, text):
    assert shortest_float(value) == text


@given(st.floats(0, allow_infinity=False))
def test_shortest_float_reads_back_and_is_never_longer_than_repr(value):
    text = shortest_float(value)
    assert float(text) == value
    assert len(text) <= len(repr(value))
    assert not text.endswith(".")


def test_experiment_name_too_long_is_refused():
    settings = Hyperparameters(
        name="a" * 64,
        learning_rate=0.12345678901234567,
        dropout=0.12345678901234567,
        max_grad=0.12345678901234567,
        epsilon=0.12345678901234567,
        uniform=0.12345678901234567,
        augment=0.12345678901234567,
    )
    with pytest.raises(ValueError, match="characters, the limit is 200: choose"):
        experiment_name(settings)


def test_experiment_name_with_every_tag_is_short_enough():
    settings = Hyperparameters(
        learning_rate=3.5e-4,
        dropout=0.25,
        max_grad=2.5,
        step_method="adadelta",
        epsilon=1e-6,
        skip=True,
        uniform=0.08,
        max_length=600,
        seed=1234,
        text=True,
        window_mixtures=20,
        peepholes=True,
        schedule="one-cycle",
        weight_noise=0.075,
        augment=0.1,
    )
    assert parse_name(experiment_name(settings, "abcdef")) == (settings, "abcdef")


def test_experiment_name_of_another_parent_digest_is_refused():
    with pytest.raises(ValueError, match="six hexadecimal digits"):
        experiment_name(Hyperparameters(), "../../")
