"""Pen strokes as numpy arrays: the representation, its text, its pictures, its files.

- `strokes`: offsets <-> points, stroke ends, normalisation, recording errors
- `text`: the alphabet of a corpus: encode and decode; `printable`: text for terminals
- `figures`: matplotlib pictures of ink and of a training run; `model_figures` and
  `density`: of what a model does; `canvas`: what all pictures share
- `page`: written pieces made into pages (`baseline`, `words`: how; `paper`: sheets and
  layouts; `prose`: the text before), `page_files`: pages as files of every format
  (`smooth`: curves; `animation`: GIF), `written`: ink as users of Python hold it
- `grid`: where each of several lines goes, in pictures and files alike
- `vector`: ink files: JSON, and `read_ink`, which picks the reader; `svg` and
  `svg_reader`: SVG in millimetres, still or moving, and back (`svg_path`: its curves);
  `inkml`: the W3C's pen format; `lines`: what readers return
- `files`: files written whole, XML read without its dangers

numpy, matplotlib, its pillow and lxml only; nothing here knows of models.
"""


class DamagedInk(ValueError):
    """A file or an array that should hold ink and does not.

    The message names the file (or the thing), says what is wrong with it and what
    to do. Used for every format that the project reads.
    """
