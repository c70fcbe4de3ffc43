"""Text on one line: what was recorded before its rule, or came otherwise, is still said cleanly."""

import re

# Controls and line ends (C0, DEL, C1 with NEL, U+2028, U+2029), and halves of surrogate pairs,
# which no encoding has.
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# Embeddings, overrides and isolates (Unicode Annex 9) turn the rest of a line round.
_TURNS_ROUND = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")
_HALVES = re.compile("[\ud800-\udfff]")


def one_line(said: str) -> str:
    """The same on one line, with single spaces, and with nothing in it that no subject can hold."""
    return _SPACES.sub(" ", _NOT_IN_A_LINE.sub(" ", said)).strip()


def a_name(said: str) -> str:
    """A name or number as it goes into a sentence: on one line, and turning nothing round."""
    return one_line(_TURNS_ROUND.sub("", said))


def encodable(said: str) -> str:
    """The same without halves of surrogate pairs; lines stay lines."""
    return _HALVES.sub("\ufffd", said)
