"""Settings: checked once, in one form, and the same after JSON."""

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
from sketch.settings.recogniser_settings import RecogniserOptions
from sketch.settings.run_options import RunOptions


def test_udibrs_defaults():
    h = Hyperparameters()
    assert (h.depth, h.dim, h.mixtures, h.batch_size) == (3, 700, 20, 56)
    assert (h.learning_rate, h.max_grad, h.epsilon) == (1e-4, 10, 1e-5)
    assert RunOptions().settled({}).epochs == 500


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
def test_values_out_of_range_name_the_option(values, message):
    with pytest.raises(ValueError, match=message):
        Hyperparameters(**values)


def test_one_form_of_every_value():
    assert Hyperparameters(learning_rate=1).learning_rate.hex() == (1.0).hex()
    assert Hyperparameters(dropout=-0.0).dropout.hex() == (0.0).hex()


def test_run_options_may_be_unset_where_that_is_the_default():
    assert RunOptions(patience=None, data=None).data == ()
    with pytest.raises(ValueError, match="--devices must be a whole number"):
        RunOptions(devices=0)
    with pytest.raises(ValueError, match="--backend must be one of jax"):
        RunOptions(backend="theano")


def test_what_is_not_given_is_as_the_run_was_begun_with():
    begun = RunOptions(epochs=3, precision="mixed_bfloat16", patience=2)
    kept = begun.to_keep()
    assert RunOptions().settled(kept).to_keep() == kept
    assert RunOptions(epochs=5).settled(kept).to_keep() == {**kept, "epochs": 5}
    assert RunOptions(patience=0).settled(kept).to_keep() == {**kept, "patience": 0}
    assert RunOptions().settled({"epochs": 3}).patience == 0  # of an older run
    assert RecogniserOptions().settled({}).to_keep() == {
        "epochs": 20,
        "precision": "float32",
        "patience": 0,
    }
    with pytest.raises(ValueError, match="--epochs must be a whole number"):
        RunOptions().settled({"epochs": "many"})


@given(hyperparameters())
def test_json_is_the_identity(settings):
    assert from_json(json.loads(json.dumps(to_json(settings)))) == settings


def test_settings_unknown_to_an_older_version_take_their_default():
    assert from_json({"dim": 400}) == Hyperparameters(dim=400)


def test_unknown_settings_are_refused_with_the_valid_ones():
    with pytest.raises(ValueError, match="unknown settings dimm, zoom.*name, depth"):
        from_json({"dimm": 1, "zoom": 2})


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_settings_that_are_no_object_are_refused(content):
    with pytest.raises(ValueError, match="must be a JSON object"):
        from_json(content)


def test_every_setting_has_an_option_of_its_own():
    fields = [f for c in (Hyperparameters, RunOptions) for f in dataclasses.fields(c)]
    flags = [flag for f in fields for flag in f.metadata["option"].flags]
    assert len(flags) == len(set(flags))
    for field in fields:
        rule = get_option(field.name, Hyperparameters, RunOptions)
        assert rule.help.endswith(".")
        assert (field.default in (None, ())) == (rule.unset is not None)
        is_unset = field.default in (None, ())
        assert is_unset or rule.check(field.default, None) == field.default


def test_shape_fields_are_settings():
    assert set(SHAPE_FIELDS) <= {f.name for f in dataclasses.fields(Hyperparameters)}
