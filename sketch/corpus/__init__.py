"""The corpus file, the lines in it, and the built-in corpus.

- `corpus_line`: one line: ink, text, id, writer
- `hdf5`: the file format, written and read
- `hdf5_parts`: the parts of the file, one by one
- `hdf5_checks`: checks of a file from a stranger
- `rows`: rows by number, in memory or on disk until needed; the lines of sets
- `shards`: several corpus files as one
- `recombine`: new lines out of words of one form
- `batches`: lines of a split as padded batches of similar length
- `find`: where the corpus file is
- `demo`: the built-in corpus
- `demo_text`: its text
- `hershey`: its writers
"""
