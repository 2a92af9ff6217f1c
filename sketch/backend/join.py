"""Which processes take part in a run: the options say, or a scheduler that JAX knows.

Usually only this one does; then nothing here imports JAX or waits.
"""

import contextlib
import importlib.util
import os
from collections.abc import Iterator

from sketch.backend.processes import ALONE, Processes
from sketch.settings.run_options import RunOptions


@contextlib.contextmanager
def join(options: RunOptions) -> Iterator[Processes]:
    """Joins the processes of the run during the `with` block.

    Call it before keras or JAX computes anything. Of the options it reads `backend` and
    `coordinator`, `processes` and `process`, of which all or none are given.

    Raises:
        ValueError: the backend is not JAX.
        RuntimeError: the other processes do not come, or cannot be reached.
    """
    is_given = options.coordinator is not None
    if not is_given and (options.processes == 1 or _scheduler() is None):
        yield ALONE
        return
    backend = options.backend or os.environ.get("KERAS_BACKEND") or "jax"
    if backend != "jax":
        who = "--coordinator asks" if is_given else f"{_scheduler()} asks"
        raise ValueError(
            f"{who} for several processes, which only the backend jax has, not "
            f"{backend}: leave out --backend, or train in one with --processes 1"
        )
    from sketch.backend.processes_jax import joined

    with joined(options.coordinator, options.processes, options.process) as processes:
        yield processes


def _scheduler() -> str | None:
    """The scheduler that started several processes, if JAX can ask it for details."""
    several = {"SLURM_NTASKS": "SLURM", "OMPI_COMM_WORLD_SIZE": "Open MPI"}
    known = {"SLURM": "SLURM_STEP_NODELIST", "Open MPI": "OMPI_MCA_orte_hnp_uri"}
    for variable, name in several.items():
        count = os.environ.get(variable, "")
        if count.isdigit() and int(count) > 1 and known[name] in os.environ:
            return name
    in_pod = {"KUBERNETES_SERVICE_HOST", "JOB_COMPLETION_INDEX"} <= os.environ.keys()
    if in_pod and importlib.util.find_spec("kubernetes") is not None:
        return "Kubernetes"
    return None
