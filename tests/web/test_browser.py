"""The page in a real browser: Chromium, by the hands and ears of its users.

Skipped where there is no Chromium with its driver, unless $SKETCH_BROWSER says that
they are "required".
"""

import io
import os
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lxml import etree
from made_up_ink import pens_of
from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from web_server import Server

from sketch.convert.ink_source import InkCollector
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.line_of_ink import line_from_pen_strokes
from sketch.web import answer as writing

FLAGS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync
--window-size=1200,900
""".split()
SECONDS = 60  # a page may be slow where much else goes on


@pytest.fixture(scope="module")
def server(hands):
    """With a network that was never trained: its ink is scribble, but ink."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "TRIES", 1)
        with Server(hands) as running:
            yield running


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        reason = "needs Chromium and its driver: Debian's chromium, chromium-driver"
        if os.environ.get("SKETCH_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()


class Page:
    """What a user sees and does."""

    def __init__(self, browser, address, downloads):
        self.browser = browser
        self.address = address
        self.downloads = downloads

    def open(self, path="/", **media):
        features = [{"name": k.replace("_", "-"), "value": v} for k, v in media.items()]
        self.command("Emulation.setEmulatedMedia", features=features)
        self.browser.get(self.address + path)
        return self

    def command(self, name, **options):
        return self.browser.execute_cdp_cmd(name, options)

    def run(self, script, *args):
        return self.browser.execute_script(script, *args)

    def __getitem__(self, name):
        return self.browser.find_element(By.ID, name)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition):
        return WebDriverWait(self.browser, SECONDS, 0.05).until(lambda _: condition())

    def wait_for_ink(self, text):
        """Until this is on the paper, written to its end."""
        name = f"Handwriting that reads: {text}"
        self.wait(lambda: self["ink"].get_attribute("aria-label") == name)
        self.wait(lambda: self["sheet"].get_attribute("data-state") == "done")
        return self.paths()

    def paths(self):
        script = "document.querySelectorAll('#ink path')"
        return self.run(f"return [...{script}].map(p => p.getAttribute('d'))")

    def write(self, text):
        self["text"].clear()
        self["text"].send_keys(text)
        self["write"].click()

    def draw(self, *strokes):
        """Strokes of the mouse on the pad, from its middle."""
        pad = self.all("#pad svg")[0]
        self.run("arguments[0].scrollIntoView({block: 'center'})", pad)
        for first, *rest in strokes:
            actions = ActionChains(self.browser, duration=10)
            actions.move_to_element_with_offset(pad, *first).click_and_hold()
            actions.pause(0.02)  # no hand moves as soon as a program does
            for step in rest:
                actions.move_by_offset(*step)
            actions.release().perform()

    def downloaded(self, name):
        path = self.downloads / name
        self.wait(path.exists)
        return path


@pytest.fixture
def page(chromium, server, tmp_path):
    shown = Page(chromium, server.address, tmp_path)
    allow = {"behavior": "allow", "downloadPath": str(tmp_path)}
    shown.command("Browser.setDownloadBehavior", **allow)
    shown.command("Emulation.clearDeviceMetricsOverride")
    yield shown
    # The console tells of refused scripts and styles, of errors and missing files.
    told = [entry["message"] for entry in chromium.get_log("browser")]
    assert not [line for line in told if "422" not in line], told
    asked = shown.run(
        "return performance.getEntriesByType('resource').map(e => e.name)"
    )
    assert all(name.startswith(server.address) for name in asked), asked
    shown.run("localStorage.clear()")


@pytest.fixture
def calm(page):
    """The page of somebody who asked for less motion: ink is there at once."""
    page.open(prefers_reduced_motion="reduce")
    page.wait_for_ink("handwriting, / point by point")
    return page


def test_a_text_is_written_and_saved(calm):
    calm.write("a lake" + Keys.ENTER + "and a hill")
    paths = calm.wait_for_ink("a lake / and a hill")
    assert len(paths) > 2 and len(calm.all("#ink .line")) == 2
    assert calm["status"].text.startswith("Written: 2 lines.")
    for form, stroke in (("svg", "polyline"), ("inkml", "trace"), ("png", "")):
        calm.all(f"[data-form={form}]")[0].click()
        saved = calm.downloaded(f"handwriting.{form}")
        if form == "png":
            assert saved.read_bytes().startswith(b"\x89PNG")
            continue
        assert [line.text for line in read_ink(saved)] == ["a lake", "and a hill"]
        strokes = etree.parse(saved).findall(f".//{{*}}{stroke}")
        assert len(strokes) == len(paths)


def test_the_pen_takes_its_time(page):
    page.open(prefers_reduced_motion="no-preference")
    slowest = "arguments[0].value = -1; arguments[0].dispatchEvent(new Event('input'))"
    page.run(slowest, page["speed"])
    page.wait(lambda: page.all("#ink path"))
    few = len(page.all("#ink path"))
    assert page["sheet"].get_attribute("data-state") == "writing"
    assert len(page.all("#ink .tip")) == 1
    page["sheet"].click()  # and who cannot wait need not
    paths = page.wait_for_ink("handwriting, / point by point")
    assert len(paths) > few and not page.all("#ink .tip")
    page["replay"].click()
    page.wait(lambda: len(page.all("#ink path")) < len(paths))
    page.run(slowest.replace("-1", "5"), page["speed"])  # "at once"
    assert page["sheet"].get_attribute("data-state") == "done"
    assert page.wait_for_ink("handwriting, / point by point") == paths


def test_a_pen_that_ends_while_another_is_asked_for_says_nothing(page):
    page.open().write("a lake")
    page.wait(lambda: page["status"].text == "The pen is writing.")
    page.run("document.getElementById('form').setAttribute('aria-busy', 'true')")
    page.wait_for_ink("a lake")
    assert page["status"].text == "The pen is writing."


def test_an_unknown_character_is_named_and_the_ink_stays(calm):
    paths = calm.paths()
    calm.write("a þ")
    calm.wait(lambda: calm["error"].text)
    assert calm["error"].text.startswith("This model cannot write þ")
    assert calm["error"].get_attribute("role") == "alert"
    assert calm["text"].get_attribute("aria-invalid") == "true"
    assert calm.paths() == paths
    calm.write("a lake")
    calm.wait_for_ink("a lake")
    assert calm["error"].text == ""
    assert calm["text"].get_attribute("aria-invalid") == "false"


def test_a_drawn_hand(calm):
    calm.write("a hill")
    plain = calm.wait_for_ink("a hill")
    calm["own-toggle"].click()
    assert calm["own-toggle"].get_attribute("aria-expanded") == "true"
    calm["write"].click()
    calm.wait(lambda: "Draw the words" in calm["error"].text)
    zigzag = [(8, -20), (8, 20)] * 5
    calm.draw([(-150, 10), *zigzag], [(-20, 10), *zigzag], [(100, 0), (1, 1)])
    assert len(calm.all("#pad path")) == 3
    calm["pad-undo"].click()
    assert len(calm.all("#pad path")) == 2
    calm["write"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") != plain)
    calm["pad-clear"].click()
    assert not calm.all("#pad path")
    calm["own-toggle"].click()
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
    const event = new PointerEvent(type, options);
    Object.defineProperty(event, "timeStamp", { value: timeStamp });
    pad.svg.dispatchEvent(event);
  }
  done(pad.strokes.map((stroke) => stroke.map(([x, , t]) => [x, t])));
});
"""


@pytest.mark.parametrize(
    ("events", "strokes"),
    [
        (
            "down touch 1 100, move touch 2 110, down pen 50 120, move touch 3 125,"
            "move pen 60 130, up pen 60 140, up touch 3 150, down touch 4 160",
            [[[50, 0], [60, 10]]],
        ),
        ("down touch 1 100, move touch 2 110, cancel touch 2 120", []),
        ("down pen 1 100, move pen 2 110, cancel pen 2 120", [[[1, 0], [2, 10]]]),
        (
            "down mouse 1 0, up mouse 1 9, down mouse 2 20, undo, move mouse 3 30",
            [[[1, 0]]],
        ),
        (
            "down mouse 0 0," + ",".join(f"move mouse {t} {t}" for t in range(1, 10)),
            [[[0, 0], [4, 4], [8, 8]]],
        ),
    ],
)
def test_what_the_pad_keeps(page, events, strokes):
    page.open("/capture")
    steps = [event.split() for event in events.split(",")]
    steps = [
        [f"pointer{step[0]}", step[1], *map(int, step[2:])] if step[1:] else step
        for step in steps
    ]
    assert page.browser.execute_async_script(STROKES, steps) == strokes


def test_a_hand_that_is_kept_and_another_way(calm):
    calm.write("a hill")
    first = calm.wait_for_ink("a hill")
    calm["hold"].click()
    calm["write"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") != first)
    calm["hold"].click()
    calm["again"].click()
    calm.wait(lambda: calm.wait_for_ink("a hill") != first)


def test_a_hand_that_is_kept_takes_the_place_of_the_drawn_one(calm):
    calm.write("a hill")
    first = calm.wait_for_ink("a hill")
    calm["own-toggle"].click()
    calm["hold"].click()
    assert not calm["own"].is_displayed()
    assert calm["own-toggle"].get_attribute("aria-expanded") == "false"
    calm["write"].click()  # the pad is empty, and nobody is told to draw
    calm.wait(lambda: calm.wait_for_ink("a hill") != first)
    assert calm["error"].text == ""
    calm["own-toggle"].click()
    assert calm["own"].is_displayed()
    assert calm["hold"].get_attribute("aria-pressed") == "false"


def test_a_style_takes_the_place_of_other_hands(page, hands, experiment, monkeypatch):
    pens, _ = pens_of("a lake")
    write_json(
        experiment.path / "styles.json", [line_from_pen_strokes(pens, "a lake", "wide")]
    )
    monkeypatch.setitem(hands.styles, experiment.name, ["wide"])
    try:
        page.open(prefers_reduced_motion="reduce")
        first = page.wait_for_ink("handwriting, / point by point")
        style = Select(page["style"])
        assert [option.text for option in style.options] == ["as it comes", "wide"]
        page["own-toggle"].click()
        style.select_by_visible_text("wide")
        assert not page["own"].is_displayed()
        page["write"].click()  # the pad is empty, and nobody is told to draw
        page.wait(lambda: page.wait_for_ink("handwriting, / point by point") != first)
        assert page["error"].text == ""
        page.write("a" * 61)  # no hand to keep: the style stays
        page.wait_for_ink("a" * 61)
        page["hold"].click()
        assert "no hand to keep" in page["error"].text
        assert style.first_selected_option.text == "wide"
        page.write("a hill")
        page.wait_for_ink("a hill")
        page["hold"].click()
        assert style.first_selected_option.text == "as it comes"
    finally:
        (experiment.path / "styles.json").unlink()


def test_the_keyboard_alone(calm):
    calm.run("document.body.focus()")
    seen = []
    for _ in range(30):
        ActionChains(calm.browser).send_keys(Keys.TAB).perform()
        seen.append(
            calm.run(
                "const e = document.activeElement;"
                "return e.id || e.dataset.form || e.textContent.trim()"
            )
        )
        if seen[-1] == "inkml":
            break
    order = ["text", "hand", "bias", "speed", "write", "again", "own-toggle"]
    order += ["1", "2", "replay", "hold", "svg", "png", "inkml"]
    assert seen[-len(order) :] == order
    assert seen[0] == "Skip to the text"
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
def test_high_contrast_shows_what_is_drawn_on_and_slid(page, path, control):
    page.open(path, forced_colors="active")
    page.wait(lambda: page.all("#lines button"))
    shown = plt.imread(io.BytesIO(page[control].screenshot_as_png))
    assert np.ptp(shown[..., :3], axis=(0, 1)).max() > 0.2


@pytest.mark.parametrize("path", ["/", "/capture"])
@pytest.mark.parametrize("width", [320, 390])
def test_a_phone(page, path, width):
    size = {"width": width, "height": 700, "deviceScaleFactor": 2, "mobile": True}
    page.command("Emulation.setDeviceMetricsOverride", **size)
    page.open(path, prefers_reduced_motion="reduce")
    page.wait(lambda: page.all("#lines button"))
    assert page.run("return document.documentElement.scrollWidth") == width
    for button in page.all("main > .actions button, form > .actions button"):
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
def test_it_can_be_read_in_light_and_in_dark(page, scheme):
    page.open(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.wait_for_ink("handwriting, / point by point")

    def colour(selector, of):
        (element,) = page.all(selector)[:1]
        script = "return getComputedStyle(arguments[0])[arguments[1]]"
        return luminance(page.run(script, element, of))

    desk, paper = colour("body", "backgroundColor"), colour("#sheet", "backgroundColor")
    assert (desk > 0.5) == (scheme == "light")
    for over, under in [
        (colour("body", "color"), desk),
        (colour(".help", "color"), desk),
        (colour("label[for=bias]", "color"), desk),
        (colour("#error", "color"), desk),
        (colour("#ink path", "stroke"), paper),
        (colour("#write", "color"), colour("#write", "backgroundColor")),
    ]:
        high, low = max(over, under), min(over, under)
        assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2, level AA


def test_the_capture_sheet(page):
    page.open("/capture")
    page.wait(lambda: page["prompt"].text)
    prompts = [page["prompt"].text]
    page.draw([(-100, 0), (9, 20), (9, -20)], [(0, 0), (9, 20)], [(50, 0)])
    page["next"].click()
    prompts.append(page["prompt"].text)
    page.draw([(-50, 0), (5, 5)])
    page["redo"].click()
    page.draw([(-50, 0), (5, 5)], [(0, 0), (5, 5), (5, 5)])
    page["undo"].click()
    assert "2 of" in page["progress"].text
    page.open("/capture")  # a reload loses nothing
    page.wait(lambda: page["prompt"].text)
    assert page["prompt"].text not in prompts
    page["writer"].clear()
    page["writer"].send_keys("../x")
    page["save"].click()
    assert "letters, digits" in page["error"].text
    page["writer"].clear()
    page["writer"].send_keys("karim")
    page["save"].click()
    path = page.downloaded("karim.inkml")
    lines = read_ink(path)
    assert [line.text for line in lines] == prompts
    root = etree.parse(path).getroot()
    groups = root.findall("{*}traceGroup")
    counts = [len(group.findall("{*}trace")) for group in groups]
    assert counts == [3, 1]
    ids = [group.get("{http://www.w3.org/XML/1998/namespace}id") for group in groups]
    assert ids == ["line-karim-001", "line-karim-002"]
    writers = root.findall(".//{*}annotation[@type='writer']")
    assert [note.text for note in writers] == ["karim", "karim"]
    for group in groups:
        times = [
            float(point.split()[2])
            for trace in group.findall("{*}trace")
            for point in trace.text.split(",")
        ]
        assert times == sorted(times) and times[0] == 0 and times[-1] > 0
    # What was drawn: 9 pixels to the right and 20 down, from the first point on.
    (first, *rest) = lines[0].strokes[:, :2].cumsum(axis=0).tolist()
    assert [9, 20] in [[round(x), round(y)] for x, y in (first, *rest)]
    # It is a corpus to `sketch convert`.
    found = InkCollector("inkml").collect([path])
    assert [line.transcript for line in found.lines] == prompts
    page.all("#lines button")[0].click()
    assert page["prompt"].text == prompts[0] and len(page.all("#pad path")) == 3
    page["reset"].click()
    page.browser.switch_to.alert.accept()
    page.wait(lambda: page["progress"].text.startswith("0 of"))


def test_the_capture_sheet_without_room_or_server_loses_no_line(page):
    page.open("/capture")
    page.wait(lambda: page["prompt"].text)
    page.run(
        "Storage.prototype.keep = Storage.prototype.setItem;"
        "Storage.prototype.setItem = () => { throw new Error('full'); }"
    )
    page.draw([(-50, 0), (5, 5)])
    assert "keeps no more ink" in page["error"].text
    page.run("Storage.prototype.setItem = Storage.prototype.keep")
    page.draw([(50, 0), (5, 5)])
    assert page["error"].text == ""

    text = page["prompt"].text
    hand = "return JSON.parse(localStorage.getItem('sketch-capture')).hand"
    chosen = page.run(hand)
    page.command("Network.enable")
    page.command("Network.setBlockedURLs", urls=["*/api/*"])
    try:
        page.open("/capture")
        page.wait(lambda: page["progress"].text == "1 of 1 written")
        page.draw([(0, 5), (5, 5)])
        assert page.run(hand) == chosen
        assert page["prompt"].text == text and page["error"].text
        page["save"].click()
        (line,) = read_ink(page.downloaded("me.inkml"))
        assert line.text == text
        page.run("localStorage.clear()")
        page.open("/capture")
        page.wait(lambda: page["error"].text)
        assert not page["save"].is_enabled() and not page["next"].is_enabled()
        assert page["pad"].get_attribute("inert") is not None
    finally:
        page.command("Network.setBlockedURLs", urls=[])


def test_what_was_written_for_another_alphabet_or_in_another_tab_is_saved(page):
    page.open("/capture")
    page.wait(lambda: page["prompt"].text)
    english, hand = (option.text for option in page.all("#hand option"))
    assert page.all("#hand option:checked")[0].text == hand
    written = [page["prompt"].text]
    page.draw([(-50, 0), (5, 5)])
    page["hand"].send_keys(english)
    page.wait(lambda: page["prompt"].text != written[0])
    assert "1 of" in page["progress"].text
    shown = page["prompt"].text

    first = page.browser.current_window_handle
    page.browser.switch_to.new_window("tab")
    page.open("/capture")
    page.wait(lambda: page["prompt"].text == shown)  # the alphabet is kept, too
    page.draw([(-50, 0), (5, 5)], [(0, 0), (5, 5)])
    page.browser.close()
    page.browser.switch_to.window(first)
    page.wait(lambda: "2 of" in page["progress"].text)
    assert len(page.all("#pad path")) == 2  # the line that is open here shows it
    page["next"].click()
    written = [shown, page["prompt"].text, *written]
    page.draw([(-50, 0), (5, 5)])
    page["save"].click()
    lines = read_ink(page.downloaded("me.inkml"))
    assert [line.text for line in lines] == written

    page.browser.execute_script("localStorage.clear()")
    page.draw([(50, 0), (5, 5)])
    page.open("/capture")
    page.wait(lambda: "3 of" in page["progress"].text)
    count = len(page.all("#lines button"))
    page["reset"].click()
    page.browser.switch_to.alert.accept()
    page.wait(lambda: page["progress"].text == f"0 of {count - 1} written")
    page.open("/capture")
    page.wait(lambda: page["progress"].text == f"0 of {count - 1} written")
