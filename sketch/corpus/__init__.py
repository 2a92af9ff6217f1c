"""Where ink comes from and how it is kept.

- `sources`: files out of folders and archives (`tar_source`, `zip_source`), each a
  `source_file`, nothing unpacked to disk; `parallel`: many of them parsed at once
- `whiteboard`: pen XML -> strokes
- `iam`: IAM-OnDB: which files are what, transcripts, split lists
- `ink_files`, `quickdraw`: anybody's ink; `formats`: which of all these sources are
- `database`: what they all make of their sources
- `demo`: the built-in demo corpus; `hershey`, `demo_text`: its hands, its words
- `line`: `Line`: ink, text, id and writer; what both make and all the rest reads
- `hdf5`: the one file format; `write_corpus`, `Corpus`; `find`: where the file is
- `hdf5_checks`: what the reader asks before it believes a file
- `convert`: a database -> the file, by way of `pace` and `splits`; `report` on it
- `batches`: lines of a set -> padded, length-bucketed batches for training

Pen files come in, `handwriting.hdf5` goes out, and training reads nothing else.
"""

SPLITS = ("iam", "graves", "form", "random")  # `convert` says what each of them is
FORMATS = ("iam", "inkml", "svg", "json", "quickdraw")  # of sources; see `formats`
