"""Reading that trusts nothing, and JSON."""

from pathlib import Path

import numpy as np
import pytest

from sketch.system.untrusted import read_json, read_text, to_json_text


def test_to_json_text_of_numpy_and_of_other_things():
    text = to_json_text({"a": np.float32(0.5), "b": np.arange(2), "c": Path("x")})
    assert text == '{\n  "a": 0.5,\n  "b": [\n    0,\n    1\n  ],\n  "c": "x"\n}\n'
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        with pytest.raises(ValueError):
            to_json_text({"a": value})


def test_read_outside_of_the_experiment_is_refused(tmp_path):
    inside = tmp_path / "experiment"
    inside.mkdir()
    (tmp_path / "secret").write_text("{}")
    (inside / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="link is a link"):
        read_json(inside / "link" / "secret", inside=inside)
    with pytest.raises(ValueError):
        read_text(tmp_path / "secret", inside=inside)
    with pytest.raises(OSError):
        read_text(inside / "nothing", inside=inside)
