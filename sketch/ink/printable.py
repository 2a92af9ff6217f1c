"""Text that is shown to people: names and texts come from files of strangers.

Alone in its file, and importing nothing, so that an error can be told when nothing
else can be imported.
"""


def printable(text: str, stand_in: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """A text without what a terminal would obey; line ends are replaced, too.

    Args:
        text: from anywhere.
        stand_in: what is shown for each character that cannot be shown.
    """
    return "".join(c if c.isprintable() else stand_in for c in text)
