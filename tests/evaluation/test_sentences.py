"""Sentences that are in no corpus."""

from sketch.evaluation.sentences import SENTENCES, number_lines, unseen_sentences
from sketch.ink.alphabet import Alphabet


def test_sentences_that_are_in_the_corpus_are_left_out():
    alphabet = Alphabet.from_texts(SENTENCES)
    assert unseen_sentences([], [alphabet]) == list(SENTENCES)
    # One goes on from line to line, in other letters, with other points.
    corpus = ["He said: nine otters", "kept a TIDY, ledger.", "Owls rarely"]
    left = unseen_sentences(corpus, [alphabet])
    assert set(SENTENCES) - set(left) == {SENTENCES[0]}


def test_sentences_that_an_alphabet_cannot_spell_are_left_out():
    both = Alphabet.from_texts(SENTENCES)
    letters = "".join(c for c in "".join(both.characters) if c not in "?,")
    for alphabets in ([both, Alphabet.from_texts([letters])], [Alphabet(()), both]):
        for sentence in unseen_sentences([], alphabets):
            assert not set("?,") & set(sentence)
    assert unseen_sentences([], [Alphabet(()), both]) == []


def test_number_lines_are_always_the_same_and_can_be_spelled():
    lines = number_lines([Alphabet(tuple(map(chr, range(32, 127))))])
    assert len(lines) == 100 and max(map(len, lines)) <= 30
    digits = [sum(map(str.isdigit, line)) for line in lines]
    assert min(digits) >= 2 and sum(digits) > 500
    everything = Alphabet.from_texts(lines)
    assert number_lines([everything]) == lines
    no_colon = Alphabet.from_texts(line.replace(":", "") for line in lines)
    assert number_lines([everything, no_colon]) == [x for x in lines if ":" not in x]
