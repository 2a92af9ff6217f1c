"""An experiment or a recogniser in the form that is given away.

    <name>/
      README.md             the card: data, condition, command, time, hardware, scores
      hyperparameters.json  unchanged (of a recogniser: recogniser.json)
      history.csv           unchanged
      styles.json           its styles, if it has any
      sketch.png, pen.png, history.png   in fewer colours, if they exist
      checkpoints/best/     the best weights in half precision, and their state

The optimizer's state is left out, and `state.json` says so (`inference_only`): a
published experiment writes, is scored and gives its weights to new experiments, but it
cannot go on. Keras casts the weights back when it loads them.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from sketch.corpus.shards import open_shards
from sketch.experiment import checkpoint, places
from sketch.experiment.card import read_condition, write_card
from sketch.experiment.corpora import find_corpus_of, require_own_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.lineage import ancestors, trained_elsewhere
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.styles import STYLES_NAME
from sketch.experiment.weights_file import check_weights_file
from sketch.settings.hyperparameters import DEMO_NAME
from sketch.system.atomic import whole_folder, write_text
from sketch.system.untrusted import read_json, read_text, to_json_text

MAX_BYTES = 8_000_000  # of a published directory: a repository keeps it for ever
PICTURES = ("sketch.png", "pen.png", "history.png")
COLOURS = 32  # of their published copies
OPTIMIZER = "optimizer"  # the group of a weights file that only training needs

DEMO_CONDITION = "Free, as sketch itself (MIT licence)."
IAM_CONDITION = "Non-commercial research only (IAM-OnDB)."


def publish(
    source: Experiment | RecogniserDirectory,
    path: str | Path,
    condition: str | None = None,
    data: str | Path | Sequence[str | Path] | None = None,
    evaluations: Sequence[str | Path] = (),
    force: bool = False,
) -> Path:
    """Writes an experiment or a recogniser in its published form.

    Args:
        source: the directory to publish.
        path: of the published directory; its last part is the name that others type.
        condition: under which the weights may be used; None: as the corpus says. The
            conditions of published ancestors are added.
        data: the corpus, see `find_corpus_of`.
        evaluations: JSON files of `sketch evaluate --json`, for the card.
        force: replace a published directory at `path`, and nothing else.

    Returns:
        The published directory.

    Raises:
        ValueError: no best checkpoint; unknown condition; `data` is not its corpus; too
            large to be shipped with sketch.
        FileExistsError: `path` exists, or is not a published directory.
    """
    path = Path(path)
    if os.path.lexists(path):
        _require_replaceable(path, source, force)
    corpus = _find_sources(source, data)
    condition = _find_condition(source, corpus, condition)
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
        settings = read_json(source.path / source.settings_name, inside=source.path)
        write_text(new / source.settings_name, to_json_text(settings))
        # The history may have been moved away: only figures need it.
        for name in (source.history_path.name, STYLES_NAME):
            if (source.path / name).is_file():
                text = read_text(source.path / name, inside=source.path)
                write_text(new / name, text)
        pictures = [name for name in PICTURES if (source.path / name).is_file()]
        for name in pictures:
            _write_small(source.path / name, new / name)
        origin = "; ".join(corpus) or None
        card = write_card(source, state, pictures, origin, condition, evaluations)
        write_text(new / places.CARD_NAME, card)
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
    """Copies a picture in few colours: it looks the same in a third of the bytes."""
    try:
        with Image.open(picture) as image:
            image.convert("RGB").quantize(COLOURS).save(copy, optimize=True)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{picture} is not a picture: move it away ({error})"
        ) from error


def _require_replaceable(
    path: Path, source: Experiment | RecogniserDirectory, force: bool
) -> None:
    """Refuses to replace a directory that is not published: its training would go."""
    if path.exists() and path.samefile(source.path):
        raise FileExistsError(
            f"{path} is the experiment itself: name another folder by --output"
        )
    if not force:
        raise FileExistsError(f"{path} exists; --force replaces it")
    folder, best = path / "checkpoints", None
    if not path.is_symlink() and not checkpoint.exists(folder, "latest"):
        best = checkpoint.load(folder, "best")
    if best is None or not best[1].get("inference_only"):
        raise FileExistsError(
            f"{path} is not a published directory, and --force replaces nothing else: "
            "name another folder by --output, or move it away"
        )


def write_half(source: Path, target: Path) -> None:
    """Copies a weights file: floats in half precision, without optimizer, attributes.

    Keras reads no attribute of these arrays.

    Raises:
        ValueError: a weight is too large for half precision; names it. The file is not
            a weights file.
    """
    check_weights_file(source)

    def copy(old: h5py.Group, new: h5py.Group) -> None:
        for name, item in old.items():
            if isinstance(item, h5py.Group):
                if item.name != f"/{OPTIMIZER}":
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
            # Not compressed: compressed arrays are refused when weights are read.
            new.create_dataset(name, data=values)

    with h5py.File(source) as old, h5py.File(target, "w") as new:
        copy(old, new)


def condition_of(source: Experiment | RecogniserDirectory) -> str | None:
    """The condition on its card, or else that of its data; None if it is unknown."""
    condition = read_condition(source.path)
    if condition is None:
        with contextlib.suppress(ValueError):
            condition = _find_condition(source, _find_sources(source, None), None)
    return condition


def _find_sources(source: Experiment | RecogniserDirectory, data) -> list[str]:
    """The sources that its corpus names; none if the corpus is not at hand."""
    files = find_corpus_of(source, data)
    if not files:
        return []
    with open_shards(files) as corpus:
        if data:
            require_own_corpus(source, list(map(str, files)), corpus.digest)
        if corpus.digest != source.data_digest:
            return []
        return list(dict.fromkeys(file.source for file in corpus.files))


def _find_condition(
    source: Experiment | RecogniserDirectory,
    corpus: Sequence[str],
    condition: str | None,
) -> str:
    """The condition of its corpus, and of the weights that it began with.

    Raises:
        ValueError: one of them is unknown, and none is given.
    """
    inherited, unknown = {}, []
    if isinstance(source, Experiment):
        root = source.path.parent
        unknown = trained_elsewhere(source, root, source.data_digest)
        for lineage, parent in ancestors(source, root):
            theirs = parent and read_condition(parent.path)
            if theirs:
                inherited[theirs] = lineage.parent
                unknown = [name for name in unknown if name != lineage.parent]
    if condition is None and unknown:
        raise ValueError(
            f"{source.name} began with weights that may have learned from other data "
            f"({', '.join(unknown)}): name the condition for all of it by --condition"
        )
    if condition is None and source.dataset_name == DEMO_NAME:
        condition = DEMO_CONDITION
    if condition is None and corpus:
        is_iam = all(each.startswith("IAM-OnDB") for each in corpus)
        condition = IAM_CONDITION if is_iam else None
    if condition is None:
        raise ValueError(
            f"name the condition under which the data of {source.name} may be used by "
            "--condition, or name its corpus by --data"
        )
    for theirs, parent in inherited.items():
        if theirs not in condition:
            condition += f" It began with the weights of {parent}: {theirs}"
    return condition
