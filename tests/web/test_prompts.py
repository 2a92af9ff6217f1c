"""The lines of the recording sheet cover an alphabet, and ask for nothing else."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.corpus.demo_text import demo_texts
from sketch.web.prompts import MIN_COUNT, SENTENCES, choose_prompts

DEMO = "".join(sorted(set("".join(demo_texts(2000)))))


@pytest.mark.parametrize("alphabet", [None, DEMO, DEMO.replace("z", "").lower(), "éß"])
def test_prompts_hold_every_character_of_an_alphabet(alphabet):
    lines = choose_prompts(alphabet)
    counts = Counter("".join(lines))
    wanted = set(alphabet or "".join(SENTENCES)) - {" "}
    assert all(counts[character] >= MIN_COUNT for character in wanted)
    assert set(counts) <= wanted | {" "}
    assert len(set(lines)) == len(lines)


def test_prompts_of_the_demo_alphabet_are_a_few_dozen_sentences():
    lines = choose_prompts(DEMO)
    assert 24 <= len(lines) <= 40 and set(lines) <= set(SENTENCES)
    assert set(DEMO) == set("".join(SENTENCES))
    assert max(map(len, lines)) <= 30
    assert not set(lines[0]) & set("0123456789") and not lines[0].isupper()
    # Whoever stops early has seen most already.
    assert len(set("".join(lines[:12]))) > 0.8 * len(DEMO)


@given(st.sets(st.characters(exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc"))))
def test_prompts_of_any_alphabet_hold_it_and_nothing_else(characters):
    lines = choose_prompts("".join(characters))
    counts = Counter("".join(lines))
    assert set(counts) == characters
    assert all(count >= MIN_COUNT for count in counts.values())
    assert all(lines)
