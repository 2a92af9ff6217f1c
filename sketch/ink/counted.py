"""A number and what it counts, as people write it."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """`counted(1, "line")` is "1 line", `counted(2000, "line")` is "2,000 lines".

    Args:
        number: how many.
        one: the word for one of them.
        many: the word for more; None: `one` and an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
