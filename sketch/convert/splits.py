"""Which lines are in which set: `train`, `valid`, `test`; sorted by id in each.

`iam`
    The benchmark task IAM-OnDB-t1 (no writer is in two sets): train = the lists
    trainset and testset_t, valid = testset_v, test = testset_f.
`graves`
    As in Graves 2013 (arXiv:1308.0850): valid = test = testset_v, the rest is train.
`form`
    90 % of the forms, 5 %, 5 %: no page is in two sets, but a writer may be. A form is
    a page of IAM-OnDB, a file of one's own ink, a drawing of Quick, Draw!.
`random`
    90 % of the lines are train, the others valid = test, as in udibr/sketch.

In the first two, lines of forms that no list names are in train; they need no seed. The
last two are pure functions of the line ids and the seed.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sketch.convert import SPLITS
from sketch.corpus.corpus_line import SETS, Line

SPLIT_LISTS = ("trainset", "testset_v", "testset_t", "testset_f")
HELD_OUT_FORMS = 0.05  # of the forms, for valid and again for test
HELD_OUT_LINES = 0.10


def form_of(line_id: str) -> str:
    """The form (page, file, drawing) of a line: `a01-000u` of `a01-000u-01`."""
    return line_id.rpartition("-")[0]


def split_lines(
    lines: Sequence[Line],
    split_lists: Mapping[str, frozenset[str]],
    split: str,
    seed: int,
) -> dict[str, list[Line]]:
    """Divides lines into `train`, `valid` and `test`; see the module.

    Raises:
        ValueError: The split is unknown, a list that it needs is missing, or there is
            too little ink for it.
    """
    lines = sorted(lines, key=lambda line: line.line_id)
    if split not in SPLITS:
        raise ValueError(
            f"unknown split {split!r}: expected one of {', '.join(SPLITS)}"
        )
    key: Callable[[str], str] = form_of
    remedy = "give more ink, or choose --split random, which takes two lines"
    if split == "random":
        key, remedy = str, "give at least two lines"
    if split in ("form", "random"):
        names = sorted({key(line.line_id) for line in lines})
        order = np.random.default_rng(seed).permutation(len(names))
        share = HELD_OUT_FORMS if split == "form" else HELD_OUT_LINES
        num_held_out = max(1, round(share * len(names)))
        shuffled = [names[place] for place in order]
        valid = test = set(shuffled[:num_held_out])
        if split == "form":
            test = set(shuffled[num_held_out : 2 * num_held_out])
    else:
        needed = ("testset_v",) if split == "graves" else SPLIT_LISTS
        missing = [f"{name}.txt" for name in needed if name not in split_lists]
        if missing:
            raise ValueError(
                f"--split {split} needs the list{'s' * (len(missing) > 1)} "
                f"{', '.join(missing)}, which no source holds; name the folder or "
                "archive that does, or choose --split form"
            )
        valid = split_lists["testset_v"]
        test = valid if split == "graves" else split_lists["testset_f"]
    held_out = valid | test
    sets = {
        "train": [x for x in lines if key(x.line_id) not in held_out],
        "valid": [x for x in lines if key(x.line_id) in valid],
        "test": [x for x in lines if key(x.line_id) in test],
    }
    if empty := [name for name in SETS if not sets[name]]:
        raise ValueError(
            f"the split {split} leaves no line for {', '.join(empty)}: {remedy}"
        )
    return sets
