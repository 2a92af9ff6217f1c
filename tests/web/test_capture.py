"""The recording sheet, in a real browser: Chromium."""

import json

import pytest
from lxml import etree
from web_browser import EXAMPLE

from sketch.convert.ink_source import InkCollector
from sketch.ink.ink_files import read_ink


@pytest.fixture
def sheet(page):
    page.open("/capture")
    page.wait(lambda: page["prompt"].text)
    return page


def reopen(sheet):
    sheet.open("/capture")
    sheet.wait(lambda: sheet["progress"].text)
    return sheet


def test_lines_are_recorded_and_saved_for_convert(sheet):
    prompts = [sheet["prompt"].text]
    sheet.draw([(-100, 0), (9, 20), (9, -20)], [(0, 0), (9, 20)], [(50, 0)])
    sheet["next"].click()
    prompts.append(sheet["prompt"].text)
    sheet.draw([(-50, 0), (5, 5)])
    sheet["redo"].click()
    sheet.draw([(-50, 0), (5, 5)], [(0, 0), (5, 5), (5, 5)])
    sheet["undo"].click()
    sheet["next"].click()
    assert "2 of" in sheet["progress"].text
    reopen(sheet)  # loses nothing
    sheet.wait(lambda: sheet["prompt"].text)
    assert sheet["prompt"].text not in prompts
    sheet["writer"].clear()
    sheet["writer"].send_keys("Karim Müller")
    assert not sheet["next-steps"].is_displayed()
    sheet["save"].click()
    path = sheet.downloaded("Karim-Muller.inkml")
    assert sheet["saved"].text == "Saved as Karim-Muller.inkml, with 2 lines."
    assert "sketch convert Karim-Muller.inkml" in sheet["next-steps"].text
    assert sheet.is_in_view(sheet["saved"])  # the message is at the button
    lines = read_ink(path)
    assert [line.text for line in lines] == prompts
    root = etree.parse(path).getroot()
    groups = root.findall("{*}traceGroup")
    counts = [len(group.findall("{*}trace")) for group in groups]
    assert counts == [3, 1]
    ids = [group.get("{http://www.w3.org/XML/1998/namespace}id") for group in groups]
    assert ids == ["line-Karim-Muller-001", "line-Karim-Muller-002"]
    writers = root.findall(".//{*}annotation[@type='writer']")
    assert [note.text for note in writers] == ["Karim Müller"] * 2
    for group in groups:
        times = [
            float(point.split()[2])
            for trace in group.findall("{*}trace")
            for point in trace.text.split(",")
        ]
        assert times == sorted(times) and times[0] == 0 and times[-1] > 0
    # 9 pixels to the right and 20 down, from the first point on
    (first, *rest) = lines[0].strokes[:, :2].cumsum(axis=0).tolist()
    assert [9, 20] in [[round(x), round(y)] for x, y in (first, *rest)]
    # It is a corpus to `sketch convert`.
    found = InkCollector("inkml").collect([path])
    assert [line.transcript for line in found.lines] == prompts
    sheet.all("#lines button")[0].click()
    assert sheet["prompt"].text == prompts[0] and len(sheet.all("#pad path")) == 3
    sheet["reset"].click()
    sheet.browser.switch_to.alert.accept()
    sheet.wait(lambda: sheet["progress"].text.startswith("0 of"))


def test_half_a_line_is_begun_until_it_is_left(sheet):
    sheet.draw([(-50, 0), (5, 5)])
    assert ", 1 begun" in sheet["progress"].text
    text = sheet["prompt"].text
    reopen(sheet)
    sheet.wait(lambda: sheet["prompt"].text == text)  # it is to be gone on with
    assert len(sheet.all("#pad path")) == 1
    sheet.all("#lines button")[1].click()
    assert sheet["progress"].text.startswith("1 of")
    sheet.draw([(-50, 0), (5, 5)])
    sheet.run("arguments[0].click()", sheet.all("#lines button")[0])
    assert sheet["progress"].text.startswith("2 of")


def test_a_saved_file_is_loaded_back(sheet):
    sheet.draw([(-50, 0), (5, 5), (20, -9)])
    text = sheet["prompt"].text
    before = [path.get_attribute("d") for path in sheet.all("#pad path")]
    sheet["save"].click()
    path = sheet.downloaded("me.inkml")
    sheet["reset"].click()
    sheet.browser.switch_to.alert.accept()
    sheet.wait(lambda: sheet["progress"].text.startswith("0 of"))
    sheet["file"].send_keys(str(path))
    sheet.wait(lambda: sheet["saved"].text == "Loaded one line.")
    assert sheet["progress"].text.startswith("1 of") and sheet["prompt"].text == text
    assert [path.get_attribute("d") for path in sheet.all("#pad path")] == before
    reopen(sheet)
    assert sheet["progress"].text.startswith("1 of")
    other = path.with_name("other.inkml")
    other.write_text("<ink><trace>1 2, 3 4</trace></ink>")
    sheet["file"].send_keys(str(other))
    sheet.wait(lambda: "not InkML that was saved here" in sheet["save-error"].text)
    assert sheet["progress"].text.startswith("1 of")


def test_a_recorded_line_is_ones_own_style_on_the_writing_page(sheet):
    text = sheet["prompt"].text
    zigzag = [(8, -20), (8, 20)] * 5
    sheet.draw([(-150, 10), *zigzag], [(-20, 10), *zigzag])
    sheet["next"].click()
    sheet.open(prefers_reduced_motion="reduce")
    first = sheet.wait_for_ink(EXAMPLE)
    sheet.choose_style("own")
    assert sheet["recorded"].is_displayed()
    choose = "arguments[0].value = arguments[1];"
    choose += "arguments[0].dispatchEvent(new Event('change'))"
    sheet.run(choose, sheet["recorded"], text)
    assert sheet["own-text"].get_attribute("value") == text
    assert len(sheet.all("#pad path")) == 2
    sheet["own-text"].clear()  # the alphabet of the untrained model has no digits
    sheet["own-text"].send_keys("two words")
    sheet["write"].click()
    sheet.wait(lambda: sheet.wait_for_ink(EXAMPLE) != first)
    assert sheet["error"].text == ""


def test_ink_of_a_wide_window_is_whole_on_a_narrow_one(sheet):
    sheet.draw([(-300, 0), (300, 10), (300, -20)])
    drawn = "return JSON.parse(localStorage.getItem(arguments[0])).strokes"
    key = "sketch-line:" + sheet["prompt"].text
    before = sheet.run(drawn, key)
    sheet.resize(390, 844)
    reopen(sheet)
    sheet.wait(lambda: sheet.all("#pad path"))
    inside = (
        "const pad = document.querySelector('#pad svg').getBoundingClientRect();"
        "const ink = document.querySelector('#pad path').getBoundingClientRect();"
        "return [ink.left - pad.left, pad.right - ink.right]"
    )
    assert min(sheet.run(inside)) >= 0
    # What is added stands where it was drawn, in the coordinates of the wide window.
    sheet.draw([(0, 0), (50, 0)])
    ((*old,), (new_first, *_)) = sheet.run(drawn, key)
    assert old == before[0]
    right = max(x for x, _, _ in old)
    assert 0.4 * right < new_first[0] < 0.6 * right + 30


def test_a_stroke_is_not_lost_when_another_tab_stores(sheet):
    pad = sheet.all("#pad svg")[0]
    press = (
        "const [pad, type, x] = arguments; const box = pad.getBoundingClientRect();"
        "pad.setPointerCapture = () => {};"
        "pad.dispatchEvent(new PointerEvent(type, {pointerType: 'pen', pointerId: 9,"
        " button: 0, clientX: box.left + x, clientY: box.top + 50, bubbles: true}))"
    )
    sheet.run(press, pad, "pointerdown", 50)
    other = {"strokes": [[[1, 2, 3], [4, 5, 9]]], "isDone": True}
    store = (
        "localStorage.setItem('sketch-line:from another tab', arguments[0]);"
        "dispatchEvent(new StorageEvent('storage', {key: 'sketch-line:x'}))"
    )
    sheet.run("localStorage.setItem('sketch-capture', '{}')")
    sheet.run(store, json.dumps(other))
    sheet.run("dispatchEvent(new StorageEvent('storage', {key: 'foreign'}))")
    sheet.run(press, pad, "pointermove", 90)
    sheet.run(press, pad, "pointerup", 120)
    assert len(sheet.all("#pad path")) == 1
    assert sheet["progress"].text.endswith("written, 1 begun")
    assert sheet["progress"].text.startswith("1 of")  # the other tab's


def test_a_stroke_stores_its_own_line_only(sheet):
    for _ in range(2):
        sheet.draw([(-50, 0), (5, 5)])
        sheet["next"].click()
    sheet.run(
        "window.stored = []; const set = Storage.prototype.setItem;"
        "Storage.prototype.setItem = function (key, value) {"
        " stored.push(key); set.call(this, key, value); }"
    )
    text = sheet["prompt"].text
    sheet.draw([(-50, 0), (5, 5)])
    assert set(sheet.run("return stored")) == {"sketch-capture", f"sketch-line:{text}"}


def test_lines_of_an_older_page_are_taken_over(page):
    page.open("/capture")
    old = {"written": {"an old line": [[[1, 2, 3], [4, 5, 9]]]}, "writer": "karim"}
    page.run("localStorage.setItem('sketch-capture', arguments[0])", json.dumps(old))
    reopen(page)
    assert page["progress"].text.startswith("1 of")
    assert page["writer"].get_attribute("value") == "karim"


def test_without_room_or_server_no_line_is_lost(sheet):
    sheet.run(
        "Storage.prototype.keep = Storage.prototype.setItem;"
        "Storage.prototype.setItem = () => { throw new Error('full'); }"
    )
    sheet.draw([(-50, 0), (5, 5)])
    assert "keeps no more ink" in sheet["error"].text
    sheet.run("Storage.prototype.setItem = Storage.prototype.keep")
    sheet.draw([(50, 0), (5, 5)])
    assert sheet["error"].text == ""

    text = sheet["prompt"].text
    model = "return JSON.parse(localStorage.getItem('sketch-capture')).model ?? null"
    chosen = sheet.run(model)
    sheet.command("Network.enable")
    sheet.command("Network.setBlockedURLs", urls=["*/api/*"])
    try:
        reopen(sheet)
        sheet.wait(lambda: sheet["progress"].text == "0 of 1 written, 1 begun")
        sheet.draw([(0, 5), (5, 5)])
        assert sheet.run(model) == chosen
        assert sheet["prompt"].text == text and sheet["error"].text
        sheet["save"].click()
        (line,) = read_ink(sheet.downloaded("me.inkml"))
        assert line.text == text
        sheet.run("localStorage.clear()")
        sheet.open("/capture")
        sheet.wait(lambda: sheet["error"].text)
        assert not sheet["save"].is_enabled() and not sheet["next"].is_enabled()
        assert sheet["pad"].get_attribute("inert") is not None
    finally:
        sheet.command("Network.setBlockedURLs", urls=[])
        sheet.browser.get_log("browser")  # it tells of the blocked requests


def test_lines_for_another_alphabet_or_of_another_tab_are_saved(sheet):
    english, model = (option.text for option in sheet.all("#model option"))
    assert sheet.all("#model option:checked")[0].text == model
    written = [sheet["prompt"].text]
    sheet.draw([(-50, 0), (5, 5)])
    sheet["next"].click()
    sheet["model"].send_keys(english)
    sheet.wait(lambda: sheet["prompt"].text != written[0])
    assert "1 of" in sheet["progress"].text
    shown = sheet["prompt"].text

    first = sheet.browser.current_window_handle
    sheet.browser.switch_to.new_window("tab")
    reopen(sheet)
    sheet.wait(lambda: sheet["prompt"].text == shown)  # the alphabet is kept, too
    sheet.draw([(-50, 0), (5, 5)], [(0, 0), (5, 5)])
    sheet.browser.close()
    sheet.browser.switch_to.window(first)
    sheet.wait(lambda: "1 begun" in sheet["progress"].text)
    assert len(sheet.all("#pad path")) == 2  # the line that is open here shows it
    sheet["next"].click()
    written = [shown, sheet["prompt"].text, *written]
    sheet.draw([(-50, 0), (5, 5)])
    sheet["save"].click()
    lines = read_ink(sheet.downloaded("me.inkml"))
    assert sorted(line.text for line in lines) == sorted(written)

    sheet.run("localStorage.clear()")  # as a browser may: what is here is stored again
    sheet.draw([(50, 0), (5, 5)])
    reopen(sheet)
    sheet.wait(lambda: "3 of" in sheet["progress"].text)
    count = len(sheet.all("#lines button"))
    sheet["reset"].click()
    sheet.browser.switch_to.alert.accept()
    empty = f"0 of {count - 1} written"
    sheet.wait(lambda: sheet["progress"].text == empty)
    reopen(sheet)
    sheet.wait(lambda: sheet["progress"].text == empty)
