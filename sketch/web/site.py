"""A folder of static files that writes without a server: `sketch export --page`.

index.html           the page of `sketch serve`, without the recording sheet
static/              its scripts and style sheet; `api.js` asks a worker (`engine/`)
model/model.json     alphabet, scales, limits, styles: see `describe`
model/weights.safetensors   `layer_1/kernel` and so on, in half precision
LICENSE-…            the licence of the weights, where they have one
"""

import json
import re
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.experiment.places import pretrained_dir
from sketch.experiment.publishing import IAM_CONDITION
from sketch.experiment.styles import load_styles
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import split_pen_strokes
from sketch.page.typing import find_unknown, fit_text
from sketch.system.atomic import whole_folder

STATIC = Path(__file__).parent / "static"
ENGINE = Path(__file__).parent / "engine"
# Scripts, styles and data of this origin alone; nothing inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
IAM_LICENCE = "LICENSE-IAM-OnDB.md"
SERVED = {"index.html", "capture.html", "capture.js", "api.js", "first.json"}
LAST_STAND_IN = 0x2FFF  # Latin, its marks, punctuation, Greek, Cyrillic and more
UNSERVED = """<p class="error late">A browser opens this page only from a web server:
run <code>python -m http.server</code> in its folder, then open
<code>http://localhost:8000</code>.</p>"""


def export_page(experiment: Experiment, path: str | Path, force: bool = False) -> None:
    """Writes a page that writes handwriting, for any host of files.

    Args:
        experiment: with text, and blanks between words.
        path: the folder.
        force: replace an earlier page there, and nothing else.

    Raises:
        ValueError: the experiment writes no text or single words alone, has no
            checkpoint, or a weight is too large for half precision.
        FileExistsError: `path` is not empty, or is not a page.
    """
    path = Path(path)
    experiment.require_text()
    if not experiment.alphabet.has_blank:
        raise ValueError(f"{experiment.name} writes single words: it makes no page")
    is_page = (path / "model" / "model.json").is_file()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        if not force:
            raise FileExistsError(f"{path} exists; --force replaces it")
        if not is_page:
            raise FileExistsError(
                f"{path} is not a page of sketch, and --force replaces nothing else: "
                "choose another folder"
            )
    tensors = _tensors(experiment)
    facts = describe(experiment)
    with whole_folder(path, replace=force) as new:
        for name in ("static", "model"):
            (new / name).mkdir()
        for file in [*STATIC.iterdir(), *ENGINE.iterdir()]:
            if file.parent == ENGINE or file.name not in SERVED:
                shutil.copyfile(file, new / "static" / file.name)
        page = (STATIC / "index.html").read_text(encoding="utf-8")
        (new / "index.html").write_text(_without_server(page), encoding="utf-8")
        content = json.dumps(facts, ensure_ascii=False)
        (new / "model" / "model.json").write_text(content, encoding="utf-8")
        (new / "model" / "weights.safetensors").write_bytes(to_safetensors(tensors))
        if facts["licence"]:
            shutil.copyfile(pretrained_dir() / facts["licence"], new / facts["licence"])


def describe(experiment: Experiment) -> dict[str, Any]:
    """What the page must know of a model beside its weights, as JSON.

    The facts of `writing.facts.step_facts`; `licence`, the name of a file; `stand_ins`,
    what is written for characters that the alphabet lacks; `styles`, a list of `name`,
    `text` and `strokes` in the recordings' units; `network`, how its layers connect.
    """
    from sketch.writing.facts import step_facts

    facts = step_facts(experiment)
    settings, alphabet = experiment.hyperparameters, experiment.alphabet
    is_iam = IAM_CONDITION in (facts["condition"] or "")
    styles = load_styles(experiment).items()
    return facts | {
        "licence": IAM_LICENCE if is_iam else None,
        "stand_ins": _stand_ins(alphabet),
        "styles": [
            {
                "name": name,
                "text": " ".join(fit_text(line.text, alphabet).split()),
                "strokes": [
                    pen.round(3).tolist() for pen in split_pen_strokes(line.strokes)
                ],
            }
            for name, line in styles
        ],
        "network": {
            "cell": "gru" if settings.gru else "lstm",
            "skip": settings.skip,
            "top": settings.top,
            "scale_floor": settings.epsilon,
        },
    }


def to_safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    """Arrays as a safetensors file, in half precision.

    Raises:
        ValueError: a number is too large for half precision; names the array.
    """
    header, parts, end = {}, [], 0
    for name, values in tensors.items():
        with np.errstate(over="ignore"):
            part = values.astype("<f2")
        if not np.isfinite(part).all():
            raise ValueError(f"{name} has weights that half precision cannot hold")
        places = [end, end + part.nbytes]
        shape = list(part.shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": places}
        parts.append(part.tobytes())
        end = places[1]
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + b"".join(parts)


def _tensors(experiment: Experiment) -> dict[str, np.ndarray]:
    """The weights of an experiment, named as `layer_1/kernel`."""
    from keras import ops

    from sketch.experiment.weights import load_network

    network = load_network(experiment)
    layers = [*network.recurrent_layers, network.window, network.output_layer]
    return {
        f"{layer.name}/{weight.name}": ops.convert_to_numpy(weight)
        for layer in layers
        for weight in layer.trainable_variables
    }


def _stand_ins(alphabet: Alphabet) -> dict[str, str]:
    others = set(map(chr, range(LAST_STAND_IN))) - {*alphabet.characters}
    return {
        character: fit_text(character, alphabet)
        for character in sorted(others)
        if not character.isspace() and not find_unknown(character, alphabet)
    }


def _without_server(page: str) -> str:
    """The page of `sketch serve` with its policy inside, and without other pages."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{policy}')
    page = page.replace("<main>", f"<main>\n{UNSERVED}")
    return re.sub(r"<!-- served -->.*?<!-- /served -->\n *", "", page, flags=re.DOTALL)
