"""Which processes take part in a run, and what happens if they do not come."""

import signal
import subprocess
import sys
import time

import pytest
from keras import backend
from peers import free_port

from sketch.backend import join
from sketch.backend.processes import ALONE
from sketch.settings.run_options import RunOptions

SCHEDULERS = {
    "SLURM": {"SLURM_NTASKS": "4", "SLURM_STEP_NODELIST": "n[1-4]"},
    "Open MPI": {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_MCA_orte_hnp_uri": "1.0;tcp://a:1"},
}


@pytest.fixture
def no_scheduler(monkeypatch):
    for name in {k for variables in SCHEDULERS.values() for k in variables}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


def test_join_without_options_is_this_process_alone(no_scheduler, monkeypatch):
    with join.join(RunOptions()) as found:
        assert found is ALONE
    monkeypatch.setenv("SLURM_NTASKS", "1")  # one task of an array of jobs
    monkeypatch.setenv("SLURM_STEP_NODELIST", "n1")
    with join.join(RunOptions()) as found:
        assert found is ALONE


@pytest.mark.parametrize("name", SCHEDULERS)
def test_join_under_a_scheduler_asks_it_if_allowed(no_scheduler, monkeypatch, name):
    for variable, value in SCHEDULERS[name].items():
        monkeypatch.setenv(variable, value)
    with join.join(RunOptions(processes=1)) as found:
        assert found is ALONE
    with pytest.raises(ValueError, match=f"{name} asks .* only the backend jax"):
        with join.join(RunOptions(backend="torch")):
            pass


def test_join_with_another_backend_is_refused(no_scheduler):
    options = RunOptions(
        coordinator="a:1", processes=2, process=0, backend="tensorflow"
    )
    with pytest.raises(ValueError, match="--coordinator asks .* not tensorflow"):
        with join.join(options):
            pass


@pytest.fixture
def lonely(tmp_path):
    """Starts one of two processes, whose peer never comes."""
    if backend.backend() != "jax":
        pytest.skip("several processes need JAX")
    started = []

    def start(index, seconds):
        code = (
            "from sketch.backend import processes_jax as p; "
            f"p.JOIN_SECONDS = {seconds}; from sketch.cli.main import main; main()"
        )
        place = ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2"]
        process = subprocess.Popen(
            [sys.executable, "-c", code, "train", *place, "--process", str(index)],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("index", [0, 1])
def test_join_whose_peers_do_not_come_fails_in_one_line(lonely, index):
    process = lonely(index, seconds=2)
    _, err = process.communicate(timeout=300)
    first, second = err.splitlines()
    assert first.startswith(f"process {index} waits for all 2 processes to meet at 127")
    assert second.startswith(f"Error: process {index} waited 2 seconds, but not all 2")
    assert process.returncode == 1


@pytest.mark.parametrize(
    "index, number, code", [(0, signal.SIGINT, 130), (1, signal.SIGTERM, 143)]
)
def test_join_ends_by_a_signal_while_it_waits(lonely, index, number, code):
    process = lonely(index, seconds=600)
    assert "waits for" in process.stderr.readline()
    start = time.monotonic()
    process.send_signal(number)
    assert process.wait(timeout=300) == code
    assert time.monotonic() - start < 60
