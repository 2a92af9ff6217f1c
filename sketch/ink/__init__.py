"""Pen strokes as numpy arrays, and the files that hold them.

- `strokes`: offsets and points, stroke ends, normalisation, recording errors
- `alphabet`: the characters of a corpus: encode, decode
- `line_of_ink`: a line of ink with its text, and the content of a file
- `fit`: ink brought to the size and points per character of a corpus
- `xml`: XML from anywhere, parsed safely
- `ink_files`: the table of formats, and the JSON format
- `inkml`: InkML, parsed and written
- `xopp`: ink out of Xournal++ files
- `svg`: ink out of SVG: what a person sees, in pen order
- `svg_path`: outlines as curves, and curves as points
- `svg_place`: lengths, transformations and view boxes
- `svg_style`: style sheets, inheritance, visible paint
"""


class DamagedInk(ValueError):
    """A file or an array does not hold the ink that it should.

    The message names the file or the thing, says what is wrong and what to do.
    """


def too_much(path: object, what: str) -> DamagedInk:
    """The error for a file of more ink than is read at once, such as "5 points"."""
    return DamagedInk(f"{path} has more than {what}; cut it into several files")
