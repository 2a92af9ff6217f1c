"""Which format sources have."""

import pytest
from whiteboards import write_database

from sketch.convert import FORMATS, LIMITED
from sketch.convert.formats import detect_format
from sketch.ink import DamagedInk
from sketch.ink.ink_files import SUFFIXES


def test_formats_have_the_suffixes_of_the_parsers():
    drawings = {FORMATS[form][1] for form in LIMITED}
    others = {suffix for form, (_, suffix) in FORMATS.items() if form != "iam"}
    assert others - drawings == set(SUFFIXES)


def test_detect_format_finds_each_format(tmp_path):
    found = {}
    forms = FORMATS.keys() - {"iam"}
    for form in forms:
        suffix = FORMATS[form][1]
        folder = tmp_path / form
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / f"A{suffix.upper()}").write_bytes(b"")
        (folder / "notes.txt").write_bytes(b"")
        found[form] = detect_format([folder])
        assert detect_format([folder / "deep" / f"A{suffix.upper()}"]) == form
    assert found == {form: form for form in forms}
    with pytest.raises(
        ValueError, match=r"several formats: 1 InkML, 1 SVG; .*inkml, s"
    ):
        detect_format([tmp_path / "inkml", tmp_path / "svg"])
    # IAM-OnDB is that, whatever else lies about.
    write_database(tmp_path / "iam", {"a01-000u": ["line"]})
    assert (
        detect_format([tmp_path / "svg", tmp_path / "iam", tmp_path / "json"]) == "iam"
    )
    (tmp_path / "none").mkdir()
    with pytest.raises(DamagedInk, match=r"no pen data in .*none: .*\.ndjson"):
        detect_format([tmp_path / "none"])
