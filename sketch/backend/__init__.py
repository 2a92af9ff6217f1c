"""Backend, precision, devices, processes: the one place that branches on them.

- `devices`: backend, precision and devices of this process
- `compile_cache`: JAX's compiled programs, kept on disk
- `packages`: how to install the packages that only some commands need
- `machine`: memory, devices and software of this machine
- `processes`: the processes of a run, and what they exchange
- `join`: which processes take part in a run
- `processes_jax`: several processes by JAX's runtime
- `watch`: each process ends when another one has ended
"""
