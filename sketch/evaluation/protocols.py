"""Which lines are scored, in which units: the conventions of the published figures.

A protocol names a set of the corpus, a unit to report in, and the lines that it leaves
out. Its checksums tell whether the corpus is the one that it was made for; any other is
scored, too, with a note. A line's *points* are the recorded ones, one more than its
rows, which are offsets and are scored. docs/evaluation.md has the sources.

`graves`: Graves 2013 (arXiv:1308.0850), section 4.2: all lines of the list testset_v,
    in units of the standard deviation per axis of all other lines. He removed recording
    errors by a threshold that he does not give; here none are removed.
`graves300`: the same without lines of fewer than 300 points, as in HyperNetworks (Ha et
    al. 2016, A.3.5) and HM-LSTM (Chung et al. 2016), whose 11,628 lines are those of
    300 *points* or more; of 300 rows or more there are three fewer.
`vrnn`: Chung et al. 2015 and the code based on theirs (jych/nips2015_vrnn): testset_v,
    with one mean and one standard deviation for both axes, 8 and 56.04462: the sums of
    squares of both axes over the number of *rows*, in Python 2's whole numbers.
`udibr`: udibr/sketch: offsets / standard deviation of all its lines, no mean; lines of
    fewer than 1,200 points, the first 600 rows of each, here without padding (see
    `UDIBR_REMARK`). Its held-out tenth is unknown; the validation lines stand in.
`writer`: to publish: other writers' lines, which nothing was tuned on. Needs `--split
    iam`: trained on trainset and testset_t, tuned on testset_v, scored on testset_f, in
    units of the training lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketch.corpus.hdf5 import Corpus, Line
from sketch.corpus.shards import Shards
from sketch.ink.alphabet import Alphabet, normalise_text
from sketch.ink.strokes import offset_statistics
from sketch.system.messages import counted

ALL = "all"  # in checksums: every stored line once
OTHERS, TRAIN = "others", "train"  # whose standard deviation is the unit


@dataclass(frozen=True)
class Reference:
    """A published figure under a protocol.

    Attributes:
        system: whose.
        nats_per_line: log-likelihood; papers print it as a loss, with a minus sign.
        has_text: whether the text was given.
    """

    system: str
    nats_per_line: float
    has_text: bool = False


@dataclass(frozen=True)
class Protocol:
    """What is scored and how it is reported.

    Attributes:
        name, title: for people.
        set_name: the set of the corpus.
        unit: `OTHERS`, `TRAIN`, or the standard deviations of dx and dy themselves.
        checksums: lines and offsets that sets have in the corpus it was made for.
        min_points: shorter lines are left out.
        max_points: lines of this many points or more are left out; None: none are.
        max_rows: only this many first rows of a line count; None: all do.
        references: published figures.
        remark: a sentence for the report.
    """

    name: str
    title: str
    set_name: str
    unit: str | tuple[float, float]
    checksums: dict[str, tuple[int, int]]
    min_points: int = 0
    max_points: int | None = None
    max_rows: int | None = None
    references: tuple[Reference, ...] = ()
    remark: str = ""


# Of IAM-OnDB: (lines, offsets).
ALL_LINES = (12_195, 7_644_672)
TESTSET_V = (1_438, 884_526)
TESTSET_F = (3_859, 2_421_683)
ALL_BUT_V_AND_F = (6_898, 4_338_463)

UDIBR_REMARK = (
    "udibr's loss of -1607.1 counts, of 600 rows a line, 61.93 of padding, worth 9.675 "
    "to 15.432 nats each by its formula: its real rows, 538 a line, stood between -651 "
    "and -1008, and -1008 is the figure to beat"
)

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "graves",
            "all validation lines, whole, in standard deviations of all other lines",
            "valid",
            OTHERS,
            {"valid": TESTSET_V, ALL: ALL_LINES},
            references=(
                Reference("Graves 2013, 1 layer of 900", 1025.7),
                Reference("Graves 2013, 3 layers of 400", 1041.0),
                Reference("Graves 2013, 3 x 400 with weight noise", 1057.7),
                Reference("Graves 2013, 3 x 400 with text", 1096.9, True),
                Reference("Graves 2013, the same with weight noise", 1128.2, True),
            ),
        ),
        Protocol(
            "graves300",
            "as graves, without lines of fewer than 300 points",
            "valid",
            OTHERS,
            {"valid": TESTSET_V, ALL: ALL_LINES},
            min_points=300,
            references=(
                Reference("HyperNetworks 2016, LSTM of 900", 1026.0),
                Reference("HyperNetworks 2016, 3 layers of 400", 1039.0),
                Reference("HyperNetworks 2016, HyperLSTM of 900", 1162.0),
            ),
        ),
        Protocol(
            "vrnn",
            "all validation lines, whole, in units of one deviation for both axes",
            "valid",
            (56.04462, 56.04462),
            {"valid": TESTSET_V},
        ),
        Protocol(
            "udibr",
            "the first 600 rows of validation lines of fewer than 1,200 points",
            "valid",
            (42.490, 37.242),
            {ALL: ALL_LINES},
            max_points=1_200,
            max_rows=600,
            references=(Reference("udibr/sketch, at most", 1008.0),),
            remark=UDIBR_REMARK,
        ),
        Protocol(
            "writer",
            "all test lines, whole, in standard deviations of the training lines",
            "test",
            TRAIN,
            {"train": ALL_BUT_V_AND_F, "valid": TESTSET_V, "test": TESTSET_F},
        ),
    )
}


@dataclass(frozen=True)
class Selection:
    """The lines of a corpus that a protocol scores.

    Attributes:
        protocol: by which rules.
        lines: the lines, whole; `max_rows` is not applied yet.
        std: float64 `[2]`, the unit to report in, in the recording's units.
        is_its_corpus: whether all checksums agree.
        left_out: how many lines were left out, by reason: `short`, `long`,
            `without_text`, `with_unknown_characters`.
        notes: what must be known with the figures.
    """

    protocol: Protocol
    lines: list[Line]
    std: np.ndarray
    is_its_corpus: bool
    left_out: dict[str, int]
    notes: tuple[str, ...] = ()


def select_lines(
    corpus: Corpus | Shards, protocol: Protocol, alphabet: Alphabet | None = None
) -> Selection:
    """Selects the lines of a corpus that a protocol scores.

    Args:
        corpus: open.
        protocol: one of `PROTOCOLS`.
        alphabet: of a network with text: lines without a transcript, and those that it
            cannot spell, are left out.

    Raises:
        ValueError: the corpus has no such set, no line is left, or the test set of
            `writer` is the validation set.
    """
    lines = corpus.read_set(protocol.set_name)
    # In some splits `test` is `valid`: only sets of other lines count.
    others = [
        name for name in corpus.sets if not corpus.is_same_set(name, protocol.set_name)
    ]
    notes = []
    differences = _differences(corpus, protocol, others)
    if differences:
        notes.append(
            f"not the corpus of the protocol {protocol.name}, so that no published "
            f"figure compares: {'; '.join(differences)}"
        )
    if protocol.name == "writer":
        notes += _check_writers(corpus, lines, others, is_iam=not differences)
    kept, left_out = _filter(lines, protocol, alphabet)
    if not kept:
        counts = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise ValueError(
            f"--protocol {protocol.name} leaves no line of the set "
            f"{protocol.set_name} of {corpus.path} ({counts.replace('_', ' ')})"
        )
    if left_out["without_text"]:
        notes.append(
            f"left out: {counted(left_out['without_text'], 'line')} without known text"
        )
    if count := left_out["with_unknown_characters"]:
        notes.append(
            f"left out: {counted(count, 'line')} with characters that the model has "
            "not learned"
        )
    return Selection(
        protocol,
        kept,
        _unit(corpus, protocol, others),
        is_its_corpus=not differences,
        left_out=left_out,
        notes=tuple(notes),
    )


def _differences(
    corpus: Corpus | Shards, protocol: Protocol, others: Sequence[str]
) -> list[str]:
    """The checksums that disagree, in words."""
    found = []
    for name, (num_lines, num_offsets) in protocol.checksums.items():
        sets = [protocol.set_name, *others] if name == ALL else [name]
        lengths = [corpus.lengths(one) for one in sets if one in corpus.sets]
        here = sum(map(len, lengths)), int(sum(map(np.sum, lengths)))
        if here != (num_lines, num_offsets):
            which = "in all" if name == ALL else f"in {name}"
            found.append(
                f"{which} {num_lines:,} lines of {num_offsets:,} offsets expected, "
                f"{here[0]:,} of {here[1]:,} found"
            )
    return found


def _check_writers(
    corpus: Corpus | Shards, lines: Sequence[Line], others: Sequence[str], is_iam: bool
) -> list[str]:
    if "valid" not in others:
        raise ValueError(
            f"--protocol writer scores lines that nothing was tuned on, but in "
            f"{corpus.path} the test set is the validation set, or there is none; "
            "convert with --split iam, and train on that"
        )
    writers = {line.writer for line in lines}
    learned = {who for name in others for who in corpus.writers(name)}
    shared = writers & learned - {""}
    if shared:
        return [
            f"{len(shared)} of the {len(writers)} writers of the test lines also wrote "
            "training or validation lines: this is no score on new writers"
        ]
    if "" in writers | learned and not is_iam:
        return [
            "the corpus does not name its writers: whether those of the test lines "
            "also wrote others is not known"
        ]
    return []


def _filter(
    lines: Sequence[Line], protocol: Protocol, alphabet: Alphabet | None
) -> tuple[list[Line], dict[str, int]]:
    reasons = ("short", "long", "without_text", "with_unknown_characters")
    kept, left_out = [], dict.fromkeys(reasons, 0)
    known = set(alphabet.characters) if alphabet else set()
    for line in lines:
        num_points = len(line.strokes) + 1
        if num_points < protocol.min_points:
            left_out["short"] += 1
        elif protocol.max_points is not None and num_points >= protocol.max_points:
            left_out["long"] += 1
        elif alphabet and not line.transcript:
            left_out["without_text"] += 1
        elif alphabet and not known.issuperset(normalise_text(line.transcript)):
            left_out["with_unknown_characters"] += 1
        else:
            kept.append(line)
    return kept, left_out


def _unit(
    corpus: Corpus | Shards, protocol: Protocol, others: Sequence[str]
) -> np.ndarray:
    if not isinstance(protocol.unit, str):
        return np.array(protocol.unit)
    if protocol.unit == TRAIN or list(others) == ["train"]:
        return corpus.offset_std
    _, std = offset_statistics(
        line.strokes for name in others for line in corpus.read_set(name)
    )
    return std
