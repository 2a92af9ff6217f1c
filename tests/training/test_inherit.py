"""What a new experiment takes from its parent, and what from its corpus."""

import numpy as np
import pytest

from sketch.experiment.experiment import Experiment
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import normalise, offset_statistics, strokes_from_points
from sketch.settings.hyperparameters import Hyperparameters
from sketch.training.inherit import inherit_facts


def wave(size, points_per_character, num_characters=40):
    """A slanted wave that moves on by 2 · size a character, evenly in time."""
    time = np.arange(num_characters * points_per_character + 1) / points_per_character
    height = np.sin(2 * np.pi * time)
    points = [size * (2 * time + 0.3 * height), size * height]
    return strokes_from_points([np.column_stack(points)])


def facts_of(strokes, points_per_character, digest, characters="ab"):
    mean, std = offset_statistics([strokes])
    return {
        "alphabet": Alphabet(tuple(characters)),
        "offset_mean": mean,
        "offset_std": std,
        "text_length": 40 if points_per_character else 0,
        "points_per_character": float(points_per_character),
        "character_counts": {},
        "data_digest": digest,
    }


def parent_of(tmp_path, facts):
    settings = Hyperparameters(depth=1, dim=4, text=True)
    return Experiment.create(tmp_path / "experiments", settings, facts)


@pytest.mark.parametrize("unit, density", [(0.01, 24), (0.3, 12), (70.0, 12)])
def test_letters_of_another_tablet_have_the_size_that_the_weights_know(
    tmp_path, unit, density
):
    learned = wave(30.0, 24)
    parent = parent_of(tmp_path, facts_of(learned, 24, "one"))
    own = wave(30.0 * unit, density)
    facts, notes = inherit_facts(parent, facts_of(own, density, "two"), has_text=True)
    known = normalise(learned, parent.offset_mean, parent.offset_std)
    seen = normalise(own, facts["offset_mean"], facts["offset_std"])
    if density == 24:  # the same ink
        np.testing.assert_allclose(seen, known, atol=1e-4)
    # Height and width of the letters: sums of what is seen, the mean put back.
    for axis in (0, 1):
        extents = [
            np.ptp(np.cumsum(ink[:, axis] + f["offset_mean"][axis] / std))
            for ink, f, std in (
                (known, vars(parent), parent.offset_std[axis]),
                (seen, facts, facts["offset_std"][axis]),
            )
        ]
        assert extents[1] == pytest.approx(extents[0], rel=0.02)
    assert facts["points_per_character"] == 24
    assert sum("times as large" in note for note in notes) == 1
    assert sum("--like" in note for note in notes) == (density == 12)


def test_slow_speeds_are_the_corpus_own_in_the_units_it_is_seen_in(tmp_path):
    first = facts_of(wave(30.0, 24), 24, "one") | {"slow_speeds": (0.1, 0.2)}
    parent = parent_of(tmp_path, first)
    own = facts_of(wave(39.0, 24), 24, "two") | {"slow_speeds": (0.2, 0.3)}
    facts, _ = inherit_facts(parent, own, has_text=True)  # keeps the parent's units
    assert facts["slow_speeds"] == pytest.approx((0.2 * 1.3, 0.3 * 1.3))
    own["data_digest"] = "one"
    assert inherit_facts(parent, own, has_text=True)[0]["slow_speeds"] == (0.1, 0.2)


def test_what_was_seen_is_counted_over_both_corpora(tmp_path):
    first = facts_of(wave(30.0, 24), 24, "one") | {"character_counts": {"a": 5}}
    own = facts_of(wave(30.0, 24), 24, "two") | {"character_counts": {"a": 1, "b": 2}}

    def counts(learned, **options):
        facts, _ = inherit_facts(parent_of(tmp_path / learned, first), own, **options)
        return facts["character_counts"]

    assert counts("a", has_text=True) == {"a": 6, "b": 2}
    assert counts("b", has_text=False) == {"a": 1, "b": 2}
    del first["character_counts"]
    assert counts("c", has_text=True) == {}  # nobody knows what the parent has seen
    own["data_digest"] = "one"
    assert counts("d", has_text=True) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "learned, own, has_text, ratio, notes",
    [
        # Writing that is only larger keeps its size.
        ((30.0, 24, 24, "one"), (40.0, 30, 30, "two"), True, 1.0, 0),
        # Without texts, units are compared by offsets.
        ((30.0, 24, 0, "one"), (3.0, 24, 24, "two"), False, 0.1, 1),
        # On its own corpus an experiment may have the units of its parent.
        ((30.0, 24, 24, "one"), (3.0, 70, 70, "one"), True, 1.0, 0),
    ],
    ids=["larger", "without text", "same corpus"],
)
def test_units_are_the_parents_converted_to_the_corpus(
    tmp_path, learned, own, has_text, ratio, notes
):
    (known, here) = (
        facts_of(wave(size, density), points, digest, "ab" if points else "")
        for size, density, points, digest in (learned, own)
    )
    parent = parent_of(tmp_path, known)
    facts, told = inherit_facts(parent, here, has_text)
    np.testing.assert_allclose(facts["offset_std"], parent.offset_std * ratio, 1e-5)
    assert len(told) == notes and facts["data_digest"] == here["data_digest"]
    if here["data_digest"] == "one":
        assert facts == {name: getattr(parent, name) for name in here}


def test_ink_of_too_many_points_a_character_is_refused(tmp_path):
    parent = parent_of(tmp_path, facts_of(wave(30.0, 24), 24, "one"))
    own = facts_of(wave(30.0, 60), 60, "two")
    with pytest.raises(ValueError, match="60.0 points a character, .* --like"):
        inherit_facts(parent, own, has_text=True)
    (note,) = inherit_facts(parent, own, has_text=False)[1]
    assert "--like" in note


def test_new_characters_join_the_alphabet_and_are_named(tmp_path):
    parent = parent_of(tmp_path, facts_of(wave(30.0, 24), 24, "one", "acd"))
    own = facts_of(wave(30.0, 24), 24, "two", "abÄ")
    facts, (note,) = inherit_facts(parent, own, has_text=True)
    assert facts["alphabet"] == Alphabet(("a", "b", "c", "d", "Ä"))
    assert note == f"characters that {parent.name} does not know, to be learned: b Ä"
    facts, notes = inherit_facts(parent, own, has_text=False)
    assert facts["alphabet"] == own["alphabet"] and notes == []


def test_facts_of_text_are_the_corpus_own_if_the_parent_has_no_text(tmp_path):
    settings = Hyperparameters(depth=1, dim=4)
    learned = facts_of(wave(30.0, 24), 24, "one", "abc")
    parent = Experiment.create(tmp_path / "experiments", settings, learned)
    own = facts_of(wave(30.0, 12), 12, "two", "abÄß")
    for digest in ("two", "one"):
        facts, notes = inherit_facts(parent, own | {"data_digest": digest}, True)
        assert facts["alphabet"] == own["alphabet"]
    facts, notes = inherit_facts(parent, own, has_text=True)
    assert [note for note in notes if "--like" in note] == notes != []


@pytest.mark.parametrize("has_text", [True, False])
def test_size_stays_over_generations(tmp_path, has_text):
    """Mean times points a character is the width of one; primes are scaled to it."""
    settings = Hyperparameters(depth=1, dim=4, text=has_text)
    facts = facts_of(wave(30.0, 24), 24, "one")
    width = facts["offset_mean"][0] * facts["points_per_character"]
    for generation in ("two", "three"):
        parent = Experiment.create(tmp_path / generation, settings, facts)
        own = facts_of(wave(30.0, 12), 12, generation)
        facts, notes = inherit_facts(parent, own, has_text)
        assert not [note for note in notes if "times as large" in note]
        assert facts["offset_mean"][0] * facts["points_per_character"] == width
