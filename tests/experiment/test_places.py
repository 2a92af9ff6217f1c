"""Where experiments and pretrained models are."""

from sketch.experiment.places import find_pretrained, read_title


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
