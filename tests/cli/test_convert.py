"""Options of `sketch convert` that would change nothing are refused."""

import pytest
from whiteboards import write_database, write_split_lists


@pytest.fixture
def database(tmp_path):
    return write_database(tmp_path / "iam", {"a01-000u": ["one", "two", "three"]})


def test_limit_with_another_format_is_refused(sketch, database):
    for more in ((), ("--format", "svg")):
        result = sketch("convert", "iam", "--limit", 3, *more)
        assert result.code == 2
        assert "--limit goes only with files of many drawings" in result.err


def test_seed_with_a_split_by_lists_is_refused(sketch, database):
    result = sketch("convert", "iam", "--split", "graves", "--seed", 3)
    assert result.code == 2 and "--seed goes only with --split form and" in result.err
    assert sketch("convert", "iam", "--split", "random", "--seed", 3).code == 0
    write_split_lists(database)
    result = sketch("convert", "iam", "--seed", 3)
    assert result.code == 1 and "form and random; this is iam" in result.err
