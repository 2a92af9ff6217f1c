"""history.csv: no gap, no double row, no broken line."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.experiment import history

ROWS = st.fixed_dictionaries(
    {"epoch": st.integers(0, 10**6), "step": st.integers(0, 10**12)},
    optional=dict.fromkeys(history.COLUMNS[2:], st.floats(allow_nan=False)),
)


def test_read_without_a_file_is_empty(tmp_path):
    assert history.read(tmp_path / "history.csv") == []
    history.truncate(tmp_path / "history.csv", 3)
    assert not (tmp_path / "history.csv").exists()


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_read_of_appended_rows(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("history") / "history.csv"
    for row in rows:
        history.append(path, row)
    for row, read in zip(rows, history.read(path), strict=True):
        assert {name: read[name] for name in row} == row
        assert all(math.isnan(read[n]) for n in history.COLUMNS if n not in row)
        assert type(read["step"]) is int


def test_append_writes_plain_csv(tmp_path):
    path = tmp_path / "history.csv"
    row = {
        "epoch": np.int64(1),
        "step": np.int64(12),
        "seconds": np.float32(0.5),
        "learning_rate": 1e-4,
        "valid_log_likelihood": math.nan,
    }
    history.append(path, row)
    assert path.read_text() == (
        "epoch,step,seconds,points_per_second,learning_rate,train_log_likelihood,"
        "valid_log_likelihood,test_log_likelihood,gradient_norm,"
        "train_log_likelihood_per_point,valid_log_likelihood_per_point,"
        "test_log_likelihood_per_point\n"
        "1,12,0.5,,0.0001,,,,,,,\n"
    )


def test_truncate_drops_later_epochs(tmp_path):
    path = tmp_path / "history.csv"
    for epoch in (1, 2, 3):
        history.append(path, {"epoch": epoch, "step": 10 * epoch})
    history.truncate(path, 2)
    assert [row["epoch"] for row in history.read(path)] == [1, 2]
    history.truncate(path, 2)
    history.append(path, {"epoch": 3, "step": 31})
    assert [row["step"] for row in history.read(path)] == [10, 20, 31]


def test_append_keeps_columns_of_another_version(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("step,epoch,legibility\n5,1,0.25\n")
    history.append(path, {"epoch": 2, "step": 10})
    read = history.read(path)
    assert [row["epoch"] for row in read] == [1, 2]
    assert read[0]["legibility"] == 0.25
    assert math.isnan(read[1]["legibility"])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 0),
        (b"a,b\n1,2\n", 1),
        (b"epoch,step,step\n1,2,3\n", 1),
        (b"epoch,step\n1,2\n3\n", 3),
        (b"epoch,step\n1,x\n", 2),
        (b"epoch,step\n1,2.5\n", 2),
        (b"epoch,step\n1,\n", 2),
        (b'epoch,step\n1,"2\n', 2),
        (b"epoch,step\n1," + b"9" * 400 + b"\n", 2),
        (b"\xff\xfe", None),
    ],
)
def test_read_of_a_damaged_file_names_file_and_line(tmp_path, content, line):
    path = tmp_path / "history.csv"
    path.write_bytes(content)
    where = "" if line is None else f", line {line},"
    with pytest.raises(ValueError, match=f"history.csv{where} is damaged"):
        history.read(path)


def test_read_of_a_file_saved_by_a_spreadsheet(tmp_path):
    rows = [
        {"epoch": 1, "step": 3, "seconds": 1.5, "learning_rate": 1e-3},
        {"epoch": 2, "step": 6, "seconds": math.nan, "learning_rate": 1e-4},
    ]
    path = tmp_path / "history.csv"
    history.write(path, rows)
    kept = history.read(path)
    text = path.read_text().replace(",", ";").replace(".", ",")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    np.testing.assert_equal(history.read(path), kept)
    history.append(path, {"epoch": 3, "step": 9})
    assert (
        path.read_bytes().startswith(b"epoch,step,") and b"\r" not in path.read_bytes()
    )
