"""The commands: each parses, calls one function, prints.

- `main`: finds the command; every end is an exit code
- `options`: options that several commands share
- `param_types`: kinds of values, and how the shell completes them
- `convert`: pen recordings to the corpus file
- `train`: start, resume or fine-tune a run
- `sample`: what a model writes, as it is
- `write`: a text on paper
- `train_recogniser`: train a recogniser
- `evaluate`: score a model
- `list`: experiments and pretrained models
- `show`: one of them
- `plot`: histories
- `serve`: the page
- `publish`: an experiment made fit to be given away
- `export`: an experiment to write without sketch
"""
