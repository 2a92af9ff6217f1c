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
