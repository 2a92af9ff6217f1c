"""An experiment made fit to be given away: what reading and writing need, and a card.

    <name>/
      README.md             the card: data, condition, command, time, hardware, scores
      hyperparameters.json  as it was (of a reader: recogniser.json)
      history.csv           as it was
      styles.json           its styles, if it has any
      sketch.png, pen.png, history.png   in fewer colours, where there are any
      checkpoints/best/     the best weights in half precision, and their state

The optimizer's state is left out, and `state.json` says so (`inference_only`): such an
experiment writes, is scored, and others are derived from it, but it cannot go on. Keras
casts the weights back as it loads them.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from sketch.corpus.shards import open_shards
from sketch.experiment import checkpoint, places
from sketch.experiment.card import settings_of, write_card
from sketch.experiment.corpora import find_corpus_files, require_own_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.lineage import trained_elsewhere
from sketch.experiment.places import RECOGNISER_NAME, SETTINGS_NAME
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.styles import STYLES_NAME, load_styles
from sketch.experiment.weights_file import check_weights_file
from sketch.settings.hyperparameters import DEMO_NAME
from sketch.system.atomic import whole_folder, write_text
from sketch.system.untrusted import read_json, read_text, to_json_text

MAX_BYTES = 8_000_000  # of a published directory: a repository keeps it for ever
PICTURES = ("sketch.png", "pen.png", "history.png")
COLOURS = 32  # of their published copies
NOT_KEPT = "optimizer"  # the group of a weights file that only training needs

DEMO_CONDITION = "Free, as sketch itself (MIT licence)."
IAM_CONDITION = (
    "IAM-OnDB may be used for non-commercial research, and so may these weights, for "
    "nothing else."
)


def publish(
    source: Experiment | RecogniserDirectory,
    path: str | Path,
    condition: str | None = None,
    data: str | Path | Sequence[str | Path] | None = None,
    evaluations: Sequence[str | Path] = (),
    force: bool = False,
) -> Path:
    """Write the directory of an experiment, or of a reader, in its published form.

    Args:
        source: which.
        path: of the published directory; its name may be a short one.
        condition: under which it may be used; None where the corpus tells.
        data: the corpus, as of `find_corpus_files`.
        evaluations: JSON files of `sketch evaluate --json`, for the card.
        force: replaces what is published under this name, and nothing else.

    Returns:
        The directory.

    Raises:
        ValueError: no best checkpoint; no condition; `data` is another corpus than its
            own; too large; not an experiment that writes texts, as a default hand must.
        FileExistsError: it is there already, or what is there is not published.
    """
    path = Path(path)
    if os.path.lexists(path):
        _require_replaceable(path, source, force)
    corpus = _find_sources(source, data)
    condition = condition or _find_condition(source, corpus)
    history = None  # it may have been moved away: figures alone are drawn from it
    if source.history_path.is_file():
        history = read_text(source.history_path, inside=source.path)
    with whole_folder(path, replace=True) as new:
        weights = new / checkpoint.WEIGHTS_NAME
        found = checkpoint.read_weights(
            source.load_checkpoint, ["best"], lambda best: write_half(best, weights)
        )
        if found is None:
            raise ValueError(
                f"{source.name} has no best checkpoint yet: finish an epoch first"
            )
        _, _, state = found
        kept = {key: state[key] for key in ("epoch", "step") if key in state}
        checkpoint.save(
            new / "checkpoints", "best", weights.rename, kept | {"inference_only": True}
        )
        settings_name = (
            SETTINGS_NAME if isinstance(source, Experiment) else RECOGNISER_NAME
        )
        settings = read_json(source.path / settings_name, inside=source.path)
        write_text(new / settings_name, to_json_text(settings))
        if history is not None:
            write_text(new / source.history_path.name, history)
        if isinstance(source, Experiment) and load_styles(source):
            styles = read_text(source.path / STYLES_NAME, inside=source.path)
            write_text(new / STYLES_NAME, styles)
        pictures = [name for name in PICTURES if (source.path / name).is_file()]
        for name in pictures:
            _write_small(source.path / name, new / name)
        told = "; ".join(corpus) or None
        card = write_card(source, state, pictures, told, condition, evaluations)
        write_text(new / "README.md", card)
        size = sum(file.stat().st_size for file in new.rglob("*") if file.is_file())
        is_ours = path.parent.resolve() == places.pretrained_dir().resolve()
        if is_ours and size > MAX_BYTES:
            raise ValueError(
                f"{source.name} would take {size:,} bytes in {path.parent}, which "
                f"ships with sketch; the limit there is {MAX_BYTES:,}: choose another "
                "--output"
            )
    return path


def _write_small(picture: Path, copy: Path) -> None:
    """A picture in so few colours that ink and curves look the same in a third."""
    try:
        with Image.open(picture) as image:
            image.convert("RGB").quantize(COLOURS).save(copy, optimize=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"{picture} is no picture; move it away: {error}") from error


def _require_replaceable(
    path: Path, source: Experiment | RecogniserDirectory, force: bool
) -> None:
    """Refuses to replace what is not published: its training would be lost."""
    if path.exists() and path.samefile(source.path):
        raise FileExistsError(
            f"{path} is what is to be published; name another folder by --output"
        )
    if not force:
        raise FileExistsError(f"{path} is there already; --force replaces it")
    if path.is_symlink() or not _is_published(path):
        raise FileExistsError(
            f"{path} is not published, and --force replaces only what is: name another "
            "folder by --output, or move it away"
        )


def _is_published(path: Path) -> bool:
    folder = path / "checkpoints"
    if not path.is_dir() or checkpoint.load(folder, "latest") is not None:
        return False
    best = checkpoint.load(folder, "best")
    return best is not None and best[1].get("inference_only") is True


def write_half(source: Path, target: Path) -> None:
    """Copies a weights file: floats in half precision, no optimizer.

    Raises:
        ValueError: a weight is too large for half precision; names it. The file is no
            weights file.
    """
    check_weights_file(source)

    def copy(old: h5py.Group, new: h5py.Group) -> None:
        new.attrs.update(old.attrs)
        for name, item in old.items():
            if isinstance(item, h5py.Group):
                if item.name != f"/{NOT_KEPT}":
                    copy(item, new.create_group(name))
                continue
            values = item[...]
            if np.issubdtype(values.dtype, np.floating):
                with np.errstate(over="ignore"):
                    values = values.astype(np.float16)
                if not np.isfinite(values).all():
                    raise ValueError(
                        f"{source}: {item.name} has weights that half precision "
                        "cannot hold"
                    )
            # In one piece, not packed: what unpacks can unpack to any size, and is
            # refused when weights are read.
            new.create_dataset(name, data=values).attrs.update(item.attrs)

    with h5py.File(source) as old, h5py.File(target, "w") as new:
        copy(old, new)


def _find_sources(source: Experiment | RecogniserDirectory, data) -> list[str]:
    """Where the corpus came from, in its files' words; none if it is not at hand."""
    files = find_corpus_files(settings_of(source).name, data, source.data_digest)
    if not files:
        return []
    with open_shards(files) as corpus:
        if corpus.digest != source.data_digest:
            if data:
                name = settings_of(source).name
                require_own_corpus(source, name, list(map(str, files)), corpus.digest)
            return []
        return list(dict.fromkeys(file.source for file in corpus.files))


def _find_condition(
    source: Experiment | RecogniserDirectory, corpus: Sequence[str]
) -> str:
    strangers = []
    if isinstance(source, Experiment):
        root = source.path.parent
        strangers = trained_elsewhere(source, root, source.data_digest)
    if strangers:
        raise ValueError(
            f"{source.name} began with what {' and '.join(strangers)} learned, from "
            "other data as far as is known: say by --condition under which condition "
            "all of that may be used"
        )
    if settings_of(source).name == DEMO_NAME:
        return DEMO_CONDITION
    if corpus and all(each.startswith("IAM-OnDB") for each in corpus):
        return IAM_CONDITION
    raise ValueError(
        f"say by --condition under which condition what {source.name} learned from may "
        "be used, or name its corpus by --data"
    )
