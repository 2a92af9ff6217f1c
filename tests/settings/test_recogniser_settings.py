"""Settings of recognisers."""

import pytest

from sketch.settings.recogniser_settings import (
    RecogniserOptions,
    RecogniserSettings,
    recogniser_name,
)


def test_recogniser_options_have_defaults_of_their_own():
    assert RecogniserOptions().settled({}).to_keep() == {
        "epochs": 20,
        "precision": "float32",
        "patience": 0,
    }


def test_recogniser_name_has_a_tag_for_each_changed_setting():
    assert recogniser_name(RecogniserSettings()) == "handwriting-recogniser"
    settings = RecogniserSettings(name="x", dim=4, dropout=0.0, seed=7)
    assert recogniser_name(settings) == "x-recogniser-dim4-dropout0-seed7"


def test_recogniser_settings_with_a_value_out_of_range_name_the_option():
    with pytest.raises(ValueError, match="--dim must be a whole number, at least 1"):
        RecogniserSettings(dim=0)
    with pytest.raises(ValueError, match="--name must be 1 to 64 of"):
        RecogniserSettings(name="IAM")
