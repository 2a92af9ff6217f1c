"""Every setting, declared once: plain data, no keras.

- `option`: one setting: flags, help, type, range, tag in the name
- `hyperparameters`: the settings of a network and its training
- `recogniser_settings`: the settings of a recogniser and its training
- `run_options`: how long, on what and where a run trains
- `names`: the name of an experiment, made of its settings
"""
