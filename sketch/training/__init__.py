"""A run: what it starts from, its steps, what it saves.

- `plan`: a fresh run, a resumed one, or one that starts from a parent's weights
- `plan_data`: which corpus it trains on
- `prepare`: the experiment of a run, and its lines
- `inherit`: a parent's weights on another corpus: units, points, characters
- `run_lines`: the lines of a run, checked against its experiment
- `loop`: steps, scores, checkpoints
- `network_run`: the training of an experiment
- `recogniser_run`: the training of a recogniser
- `optimizer`: --step-method, its schedule and its gradient limit
- `epoch_pictures`: the pictures of an experiment, drawn after each epoch
- `position`: where a run stands
- `forecast`: how long a run will take
- `stop`: Ctrl-C and SIGTERM between two batches; output that nobody takes
- `board_tensorflow`: the history for TensorBoard
"""
