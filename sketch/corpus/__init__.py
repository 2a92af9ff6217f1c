"""Where ink comes from and how it is kept.

- `sources`: files out of folders and archives, nothing unpacked to disk
- `whiteboard`: pen XML -> strokes; many files in parallel
- `iam`: IAM-OnDB: which files are what, transcripts, split lists
- `hershey`, `demo_text`: the built-in demo corpus: its hands, its words
- `line`: `Line`: ink, text, id and writer; what both make and all the rest reads
- `hdf5`: the one file format; `write_corpus`, `Corpus`; `find`: where the file is
- `hdf5_checks`: what the reader asks before it believes a file
- `convert`: a database -> splits -> the file, and the report on it
- `batches`: lines of a set -> padded, length-bucketed batches for training

Pen files come in, `handwriting.hdf5` goes out, and training reads nothing else.
"""

SPLITS = ("iam", "graves", "form", "random")  # `convert` says what each of them is
