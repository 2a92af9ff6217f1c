"""An experiment as a pen.

- `pen`: texts and free lines, in the recordings' units
- `letter`: a whole text in one style, in pieces for a page
- `prime`: ink that lines continue
- `tidy`: somebody's own notes, written again
- `check`: generated lines checked with a recogniser
- `loaded_recogniser`: a recogniser with its weights
- `line_figures`: pictures of how a line was written
- `facts`: what a program must know to write by a network's steps alone
- `onnx_file`: an experiment as an ONNX file
- `arguments`: numbers given by a program, checked
"""

# Share of a text's characters that a recogniser may misread in the best try before it
# is a fault: it misreads 0.084 of real lines of IAM-OnDB.
MAX_ERROR_RATE = 0.1
