"""Which directory a name leads to."""

import pytest

from sketch.experiment import places
from sketch.experiment.places import (
    SETTINGS_NAME,
    find_directory,
    find_pretrained,
    read_title,
)


@pytest.fixture
def root(tmp_path):
    return make_folder(tmp_path / "root", "maple-1X8", "maple-2X8", "oak")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Stands in for the folder of the pretrained models."""
    path = make_folder(tmp_path / "pretrained", "birch-text", "birch", "oak")
    make_folder(path, "cedar", card=False)  # a run in a checkout's experiments/
    monkeypatch.setattr(places, "pretrained_dir", lambda: path)
    return path


def make_folder(path, *names, card=True):
    for name in names:
        (path / name).mkdir(parents=True)
        (path / name / SETTINGS_NAME).touch()
        if card and path.name == "pretrained":
            (path / name / places.CARD_NAME).touch()
    return path


def find(name, root):
    return find_directory(name, root, SETTINGS_NAME)


def test_find_directory_by_a_unique_beginning(root, shipped):
    assert find("maple-2", root) == root / "maple-2X8"
    assert find("birch-", root) == shipped / "birch-text"
    assert find("elm", root) is None
    assert find("ced", root) is None  # has no card


def test_find_directory_by_a_beginning_of_several_names_lists_them(root, shipped):
    message = "2 names begin with 'maple': maple-1X8, maple-2X8;"
    with pytest.raises(ValueError, match=message):
        find("maple", root)
    make_folder(root, "birds")
    with pytest.raises(ValueError, match="3 names begin .*: birch, birch-text, birds"):
        find("bir", root)
    make_folder(root, *(f"maple-{number}" for number in range(3, 9)))
    with pytest.raises(ValueError, match="8 names .*: maple-1X8, .*, maple-5, …;"):
        find("maple-", root)


def test_find_directory_by_a_whole_name_wins_over_longer_ones(root, shipped):
    assert find("birch", root) == shipped / "birch"
    assert find("oak", root) == root / "oak"  # the user's own, not the shipped one
    assert find("oa", root) in (root / "oak", shipped / "oak")  # one name: no doubt


def test_find_directory_by_a_path_wins_over_pretrained_models(
    root, shipped, tmp_path, monkeypatch
):
    make_folder(tmp_path, "birch")
    monkeypatch.chdir(tmp_path)
    assert find("birch", root) == tmp_path / "birch"
    assert find(root / "oak", "nowhere") == root / "oak"
    assert find("root/oak", "nowhere") == root / "oak"
    assert find("root/oa", "nowhere") is None  # beginnings are of names, not of paths


def test_find_own_leaves_out_pretrained_models(shipped, tmp_path):
    assert [path.name for path in places.find_own(shipped)] == ["cedar"]
    assert not places.is_pretrained(shipped / "cedar")
    assert places.is_pretrained(shipped / "oak")
    (tmp_path / "link").symlink_to(shipped / "oak")
    assert places.is_pretrained(tmp_path / "link")


def test_default_model_that_is_missing_says_what_to_do(shipped):
    with pytest.raises(FileNotFoundError, match="iam-text is missing.*--model"):
        places.default_model()
    make_folder(shipped, places.DEFAULT_MODEL)
    assert places.default_model() == shipped / places.DEFAULT_MODEL


def test_read_title_is_the_heading_of_the_card_or_the_name(tmp_path):
    path = tmp_path / "mine"
    path.mkdir()
    assert read_title(path) == "mine"
    for card, title in (
        ("# English, 200 writers\n\nWrites texts.", "English, 200 writers"),
        ("no heading", "mine"),
        ("# \x1b]0;owned\x07", "mine"),
    ):
        (path / "README.md").write_text(card)
        assert read_title(path) == title


def test_every_pretrained_model_has_a_title():
    titles = {name: read_title(path) for name, path in find_pretrained().items()}
    assert titles["iam-text"] == "English, 200 writers"
    assert not titles.keys() & set(titles.values())
