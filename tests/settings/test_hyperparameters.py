"""Settings: checked, in one form, and the same after JSON."""

import dataclasses
import json

import pytest
from hypothesis import given
from settings_strategies import hyperparameters

from sketch.settings.hyperparameters import (
    SHAPE_FIELDS,
    Hyperparameters,
    from_json,
    to_json,
)
from sketch.settings.option import get_option
from sketch.settings.run_options import RunOptions


def test_defaults_are_those_of_udibr():
    h = Hyperparameters()
    assert (h.depth, h.dim, h.mixtures, h.batch_size) == (3, 700, 20, 56)
    assert (h.learning_rate, h.max_grad, h.epsilon) == (1e-4, 10, 1e-5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dim": 0}, "--dim must be a whole number, at least 1.* received 0"),
        ({"dim": 2.0}, "--dim must be a whole number.* received 2.0"),
        ({"dim": True}, "--dim must be a whole number.* received True"),
        ({"dim": "9"}, "--dim must be a whole number.* received '9'"),
        ({"dim": None}, "--dim must be a whole number.* received None"),
        ({"dim": 10**400}, "--dim must be a whole number, .* at most"),
        ({"learning_rate": 0}, "--lr must be a number, above 0, received 0"),
        ({"learning_rate": float("nan")}, "--lr must be a number.* received nan"),
        ({"learning_rate": float("inf")}, "--lr must be a number.* received inf"),
        ({"dropout": 1}, "--dropout must be .* at most 0.99, received 1"),
        ({"step_method": "sgd"}, "--step-method must be one of adam, .* 'sgd'"),
        ({"gru": 1}, "--gru must be true or false, received 1"),
        ({"depth": 1, "skip": True}, "--skip needs --depth of at least 2"),
        ({"depth": 1, "top": True}, "--top needs --depth of at least 2"),
        ({"skip": True, "top": True}, "exclude each other"),
        ({"gru": True, "peepholes": True}, "leave out --gru"),
        ({"window_mixtures": 5}, "-K needs --text"),
        ({"name": ""}, "--name must be 1 to 64 of"),
        ({"name": "../x"}, "--name must be 1 to 64 of"),
        ({"name": "a/b"}, "--name must be 1 to 64 of"),
        ({"name": "IAM"}, "--name must be 1 to 64 of"),
        ({"name": "v1.5"}, "--name must be 1 to 64 of"),
        ({"name": "a\n"}, "--name must be 1 to 64 of"),
        ({"name": "é"}, "--name must be 1 to 64 of"),
        ({"name": "a" * 65}, "--name must be 1 to 64 of"),
    ],
)
def test_hyperparameters_out_of_range_name_the_option(values, message):
    with pytest.raises(ValueError, match=message):
        Hyperparameters(**values)


def test_hyperparameters_have_one_form_of_each_value():
    assert Hyperparameters(learning_rate=1).learning_rate.hex() == (1.0).hex()
    assert Hyperparameters(dropout=-0.0).dropout.hex() == (0.0).hex()


@given(hyperparameters())
def test_from_json_of_to_json_is_the_identity(settings):
    assert from_json(json.loads(json.dumps(to_json(settings)))) == settings


def test_from_json_of_an_older_version_takes_defaults():
    assert from_json({"dim": 400}) == Hyperparameters(dim=400)


def test_from_json_of_unknown_settings_lists_the_valid_ones():
    with pytest.raises(ValueError, match="unknown settings dimm, zoom.*name, depth"):
        from_json({"dimm": 1, "zoom": 2})


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_from_json_of_other_json_is_refused(content):
    with pytest.raises(ValueError, match="must be a JSON object"):
        from_json(content)


def test_settings_have_distinct_options():
    fields = [f for c in (Hyperparameters, RunOptions) for f in dataclasses.fields(c)]
    flags = [flag for f in fields for flag in f.metadata["option"].flags]
    assert len(flags) == len(set(flags))
    for field in fields:
        rule = get_option(field.name, Hyperparameters, RunOptions)
        assert rule.help.endswith(".")
        assert (field.default in (None, ())) == (rule.unset is not None)
        is_unset = field.default in (None, ())
        assert is_unset or rule.check(field.default, None) == field.default


def test_shape_fields_are_fields():
    assert set(SHAPE_FIELDS) <= {f.name for f in dataclasses.fields(Hyperparameters)}
