"""Backend, precision, devices, processes: the one place that branches on them.

- `devices`: backend, precision, devices and memory of this process
- `processes`: the processes of a run, and what they settle
- `join`: who takes part in a run
- `processes_jax`: several processes by JAX's runtime
- `watch`: each process ends when another one has
- `commit`: the git commit of the sources
"""
