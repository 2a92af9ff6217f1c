"""Options of a run."""

import pytest

from sketch.settings.run_options import RunOptions


@pytest.mark.parametrize(
    "given, told",
    [
        ({"coordinator": "a:1"}, "go together"),
        ({"processes": 2}, "go together"),
        ({"process": 0}, "go together"),
        ({"coordinator": "a:1", "processes": 2, "process": 2}, "below --processes 2"),
        ({"coordinator": "a", "processes": 2, "process": 1}, "HOST:PORT"),
        ({"coordinator": "a:x", "processes": 2, "process": 1}, "HOST:PORT"),
    ],
)
def test_run_options_with_an_invalid_place_are_refused(given, told):
    with pytest.raises(ValueError, match=told):
        RunOptions(**given)


def test_run_options_may_be_unset_if_that_is_the_default():
    assert RunOptions(patience=None, data=None).data == ()
    with pytest.raises(ValueError, match="--devices must be a whole number"):
        RunOptions(devices=0)
    with pytest.raises(ValueError, match="--backend must be one of jax"):
        RunOptions(backend="theano")


def test_settled_fills_in_the_kept_options_then_defaults():
    begun = RunOptions(epochs=3, precision="mixed_bfloat16", patience=2)
    kept = begun.to_keep()
    assert RunOptions().settled(kept).to_keep() == kept
    assert RunOptions(epochs=5).settled(kept).to_keep() == {**kept, "epochs": 5}
    assert RunOptions(patience=0).settled(kept).to_keep() == {**kept, "patience": 0}
    assert RunOptions().settled({"epochs": 3}).patience == 0  # of an older run
    assert RunOptions().settled({}).epochs == 500
    with pytest.raises(ValueError, match="--epochs must be a whole number"):
        RunOptions().settled({"epochs": "many"})
