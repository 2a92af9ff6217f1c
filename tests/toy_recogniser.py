"""A little corpus of made-up ink, with a model and a recogniser trained on it."""

import numpy as np
from made_up_ink import write

from sketch.corpus.hdf5 import Line, write_corpus
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.settings.recogniser_settings import RecogniserOptions, RecogniserSettings
from sketch.settings.run_options import RunOptions
from sketch.training.epoch_pictures import EpochPictures
from sketch.training.loop import RunEnd
from sketch.training.network_run import train
from sketch.training.plan import plan_run
from sketch.training.recogniser_run import train_recogniser

# Of the same letters, so of the same length: each length takes a compilation.
WORDS = ["big", "bgi", "ibg", "igb", "gbi", "gib"]
SMALL = {"name": "toy", "dim": 4, "depth": 1, "batch_size": 4}


def make_corpus(path, seed=0):
    """12 lines to learn, 4 to check, 4 to test."""
    rng = np.random.default_rng(seed)

    def lines(name, count):
        for number in range(count):
            text = WORDS[int(rng.integers(len(WORDS)))]
            strokes = write(text) * np.float32([rng.normal(1, 0.05), 1, 1])
            yield Line(strokes, text, f"{name}-{number:02d}", "w")

    sets = {
        name: list(lines(name, count))
        for name, count in (("train", 12), ("valid", 4), ("test", 4))
    }
    write_corpus(path, sets, source="made up", command="a test", seed=0, split="random")
    return path


def recogniser_end(
    corpus, root, epochs=1, directory=None, settings=None, **options
) -> RunEnd:
    options = {"checkpoint_minutes": 60.0, "data": str(corpus)} | options
    if directory is not None:
        settings = directory.settings
    else:
        settings = RecogniserSettings(**(settings or SMALL))
    options = RecogniserOptions(epochs=epochs, **options)
    return train_recogniser(settings, directory, options, root)


def make_recogniser(*arguments, **options) -> RecogniserDirectory:
    """The directory of a recogniser that no signal stops."""
    end = recogniser_end(*arguments, **options)
    assert end.signal_number == 0
    return end.directory


def make_pen(corpus, root, monkeypatch):
    """An experiment with text of one epoch: it writes, nobody can read it."""
    monkeypatch.setattr(EpochPictures, "draw", lambda self, epoch: None)
    settings = SMALL | {"mixtures": 2, "text": True, "window_mixtures": 2}
    plan = plan_run(settings, None, root)
    return train(plan, RunOptions(epochs=1, data=str(corpus)), root).directory
