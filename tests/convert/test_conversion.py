"""The conversion as a whole: splits, files, the report, the command line."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whiteboards import pack, whiteboard_xml, write_database, write_split_lists

from sketch.convert.conversion import convert
from sketch.convert.splits import split_lines
from sketch.corpus import SPLITS, hdf5
from sketch.corpus.hdf5 import SETS, Corpus, Line
from sketch.ink import DamagedInk

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
def test_the_published_splits(split, train, valid, test):
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
def test_the_form_split_straddles_no_page(counts, seed, shuffler):
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
def test_the_random_split_holds_out_a_tenth(num_lines, seed):
    lines = made_up_lines({"x": num_lines})
    sets = ids_of(split_lines(lines, {}, "random", seed))
    assert sets["valid"] == sets["test"]
    assert len(sets["valid"]) == max(1, round(num_lines / 10))
    assert sorted(sets["train"] + sets["valid"]) == sorted(x.line_id for x in lines)
    assert ids_of(split_lines(lines[::-1], {}, "random", seed)) == sets


@pytest.mark.parametrize("split", ["form", "random"])
def test_another_seed_is_another_split(split):
    lines = made_up_lines(dict.fromkeys(NAMES, 3))
    splits = [ids_of(split_lines(lines, {}, split, seed)) for seed in range(4)]
    assert len({str(sets) for sets in splits}) == 4


def test_a_split_that_cannot_be_made_says_why():
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
    with pytest.raises(ValueError, match="none of iam, graves, form, random"):
        split_lines(lines, {}, "writer", 0)


@pytest.mark.parametrize("split", SPLITS)
def test_every_line_is_kept_with_its_text_by_every_split(database, tmp_path, split):
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


def test_the_default_split_follows_the_lists(database, tmp_path):
    report = convert([database], tmp_path / "a.hdf5")
    assert report.split == "iam" and report.unlisted == [NAMES[19]]
    (database / "splits" / "testset_t.txt").unlink()
    report = convert([database], tmp_path / "b.hdf5")
    assert report.split == "form" and report.unlisted == []


def test_the_statistics_are_of_the_training_lines(database, tmp_path):
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


def test_twice_is_the_same_and_so_is_an_archive(database, tmp_path):
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


def test_jumps_are_reported_and_removed_when_asked(database, tmp_path):
    jump = whiteboard_xml([[(0, 0), (1, 1), (3000, 1), (3001, 2)], [(3005, 2)]])
    (database / "lineStrokes/a01/a01-000/a01-000u-01.xml").write_bytes(jump)
    only = whiteboard_xml([[(0, 0), (3000, 1)]])
    (database / "lineStrokes/a01/a01-000/a01-000u-02.xml").write_bytes(only)
    kept = convert([database], tmp_path / "kept.hdf5")
    assert kept.jumps == (2, 2) and not kept.left_out
    assert "2 steps of more than 1,400 units in 2 lines, kept" in str(kept)
    removed = convert([database], tmp_path / "removed.hdf5", max_jump=500)
    assert removed.jumps == (2, 2) and "in 2 lines, removed" in str(removed)
    [(name, reason)] = removed.left_out
    assert name == "a01-000u-02" and "exceed 500 units" in reason
    with Corpus.open(tmp_path / "removed.hdf5") as corpus:
        strokes = corpus.line("a01-000u-01").strokes
    np.testing.assert_array_equal(strokes, [[1, 1, 0], [1, 1, 1], [4, 0, 1]])


def test_what_is_left_out_is_listed_and_strict_refuses_it(database, tmp_path):
    broken = database / "lineStrokes/a01/a01-003/a01-003u-02.xml"
    broken.write_bytes(b"<Whiteboard")
    report = convert([database], tmp_path / "out.hdf5")
    assert f"left out: 1\n  {broken}: not whole XML" in str(report)
    with pytest.raises(DamagedInk, match=r"--strict.*a01-003u-02.xml: not whole XML"):
        convert([database], tmp_path / "strict.hdf5", strict=True)
    assert not (tmp_path / "strict.hdf5").exists()


def test_names_that_are_no_text_do_no_harm(database, tmp_path):
    folder = database.rename(tmp_path / os.fsdecode(b"iam\xff\x1b[2J"))
    (folder / "lineStrokes" / os.fsdecode(b"\xff\x1b[2J-01.xml")).write_bytes(b"")
    report = convert([folder], tmp_path / "out.hdf5", command=f"convert {folder}")
    assert "\x1b" not in str(report)
    str(report).encode()
    assert [reason for _, reason in report.left_out] == [
        "its name is not FORM-NN.xml, NN the line"
    ]


def test_a_bar_is_shown_when_asked(database, tmp_path, capsys):
    convert([database], tmp_path / "out.hdf5", show_progress=True)
    assert "reading: 100%" in capsys.readouterr().err


def test_strict_refuses_text_in_doubt(database, tmp_path):
    (database / "lineStrokes/a01/a01-003/a01-003u-03.xml").unlink()
    report = convert([database], tmp_path / "out.hdf5")
    assert "a01-003u: 2 lines of ink, 3 of text; ink kept" in str(report)
    assert report.num_transcribed == 57
    many = replace(report, in_doubt=25 * report.in_doubt)
    assert str(many).count("; ink kept") == 20 and "  … and 5 more\n" in str(many)
    with pytest.raises(DamagedInk, match="--strict.* a01-003u: 2 lines of ink"):
        convert([database], tmp_path / "strict.hdf5", strict=True)


def test_only_its_own_output_is_replaced(database, tmp_path):
    output = tmp_path / "out.hdf5"
    convert([database], output, split="form")
    convert([database], output, split="random")
    other = write_database(tmp_path / "other", FORMS)
    with pytest.raises(FileExistsError, match="comes from IAM-OnDB: iam; .*--force"):
        convert([other], output)
    # Somebody else's folder may have the same name, and hold other ink.
    same_name = write_database(tmp_path / "elsewhere" / "iam", FORMS)
    with pytest.raises(
        FileExistsError, match="iam, but not from those here; .*--force"
    ):
        convert([same_name], output)
    convert([database / ".." / "iam"], output)
    output.write_bytes(b"my thesis")
    with pytest.raises(FileExistsError, match="is another file"):
        convert([database], output)
    assert output.read_bytes() == b"my thesis"
    with pytest.raises(IsADirectoryError, match="is a folder: --output"):
        convert([database], tmp_path)
    convert([database], output, force=True)
    with h5py.File(output) as file:
        assert file.attrs["split_kind"] == b"iam"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left")])
def test_a_stopped_conversion_leaves_no_half_file(
    database, tmp_path, monkeypatch, error
):
    output = tmp_path / "data" / "out.hdf5"
    convert([database], output, split="form")
    before = output.read_bytes()
    fill = hdf5._fill

    def stop(file, *arguments):
        fill(file, *arguments)
        raise error

    monkeypatch.setattr(hdf5, "_fill", stop)
    with pytest.raises((KeyboardInterrupt, OSError)):
        convert([database], output, split="random")
    assert output.read_bytes() == before
    assert os.listdir(output.parent) == ["out.hdf5"]


def run(*words, **options):
    return subprocess.run(
        [sys.executable, ROOT / "handwriting_to_hdf5.py", *map(str, words)],
        capture_output=True,
        text=True,
        **options,
    )


def test_the_script_converts_and_says_so(database, tmp_path):
    done = run(database, "--split", "graves", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr  # no bar where there is no terminal
    assert "train      51 lines" in done.stdout
    assert done.stdout.endswith("data/handwriting.hdf5 (0.0 MB)\n")
    with h5py.File(tmp_path / "data/handwriting.hdf5") as file:
        assert file.attrs["command"].decode() == "sketch convert iam --split graves"
        assert file.attrs["seed"] == 0
    # Files are shared: nobody's folders are in them.
    content = (tmp_path / "data/handwriting.hdf5").read_bytes()
    assert os.fsencode(tmp_path) not in content


def test_the_script_fails_in_one_line(tmp_path):
    failed = run("missing", cwd=tmp_path)
    assert failed.returncode == 1
    assert failed.stderr == "Error: there is no file or folder missing\n"
    assert run(cwd=tmp_path).returncode == 2
    assert run("x", "--split", "writer", cwd=tmp_path).returncode == 2
    assert run("x", "--max-jump", "0", cwd=tmp_path).returncode == 2
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_writing(database, tmp_path):
    code = (
        "import os, signal, sys, time; from sketch.cli.main import main\n"
        # A shell lets what it runs in the background ignore Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "os.fsync = lambda _: (print('ready', flush=True), time.sleep(60))\n"
        "if __name__ == '__main__': main(sys.argv[1:])"
    )
    output = tmp_path / "data" / "out.hdf5"
    words = ["convert", str(database), "--output", str(output)]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == "interrupted"
    assert not list(output.parent.iterdir())
