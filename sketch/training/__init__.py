"""A run.

- `plan`: a fresh run, a resumed one, or one with a parent's weights
- `plan_data`: which corpus it trains on
- `prepare`: a run made ready: its experiment, its lines
- `units`: a parent's weights and another corpus
- `run_lines`: the lines of a run, checked against its experiment
- `loop`: steps, scores, checkpoints
- `network_run`: the training of an experiment
- `recogniser_run`: the training of a recogniser
- `optimizer`: --step-method, its schedule and its gradient limit
- `record`: what a run leaves: checkpoints, history, pictures
- `position`: where a run stands
- `stop`: Ctrl-C and SIGTERM between two batches
- `listeners`: a run goes on when its output cannot be written
- `board_tensorflow`: the history for TensorBoard
"""
