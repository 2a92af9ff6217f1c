"""Converts IAM-OnDB to `data/handwriting.hdf5`: the same as `sketch convert`.

python handwriting_to_hdf5.py SOURCE... [--output FILE] [--split iam|graves|form|random]
"""

import sys

try:
    from sketch.cli.main import main
except ModuleNotFoundError as error:
    sys.exit(f"{error}: install sketch first, with `pip install .` in this folder")

if __name__ == "__main__":
    main(["convert", *sys.argv[1:]])
