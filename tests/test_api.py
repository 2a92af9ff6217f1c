"""`sketch` from Python: a pen, its ink, and the page that tells of them."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made_up_ink import write
from untrained import LETTERS, make_experiment

import sketch
from sketch.corpus.corpus_line import Line
from sketch.corpus.hdf5 import write_corpus
from sketch.experiment.experiment import Experiment
from sketch.generation.texts import split_text
from sketch.ink.alphabet import Alphabet
from sketch.ink.ink_files import read_ink
from sketch.settings.hyperparameters import Hyperparameters

DOCS = Path(__file__).parent.parent / "docs" / "python.md"
QUICK = {"tries": 1}  # an untrained pen writes nothing that can be read, however often


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def experiment(root):
    return make_experiment(root)


@pytest.fixture(scope="module")
def pen(experiment):
    return sketch.load(experiment.path)


def strokes_of(ink):
    return [line.strokes for line in ink.lines]


def assert_same(one, other):
    assert len(one.lines) == len(other.lines)
    for a, b in zip(strokes_of(one), strokes_of(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_import_loads_nothing_heavy():
    program = (
        "import sys, sketch; assert sketch.__version__; "
        "print([m for m in ('keras', 'numpy', 'matplotlib') if m in sys.modules]); "
        "sketch.load; print('keras' in sys.modules); print(sorted(sketch.__all__))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    names = "['Ink', 'Layout', 'Pen', '__version__', 'load']"
    assert result.stdout.splitlines() == ["[]", "False", names]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        sketch.lode  # noqa: B018


def test_package_is_typed():
    assert (Path(sketch.__file__).parent / "py.typed").is_file()


def test_write_makes_a_line(pen, tmp_path):
    ink = pen.write("hello", bias=1, seed=1, **QUICK)
    (line,) = ink.lines
    assert (ink.text, line.text) == ("hello", "hello")
    assert line.strokes.shape[1] == 3 and np.isfinite(line.strokes).all()
    assert_same(ink, pen.write("hello", bias=1, seed=1, **QUICK))
    other = pen.write("hello", bias=1, seed=2, **QUICK)
    assert not np.array_equal(other.lines[0].strokes[:3], line.strokes[:3])
    for suffix in (".svg", ".png", ".pdf", ".inkml", ".json", ".gif"):
        (tmp_path / f"hello{suffix}").write_text("another")  # as the page tells
        (path,) = ink.save(tmp_path / f"hello{suffix}", seconds=0.2)
        assert path.stat().st_size > 100
    for suffix in (".inkml", ".json"):
        (read,) = read_ink(tmp_path / f"hello{suffix}")
        assert read.text == "hello"
        # The end of the last stroke is a file's own.
        np.testing.assert_allclose(
            read.strokes[:, :2], line.strokes[:, :2], rtol=1e-4, atol=1e-4
        )
    assert "<svg" in ink._repr_html_() and "<Ink: 1 line, 1 page, " in repr(ink)


def test_it_writes_in_float32_and_leaves_the_precision_of_others(experiment, pen):
    import keras

    ink = pen.write("hello", **QUICK)
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        other = sketch.load(experiment.path).write("hello", **QUICK)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy(former)
    assert_same(ink, other)


def test_a_bias_makes_the_ink_tidier(pen):
    for write_text in (pen.write, pen.write_page):
        loose, tidy = (
            np.concatenate(strokes_of(write_text("hello", bias=bias, seed=3, **QUICK)))
            for bias in (0, 5)
        )
        # What is left of the spread is that of the means, from step to step.
        assert (tidy[:, :2].std(axis=0) < 0.5 * loose[:, :2].std(axis=0)).all()


def test_lines_of_a_text_are_lines_of_ink(pen):
    ink = pen.write("a lake\n\nand   a hill ", **QUICK)
    assert [line.text for line in ink.lines] == ["a lake", "and a hill"]


def test_faults_are_told(pen):
    ink = pen.write("hello", **QUICK | {"tries": 2})
    assert ink.faults == ["'hello' may not be finished (2 tries)"]
    assert ink.tries == [2]


def test_write_page_makes_a_page(pen, tmp_path):
    layout = sketch.Layout(paper=(80.0, 60.0), margin=8.0, size=2.0)
    text = "Dear all,\n\nhow are you, and the hill? Hm.".replace("?", ".")
    ink = pen.write_page(text, layout=layout, seed=3, **QUICK)
    assert " ".join(ink.text.split()) == " ".join(text.split())
    assert all((page.width, page.height) == (80.0, 60.0) for page in ink.pages)
    assert_same(ink, pen.write_page(text, layout=layout, seed=3, **QUICK))
    paths = ink.save(tmp_path / "letter.json")
    read = [line for path in paths for line in read_ink(path)]
    assert [line.text for line in read] == [line.text for line in ink.lines]
    starts = [line.start for line in ink.lines]
    np.testing.assert_allclose([line.start for line in read], starts, atol=1e-6)


def test_a_page_keeps_the_lines_of_verses(pen):
    # Wide paper: nobody knows how large an untrained pen writes.
    wide = sketch.Layout(paper=(4000.0, 200.0), margin=10.0, size=1.0)
    verses = "a lake\nand a hill\n\nand all is still"
    assert pen.write_page(verses, layout=wide, keep_lines=True, **QUICK).text.split(
        "\n"
    ) == [
        "a lake",
        "and a hill",
        "and all is still",
    ]
    assert pen.write_page(verses, layout=wide, **QUICK).text.split("\n") == [
        "a lake and a hill",
        "and all is still",
    ]


def test_a_page_in_markdown_with_numbers(pen, tmp_path, monkeypatch):
    text = "# a hill\n\n- so ~~far~~ *near*\n\n" + "a lake\n" * 2
    wide = sketch.Layout(paper=(4000.0, 40.0), margin=10.0, size=1.0)
    ink = pen.write_page(text, layout=wide, markdown=True, **QUICK)
    assert [line.text for line in ink.lines] == [
        *("a hill", "- so far near", "a lake a lake")
    ]
    plain, joined = ink.notes
    assert plain.endswith("emphasis") and "keep_lines" in joined
    for asking in ({"page_numbers": True}, {}):
        with pytest.raises(ValueError, match="cannot write 0" if asking else "#"):
            pen.write_page("# a" if not asking else "a", **asking, **QUICK)
    monkeypatch.setattr("untrained.LETTERS", LETTERS + "0123456789")
    pen = sketch.load(make_experiment(tmp_path).path)
    layout = sketch.Layout(paper=(4000.0, 23.0), margin=10.0, size=0.5)
    ink = pen.write_page("a\n\nb", layout=layout, page_numbers=True, **QUICK)
    pages = [[line.text for line in page.lines] for page in ink.pages]
    assert pages == [["a", "1"], ["b", "2"]] and len(ink.tries) == 4
    tight = sketch.Layout(margin=7.5, size=2.0)
    with pytest.raises(ValueError, match="it must be 8 mm or more"):
        pen.write_page("a", layout=tight, page_numbers=True, **QUICK)


def test_full_stop_alone_has_its_usual_size(pen):
    (page,) = pen.write_page(".", **QUICK).pages
    width = 4.0 * 4.0  # of a character: points, and how far each goes to the right
    assert page.units_per_mm == pytest.approx(0.78 * width / 2.5)


@pytest.fixture
def calls(monkeypatch):
    """What the pieces of a letter are written with."""
    from sketch.writing import letter

    calls = []

    def write_experiment(experiment, texts, options, prime, *args):
        calls.append((list(texts), prime))
        return original(experiment, texts, options, prime, *args)

    original = letter.write_experiment
    monkeypatch.setattr(letter, "write_experiment", write_experiment)
    return calls


def go_well(monkeypatch, goes_well):
    """Has pieces end after 30 points, and go well where `goes_well(number)` says."""
    from sketch.generation import pieces

    numbers = iter(range(1000))
    monkeypatch.setattr(
        pieces, "find_end", lambda strokes, _: 30 if len(strokes) > 30 else None
    )
    monkeypatch.setattr(
        pieces,
        "describe_fault",
        lambda phi, text: None if goes_well(next(numbers)) else "it failed",
    )


class Sceptic:
    """A reader that can read nothing, and what it has looked at."""

    directory = SimpleNamespace(name="sceptic", alphabet=Alphabet.from_texts([LETTERS]))
    error_rate, state = 0.0, {"epoch": 1}

    def __init__(self):
        self.seen = []

    def read(self, strokes, offset_std):
        self.seen += strokes
        return [""] * len(strokes)


def test_what_a_recogniser_misreads_is_written_again(pen, monkeypatch):
    go_well(monkeypatch, lambda number: True)
    reader = Sceptic()
    monkeypatch.setattr(sketch.Pen, "_recogniser", lambda self, name: reader)
    for write_text in (pen.write, pen.write_page):
        reader.seen.clear()
        ink = write_text("hello", check="sceptic", tries=3)
        assert (ink.tries, len(reader.seen)) == ([3], 3)
        assert ink.faults == ["'hello' may not be legible (3 tries)"]
        ink = write_text("hello", check="sceptic", tries=3, max_error_rate=1.0)
        assert (ink.tries, ink.faults) == ([3], [])
    ink = pen.write("hello", check="sceptic", tries=3)
    np.testing.assert_array_equal(ink.lines[0].strokes[:, :2], reader.seen[-1][:, :2])


def test_every_piece_continues_the_same_ink(pen, calls, monkeypatch):
    go_well(monkeypatch, lambda number: True)
    text = "one hand for all of this, and for that"
    ink = pen.write_page(text, **QUICK)
    assert not ink.faults and ink.text.split() == text.split()
    (first, none), *rest = calls
    assert none is None and len(first) == 3 and rest
    pieces = first[:1] + [text for texts, _ in rest for text in texts]
    assert " ".join(sorted(pieces)) == " ".join(sorted(split_text(text, 12)))
    assert len(first[0]) == max(map(len, pieces))  # it shows most of the style
    for texts, prime in rest:
        assert prime.text == first[0]
        assert all(len(text) + len(prime.text) <= 24 for text in texts)
    calls.clear()
    ink = pen.write("my hand", **QUICK)
    pen.write_page("one hand for all of this", prime=ink, **QUICK)
    assert {prime.text for _, prime in calls} == {"my hand"}


def test_the_lead_of_a_page_is_a_piece_that_went_well(pen, calls, monkeypatch):
    go_well(monkeypatch, lambda number: number != 0)
    text = "one hand for all of this, and for that"
    ink = pen.write_page(text, **QUICK)
    assert not ink.faults and ink.text.split() == text.split()
    ((failed, sound, _), none), (rest, prime) = calls
    assert none is None and prime.text == sound
    assert failed in rest and sound not in rest  # it is written again


def test_a_page_has_no_lead_when_all_pieces_failed(pen, calls, monkeypatch):
    go_well(monkeypatch, lambda number: False)
    ink = pen.write_page("one hand for all of this, and for that", **QUICK)
    assert len(ink.faults) == len(calls[-1][0])
    assert all(prime is None for _, prime in calls)


def test_a_sound_part_leads_a_page_when_no_piece_went_well(pen, calls, monkeypatch):
    from sketch.generation import pieces

    def describe_fault(phi, text):  # no long word can be written
        return None if phi.shape[1] - 1 <= len("hand") else "it failed"

    monkeypatch.setattr(pieces, "find_end", lambda strokes, _: min(30, len(strokes)))
    monkeypatch.setattr(pieces, "describe_fault", describe_fault)
    pen.write_page("another hand another hill another lane", tries=2)
    (candidates, none), (rest, prime) = calls
    assert none is None and len(candidates) == len(rest) == 3
    assert prime.text == "hand"


def test_progress_of_a_page_is_shown_when_asked(pen, capsys):
    text = "one hand for all of this, and for that"
    pen.write_page(text, **QUICK)
    assert capsys.readouterr().err == ""
    pen.write_page(text, progress=True, **QUICK)
    assert "/4 [" in capsys.readouterr().err


def test_figures_are_drawn_for_each_line(pen, tmp_path):
    from sketch.figures.model_figures import line_figure_paths

    pen.write("a lake\na hill", figures=tmp_path / "lake", **QUICK)
    expected = [
        path
        for number in ("01", "02")
        for path in line_figure_paths(tmp_path / f"lake-{number}")
    ]
    assert sorted(tmp_path.iterdir()) == sorted(expected)


def test_primes(pen, tmp_path):
    plain = pen.write("lake", seed=5, **QUICK)
    hand = pen.write("my hand", seed=6, **QUICK)
    hand.save(tmp_path / "hand.json")
    primed = pen.write("lake", seed=5, prime=hand, **QUICK)
    assert not np.array_equal(primed.lines[0].strokes[:4], plain.lines[0].strokes[:4])
    pen.write("lake", prime=tmp_path / "hand.json", prime_text="my hand", **QUICK)
    rows = [Line(write("a lane"), "a lane", f"line-{n}", "w") for n in range(3)]
    corpus = tmp_path / "toy.hdf5"
    write_corpus(
        corpus,
        {"train": rows[:1], "valid": rows[1:2], "test": rows[2:]},
        source="made up",
        command="a test",
        seed=0,
        split="random",
    )
    long = pen.write("this is my hand", seed=6, **QUICK)
    assert not pen.write("lake", prime=long, **QUICK).notes
    pen.write("lake", prime="line-1", data=corpus, **QUICK)
    (note,) = primed.notes
    assert "7 characters is short" in note and not plain.notes
    assert pen.write_page("a", prime=hand, **QUICK).notes == [note]
    with pytest.raises(ValueError, match="page cannot be a prime"):
        pen.write("lake", prime=pen.write_page("a", **QUICK), **QUICK)
    hand.lines[0] = hand.lines[0]._replace(text="")
    with pytest.raises(ValueError, match="what the prime reads"):
        pen.write("lake", prime=hand, **QUICK)
    with pytest.raises(ValueError, match="cannot write þ, which the prime says"):
        pen.write("lake", prime=hand, prime_text="þorn", **QUICK)


def test_typography_is_typewritten(pen):
    for write_text in (pen.write, pen.write_page):
        ink = write_text("it’s\u00a0à hill…", **QUICK)
        assert ink.text.split() == ["it's", "a", "hill..."]
        assert ink.notes == ["accents left out: à written as a"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("a\nbc þ", {}, "cannot write þ: .*replace_unknown"),
        ("a þ", {"replace_unknown": "é"}, "cannot write é of --replace-unknown"),
        (" \n ", {}, "no text"),
        ("a", {"bias": -1}, "bias"),
        ("a", {"bias": float("nan")}, "bias"),
        ("a", {"seed": -1}, "seed"),
        ("a", {"seed": np.float64(1)}, "seed"),
        ("a", {"tries": 0}, "at least 1"),
        ("a", {"max_error_rate": -0.1}, "max_error_rate must be .* 0 to 1, not -0.1"),
        ("a", {"max_error_rate": float("nan")}, "max_error_rate"),
        ("a’b", {"replace_unknown": "þ"}, "cannot write þ of --replace-unknown"),
        ("a", {"prime": "nobody.json"}, "nobody.json"),
    ],
)
def test_impossible_text_or_option_is_refused(pen, text, options, words):
    for method in (pen.write, pen.write_page):
        with pytest.raises((ValueError, FileNotFoundError), match=words):
            method(text, **options)


def test_zero_steps_per_character_are_refused(pen):
    with pytest.raises(ValueError, match="at least 1, not 0"):
        pen.write("a", steps_per_character=0)


def test_unknown_characters_can_be_replaced(pen):
    assert pen.write("aþ", replace_unknown="s", **QUICK).text == "as"
    assert pen.write("aþ", replace_unknown="", **QUICK).text == "a"


def test_free_model_samples_lines(root, pen):
    free = sketch.load(make_experiment(root, text=False).name, experiments=root)
    ink = free.sample(3, steps=20, seed=1)
    assert [line.strokes.shape for line in ink.lines] == [(20, 3)] * 3
    again = free.sample(np.int8(3), steps=np.int16(20), seed=np.int64(1))
    assert_same(ink, again)
    assert (free.alphabet, pen.alphabet) == ("", "".join(sorted(set(LETTERS))))
    with pytest.raises(ValueError, match="use sample"):
        free.write("a")
    with pytest.raises(ValueError, match="use write"):
        pen.sample()


def test_load_of_an_unusable_experiment_is_refused(
    root, experiment, tmp_path, monkeypatch
):
    with pytest.raises(FileNotFoundError, match="did you mean"):
        sketch.load(experiment.name.replace("8", "9"), experiments=root)
    bare = Experiment.create(
        tmp_path,
        Hyperparameters(depth=1, dim=8),
        {
            "alphabet": Alphabet(()),
            "offset_mean": [0, 0],
            "offset_std": [1, 1],
            "data_digest": "0",
        },
    )
    with pytest.raises(ValueError, match="no checkpoint yet"):
        sketch.load(bare.path)
    monkeypatch.setenv("SKETCH_EXPERIMENTS", str(root))
    assert sketch.load(experiment.name).name == experiment.name
    with pytest.raises(ValueError, match="an empty name"):
        sketch.load("")
    with pytest.raises(FileNotFoundError, match="no experiment"):
        sketch.load(experiment.name, experiments="")


def test_the_page_of_documentation_does_what_it_says(
    root, experiment, tmp_path, monkeypatch
):
    """Every block of Python runs, one after the other, as a reader would run them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").symlink_to(root)
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(blocks) >= 4
    names: dict = {}
    for block in blocks:
        block = re.sub(r'"experiments/[^"]*"', repr(str(experiment.path)), block)
        block = block.replace("seed=", "tries=1, seed=")
        exec(compile(block, str(DOCS), "exec"), names)  # noqa: S102
    for name in re.findall(
        r'"([\w.-]+\.(?:svg|png|pdf|gif|inkml|json))"', "".join(blocks)
    ):
        assert list(tmp_path.glob(f"{Path(name).stem}*{Path(name).suffix}")), name
