"""What the report of a conversion says."""

from collections import Counter
from dataclasses import replace

import pytest
from own_ink import own_lines

from sketch.convert.conversion import convert
from sketch.convert.report import MAX_LISTED
from sketch.ink.ink_files import write_json


@pytest.fixture
def report(tmp_path):
    write_json(tmp_path / "mine.json", own_lines())
    return convert([tmp_path / "mine.json"], tmp_path / "out.hdf5", seed=4)


def with_facts(report, **facts):
    return str(replace(report, database=replace(report.database, **facts)))


def test_report_of_a_small_corpus_tells_all_of_it(report, tmp_path):
    num_offsets = [12 * len(line.text) for line in own_lines()]
    rows = str(report).splitlines()
    assert rows[0] == "3 lines of JSON, split random, seed 4:"
    counts = [row.split()[1:4:2] for row in rows[1:4]]
    assert [int(lines) for lines, _ in counts] == [2, 1, 1]
    train, valid, test = (int(offsets.replace(",", "")) for _, offsets in counts)
    assert train + valid == sum(num_offsets) and test == valid
    assert rows[3].endswith("offsets, those of valid")
    mean, std = report.corpus.offset_mean, report.corpus.offset_std
    assert f"mean ({mean[0]:.3f}, {mean[1]:.3f}), std ({std[0]:.3f}, " in rows[4]
    characters = sum(len(line.text) + 1 for line in own_lines())
    assert f"points per character: {sum(num_offsets) / characters:.1f}" in rows
    kilobytes = (tmp_path / "out.hdf5").stat().st_size / 1000
    assert rows[-3:] == [
        "files: 1 read, 0 left out, 0 of other kinds; lines: 3 read, 0 left out",
        f"digest {report.corpus.digest}",
        f"{tmp_path / 'out.hdf5'} ({kilobytes:.0f} kB)",
    ]


@pytest.mark.parametrize("kind", ["left_out", "in_doubt"])
def test_report_of_many_losses_lists_some_and_counts_the_rest(report, kind):
    losses = [(f"{number}.json", "why") for number in range(MAX_LISTED + 1234)]
    told = with_facts(report, **{kind: losses})
    assert told.count(".json: why") == MAX_LISTED
    assert "\n  … and 1,234 more\n" in told


def test_report_of_strays_joined_pieces_and_other_things_tells_each(report):
    assert "joined:" not in str(report) and "passed over" not in str(report)
    told = with_facts(
        report,
        strays=["a.txt", "b.txt"],
        num_joined=1,
        passed_over=Counter({"text": 2000, "image": 1}),
    )
    assert "\ntexts that have the name of no ink file: a.txt, b.txt\n" in told
    assert "\njoined: 1 piece of pen strokes, " in told and "--no-join" in told
    assert "\npassed over in the files: image: 1, text: 2,000\n" in told
