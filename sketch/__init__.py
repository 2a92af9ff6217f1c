"""Models pen writing as it is made, point by point: learns it, scores it, writes it.

The map of the house. A folder imports only itself and those above it:

    ink/             pen strokes as numpy arrays
      strokes.py       offsets <-> points, stroke ends, normalise and undo, cleaning
      text.py          the alphabet: encode, decode, unknown characters
      counted.py       a number and what it counts, in words
      printable.py     text of strangers, fit for a terminal
      lines.py         a line of ink and its text, as files hold it
      fit.py           own ink brought to the size and speed of the corpus
      baseline.py      the line that letters stand on
      words.py         a written line cut into its words
      prose.py         a text brought into shape for a pen
      grid.py          where each of many lines goes
      canvas.py        what every picture shares: paper, pen, colours
      figures.py       pictures of ink, pen states and history
      model_figures.py pictures of a model at work: window, mixture weights
      density.py       the picture of a mixture density
      files.py         files written whole, XML read without its dangers
      paper.py         sheets of paper, and how ink is to lie on them
      line_ends.py     where lines of words end, and the gaps in them
      page.py          written pieces made into pages
      smooth.py        curves through the points of a pen
      page_files.py    pages as files of every format
      written.py       what a pen left: lines, pages, files
      animation.py     a page that writes itself, as a GIF
      vector.py        ink files of every format, and the JSON one
      svg.py           SVG in millimetres, still or moving
      svg_reader.py    ink out of SVG
      svg_path.py      the curves of SVG, as points
      inkml.py         InkML
    corpus/          where ink comes from and how it is kept
      sources.py       files out of folders and archives
      source_file.py   one of them
      tar_source.py    ... out of a tar archive
      zip_source.py    ... out of a zip archive
      parallel.py      many files parsed by many processes
      database.py      what the reader of any format makes: lines
      whiteboard.py    the pen files of IAM-OnDB
      iam.py           IAM-OnDB: transcripts, split lists, writers
      quickdraw.py     the drawings of Quick, Draw!
      ink_files.py     anybody's ink: InkML, SVG, JSON, Quick, Draw!
      formats.py       which of these sources are
      pace.py          points a character, brought to a model's
      splits.py        who is in train, valid and test
      report.py        what a conversion has to tell
      convert.py       sources -> the corpus file
      demo.py          the built-in demo corpus
      demo_text.py     its text
      hershey.py       its hands
      line.py          a line: ink, text, id, writer
      hdf5.py          the one file format: writer and reader side by side
      hdf5_parts.py    its parts, each as it is written or believed
      hdf5_checks.py   what is asked of a file before it is believed
      find.py          where the corpus file is
      shards.py        several corpus files as one
      rows.py          rows by their number: in memory, or on disk until needed
      batches.py       split -> padded, length-bucketed batches
    model/           what is learned, in keras.ops only
      mixture.py       mixture density: parameters, log-likelihood, draw, bias
      window.py        the attention window over text
      recurrent.py     LSTM and GRU layers: a step, and a sequence
      seeds.py         the seeds of its parts
      network.py       the stack: one definition for a sequence and for a step
      fast.py          the quickest way that the backend has
      fast_jax.py      ... under JAX
      scan_jax.py      ... its loop over time, weights' gradients after it
      products_jax.py  ... its products, in the order a CPU likes best
      fast_torch.py    ... under PyTorch
      fast_tensorflow.py ... under TensorFlow
    generation/      ink out of a model: arrays in, arrays out
      sampling.py      the compiled sampling loop: free or with text, bias
      attention.py     how far the window is through the text
      pieces.py        short texts; what went wrong is written again
      writing.py       texts of any length, piece by piece
    evaluation/      how good it is
      protocols.py     which lines, in which units: those of the published figures
      likelihood.py    nats a line, ink and pen apart, as recorded and dequantised
      results.py       means, bootstrap intervals, the report
      edits.py         how wrong a reading is
      recogniser.py    a small CTC network that reads ink
      distances.py     how far written strokes are from real ones
      sentences.py     what no corpus holds
      legibility.py    the figures of all that
    experiment/      one run, from settings to a directory
      option.py        a setting: flags, help, type, range, name tag
      hyperparameters.py   every setting, declared once
      run_options.py   how long a run goes, where and on what
      names.py         the experiment's name, of its settings
      files.py         reading that trusts nothing; JSON
      settings_file.py hyperparameters.json
      checkpoint.py    weights and state, always whole
      weights_file.py  what is asked of weights before they are read
      history.py       history.csv
      lock.py          one process trains in a directory
      run_directory.py     the directory of a training, composed of these
      directory.py     ... of an experiment
      lineage.py       whose weights an experiment began with
      hands.py         where experiments are; those that come with sketch
      publishing.py    an experiment made fit to be given away
      card.py          ... and the card that says what it is
      plan.py          a fresh run, one that goes on, or one derived
      data.py          which corpus it trains on
      units.py         a parent's weights and another corpus
      lines.py         the lines of a run, checked against its experiment
      building.py      settings -> network
      optimizer.py     --step-method, its schedule and its limit of the gradient
      position.py      where a run stands
      processes.py     the processes of a run, and what they settle between them
      processes_jax.py ... by JAX's runtime
      watch.py         each process ends when another one has
      preparing.py     a run made ready: its experiment, its lines
      loop.py          the loop of a training: steps, scores, checkpoints
      training.py      ... of an experiment
      board_tensorflow.py  the history for TensorBoard
      record.py        what a run leaves: checkpoints, history, pictures
      interrupts.py    Ctrl-C and SIGTERM
      listeners.py     a run goes on where nobody reads what it tells
      reader_settings.py   every setting of a reader, declared once
      reader.py        the directory of a reader, and what it reads
      reader_training.py   the loop of its training
      checking.py      a reader looks at what a pen writes
      loaded.py        what a pen keeps: network, sampling loops, a reader
      pen.py           an experiment as a pen: samples in the recording's units
      priming.py       ink that lines go on from: styles, lines of a corpus, one's own
      line_figures.py  what went on in it, line by line
      scoring.py       an experiment put to the test of a protocol
      legibility.py    ... and of a reader
      letter.py        a whole text in one hand, in pieces for a page
      commit.py        the git commit of the sources
      devices.py       backend, precision, devices: the one place that branches on them
    web/             `sketch serve`: the page that writes, and captures a hand
      request.py       what a browser asks for, checked
      hands.py         the experiments that it offers
      prompts.py       the lines of the capture sheet
      writing.py       a text written: ink in its place, and how it came about
      files.py         ink as a file to keep
      worker.py        one thread that writes, a short queue before it
      guard.py         the headers of every answer, the hosts of every request
      app.py           which address answers what
      server.py        a socket, and a clean end
      static/          the pages: HTML, CSS, JavaScript modules, as they are
    cli/             one thin file a command: parse, call one function, print
      main.py          the commands, and what an error says
      options.py       options that several commands have
      param_types.py   what their values may be, and how the shell completes them
      former.py        options of older programs, and what they are here
      echo.py          lines on a terminal
      signals.py       Ctrl-C and SIGTERM, until training takes them
    arguments.py     what a program may pass to a pen
    api.py           the same from Python: `load`, `Pen`, `Ink`

Data flows one way: pen XML -> corpus -> HDF5 -> batches -> experiment trains model
-> generation -> ink -> picture.

Importing this package imports no keras. It only chooses the default backend, JAX,
where `KERAS_BACKEND` does not name another and no keras runs already. `load`, `Pen`,
`Ink` and `Layout` come from `api.py` when they are first used.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sketch.api import Ink, Layout, Pen, load

__version__ = "0.1.0"
__all__ = ["Ink", "Layout", "Pen", "__version__", "load"]

if "keras" not in sys.modules:  # or else it has its backend for good
    os.environ.setdefault("KERAS_BACKEND", "jax")


def __getattr__(name: str) -> Any:
    if name in __all__:
        from sketch import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
