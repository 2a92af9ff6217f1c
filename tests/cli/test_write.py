"""`sketch write`: letters on paper, in every format, and nothing overwritten."""

import importlib
import re
import string

import pytest
from made_up_ink import write
from untrained import make_experiment

from sketch.cli.main import main
from sketch.experiment.places import pretrained_dir
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.ink.alphabet import Alphabet
from sketch.ink.ink_files import read_ink
from sketch.page.layout import Piece, lay_out
from sketch.page.paper import Layout
from sketch.page.written import Ink

KNOWN = string.ascii_letters + string.digits + " ,.'!?:;-#*"
SMALL = ("--paper", "40x20", "--margin", "3", "--size", "3")  # holds a few words


@pytest.fixture
def experiment(root):
    counts = dict.fromkeys(KNOWN, 1000) | {"z": 1}
    facts = {"alphabet": Alphabet(tuple(sorted(KNOWN))), "character_counts": counts}
    return make_experiment(root, with_weights=False, facts=facts)


@pytest.fixture
def asked(monkeypatch):
    """What is asked of the pen, in place of writing with it."""
    asked = []

    def write_page(self, text, *, layout, **options):
        asked.append({"text": text, "layout": layout, **options})
        said = "a line of ink, and so on"
        pages = lay_out([[Piece(write(said), said)]], layout)
        lines = [line for page in pages for line in page.lines]
        return Ink(lines, pages, ["'a' may not be finished"], is_page=True)

    def tidy(self, path, text, **options):
        return write_page(self, text, path=path, **options)

    monkeypatch.setattr("sketch.api.Pen.write_page", write_page)
    monkeypatch.setattr("sketch.api.Pen.tidy", tidy)
    return asked


@pytest.fixture
def run(sketch, experiment):
    def run(*args, model=experiment.name):
        return sketch("write", *args, "--model", model)

    return run


def test_characters_that_the_model_hardly_saw_are_named_first(run, asked):
    result = run("a zoo", "-o", "letter.svg")
    note, fault = result.err.splitlines()
    assert note.endswith("may not be legible: z (once)") and "finished" in fault


def test_a_text_on_the_command_line(run, asked, tmp_path):
    result = run("dear all", "-o", "letter.svg")
    assert result == (0, "letter.svg\n", "'a' may not be finished\n")
    assert read_ink(tmp_path / "letter.svg")[0].text.startswith("a line")
    (call,) = asked
    assert call.pop("layout") == Layout()
    assert call == {
        "text": "dear all",
        "bias": 1.0,
        "seed": 0,
        "prime": None,
        "prime_text": None,
        "data": None,
        "tries": 5,
        "replace_unknown": None,
        "keep_lines": False,
        "markdown": False,
        "page_numbers": False,
        "check": None,
        "max_error_rate": 0.1,
        "progress": False,
    }


def test_the_recogniser_of_the_same_corpus_checks_by_default(
    run, asked, experiment, root
):
    (recogniser,) = (p.parent for p in pretrained_dir().glob("*/recogniser.json"))
    digest = RecogniserDirectory.load(recogniser, recogniser.parent).data_digest
    facts = {"alphabet": experiment.alphabet, "data_digest": digest}
    other = make_experiment(root, with_weights=False, facts=facts, seed=1)
    for asking, expected in (
        ([], recogniser),
        (["--no-check"], None),
        (["--check", "mine"], "mine"),
        (["--max-error-rate", 0.2], recogniser),
    ):
        result = run("a", "-o", "a.svg", "--force", *asking, model=other.name)
        assert result.code == 0, result.err
        assert asked[-1]["check"] == expected


@pytest.mark.parametrize("text", ["a lake " * 43, "a\n" * 40, "a lake " * 2000])
def test_a_text_too_long_for_a_file_name(run, asked, text):
    result = run(text, "-o", "letter.json")
    assert result.code == 0, result.err
    assert asked[-1]["text"] == text
    assert ("--progress shows" in result.err) == (len(text) > 1000)


def test_options_reach_the_pen_and_the_paper(run, asked):
    options = "--paper 100x80 --margin 9 --size 2 --line-spacing 7 --align center"
    options += " --jitter 0 --seed 4 --bias 0.5 --prime l-1 --prime-text x --tries 2"
    options += " --progress"
    options += " --keep-lines --replace-unknown e --ink navy --width 0.5 --no-smooth"
    options += " --ruled 3.5 --first-line 20 --left 15 --markdown --page-numbers"
    options += " --animate --seconds 3"
    result = run("a", "-o", "letter.svg", *options.split())
    assert result.code == 0, result.err
    (call,) = asked
    assert call["layout"] == Layout(
        *((100.0, 80.0), 9.0, 2.0, 7.0),
        **{"align": "center", "jitter": 0.0, "seed": 4},
        **{"ruled": 3.5, "first_line": 20.0, "left": 15.0},
    )
    assert (call["seed"], call["bias"], call["tries"]) == (4, 0.5, 2)
    assert (call["prime"], call["prime_text"]) == ("l-1", "x")
    assert call["keep_lines"] and call["replace_unknown"] == "e"
    assert call["progress"] and call["markdown"] and call["page_numbers"]
    with open("letter.svg") as file:
        text = file.read()
    assert 'stroke="#000080" stroke-width="0.5"' in text
    delay, duration = re.findall(r":([\d.]+)s;animation-duration:([\d.]+)s", text)[-1]
    assert float(delay) + float(duration) == pytest.approx(3, rel=0.01)


def test_a_file_standard_input_and_a_missing_file(run, asked, tmp_path, monkeypatch):
    (tmp_path / "l.txt").write_text("\ufeffä\n\nb", encoding="utf-8")
    assert run("l.txt", "-o", "a.json").code == 0
    assert asked[-1]["text"] == "ä\n\nb"
    assert "the text is that of the file l.txt" in run("l.txt", "-o", "x.json").err

    (tmp_path / "l.md").write_text("a")
    assert "note: --markdown reads" in run("l.md", "-o", "y.json").err
    assert "--markdown" not in run("l.md", "-o", "z.json", "--markdown").err

    class Standard:
        class buffer:
            @staticmethod
            def read():
                return b"from a pipe"

    monkeypatch.setattr("sys.stdin", Standard)
    assert run("-", "-o", "b.json").code == 0
    assert asked[-1]["text"] == "from a pipe"
    for name in ("lettre.txt", "Lettre.DOC"):
        result = run(name, "-o", "c.json")
        assert result == (1, "", f"Error: there is no file {name}\n")
    (tmp_path / "letters").mkdir()
    assert "letters is a folder" in run("letters", "-o", "c.json").err
    (tmp_path / "l.txt").write_bytes(b"\xff\xfe\xfa")
    assert "is not UTF-8" in run("l.txt", "-o", "c.json").err
    assert len(asked) == 5


def test_several_pages_are_numbered(run, asked, tmp_path):
    result = run("a", "-o", "a.svg", *SMALL)
    assert result.out.split()[0] == "a-1.svg" and len(result.out.split()) > 1
    again = run("a", "-o", "a.svg", *SMALL)
    assert again.code == 1 and "a-1.svg is there already" in again.err
    assert len(asked) == 1  # told before the letter is written anew
    assert run("a", "-o", "a.svg", *SMALL, "--force").code == 0
    assert run("a", "-o", "a.pdf", *SMALL).out == "a.pdf\n"


@pytest.mark.parametrize(
    ("options", "begins"), [([], b"<svg"), (["--format", "pdf", *SMALL], b"%PDF")]
)
def test_output_dash_is_standard_output(
    asked, experiment, capfdbinary, options, begins
):
    with pytest.raises(SystemExit) as end:
        main(["write", "a", "-o", "-", "--model", str(experiment.path), *options])
    assert end.value.code == 0
    assert capfdbinary.readouterr().out.startswith(begins)


@pytest.mark.parametrize("output", ["a.svg", "-"])
def test_strict_fails_after_the_file_is_written(run, asked, tmp_path, output):
    usual = run("a", "-o", output)
    result = run("a", "-o", output, "--strict", "--force")
    assert (usual.code, result.code, result.out) == (0, 1, usual.out)
    assert result.err == f"{usual.err}Error: --strict: 1 fault\n"


def test_standard_output_takes_one_page(run, asked, tmp_path):
    result = run("a", "-o", "-", *SMALL)
    assert (result.code, result.out) == (1, "")
    assert "pages as .svg: use --format pdf" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["experiments"]


def test_an_unwritable_output_is_refused_before_writing(run, asked, tmp_path):
    result = run("a", "-o", "/proc/x.png")
    assert (result.code, asked) == (1, [])
    assert result.err.startswith("Error: cannot write /proc/x.png: ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "a.bmp"], "--output must end with .svg, .png"),
        (["-o", "a.json", "--ink", "navy"], "--ink does not go with .json"),
        (["-o", "a.svg", "--nib"], "only .png, .pdf, .gif can show a nib"),
        (["-o", "a.svg", "--paper", "a9"], "WIDTHxHEIGHT"),
        (["-o", "a.svg", "--ink", "none"], "is transparent"),
        ([], "-o"),
        (["-o", "a.png", "--paper", "9000x9000"], "take a .svg or a .pdf"),
        (["-o", "a.svg", "--seconds", "3"], "--seconds goes only with --animate"),
        (["-o", "a.svg", "--max-error-rate", "0"], "goes only with --check"),
        (["-o", "a.svg", "--prime-text", "x"], "--prime-text goes only with --prime"),
        (["-o", "-", "--fields", "/dev/null"], "--fields"),
        (["-o", "a.svg", "--tidy", "mine.svg"], "mine.svg"),
    ],
)
def test_wrong_usage_is_2_before_anything_is_done(run, asked, options, words):
    result = run("a", *options)
    assert result.code == 2 and words in result.err
    assert asked == []


def test_a_background_that_cannot_be_read_is_told_first(run, asked):
    result = run("a", "-o", "a.pdf", "--background", "form.png")
    assert (result.code, result.err.count("\n"), asked) == (1, 1, [])
    assert "form.png: No such file" in result.err


@pytest.mark.parametrize("there", ["a-2.svg", "a-07.svg"])
def test_no_page_is_overwritten(run, asked, tmp_path, there):
    (tmp_path / there).write_text("mine")
    result = run("a", "-o", "a.svg")
    assert result == (1, "", f"Error: {there} is there already; --force overwrites\n")
    assert asked == []
    result = run("a", "-o", "a.svg", "--force")
    assert f"note: left as they were, of another letter: {there}\n" in result.err
    assert (tmp_path / there).read_text() == "mine"
    (tmp_path / "a.svg").unlink()
    # These are no pages of them.
    assert run("a", "-o", "a.pdf").code == 0
    assert run("a", "-o", "new/a.svg").code == 0
    (tmp_path / "b-2024.svg").write_text("mine")
    assert run("a", "-o", "b.svg").code == 0


def test_an_unknown_character_is_told_before_the_weights_are_read(run, experiment):
    result = run("a letter\nwith þ", "-o", "a.svg")
    assert result.code == 1 and result.err.count("\n") == 1
    assert "cannot write þ" in result.err


def test_weights_that_are_none_are_told_in_a_line(run, experiment, tmp_path):
    result = run("a letter", "-o", "a.svg")
    assert result.code == 1 and result.err.count("\n") == 1
    assert "model.weights.h5" in result.err
    assert not (tmp_path / "a.svg").exists()


PEOPLE = "name;town\nnora;oslo\njim;a lake\n"


def test_a_letter_for_each_row_of_a_table(run, asked, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "l.txt").write_text("dear {name},\n\nfrom {town}")
    ask = ("l.txt", "--fields", "people.csv", "-o", "cards/{name}.svg", "--seed", 7)
    result = run(*ask)
    assert result.code == 0, result.err
    assert result.out == "cards/nora.svg\ncards/jim.svg\n"
    assert [call["text"] for call in asked] == [
        "dear nora,\n\nfrom oslo",
        "dear jim,\n\nfrom a lake",
    ]
    assert [(c["seed"], c["layout"].seed) for c in asked] == [(7, 7), (8, 8)]
    assert "people.csv, row 3: 'a' may not be finished\n" in result.err
    assert result.err.count("--prime keeps one") == 1
    (tmp_path / "cards" / "nora.svg").unlink()
    result = run(*ask)
    assert (result.code, len(asked)) == (1, 2)
    assert "jim.svg is there already" in result.err


@pytest.mark.parametrize(
    ("text", "rows", "message"),
    [
        ("dear {nom}", PEOPLE, "people.csv, row 2: no column is called 'nom'"),
        (
            "dear {name}",
            PEOPLE + "þór;x",
            "people.csv, row 4: this model cannot write þ",
        ),
        ("dear {name}", "name\n", "people.csv has no rows"),
    ],
)
def test_a_bad_row_stops_all_before_any_is_written(
    run, asked, tmp_path, text, rows, message
):
    (tmp_path / "people.csv").write_text(rows)
    result = run(text, "--fields", "people.csv", "-o", "{name}.svg")
    assert (result.code, asked) == (1, [])
    assert result.err.startswith(f"Error: {message}") and result.err.count("\n") == 1


def test_notes_are_tidied_with_or_without_a_text(run, asked, tmp_path):
    (tmp_path / "mine.svg").write_text("any")
    result = run("--tidy", "mine.svg", "-o", "neat.svg", "--size", 3, "--bias", 2)
    assert (result.code, result.out) == (0, "neat.svg\n"), result.err
    assert run("so", "--tidy", "mine.svg", "-o", "b.svg").code == 0
    assert [call["text"] for call in asked] == [None, "so"]
    assert asked[0]["path"].name == "mine.svg"
    assert (asked[0]["layout"].size, asked[0]["bias"]) == (3, 2)
    result = run("--tidy", "mine.svg", "-o", "c.svg", "--prime", "x", "--paper", "a5")
    assert result.code == 2 and "--paper, --prime does not go with --tidy" in result.err
    result = run("-o", "d.svg")
    assert result.code == 2 and "Missing argument" in result.err


def test_help_has_a_group_for_each_option_of_a_letter(sketch):
    command = importlib.import_module("sketch.cli.write")
    grouped = sum(map(list, command.GROUPS.values()), [])
    options = {one.name for one in command.command.params} - {"text"}
    rest = {"progress", "backend", "experiments", "debug"}
    assert sorted(grouped) == sorted(options - rest)
    titles = re.findall(r"^(\w+):$", sketch("write", "--help").out, re.MULTILINE)
    assert titles == list(command.GROUPS)
