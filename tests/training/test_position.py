"""Where a run stands, and back from `state.json`."""

import pytest

from sketch.training.position import Position, Totals

STATE = Position(3, 2, 20, 1.5, totals=Totals(points=8.0), best=-1.0).to_state()


def test_state_reads_back():
    assert Position().from_state(STATE).to_state() == STATE


@pytest.mark.parametrize("name", ["epoch", "batch", "step"])
def test_state_without_a_count_is_refused(name):
    state = {key: value for key, value in STATE.items() if key != name}
    with pytest.raises(ValueError, match=f"`{name}` is missing"):
        Position().from_state(state)
