"""The commands of docs/distributed.md, as written, on two hosts that are namespaces."""

import csv
import re
import shlex
from pathlib import Path

from made_up_corpus import make_corpus
from peers import Peers
from two_hosts import two_hosts

PAGE = Path(__file__).parents[2] / "docs" / "distributed.md"
TOY = {"--dim": "6", "-G": "2", "--bs": "4", "--epochs": "1"}


def commands(first: str) -> list[list[str]]:
    lines = re.findall(r"^ {4}(\S.*)$", PAGE.read_text(), re.MULTILINE)
    return [shlex.split(line) for line in lines if line.startswith(first)]


def at_toy_size(words: list[str]) -> list[str]:
    before = ["", *words]
    return [TOY.get(b, w) for b, w in zip(before, words, strict=False)]


def test_the_commands_for_two_machines_work_on_two_hosts(tmp_path):
    (tmp_path / "data").mkdir()
    make_corpus(tmp_path / "data" / "handwriting.hdf5")
    by_hand = commands("sketch train")
    assert [w[-1] for w in by_hand] == ["0", "1"]
    words = [at_toy_size(w)[2:] for w in by_hand]
    with two_hosts(tmp_path) as hosts:
        with Peers(tmp_path, words, 2, coordinator="", before=hosts) as peers:
            assert peers.wait() == [0, 0], [peers.said(k) for k in range(2)]
    (path,) = (tmp_path / "experiments").glob("handwriting-*/history.csv")
    with open(path) as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1"]


def test_every_benchmark_of_the_page_is_there():
    words = commands("python")
    assert len(words) == 2
    for word in words:
        assert (PAGE.parents[1] / word[1]).exists()
