"""The conversion as a whole: files, the report, the script."""

import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from own_ink import TEXTS, own_lines, read_corpus
from whiteboards import pack, whiteboard_xml, write_database, write_split_lists

from sketch.convert import SPLITS
from sketch.convert.conversion import convert
from sketch.corpus.corpus_line import SETS
from sketch.corpus.hdf5 import Corpus
from sketch.ink import DamagedInk
from sketch.ink.ink_files import write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import points_from_strokes
from sketch.page.svg_writer import write_svg

ROOT = Path(__file__).parents[2]


FORMS = {f"a01-{number:03d}u": [f"line {i}" for i in range(3)] for number in range(20)}
NAMES = list(FORMS)
LISTS = {
    "trainset": NAMES[:8],
    "testset_t": NAMES[8:10],
    "testset_v": NAMES[10:13],
    "testset_f": NAMES[13:19],  # the last form is in none
}


@pytest.fixture
def database(tmp_path):
    folder = write_database(tmp_path / "iam", FORMS)
    write_split_lists(folder / "splits", **LISTS)
    return folder


@pytest.mark.parametrize("split", SPLITS)
def test_convert_by_every_split_keeps_all_lines_and_texts(database, tmp_path, split):
    output = tmp_path / "data" / "out.hdf5"
    report = convert([database], output, split=split)
    read = {}
    with Corpus.open(output) as corpus:
        for name in SETS:
            for line in corpus.read_set(name):
                read[line.line_id] = line.transcript
    expected = {f"{form}-{i + 1:02d}": f"line {i}" for form in FORMS for i in range(3)}
    assert read == expected
    assert f"60 lines of IAM-OnDB, split {split}" in str(report)
    assert "transcripts: 60 lines, 8 characters: 012eiln" in str(report)
    assert corpus.digest in str(report)


def test_convert_without_split_follows_the_lists(database, tmp_path):
    report = convert([database], tmp_path / "a.hdf5")
    assert report.split == "iam" and report.unlisted == [NAMES[19]]
    (database / "splits" / "testset_t.txt").unlink()
    report = convert([database], tmp_path / "b.hdf5")
    assert report.split == "form" and report.unlisted == []


def test_convert_keeps_the_statistics_of_the_training_lines(database, tmp_path):
    report = convert([database], tmp_path / "out.hdf5", split="graves")
    with Corpus.open(tmp_path / "out.hdf5") as corpus:
        lines = {name: corpus.read_set(name) for name in SETS}
        mean, std = corpus.offset_mean, corpus.offset_std
    offsets = np.concatenate([line.strokes for line in lines["train"]])[:, :2]
    offsets = offsets.astype(np.float64)
    np.testing.assert_allclose(mean, offsets.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, offsets.std(axis=0), rtol=1e-12)
    num_lines, num_offsets, num_others, other_mean, other_std = report.graves
    assert (num_lines, num_others) == (9, 51)
    assert num_offsets == sum(len(line.strokes) for line in lines["valid"])
    np.testing.assert_allclose([other_mean, other_std], [mean, std], rtol=1e-12)


def test_convert_twice_or_from_an_archive_makes_the_same_bytes(database, tmp_path):
    outputs = [tmp_path / f"{i}.hdf5" for i in range(3)]
    for output in outputs[:2]:
        convert([database], output, command="sketch convert iam")
    archive = pack(database, tmp_path / "iam.tar.xz", "xz")
    convert([archive], outputs[2])
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    digests = []
    for output in outputs:
        with Corpus.open(output) as corpus:
            digests.append(corpus.digest)
    assert len(set(digests)) == 1


def test_convert_with_max_jump_removes_and_reports_jumps(database, tmp_path):
    jump = whiteboard_xml([[(0, 0), (1, 1), (3000, 1), (3001, 2)], [(3005, 2)]])
    (database / "lineStrokes/a01/a01-000/a01-000u-01.xml").write_bytes(jump)
    only = whiteboard_xml([[(0, 0), (3000, 1)]])
    (database / "lineStrokes/a01/a01-000/a01-000u-02.xml").write_bytes(only)
    kept = convert([database], tmp_path / "kept.hdf5")
    assert kept.jumps == (2, 2) and not kept.database.left_out
    assert "2 steps of more than 1,400 units in 2 lines, kept" in str(kept)
    removed = convert([database], tmp_path / "removed.hdf5", max_jump=500)
    assert removed.jumps == (2, 2) and "in 2 lines, removed" in str(removed)
    [(name, reason)] = removed.database.left_out
    assert name == "a01-000u-02" and "exceed 500 units" in reason
    with Corpus.open(tmp_path / "removed.hdf5") as corpus:
        strokes = corpus.line("a01-000u-01").strokes
    np.testing.assert_array_equal(strokes, [[1, 1, 0], [1, 1, 1], [4, 0, 1]])


def test_convert_of_names_that_are_not_text_prints_no_escapes(database, tmp_path):
    folder = database.rename(tmp_path / os.fsdecode(b"iam\xff\x1b[2J"))
    (folder / "lineStrokes" / os.fsdecode(b"\xff\x1b[2J-01.xml")).write_bytes(b"")
    report = convert([folder], tmp_path / "out.hdf5", command=f"convert {folder}")
    assert "\x1b" not in str(report)
    str(report).encode()
    assert [reason for _, reason in report.database.left_out] == [
        "its name is not FORM-NN.xml, NN the line"
    ]


def test_convert_with_show_progress_draws_a_bar(database, tmp_path, capsys):
    convert([database], tmp_path / "out.hdf5", show_progress=True)
    assert "reading: " in capsys.readouterr().err


def test_convert_with_strict_refuses_text_in_doubt(database, tmp_path):
    (database / "lineStrokes/a01/a01-003/a01-003u-03.xml").unlink()
    report = convert([database], tmp_path / "out.hdf5")
    assert "a01-003u: 2 lines of ink, 3 of text; ink kept" in str(report)
    assert "transcripts: 57 lines (2 have none), " in str(report)
    with pytest.raises(DamagedInk, match="--strict.* a01-003u: 2 lines of ink"):
        convert([database], tmp_path / "strict.hdf5", strict=True)


def test_convert_onto_other_content_needs_force(database, tmp_path):
    output = tmp_path / "out.hdf5"
    convert([database], output, split="form")
    written = output.stat()
    same = convert([tmp_path / ".." / tmp_path.name / "iam"], output, split="form")
    assert output.stat() == written and "digest" in str(same)  # it was left alone
    for settings in ({"seed": 1}, {"max_jump": 20.0}, {"command": "another"}):
        with pytest.raises(FileExistsError, match="out.hdf5 exists and .*--force"):
            convert([database], output, split="form", **settings)
    output.write_bytes(b"my thesis")
    with pytest.raises(FileExistsError, match="holds something else"):
        convert([database], output)
    assert output.read_bytes() == b"my thesis"
    with pytest.raises(IsADirectoryError, match="is a folder: --output"):
        convert([database], tmp_path, force=True)
    convert([database], output, force=True)
    with h5py.File(output) as file:
        assert file.attrs["split_kind"] == b"iam"


def run(*words, **options):
    return subprocess.run(
        [sys.executable, ROOT / "handwriting_to_hdf5.py", *map(str, words)],
        capture_output=True,
        text=True,
        **options,
    )


def test_script_converts_and_reports(database, tmp_path):
    done = run(database, "--split", "graves", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr  # no bar where there is no terminal
    assert "train      51 lines" in done.stdout
    assert re.search("\ndata/handwriting.hdf5 \\(\\d+ kB\\)\n$", done.stdout)
    with h5py.File(tmp_path / "data/handwriting.hdf5") as file:
        assert file.attrs["command"].decode() == "sketch convert iam --split graves"
        assert file.attrs["seed"] == 0
    # Files are shared: nobody's folders are in them.
    content = (tmp_path / "data/handwriting.hdf5").read_bytes()
    assert os.fsencode(tmp_path) not in content


def test_script_of_a_missing_source_fails_in_one_line(tmp_path):
    failed = run("missing", cwd=tmp_path)
    assert failed.returncode == 1
    assert failed.stderr == "Error: there is no file or folder missing\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("write", [write_inkml, write_json, write_svg])
def test_convert_of_one_ink_file_keeps_its_lines(tmp_path, write):
    form = write.__name__.removeprefix("write_")
    path = tmp_path / f"mine.{form}"
    lines = own_lines()
    write(path, lines)
    report = convert([path], tmp_path / "mine.hdf5")
    assert (report.file_format, report.split) == (form, "random")  # one file
    assert "transcripts: 3 lines, " in str(report)
    read = read_corpus(tmp_path / "mine.hdf5")
    assert sorted(read) == ["mine-01", "mine-02", "mine-03"]
    for line, (_, kept) in zip(lines, sorted(read.items()), strict=True):
        assert kept.transcript == line.text
        # SVG has thousandths of a millimetre, in which this ink has some 50 units.
        atol = 0.1 if form == "svg" else 0
        np.testing.assert_allclose(kept.strokes, line.strokes, atol=atol)


def test_convert_onto_a_source_is_refused(tmp_path):
    path = tmp_path / "mine.json"
    write_json(path, own_lines())
    (tmp_path / "linked.hdf5").symlink_to(path)
    before = path.read_bytes()
    for output in (path, tmp_path / "linked.hdf5"):
        with pytest.raises(ValueError, match="is a source itself|is the corpus file"):
            convert([path], output, force=True)
    assert path.read_bytes() == before


def test_convert_of_a_repeated_source_names_it_once(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", own_lines())
    monkeypatch.chdir(tmp_path)
    convert(["a.json"], "out.hdf5")
    convert([tmp_path / "a.json", "a.json"], "out.hdf5")  # the same: replaced
    with Corpus.open("out.hdf5") as corpus:
        assert corpus.source == "JSON: a.json"


def test_convert_of_broken_ink_files_lists_them_and_strict_refuses(tmp_path):
    folder = tmp_path / "ink"
    folder.mkdir()
    write_inkml(folder / "good.inkml", own_lines())
    (folder / "cut.inkml").write_bytes((folder / "good.inkml").read_bytes()[:300])
    (folder / "empty.inkml").write_bytes(b"")
    (folder / "bomb.inkml").write_bytes(
        b'<!DOCTYPE ink [<!ENTITY a "b">]><ink><trace>&a;</trace></ink>'
    )
    (folder / "hex.inkml").write_text(f"<ink><trace>#{'F' * 999} 1</trace></ink>")
    report = convert([folder], tmp_path / "out.hdf5")
    names = {Path(name).name for name, _ in report.database.left_out}
    assert names == {"cut.inkml", "empty.inkml", "bomb.inkml", "hex.inkml"}
    assert "files: 1 read, 4 left out, 0 of other kinds; lines: 3 r" in str(report)
    with pytest.raises(DamagedInk, match="--strict"):
        convert([folder], tmp_path / "strict.hdf5", strict=True)
    write_inkml(folder / "good.inkml", own_lines(TEXTS[:1]))
    three = r"bomb.inkml: .*; .*cut.inkml: .*; .*empty.inkml: .*; and 1 more$"
    with pytest.raises(
        ValueError, match=f"no line for train: .*; left out was .*{three}"
    ):
        convert([folder], tmp_path / "one.hdf5")
    (folder / "good.inkml").unlink()
    with pytest.raises(DamagedInk, match=r"no ink in .*\*.inkml .*inkml"):
        convert([folder], tmp_path / "none.hdf5")


def test_convert_of_a_point_far_away_reports_jumps(tmp_path):
    lines = own_lines()
    write_json(tmp_path / "mine.json", lines)
    report = convert([tmp_path], tmp_path / "mine.hdf5", file_format="json")
    assert report.jumps == (0, 0) and "jumps" not in str(report)
    lines[1].strokes[[4, 5], 0] += (2**20, -(2**20))
    write_json(tmp_path / "mine.json", lines)
    report = convert([tmp_path], tmp_path / "mine.hdf5", file_format="json", force=True)
    assert "jumps: 2 steps of more than " in str(report)
    assert "units in 1 line, kept (--max-jump N removes)" in str(report)
    read = read_corpus(tmp_path / "mine.hdf5")["mine-02"]
    np.testing.assert_array_equal(read.strokes, lines[1].strokes)


def test_convert_with_a_format_takes_that_format_alone(tmp_path):
    write_json(tmp_path / "mine.json", own_lines())
    write_inkml(tmp_path / "mine.inkml", own_lines(TEXTS[:2]))
    for form, count in (("json", 3), ("inkml", 2)):
        report = convert([tmp_path], tmp_path / f"{form}.hdf5", file_format=form)
        assert f"transcripts: {count} lines" in str(report)


def test_convert_with_points_per_character_resamples(tmp_path):
    path = tmp_path / "mine.json"
    lines = own_lines()
    write_json(path, lines)
    characters = sum(len(text) + 1 for text in TEXTS)
    own = sum(len(line.strokes) for line in lines) / characters
    kept = convert([path], tmp_path / "kept.hdf5", points_per_character=own / 1.4)
    assert kept.points_per_character == (pytest.approx(own), pytest.approx(own))
    fitted = convert([path], tmp_path / "fitted.hdf5", points_per_character=own / 3)
    # Each of its many strokes keeps two points.
    assert fitted.points_per_character[1] == pytest.approx(own / 3, rel=0.2)
    assert "brought to" in str(fitted) and "brought to" not in str(kept)
    before, after = (read_corpus(tmp_path / f"{n}.hdf5") for n in ("kept", "fitted"))
    for line_id, line in before.items():
        ends = [points_from_strokes(x.strokes)[-1] for x in (line, after[line_id])]
        np.testing.assert_allclose(ends[1], ends[0], atol=0.01)
    write_json(path, [InkLine(line.strokes) for line in lines])
    with pytest.raises(ValueError, match="--like needs to know"):
        convert([path], tmp_path / "no.hdf5", points_per_character=5.0)


def test_convert_onto_a_full_disk_says_so_and_leaves_nothing(database, tmp_path):
    # A limit on files fails in the same call as a full disk, after as many bytes.
    code = (
        "import resource, runpy, sys; del sys.argv[0]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    (tmp_path / "out").mkdir()
    words = [ROOT / "handwriting_to_hdf5.py", database, "-o", tmp_path / "out/x.hdf5"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.fullmatch("Error: cannot write .*x.hdf5: File too large\n", done.stderr)
    assert not list((tmp_path / "out").iterdir())


def test_convert_of_good_and_bad_files_prints_counts_that_add_up(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(4):
        write_json(folder / f"{number}.json", InkLine(own_lines()[0].strokes))
    (folder / "0.txt").write_text("fits")
    (folder / "1.txt").write_text("one\ntwo")
    (folder / "2.txt").write_bytes(b"it\x92s")
    (folder / "stray.txt").write_text("of no ink")
    write_json(folder / "many.json", [*own_lines(), InkLine(np.zeros((0, 3)))])
    (folder / "cut.json").write_text("{")
    (folder / "empty.json").write_text("")
    (folder / "photo.png").write_bytes(b"")
    (folder / ".hidden.json").write_bytes(b"")
    told = str(convert([folder], tmp_path / "out.hdf5"))
    # 4 + 4 + 1 + 2 + 2 files; 4 + 3 lines and one without ink.
    assert "files: 9 read, 2 left out, 2 of other kinds" in told
    assert "lines: 7 read, 1 left out" in told
    assert "transcripts: 4 lines (3 have none)" in told
    assert told.count("; ink kept, text left empty") == 2
    assert "texts that have the name of no ink file: " in told and "stray.txt" in told
    named = [row for row in told.splitlines() if row.startswith(f"  {folder}")]
    assert len(named) == 2 + 2 + 1  # in doubt; files left out; line left out
    train, valid = (
        int(re.search(rf"{s} +(\d+) l", told)[1]) for s in ("train", "valid")
    )
    assert told.startswith("7 lines of JSON") and train + valid == 7
