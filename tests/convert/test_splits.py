"""Splits: which line is in which set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.convert.splits import split_lines
from sketch.corpus.corpus_line import SETS, Line

NAMES = [f"a01-{number:03d}u" for number in range(20)]


LISTS = {
    "trainset": NAMES[:8],
    "testset_t": NAMES[8:10],
    "testset_v": NAMES[10:13],
    "testset_f": NAMES[13:19],  # the last form is in none
}


def made_up_lines(forms):
    strokes = np.zeros((1, 3), np.float32)
    return [
        Line(strokes, "", f"{form}-{number:02d}")
        for form, count in forms.items()
        for number in range(1, count + 1)
    ]


def ids_of(sets):
    return {name: [line.line_id for line in lines] for name, lines in sets.items()}


def forms_of(ids):
    return {line_id[:-3] for line_id in ids}


@pytest.mark.parametrize(
    ("split", "train", "valid", "test"),
    [
        ("iam", NAMES[:10] + NAMES[19:], NAMES[10:13], NAMES[13:19]),
        ("graves", NAMES[:10] + NAMES[13:], NAMES[10:13], NAMES[10:13]),
    ],
)
def test_split_lines_by_published_lists_gives_their_forms(split, train, valid, test):
    lists = {name: frozenset(forms) for name, forms in LISTS.items()}
    lines = made_up_lines(dict.fromkeys(NAMES, 3))
    sets = ids_of(split_lines(lines, lists, split, seed=5))
    assert [forms_of(sets[name]) for name in SETS] == [
        set(train),
        set(valid),
        set(test),
    ]
    assert sum(map(len, sets.values())) == (60 if split == "iam" else 69)


COUNTS = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9), min_size=3)


@given(COUNTS, st.integers(0, 2**31 - 1), st.randoms())
def test_split_lines_by_form_keeps_pages_together(counts, seed, shuffler):
    lines = made_up_lines(counts)
    sets = ids_of(split_lines(lines, {}, "form", seed))
    forms = [forms_of(sets[name]) for name in SETS]
    assert set.union(*forms) == set(counts)
    assert sum(map(len, forms)) == len(counts)
    assert len(forms[1]) == len(forms[2]) == 1  # 5 % of up to 20 forms
    assert sum(map(len, sets.values())) == len(lines)
    shuffler.shuffle(lines)
    assert ids_of(split_lines(lines, {}, "form", seed)) == sets


@given(st.integers(2, 300), st.integers(0, 2**31 - 1))
def test_split_lines_at_random_holds_out_a_tenth(num_lines, seed):
    lines = made_up_lines({"x": num_lines})
    sets = ids_of(split_lines(lines, {}, "random", seed))
    assert sets["valid"] == sets["test"]
    assert len(sets["valid"]) == max(1, round(num_lines / 10))
    assert sorted(sets["train"] + sets["valid"]) == sorted(x.line_id for x in lines)
    assert ids_of(split_lines(lines[::-1], {}, "random", seed)) == sets


@pytest.mark.parametrize("split", ["form", "random"])
def test_split_lines_with_another_seed_differs(split):
    lines = made_up_lines(dict.fromkeys(NAMES, 3))
    splits = [ids_of(split_lines(lines, {}, split, seed)) for seed in range(4)]
    assert len({str(sets) for sets in splits}) == 4


def test_split_lines_that_cannot_be_made_says_why():
    lines = made_up_lines({"a": 1, "b": 1})
    with pytest.raises(ValueError, match="leaves no line for train.*--split random"):
        split_lines(lines, {}, "form", 0)
    with pytest.raises(
        ValueError, match="^the split random leaves no line for train: g"
    ):
        split_lines(lines[:1], {}, "random", 0)
    with pytest.raises(ValueError, match=r"needs the list testset_v.txt, .*form"):
        split_lines(lines, {}, "graves", 0)
    with pytest.raises(ValueError, match=r"lists trainset.txt, testset_v.txt"):
        split_lines(lines, {}, "iam", 0)
    with pytest.raises(ValueError, match="unknown split 'writer': expected"):
        split_lines(lines, {}, "writer", 0)
