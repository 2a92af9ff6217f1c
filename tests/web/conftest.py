"""What tests of the page share: hands, a running server, a pen without a network."""

import time

import pytest
from untrained import make_experiment
from web_server import Server, made_up_answer

from sketch.web import app as web_app
from sketch.web.models import Models


@pytest.fixture(scope="session", autouse=True)
def no_published_hands():
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
def hands(root, experiment):
    return Models(root)


@pytest.fixture(scope="module")
def all_asked():
    """No network writes in this module; what is asked of the pen is listed."""
    asked = []

    def write(hand, request, stop):
        asked.append(request)
        return made_up_answer(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_app, "write", write)
        patch.setattr(web_app, "_warm_up", lambda hands, name, stop: None)
        patch.setattr(Models, "open", lambda self, name: None)
        yield asked


@pytest.fixture
def quick_pen(all_asked):
    """What was asked of the pen in this test."""
    all_asked.clear()
    return all_asked


@pytest.fixture(scope="module")
def server(hands, all_asked):
    with Server(hands) as running:
        yield running


@pytest.fixture
def wait_until():
    def wait(condition, seconds=20.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came about"
            time.sleep(0.01)

    return wait
