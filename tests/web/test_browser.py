"""The page that writes, in a real browser: Chromium."""

import http.client
import io
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lxml import etree
from made_up_ink import pens_of
from selenium.webdriver import ActionChains, Keys
from web_browser import EXAMPLE
from web_server import Server, made_up_write

from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.line_of_ink import line_from_pen_strokes
from sketch.web import app as web_app


def test_the_first_page_shows_an_example_and_asks_for_no_writing(calm):
    assert len(calm.all("#ink .line")) == 2
    assert calm["status"].text.startswith("An example, written beforehand.")
    asked = "return performance.getEntriesByType('resource').map(e => e.name)"
    assert not [name for name in calm.run(asked) if "api/write" in name]


def test_a_text_is_written_and_saved(calm):
    calm.write("a lake" + Keys.ENTER + "and a hill")
    paths = calm.wait_for_ink("a lake / and a hill")
    assert len(paths) > 2 and len(calm.all("#ink .line")) == 2
    assert calm["status"].text.startswith("Written: 2 lines.")
    calm.set("pen", 0.5)
    calm.set("colour", "#aa0000")
    for name in ("svg", "inkml", "png"):
        calm.all(f"[data-format={name}]")[0].click()
        saved = calm.downloaded(f"a-lake-and-a-hill.{name}")
        assert calm["status"].text == f"Saved as {saved.name}."
        if name == "png":
            picture = plt.imread(saved)
            assert picture.shape[1] >= 1600
            assert (picture[..., 0] - picture[..., 1]).max() > 0.5  # red
            continue
        assert [line.text for line in read_ink(saved)] == ["a lake", "and a hill"]
        root = etree.parse(saved).getroot()
        if name == "svg":  # the curves of the screen
            found = [path.get("d") for path in root.iter("{*}path")]
            assert found == paths
            assert 'stroke="#aa0000" stroke-width="0.5"' in saved.read_text()
        else:
            traces = [trace.text for trace in root.iter("{*}trace")]
            assert len(traces) == len(paths)
            numbers = " ".join(traces).replace(",", " ").split()
            assert max(len(number.partition(".")[2]) for number in numbers) <= 3


def test_the_pen_takes_its_time(page):
    page.open(prefers_reduced_motion="no-preference")
    page.set("speed", -1)
    page.wait(lambda: page.all("#ink path"))
    few = len(page.all("#ink path"))
    assert page["sheet"].get_attribute("data-state") == "writing"
    assert len(page.all("#ink .tip")) == 1
    assert page["replay"].text == "Show at once"
    page["sheet"].click()
    paths = page.wait_for_ink(EXAMPLE)
    assert len(paths) > few and not page.all("#ink .tip")
    page["replay"].click()
    page.wait(lambda: len(page.all("#ink path")) < len(paths))
    assert page["status"].text == "The pen is writing line 1 of 2."
    page["replay"].click()  # the keyboard has this way
    assert page.wait_for_ink(EXAMPLE) == paths
    page["replay"].click()
    page.wait(lambda: len(page.all("#ink path")) < len(paths))
    page.set("speed", 5)  # "at once"
    assert page.wait_for_ink(EXAMPLE) == paths


def test_pen_and_colour_change_the_ink_on_the_paper(calm):
    colour = "return getComputedStyle(document.querySelector('#ink path')).stroke"
    before = calm.run(colour)
    calm.set("colour", "#aa0000")
    calm.set("pen", 0.8)
    assert calm.run(colour) == "rgb(170, 0, 0)" != before
    assert calm["ink"].get_attribute("stroke-width") == "0.8"
    assert calm["pen-value"].text == "0.8 mm"
    drawn = """return [...document.querySelectorAll('#ink path')].map(
        (path) => [path.getAttribute('d'), path.getAttribute('stroke-width')])"""
    even = calm.run(drawn)
    assert {width for _, width in even} == {None}
    calm["nib"].click()
    widths = {float(width) for _, width in calm.run(drawn)}
    assert 0.4 < min(widths) < 0.7 < 0.9 < max(widths) < 1.25
    calm["nib"].click()
    assert calm.run(drawn) == even


# While a text is computed


@pytest.fixture
def gated(models, monkeypatch, page_of):
    """A page whose server writes a line each time `go` is released, and its texts."""
    go = threading.Semaphore(0)
    texts, stopped, faults = [], [], []

    def write(model, asked, stop, tell):
        if asked.text in web_app.WARM_UPS:
            return
        texts.append(asked.text)

        def tell_line(event):
            while not go.acquire(timeout=0.02):
                if stop.is_set():
                    stopped.append(asked.text)
                    raise web_app.CancelledError
            tell(event | ({"faults": faults} if event["event"] == "end" else {}))

        made_up_write(model, asked, stop, tell_line)

    monkeypatch.setattr(web_app, "write", write)
    monkeypatch.setattr("sketch.web.models.Models.open", lambda self, name: None)
    with Server(models) as server:
        page = page_of(server.address).open(prefers_reduced_motion="reduce")
        page.wait_for_ink(EXAMPLE)
        page.server, page.go, page.texts, page.stopped = server, go, texts, stopped
        page.models, page.faults = models, faults
        yield page
        page["stop"].is_displayed() and page["stop"].click()
        for _ in range(100):
            go.release()


def test_lines_are_shown_as_they_come_and_stop_keeps_them(gated):
    gated.write("one\ntwo\nthree")
    gated.wait(lambda: gated.texts)
    assert gated["status"].text == "Thinking…" and gated["stop"].is_displayed()
    assert len(gated.all("#ink .line")) == 2  # the example is still there
    for count in (1, 2):
        gated.go.release()
        gated.wait(
            lambda count=count: (
                gated["ink"].get_attribute("aria-label")
                == "Handwriting that reads: " + " / ".join(["one", "two"][:count])
            )
        )
        assert len(gated.all("#ink .line")) == count
    gated["stop"].click()
    gated.wait(lambda: gated.stopped)
    assert gated["status"].text == "Stopped after line 2 of 3."
    assert not gated["stop"].is_displayed() and len(gated.all("#ink .line")) == 2
    assert gated["replay"].is_displayed()


def test_the_pen_waits_for_the_next_line_and_tells_its_number(gated):
    gated.open("/#text=a%0Ab", prefers_reduced_motion="no-preference")
    gated.set("speed", 4)
    gated.wait(lambda: gated.texts)
    gated.go.release()
    gated.wait(lambda: gated["status"].text == "The pen is writing line 1 of 2.")
    assert gated["sheet"].get_attribute("data-state") == "writing"
    gated.go.release()
    gated.wait(lambda: gated["status"].text == "The pen is writing line 2 of 2.")
    gated.go.release()
    gated.wait_for_ink("a / b")
    assert gated["status"].text == "Written: 2 lines."


def test_a_model_that_is_loaded_is_told(gated, monkeypatch):
    go = threading.Event()

    def open_model(self, name):
        go.wait(60)

    monkeypatch.setattr("sketch.web.models.Models.open", open_model)
    with Server(gated.models) as server:
        gated.address = server.address
        gated.open(prefers_reduced_motion="reduce").wait_for_ink(EXAMPLE)
        gated.write("a")
        gated.wait(lambda: gated["status"].text.startswith("Loading the model"))
        go.set()
        gated.go.release()
        gated.go.release()
        gated.wait_for_ink("a")


def test_the_place_in_the_queue_is_told(gated):
    connection = http.client.HTTPConnection("127.0.0.1", gated.server.port)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/write", '{"text": "other"}', headers)
    gated.wait(lambda: gated.texts == ["other"])
    gated.write("mine")
    gated.wait(lambda: gated["status"].text == "One text is written before yours…")
    gated.go.release()
    gated.go.release()
    gated.wait(lambda: gated["status"].text == "Thinking…")
    connection.close()


def test_words_that_may_not_be_legible_are_named_in_one_sentence(gated):
    misread = [f"'{c}' may not be legible (4 tries)" for c in "abcdefgh"]
    for faults, told in (
        (misread[:1], "“a” may not be legible."),
        (
            [*misread, "odd"],
            "“a”, “b”, “c”, “d”, “e”, “f” and 2 more may not be legible. Odd.",
        ),
    ):
        gated.faults[:] = faults
        gated.write("a")
        gated.go.release()
        gated.go.release()
        gated.wait(
            lambda told=told: gated["status"].text == f"Written: one line. {told}"
        )


def test_leaving_the_page_stops_its_writing(gated):
    gated.write("long text")
    gated.wait(lambda: gated.texts)
    gated.all("nav a")[1].click()
    gated.wait(lambda: gated.stopped == ["long text"])
    gated.browser.back()
    gated.wait(
        lambda: (
            gated["form"].get_attribute("aria-busy") != "true" or len(gated.texts) > 1
        )
    )


def test_a_lost_server_is_told_at_the_button_and_cleared_by_the_next_try(page):
    page.command("Network.enable")
    page.command("Network.setBlockedURLs", urls=["*/api/*"])
    page.open(prefers_reduced_motion="reduce")  # its models do not come
    page.wait(lambda: "does not answer" in page["error"].text)
    for text in ("a lake", "a hill"):
        page.command("Network.setBlockedURLs", urls=[])
        page.write(text)
        page.wait_for_ink(text)
        assert page["error"].text == ""
        page.command("Network.setBlockedURLs", urls=["*/api/write"])
        page["write"].click()
        page.wait(lambda: "does not answer" in page["error"].text)
        assert page["text"].get_attribute("aria-invalid") != "true"
    page.command("Network.setBlockedURLs", urls=[])
    page.browser.get_log("browser")  # it tells of the blocked requests


def test_a_pen_that_ends_while_another_text_is_asked_for_says_nothing(page):
    page.open(prefers_reduced_motion="no-preference")
    page.wait(lambda: page["status"].text.startswith("The pen is writing"))
    page.run("document.getElementById('form').setAttribute('aria-busy', 'true')")
    page["sheet"].click()
    page.wait(lambda: page["sheet"].get_attribute("data-state") == "done")
    assert page["status"].text.startswith("The pen is writing")


# What the user sees of it


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800), (844, 390)])
def test_the_paper_is_in_view_when_the_pen_writes(page, width, height):
    page.resize(width, height, mobile=width == 390)
    page.open(prefers_reduced_motion="reduce")
    page.wait_for_ink(EXAMPLE)
    for button in ("write", "again", "replay"):
        page.run("document.getElementById('styles').scrollIntoView()")
        page.run(f"document.getElementById('{button}').click()")
        page.wait_for_ink(EXAMPLE)
        top = page.run(
            "return document.getElementById('sheet').getBoundingClientRect().top"
        )
        assert 0 <= top < height / 2, button


def test_what_belongs_to_the_ink_is_right_below_it(calm):
    calm.write("a lake\n" * 5)
    calm.wait_for_ink(" / ".join(["a lake"] * 5))
    order = ["sheet", "status", "replay", "again", "text", "write", "model", "styles"]
    tops = [calm[name].rect["y"] for name in [*order, "attention"]]
    assert tops == sorted(tops)
    assert calm["map"].rect["height"] <= 360


def test_unknown_characters_are_marked_while_typing_and_left_out_on_demand(calm):
    paths = calm.paths()
    calm.type("a þ lake\nand þ 5")
    calm.wait(lambda: calm["unknown"].text == "This model cannot write þ and 5.")
    assert [mark.get_attribute("textContent") for mark in calm.all("mark")] == [
        *("þ", "þ", "5"),
    ]
    calm["write"].click()
    calm.wait(lambda: calm["text"].get_attribute("aria-invalid") == "true")
    assert calm.paths() == paths
    calm["without"].click()
    calm.wait_for_ink("a lake / and")
    assert calm["unknown"].text == "" and not calm["without"].is_displayed()
    assert calm["text"].get_attribute("aria-invalid") == "false"
    calm.type("é")  # it has a stand-in
    calm["write"].click()
    calm.wait_for_ink("e")
    assert "Accents left out: é written as e." in calm["status"].text


def test_a_text_that_is_too_long_is_told_before_it_is_sent(calm):
    calm.run("document.getElementById('text').value = 'a'.repeat(649)")
    calm["text"].send_keys("a")
    assert "50 characters too many" in calm["count"].text
    calm["write"].click()
    assert calm["error"].text == "The text is 50 characters too long."


# Styles


def test_a_drawn_style_is_written_on(calm):
    calm.write("a hill")
    plain = calm.wait_for_ink("a hill")
    assert not calm["own"].is_displayed()
    calm.choose_style("own")
    calm["write"].click()
    calm.wait(lambda: "Draw the words" in calm["error"].text)
    zigzag = [(8, -20), (8, 20)] * 5
    calm.draw([(-150, 10), *zigzag], [(-20, 10), *zigzag], [(100, 0), (1, 1)])
    assert len(calm.all("#pad path")) == 3
    calm["pad-undo"].click()
    assert len(calm.all("#pad path")) == 2
    calm["write"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") != plain)
    calm["own-text"].clear()
    calm["own-text"].send_keys("hi")
    calm["write"].click()
    calm.wait(lambda: "A prime of 2 characters is short" in calm["status"].text)
    calm["pad-clear"].click()
    assert not calm.all("#pad path")
    calm.choose_style("")
    calm["write"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") == plain)


STROKES = """
const [events, done] = arguments;
import("/static/pad.js").then(({ Pad }) => {
  const pad = new Pad(document.createElement("div"), { label: "" });
  pad.svg.setPointerCapture = () => {}; // nobody holds these pointers
  for (const [type, pointerType, x, timeStamp] of events) {
    if (type === "undo") {
      pad.undo();
      continue;
    }
    const pointerId = pointerType === "pen" ? 1 : 2;
    const options = { pointerType, pointerId, clientX: x, button: 0 };
    const name = type === "lost" ? "lostpointercapture" : `pointer${type}`;
    const event = new PointerEvent(name, options);
    Object.defineProperty(event, "timeStamp", { value: timeStamp });
    pad.svg.dispatchEvent(event);
  }
  done(pad.strokes.map((stroke) => stroke.map(([x, , t]) => [x, t])));
});
"""


STROKES_OF = {  # what the pointers do, and the strokes that are kept
    "down mouse 0 0, move mouse 5 8, up mouse 7 9": [[[0, 0], [5, 8], [7, 9]]],
    "down mouse 0 0, move mouse 9 0, move mouse 10 0": [[[0, 0], [9, 0]]],
    "down mouse 1 0, lost mouse 1 5, down pen 2 10, up pen 2 20": [[[1, 0]], [[2, 10]]],
    "down touch 1 100, move touch 2 110, down pen 50 120, move touch 3 125,"
    "move pen 60 130, up pen 60 140, up touch 3 150, down touch 4 160": [
        [[50, 0], [60, 10]]
    ],
    "down touch 1 100, move touch 2 110, cancel touch 2 120": [],
    "down pen 1 100, move pen 2 110, cancel pen 2 120": [[[1, 0], [2, 10]]],
    "down mouse 1 0, up mouse 1 9, down mouse 2 20, undo, move mouse 3 30": [[[1, 0]]],
    "down mouse 0 0," + ",".join(f"move mouse {t} {t}" for t in range(1, 10)): [
        [[0, 0], [4, 4], [8, 8]]
    ],
}


def test_the_pad_keeps_strokes_of_one_pointer(page):
    page.open("/capture")
    for events, strokes in STROKES_OF.items():
        steps = []
        for kind, *rest in map(str.split, events.split(",")):
            pointer, *numbers = rest or [""]
            steps.append([kind, pointer, *map(int, numbers)])
        found = page.browser.execute_async_script(STROKES, steps)
        assert found == strokes, events


def test_a_kept_style_is_that_of_the_longest_line(calm):
    calm.write("Hi,\nall of the hill\n" + "a" * 61)
    first = calm.wait_for_ink("Hi, / all of the hill / " + "a" * 61)
    calm["hold"].click()
    assert "the style of “all of the hill”" in calm["status"].text
    assert calm.all("#choices :checked")[0].get_attribute("value") == "kept"
    assert len(calm.all("#choices svg")) == 1
    calm["write"].click()
    calm.wait(lambda: calm.wait_for_ink("Hi, / all of the hill / " + "a" * 61) != first)
    calm.write("a" * 61)
    calm.wait_for_ink("a" * 61)
    calm["hold"].click()
    assert "too long to be kept" in calm["ink-error"].text


def test_another_way_takes_another_seed(calm):
    calm.write("a hill")
    first = calm.wait_for_ink("a hill")
    seed = calm["seed"].get_attribute("value")
    calm["again"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") != first)
    assert calm["seed"].get_attribute("value") != seed
    calm["seed"].clear()
    calm["seed"].send_keys(seed)
    calm["write"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") == first)


@pytest.fixture
def wide_style(models, experiment, monkeypatch):
    line = line_from_pen_strokes(pens_of("a lake")[0], "a lake", "wide")
    path = experiment.path / "styles.json"
    write_json(path, [line])
    monkeypatch.setitem(models.styles, experiment.name, {"wide": line})
    yield "wide"
    path.unlink()


def test_a_style_has_a_picture_and_excludes_the_others(page, wide_style):
    page.open(prefers_reduced_motion="reduce")
    first = page.wait_for_ink(EXAMPLE)
    page.wait(lambda: len(page.all("#choices svg path")) >= 5)
    page.choose_style("own")
    page.choose_style("style:wide")
    assert not page["own"].is_displayed()
    page["write"].click()  # the pad is empty, and nobody is told to draw
    page.wait(lambda: page.wait_for_ink(EXAMPLE) != first)
    assert page["error"].text == ""
    assert "style=wide" in page.browser.current_url


# The address


def test_the_address_holds_what_is_written(page, wide_style, experiment):
    page.open(prefers_reduced_motion="reduce")
    page.wait(lambda: len(page.all("#choices svg")) == 1)
    page.choose_style("style:wide")
    page.set("bias", 0.5)
    page.write("a lake and a hill")
    first = page.wait_for_ink("a lake and a hill")
    found = parse_qs(urlparse(page.browser.current_url).fragment)
    assert found == {
        "text": ["a lake and a hill"],
        "model": [experiment.name],
        "style": ["wide"],
        "bias": ["0.5"],
        "seed": ["5"],
        "columns": found["columns"],
    }
    page.browser.refresh()
    assert page.wait_for_ink("a lake and a hill") == first
    assert page["text"].get_attribute("value") == "a lake and a hill"
    assert page["bias"].get_attribute("value") == "0.5"
    page.resize(390, 844)  # sent to a phone, the lines are the same
    page.browser.refresh()
    assert page.wait_for_ink("a lake and a hill") == first
    page.run("document.querySelector('.skip').focus()")  # it is out of sight before
    ActionChains(page.browser).send_keys(Keys.ENTER).perform()
    page.wait(lambda: "text=a+lake" in page.browser.current_url)


def test_a_draft_is_there_again_when_the_page_is_opened_anew(calm):
    calm.type("a lake that")
    calm.all("nav a")[1].click()
    calm.wait(lambda: calm.all("#prompt"))
    calm.all("nav a")[0].click()
    calm.wait_for_ink(EXAMPLE)
    calm.wait(lambda: calm["text"].get_attribute("value") == "a lake that")


def test_localhost_leads_to_the_address_with_the_recorded_lines(page_of, page):
    for path in ("/", "/capture"):
        there = page.address.replace("127.0.0.1", "localhost")
        page.browser.get(there + path)
        page.wait(lambda path=path: page.browser.current_url == page.address + path)


class Proxy(BaseHTTPRequestHandler):
    """Shows a server below a path, as notebook servers do."""

    prefix, behind = "/user/x/proxy/8000", ""

    def do_GET(self):
        self.pass_on(None)

    def do_POST(self):
        self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def pass_on(self, body):
        if not self.path.startswith(self.prefix):
            self.send_error(404)
            return
        url = self.behind + self.path.removeprefix(self.prefix)
        names = ("Content-Type", "Accept")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as got:
            self.send_response(got.status)
            self.send_header("Content-Type", got.headers["Content-Type"])
            self.end_headers()
            self.wfile.write(got.read())

    def log_message(self, *_):
        pass


def test_the_pages_work_below_a_path_of_a_proxy(page_of, scribbling_server):
    handler = type("Handler", (Proxy,), {"behind": scribbling_server.address})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
        threading.Thread(target=proxy.serve_forever).start()
        page = page_of(f"http://localhost:{proxy.server_port}{Proxy.prefix}")
        page.open(prefers_reduced_motion="reduce").wait_for_ink(EXAMPLE)
        page.write("a lake")
        page.wait_for_ink("a lake")
        page.all("nav a")[1].click()
        page.wait(lambda: page.all("#prompt") and page["prompt"].text)
        assert page.run("return getComputedStyle(document.body).maxWidth") != "none"
        page.all("nav a")[0].click()
        page.wait(lambda: page.all("#write"))
        page.wait_for_ink(EXAMPLE)
        assert page.browser.current_url.startswith(page.address)
        proxy.shutdown()


# Everybody


def test_the_keyboard_reaches_everything_in_order(calm):
    calm.run("document.body.focus()")
    reached = []
    for _ in range(40):
        ActionChains(calm.browser).send_keys(Keys.TAB).perform()
        reached.append(
            calm.run(
                "const e = document.activeElement;"
                "return e.id || e.dataset.format || e.name || e.textContent.trim()"
            )
        )
        if reached[-1] == "2":
            break
    order = ["replay", "again", "hold", "svg", "png", "inkml", "text", "write"]
    order += ["model", "bias", "speed", "pen", "nib", "colour", "seed", "style"]
    order += ["Where the model looks", "1", "2"]
    assert reached[-len(order) :] == order
    assert reached[0] == "Skip to the text"
    text = calm["text"]
    text.send_keys("\nand\nmore")
    heights = "return [arguments[0].scrollHeight, arguments[0].clientHeight]"
    content, shown = calm.run(heights, text)
    assert content <= shown  # or it would have a scroll bar
    text.send_keys(Keys.CONTROL + "a")
    text.send_keys("by keys")
    text.send_keys(Keys.CONTROL + Keys.ENTER)
    calm.wait_for_ink("by keys")


@pytest.mark.parametrize("path", ["/", "/capture"])
def test_a_screen_reader_knows_all_controls_by_name(page, path):
    page.open(path, prefers_reduced_motion="reduce")
    page.wait(lambda: page.all("#lines button"))
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    controls = {"button", "textbox", "slider", "combobox", "link", "image", "img"}
    controls |= {"radio", "spinbutton", "ColorWell"}
    found = 0
    for node in nodes:
        role = node.get("role", {}).get("value")
        if role in controls and not node.get("ignored"):
            found += 1
            assert node["name"]["value"].strip(), node
    assert found > 12
    for place in ("main", "navigation", "heading", "status", "alert"):
        assert [n for n in nodes if n.get("role", {}).get("value") == place], place


@pytest.mark.parametrize(("path", "control"), [("/", "bias"), ("/capture", "pad")])
def test_high_contrast_shows_pads_and_sliders(page, path, control):
    page.open(path, forced_colors="active")
    page.wait(lambda: page.all("#lines button"))
    shown = plt.imread(io.BytesIO(page[control].screenshot_as_png))
    assert np.ptp(shown[..., :3], axis=(0, 1)).max() > 0.2


def test_high_contrast_shows_choices_and_the_edge_of_the_paper(page):
    page.open(forced_colors="active", prefers_reduced_motion="reduce")
    page.wait_for_ink(EXAMPLE)
    style = "return getComputedStyle(arguments[0])[arguments[1]]"
    for selector, name in [
        ("#choices label:has(:checked)", "outlineStyle"),
        ("#lines [aria-pressed=true]", "outlineStyle"),
        ("nav [aria-current]", "borderBottomStyle"),
        ("#sheet", "borderTopStyle"),
    ]:
        (element,) = page.all(selector)
        assert page.run(style, element, name) == "solid", selector


@pytest.mark.parametrize("path", ["/", "/capture"])
@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_all_of_the_page(page, path, width):
    page.resize(width, 700)
    page.open(path, prefers_reduced_motion="reduce")
    page.wait(lambda: page.all("#lines button"))
    assert page.run("return document.documentElement.scrollWidth") == width
    for button in page.all("main > .actions button, form > .actions button"):
        if button.is_displayed():
            assert button.size["height"] >= 40  # CSS pixels that a finger needs
    sizes = page.run(
        "return [...document.querySelectorAll('input[type=text], textarea, select')]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 16  # below that, phones zoom in when it is touched


def luminance(colour):
    """Of `rgb(r, g, b)`, as WCAG 2 defines it."""
    numbers = [float(n) / 255 for n in colour.strip("rgba()").split(",")[:3]]
    linear = [
        n / 12.92 if n <= 0.04045 else ((n + 0.055) / 1.055) ** 2.4 for n in numbers
    ]
    return sum(w * n for w, n in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_ink_and_fields_have_contrast(page, scheme):
    page.open(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.wait_for_ink(EXAMPLE)

    def colour(selector, of):
        (element,) = page.all(selector)[:1]
        script = "return getComputedStyle(arguments[0])[arguments[1]]"
        return luminance(page.run(script, element, of))

    desk, paper = colour("body", "backgroundColor"), colour("#sheet", "backgroundColor")
    assert (desk > 0.5) == (scheme == "light")
    for over, under, least in [  # WCAG 2, level AA
        (colour("body", "color"), desk, 4.5),
        (colour(".help", "color"), desk, 4.5),
        (colour("label[for=bias]", "color"), desk, 4.5),
        (colour("#error", "color"), desk, 4.5),
        (colour("#ink path", "stroke"), paper, 4.5),
        (colour("#write", "color"), colour("#write", "backgroundColor"), 4.5),
        (colour("#text", "borderTopColor"), desk, 3.0),
        (colour("#model", "borderBottomColor"), desk, 3.0),
    ]:
        high, low = max(over, under), min(over, under)
        assert (high + 0.05) / (low + 0.05) >= least
