"""Files in pieces, and their text."""

import pytest
from whiteboards import pack, pack_zip

from sketch.convert import source_file
from sketch.convert.source_file import decode_text
from sketch.convert.sources import open_source
from sketch.ink import DamagedInk


@pytest.fixture
def records(tmp_path):
    """A folder, a zip and a tar, each with one file of 90,000 lines."""
    folder = tmp_path / "records"
    folder.mkdir()
    rows = [b'{"number": %d}\n' % number for number in range(90_000)]
    (folder / "r.ndjson").write_bytes(b"".join(rows).rstrip())
    zipped = pack_zip(folder, tmp_path / "r.zip")
    return rows, [
        folder,
        folder / "r.ndjson",
        zipped,
        pack(folder, tmp_path / "r.tgz", "gz"),
    ]


def is_records(parts):
    return parts[-1].endswith(".ndjson")


@pytest.mark.parametrize("limit", [None, 50_000, 1])
def test_pieces_of_records_are_whole_lines(records, limit, monkeypatch):
    rows, opened = records
    for source in opened:
        reported = {}
        wanted = [*open_source(source, is_records, reported.__setitem__, limit).files]
        assert not reported
        lines = b"".join(file.data for file in wanted).splitlines()
        assert lines == [row.strip() for row in rows[:limit]]
        first = 1
        for file in wanted:
            assert file.first_line == first
            first += len(file.data.splitlines())
        assert max(len(file.data) for file in wanted) < source_file.PIECE_BYTES + 99
        assert wanted[-1].progress <= open_source(source, is_records, None).size


@pytest.mark.parametrize("limit", [None, 41, 42])
@pytest.mark.parametrize("last", [b"[" * 5000, b"[" * 5000 + b"\n", b"{}"])
def test_pieces_with_a_line_too_long_leave_it_out(tmp_path, monkeypatch, limit, last):
    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(source_file, "PIECE_BYTES", 100)
    rows = [*[b"{}\n"] * 40, b"[" * 3333 + b"\n", b"[1]\n", b"[" * 999 + b"\n"]
    rows += [b"[2]" + b" " * 900 + b"\n", b"[3]\r\n", last]
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "r.ndjson").write_bytes(b"".join(rows))
    zipped = pack_zip(folder, tmp_path / "r.zip")
    tarred = pack(folder, tmp_path / "r.tar", "")
    for source in (folder, folder / "r.ndjson", zipped, tarred):
        numbered, names, problems = {}, [], []

        def leave_out(name, problem, is_file, names=names, problems=problems):
            assert not is_file
            names.append(name)
            problems.append(problem)

        opened = open_source(source, is_records, leave_out, limit)
        for file in opened.files:
            for number, row in enumerate(file.data.splitlines(True), file.first_line):
                numbered[number] = row
        expected = dict(enumerate(rows[:limit], start=1))
        too_long = [number for number, row in expected.items() if len(row) >= 1000]
        assert numbered == {n: row for n, row in expected.items() if n not in too_long}
        assert problems == [
            f"line {number}: 1,000 bytes or more, not a drawing" for number in too_long
        ]
        assert all(name.endswith("r.ndjson") for name in names)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_decode_text_of_unicode_reads_it(encoding):
    assert decode_text("it’s é\r\n".encode(encoding)) == "it’s é\r\n"


@pytest.mark.parametrize("data", [b"it\x92s", "it".encode("utf-16-le"), b"\xff\xfea"])
def test_decode_text_of_another_encoding_is_refused(data):
    with pytest.raises(DamagedInk, match="not UTF-8: save it as such"):
        decode_text(data)
