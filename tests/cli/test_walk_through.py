"""From pen files to pictures by the commands of the README, at toy size."""

import json

from whiteboards import write_database, write_split_lists

SETTINGS = ("--dim", 8, "--depth", 1, "--bs", 4, "--lr", "1e-3", "-G", 2)
NAME = "handwriting-1X8-G2-bs4-lr1e-3"


def test_convert_train_resume_lower_rate_sample(sketch, tmp_path):
    forms = {f"a{n:02d}-000u": ["one line", "and another"] for n in range(1, 9)}
    write_database(tmp_path / "iam", forms)
    ids = [f"{form}" for form in forms]
    write_split_lists(
        tmp_path / "iam",
        trainset=ids[:5],
        testset_v=ids[5:6],
        testset_t=ids[6:7],
        testset_f=ids[7:],
    )
    result = sketch("convert", "iam")
    assert result.code == 0, result.err
    assert (tmp_path / "data" / "handwriting.hdf5").exists()

    result = sketch("train", *SETTINGS, "--epochs", 1)
    assert result.code == 0, result.err
    assert result.out.splitlines()[-1].endswith(f"{NAME}/sketch.png")

    # A second time by mistake, then as told.
    result = sketch("train", *SETTINGS, "--epochs", 2)
    assert result.code == 1
    assert f"--model {NAME}" in result.err
    assert result.err.count("\n") == 1
    result = sketch("train", "--model", NAME, "--epochs", 2)
    assert result.code == 0, result.err

    result = sketch("train", "--model", NAME, "--lr", "3e-4", "--epochs", 1)
    assert result.code == 0, result.err
    picture = result.out.splitlines()[-1]
    child = picture.split("/")[-2]
    assert child.startswith("handwriting-1X8-G2-bs4-lr3e-4-from-")

    result = sketch("train", "--model", NAME, "--dim", 9)
    assert result.code == 1
    assert "--dim is 8 there and 9 here" in result.err

    for output in ("free.png", "lines.svg"):
        result = sketch(
            "sample", "--model", child, "-n", 4, "--steps", 20, "--output", output
        )
        assert result.code == 0, result.err
        assert (tmp_path / output).stat().st_size > 500

    facts = json.loads(sketch("show", child, "--json").out)
    assert facts["lineage"][0]["parent"] == NAME
    history = json.loads(sketch("show", NAME, "--json").out)["history"]
    assert [row["epoch"] for row in history] == [1, 2]
    listed = sketch("list").out
    assert NAME in listed and child in listed

    for name in (NAME, child):
        there = {path.name for path in (tmp_path / "experiments" / name).iterdir()}
        assert there >= {
            "hyperparameters.json",
            "environment.json",
            "history.csv",
            "history.png",
            "checkpoints",
            "sketch.png",
            "pen.png",
            "samples",
        }
