"""Texts that come from somewhere else, made fit to be shown."""


def printable(text: str) -> str:
    """A text on one line, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
