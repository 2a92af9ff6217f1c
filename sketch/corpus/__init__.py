"""The corpus file, the lines in it, and the built-in corpus.

- `corpus_line`: one line: ink, text, id, writer
- `hdf5`: the file format: writer and reader side by side
- `hdf5_parts`: the parts of the file, as written and as checked
- `hdf5_checks`: what is checked before a file is believed
- `rows`: rows by number: in memory, or on disk until needed
- `shards`: several corpus files as one
- `batches`: lines of a split as padded batches of similar length
- `find`: where the corpus file is
- `demo`: the built-in corpus
- `demo_text`: its text
- `hershey`: its writers
"""
