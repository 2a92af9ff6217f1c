"""What tests of the page share: models, a running server, a pen without a network."""

import os
import shutil
import time

import pytest
from untrained import make_experiment
from web_browser import EXAMPLE, Page, start
from web_server import Server, made_up_write

from sketch.web import answer
from sketch.web import app as web_app
from sketch.web.models import Models


@pytest.fixture(scope="session", autouse=True)
def no_pretrained_models():
    """Only the experiments of the tests are offered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sketch.web.models.find_pretrained", dict)
        yield


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="session")
def experiment(root):
    return make_experiment(root)


@pytest.fixture(scope="session")
def models(root, experiment):
    return Models(root)


@pytest.fixture(scope="module")
def all_asked():
    """No network writes in this module; what is asked of the pen is listed."""
    asked = []

    def write(model, request, stop, tell):
        if request.text not in web_app.WARM_UPS:
            asked.append(request)
        made_up_write(model, request, stop, tell)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_app, "write", write)
        patch.setattr(Models, "open", lambda self, name: None)
        yield asked


@pytest.fixture
def quick_pen(all_asked):
    """What was asked of the pen in this test."""
    all_asked.clear()
    return all_asked


@pytest.fixture(scope="module")
def server(models, all_asked):
    with Server(models) as running:
        yield running


@pytest.fixture
def wait_until():
    def wait(condition, seconds=20.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came about"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Skipped where there is none, unless $SKETCH_BROWSER says "required"."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        reason = "needs Chromium and its driver: Debian's chromium, chromium-driver"
        if os.environ.get("SKETCH_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    browser = start(program, driver, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def scribbling_server(models):
    """With a network that was never trained: its ink is scribble, but ink."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer, "TRIES", 1)
        with Server(models) as running:
            yield running


@pytest.fixture
def page_of(chromium, tmp_path):
    """Opens pages of a server, and looks at what the browser said of them."""
    allow = {"behavior": "allow", "downloadPath": str(tmp_path)}
    shown = []

    def show(address):
        shown.append(Page(chromium, address, tmp_path))
        shown[-1].command("Browser.setDownloadBehavior", **allow)
        shown[-1].command("Emulation.clearDeviceMetricsOverride")
        return shown[-1]

    yield show
    # The console tells of refused scripts and styles, of errors and missing files.
    told = [entry["message"] for entry in chromium.get_log("browser")]
    assert not [line for line in told if "422" not in line and "503" not in line], told
    for page in shown:
        asked = "return performance.getEntriesByType('resource').map(e => e.name)"
        asked = page.run(asked)
        assert all(name.startswith(page.address) for name in asked), asked
        page.run("localStorage.clear(); sessionStorage.clear()")


@pytest.fixture
def page(page_of, scribbling_server):
    return page_of(scribbling_server.address)


@pytest.fixture
def calm(page):
    """The page of somebody who asked for less motion: ink is there at once."""
    page.open(prefers_reduced_motion="reduce")
    page.wait_for_ink(EXAMPLE)
    return page
