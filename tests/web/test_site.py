"""The page without a server, exported and driven in Chromium."""

import functools
import re
import shlex
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from made_up_ink import pens_of
from selenium.webdriver import Keys
from untrained import make_experiment

from sketch.experiment.weights import load_network
from sketch.generation.attention import describe_fault, unevenness
from sketch.generation.sampling import SamplingLoop, _draw_noise, sample
from sketch.ink.fit import fit_to_corpus
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.line_of_ink import line_from_pen_strokes
from sketch.ink.strokes import normalise, split_pen_strokes
from sketch.page.baseline import find_baseline
from sketch.web.site import export_page

DOCS = Path(__file__).parents[2] / "docs" / "export.md"
(COMMAND,) = re.findall(r"(?m)^ {4}(sketch export .* --page .*)$", DOCS.read_text())
FIRST = "handwriting, / point by / point"  # what the page writes when it is opened
STEPS = 200
SETTINGS = [
    {"depth": 2, "dim": 12, "mixtures": 3},
    {"depth": 2, "gru": True, "skip": True},
    {"depth": 2, "peepholes": True, "top": True},
    {"depth": 1, "epsilon": 0.01},
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def hosted():
    """Serves folders as any host of files does; their addresses."""
    servers = []

    def serve(folder):
        handler = functools.partial(Quiet, directory=folder)
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A page of a model with a style."""
    root = tmp_path_factory.mktemp("site")
    experiment = make_experiment(root)
    line = line_from_pen_strokes(pens_of("a lake")[0], "a lake", "wide")
    write_json(experiment.path / "styles.json", [line])
    export_page(experiment, root / "page")
    return root / "page"


@pytest.fixture
def page(page_of, hosted, site):
    return page_of(hosted(site))


@pytest.fixture
def calm(page):
    page.open(prefers_reduced_motion="reduce")
    page.wait_for_ink(FIRST)
    return page


def ask(page, module, expression, *args):
    """The value of an expression of a module's functions `m` and of `args`."""
    script = (
        "const [args, done] = [[...arguments], arguments[arguments.length - 1]];"
        f"import('/static/{module}').then(async (m) => done({expression}))"
        ".catch((error) => done(String(error)));"
    )
    return page.browser.execute_async_script(script, *args)


WRITE = """await (async () => {
  const of = (name) => fetch("/model/" + name);
  const model = await (await of("model.json")).json();
  const buffer = await (await of("weights.safetensors")).arrayBuffer();
  const network = new m.Network(model, m.parseSafetensors(buffer));
  const [codes, bias, noise, prime] = args;
  const pen = network.begin(codes);
  return noise.map((row, i) => {
    const point = network.write(pen, bias, row, prime[i]);
    return [...point, ...pen.phi];
  });
})()"""


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_same_noise_gives_the_same_ink_as_in_python(
    page_of, hosted, tmp_path, settings
):
    experiment = make_experiment(tmp_path, **settings)
    network = load_network(experiment)
    rng = np.random.default_rng(0)
    layers = [*network.recurrent_layers, network.window, network.output_layer]
    for weight in [weight for layer in layers for weight in layer.trainable_variables]:
        values = ops.convert_to_numpy(weight) + rng.normal(0, 0.2, weight.shape)
        weight.assign(values.astype("float16").astype("float32"))  # as exported
    experiment.save_checkpoint("best", network.save_weights, {"step": 0})
    export_page(experiment, tmp_path / "page")
    codes = experiment.alphabet.encode("a lake by a hill")
    prime = rng.normal(0, 1, (9, 3)).astype(np.float32)
    prime[:, 2] = prime[:, 2] > 1
    trace = sample(
        SamplingLoop(network),
        num_lines=1,
        max_steps=STEPS,
        probability_bias=0.7,
        seed=3,
        texts=[codes],
        primes=[prime],
    )
    generator = np.random.default_rng([3, 0])
    noise = np.concatenate([_draw_noise(generator) for _ in range(4)])
    page = page_of(hosted(tmp_path / "page")).open()
    rows = noise[: STEPS + len(prime)].tolist()
    found = ask(page, "network.js", WRITE, codes.tolist(), 0.7, rows, prime.tolist())
    found = np.array(found)[len(prime) :]
    np.testing.assert_allclose(found[:, :3], trace.strokes[0], atol=1e-3)
    phi = trace.phi[0, :, : len(codes)]
    np.testing.assert_allclose(found[:, 3:], phi, atol=1e-3)
    assert np.ptp(trace.strokes[0, :, 2]) == 1 and phi.max() > 0.1


def test_faults_are_those_of_python(page):
    page.open()
    text = "a big lake"
    told = set()
    for place, factor in [(0, 1), (3, 0), (8, 0), (1, 1), (4, 5), (9, 2), (5, 3)]:
        counts = np.full(11, 6)
        counts[place] *= factor
        distance = np.repeat(np.arange(11), counts)[:, None] - np.arange(11)
        phi = np.exp(-((distance / 0.4) ** 2))
        script = "[m.describeFault(...args), m.unevenness(args[0])]"
        fault, uneven = ask(page, "checks.js", script, phi.tolist(), text)
        assert fault == describe_fault(phi, text)
        assert uneven == pytest.approx(unevenness(phi))
        told.add(fault and fault.split("may")[1][:5])
    assert told == {None, " lack", " not "}
    nothing = ask(page, "checks.js", "m.describeFault(...args)", [[0.0] * 11], text)
    assert nothing == describe_fault(np.zeros((1, 11)), text)


def test_baselines_and_drawn_lines_are_read_as_in_python(page):
    page.open()
    for text, lean in [("a lake by a hill", 0.1), ("ALL TALL 12", -0.05), ("-", 0)]:
        pens = [pen + lean * pen[:, ::-1] * [0, 1] for pen in pens_of(text)[0]]
        strokes = [pen.tolist() for pen in pens]
        found = ask(page, "placement.js", "m.findBaseline(...args)", strokes, text)
        wanted = find_baseline(pens, text)
        for name, value in [("slope", wanted.slope), ("offset", wanted.offset)]:
            assert found[name] == pytest.approx(value, abs=1e-6), text
        if found["xHeight"] is not None:  # JSON has no NaN
            assert found["xHeight"] == pytest.approx(wanted.x_height)
    mean, std = [4.0, 0.5], [6.0, 5.0]
    for rate in (4.0, 60.0):
        scales = {"points_per_character": rate, "offset_mean": mean, "offset_std": std}
        script = "m.toRows(m.fitToModel(args[0], args[1], args[2]), args[2])"
        pens = pens_of("a lake")[0]
        strokes = [pen.tolist() for pen in pens]
        found = ask(page, "placement.js", script, strokes, "a lake", scales)
        line = line_from_pen_strokes(pens, "a lake").strokes
        fitted = fit_to_corpus(line, 7 * rate, 7 * rate * mean[0])
        wanted = normalise(fitted, np.array(mean), np.array(std))
        np.testing.assert_allclose(found, wanted, atol=1e-3)
        back = ask(page, "placement.js", "m.toStrokes(...args)", found, scales, False)
        for pen, same in zip(split_pen_strokes(fitted), back, strict=True):
            np.testing.assert_allclose(pen - pen[0], np.array(same) - same[0], atol=0.1)


PLAYER = """(() => {
  const svg = m.element("svg");
  const player = new m.Player(svg, { onPoint() {}, onEnd() {} });
  player.begin({ width: 9, height: 9 }, 0.3);
  const points = Array.from({ length: 9 }, (_, i) => [i, i % 2]);
  const seen = (time) => {
    player.time = time;
    const isBusy = player.advance();
    const paths = [...svg.querySelectorAll("path")];
    return [isBusy, ...paths.map((path) => path.getAttribute("d"))];
  };
  const found = [];
  player.put(0, { strokes: [points.slice(0, 3)], isPart: true });
  found.push(seen(99));
  player.put(0, { strokes: [points.slice(0, 5), points.slice(5)], isPart: true });
  found.push(seen(player.time + 2));
  found.push(seen(99));
  player.put(0, { strokes: [points.slice(3, 5)], isPart: true }, true);
  found.push(seen(0));
  player.put(0, { strokes: [points.slice(3, 5)] });
  found.push(seen(99));
  return found;
})()"""


def test_a_line_grows_and_is_begun_again(page):
    page.open()
    found = ask(page, "ink.js", PLAYER)
    curves = [[path.count("C") for path in paths] for _, *paths in found]
    assert curves == [[2], [4], [4, 3], [0], [1]]
    assert [is_busy for is_busy, *_ in found] == [True] * 4 + [False]
    assert found[3][1] == "M3,1"  # the ink before is gone


def test_a_page_is_opened_and_writes(page):
    page.open(prefers_reduced_motion="no-preference")
    page.set("speed", 4)
    page.wait(lambda: page["sheet"].get_attribute("data-state") == "writing")
    first = page.wait_for_ink(FIRST)
    assert len(page.all("#ink .line")) == 3
    assert page["status"].text.startswith("Written: 3 lines.")
    assert page.all("#choices svg path") and not page["model"].is_displayed()
    assert not page.all("nav") and not page.all(".late")
    inline = (
        "const one = document.createElement('script'); one.textContent = 'hit = 1';"
    )
    page.run(f"{inline} document.head.append(one)")
    assert page.run("return typeof hit") == "undefined"
    assert "Content Security Policy" in page.browser.get_log("browser")[0]["message"]
    page.set("bias", 0)
    page.write("a lake" + Keys.ENTER + "and a hill")
    plain = page.wait_for_ink("a lake / and a hill")
    assert plain != first
    page.all("[data-format=svg]")[0].click()
    saved = page.downloaded("a-lake-and-a-hill.svg")
    assert [line.text for line in read_ink(saved)] == ["a lake", "and a hill"]
    page["write"].click()
    page.wait(lambda: page.wait_for_ink("a lake / and a hill") == plain)  # same seed
    page["again"].click()
    page.wait(lambda: page.wait_for_ink("a lake / and a hill") != plain)


def test_styles_are_continued(calm):
    calm.write("a hill")
    inks = [calm.wait_for_ink("a hill")]
    calm["hold"].click()
    for choice in ("kept", "style:wide", "own"):
        calm.choose_style(choice)
        if choice == "own":
            calm.draw([(-150, 10), *[(8, -20), (8, 20)] * 5], [(20, 10), (50, 30)])
        calm["write"].click()
        calm.wait(lambda: calm.wait_for_ink("a hill") != inks[-1])
        inks.append(calm.paths())
    assert len(set(map(tuple, inks))) == 4


def test_characters_are_fitted_or_named(calm):
    calm.type("a þ “lake”\nand þ 5")
    calm.wait(lambda: calm["unknown"].text.startswith("This model cannot write"))
    assert "þ" in calm["unknown"].text and calm["unknown"].text.endswith(" and 5.")
    calm.choose_style("own")
    calm.draw([(-150, 10), (20, -20), (20, 20)])
    calm["own-text"].clear()
    calm["own-text"].send_keys("a þ")
    calm.type("é’")
    calm["write"].click()
    calm.wait(lambda: "þ, which the drawn line says" in calm["error"].text)
    calm.choose_style("")
    calm["write"].click()
    calm.wait_for_ink("e'")
    assert "Accents left out: é written as e." in calm["status"].text


def test_a_long_text_is_stopped_and_the_next_one_is_written(calm):
    calm.write("a lake by a hill\n" * 30)
    calm.wait(lambda: "a lake by a" in calm["ink"].get_attribute("aria-label"))
    calm["stop"].click()
    assert calm["status"].text.startswith("Stopped after line")
    calm.write("a hill")
    calm.wait_for_ink("a hill")


def test_from_a_file_the_page_says_how_it_is_served(page_of, site):
    page = page_of("file://")
    page.browser.get((site / "index.html").as_uri())
    page.wait(lambda: page.all(".late")[0].is_displayed())
    assert "python -m http.server" in page.all(".late")[0].text
    assert page.run("return getComputedStyle(document.body).maxWidth") != "none"
    page.browser.get_log("browser")  # it tells of the refused scripts


def test_the_command_of_the_docs_makes_the_page_and_replaces_only_pages(
    sketch, tmp_path
):
    make_experiment(tmp_path / "experiments", name="toy")
    words = [word.replace("iam-text", "toy") for word in shlex.split(COMMAND)[1:]]
    assert sketch(*words) == (0, "site\n", "")
    (tmp_path / "site" / "mine.txt").touch()
    result = sketch(*words)
    assert (result.code, result.err) == (1, "Error: site exists; --force replaces it\n")
    assert sketch(*words, "--force").code == 0
    assert {path.name for path in (tmp_path / "site").iterdir()} == {
        *("index.html", "static", "model")
    }
    result = sketch(*words[:-1], "experiments", "--force")
    assert result.code == 1 and "experiments is not a page of sketch" in result.err
    result = sketch(*words[:-2])
    assert result.code == 2 and "--output FILE.onnx or --page FOLDER" in result.err
    make_experiment(tmp_path / "experiments", False, name="free", text=False)
    result = sketch("export", "--model", "free", "--page", "other")
    assert result.code == 1 and "cannot write a given text" in result.err
