"""Pen strokes as numpy arrays, and the files that hold them.

- `strokes`: offsets and points, stroke ends, normalisation, recording errors
- `alphabet`: the characters of a corpus: encode, decode, unknown characters
- `line_of_ink`: a line of ink and its text, as files hold it
- `fit`: ink brought to the size and points per character of a corpus
- `xml`: XML from anywhere, parsed without its dangers
- `ink_files`: every format by its suffix, and the JSON format
- `inkml`: InkML, read and written
- `svg_reader`: ink out of SVG
- `svg_path`: the curves of SVG, as points
"""


class DamagedInk(ValueError):
    """A file or an array that should hold ink and does not.

    The message names the file (or the thing), says what is wrong with it and what
    to do. Used for every format that the project reads.
    """
