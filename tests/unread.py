"""What a program writes to where nobody reads it any more."""


class Unread:
    """A stream, or the `os` of a module, to which writing is an error."""

    def __init__(self):
        self.exits = []

    def write(self, *_):
        raise BrokenPipeError

    flush = write

    def _exit(self, code):
        self.exits.append(code)
