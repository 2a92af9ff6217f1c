"""Where a run stands, and back from `state.json`."""

import pytest

from sketch.training.position import Position

STATE = Position(3, 2, 20, 1.5, totals={"points": 8.0}, best=-1.0).to_state()

EMPTY = Position(totals={"points": 0.0})


def test_state_reads_back():
    assert EMPTY.from_state(STATE).to_state() == STATE


@pytest.mark.parametrize(
    "change, words",
    [({name: ...}, f"`{name}` is missing") for name in ("epoch", "batch", "step")]
    + [({"step": -1}, "`step` is -1"), ({"seconds": float("nan")}, "`seconds` is nan")]
    + [({"best": "x"}, "`best` is 'x'"), ({"best_epoch": None}, "`best_epoch` is None")]
    + [({"totals": {}}, "`totals` is not of points")]
    + [({"totals": {"points": None}}, "`points` is None")],
    ids=str,
)
def test_damaged_state_is_refused(change, words):
    state = {key: value for key, value in (STATE | change).items() if value is not ...}
    with pytest.raises(ValueError, match=words):
        EMPTY.from_state(state)
