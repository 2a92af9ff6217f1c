"""Models pen writing as it is made, point by point: learns it, scores it, writes it.

The map of the house. A folder imports only itself and those above it:

    ink/             pen strokes as numpy arrays
      strokes.py       offsets <-> points, stroke ends, normalise and undo, cleaning
      text.py          alphabet: encode, decode, unknown characters
      page.py          lines on paper: wrapping, baseline, margins
      figures.py       pictures: sketch grid, pen, window, density, history
      vector.py        SVG in millimetres, InkML, animation
    corpus/          where ink comes from and how it is kept
      iam.py           IAM-OnDB: archives or folders, transcripts, split lists
      hershey.py       the built-in demo corpus
      hdf5.py          the one file format: writer and reader side by side
      batches.py       split -> padded, length-bucketed batches
    model/           what is learned, in keras.ops only
      mixture.py       mixture density: parameters, log-likelihood, draw, bias
      window.py        the attention window over text
      network.py       the stack: one definition for a sequence and for a step
    generation/      ink out of a model: arrays in, arrays out
      sampling.py      the compiled sampling loop: free or with text, bias, priming
      writing.py       text -> lines of ink -> page; retries lines that went wrong
    evaluation/      how good it is
      likelihood.py    protocols that compare with published numbers
      recogniser.py    a small reader: legibility of what was written
    experiment/      one run, from settings to a directory
      option.py        a setting: flags, help, type, range, name tag
      hyperparameters.py   every setting, declared once
      names.py         the experiment's name <-> its settings
      files.py         files that appear whole; reading that trusts nothing
      checkpoint.py    weights and state, always whole
      history.py       history.csv
      lock.py          one process trains in a directory
      directory.py     the experiment directory, composed of these
      plan.py          a fresh run, one that goes on, or one derived
      training.py      the training run
      devices.py       backend, precision, devices: the one place that branches on them
    web/             `sketch serve`: the page that writes
    cli/             one thin file a command: parse, call one function, print

Data flows one way: pen XML -> corpus -> HDF5 -> batches -> experiment trains model
-> generation -> ink -> picture, page, plotter.

Importing this package imports no keras. It only chooses the default backend, JAX,
where `KERAS_BACKEND` does not name another.
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("KERAS_BACKEND", "jax")
