"""Sources of any format made into the corpus file.

- `conversion`: sources in, corpus file out
- `points_per_character`: ink resampled to a model's points per character
- `sources`: files out of folders and archives
- `source_file`: one of these files, and its limits
- `tar_source`: files out of a tar archive
- `zip_source`: files out of a zip archive
- `parallel`: many files parsed by many processes
- `iam`: IAM-OnDB: transcripts, split lists, writers
- `whiteboard`: the pen files of IAM-OnDB
- `ink_source`: anybody's ink: InkML, SVG, JSON, Quick, Draw!
- `quickdraw`: the drawings of Quick, Draw!
- `formats`: which format sources have
- `database`: what the collector of any format makes: lines
- `splits`: which lines are in train, valid and test
- `report`: what a conversion has to tell
"""
