"""Where ink comes from and how it is kept.

- `iam`: reads IAM-OnDB (pen XML, transcripts, split lists) from folders and archives
- `hershey`: makes the built-in demo corpus
- `hdf5`: the one file format; `Line`, `write_corpus`, `Corpus`, `find_corpus`
- `batches`: lines of a set -> padded, length-bucketed batches for training

Pen files come in, `handwriting.hdf5` goes out, and training reads nothing else.
"""
