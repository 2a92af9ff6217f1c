"""Sources of any format made into the corpus file.

- `conversion`: sources in, corpus file out
- `formats`: which format sources have
- `collector`: lines gathered from the files of sources
- `iam`: IAM-OnDB: transcripts, split lists, writers
- `whiteboard`: the pen files of IAM-OnDB
- `ink_source`: anybody's ink, with the texts beside it
- `quickdraw`: the drawings of Quick, Draw!
- `sketchrnn`: the data sets of sketch-rnn
- `sources`: files out of folders and archives
- `source_file`: one of these files, and its limits
- `tar_source`: files out of a tar archive
- `zip_source`: files out of a zip archive
- `splits`: which lines are in train, valid and test
- `report`: the report of a conversion
"""

# The formats of sources: what people call them, and the suffix of their files of ink.
FORMATS = {
    "iam": ("IAM-OnDB", ".xml"),
    "inkml": ("InkML", ".inkml"),
    "svg": ("SVG", ".svg"),
    "json": ("JSON", ".json"),
    "xopp": ("Xournal++", ".xopp"),
    "quickdraw": ("Quick, Draw!", ".ndjson"),
    "sketchrnn": ("sketch-rnn", ".npz"),
}
LIMITED = ("quickdraw", "sketchrnn")  # files of many drawings, which --limit is for
SPLITS = ("iam", "graves", "form", "random")  # see `splits`
