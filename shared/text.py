"""What people type: one rule for a line, one for paragraphs, one for names (docs/decisions/0031).

What cannot be seen is left out, since nobody knows that they have typed or pasted it; what cannot
be shown is refused. Lengths are counted afterwards, in characters as people see them.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, normalize


class Unfit(ValueError):
    """Text that cannot be kept. Its words say what to do about it."""


_BREAKS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_BLANK = "[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]"
_BLANKS = re.compile(_BLANK + "+")
_WIDE_BLANK = re.compile("(?!\t)" + _BLANK)
_TRAILING = re.compile(r"[ \t]+(?=\n|$)")
# Letters, marks and symbols by category that nobody sees: fillers, joiners, placeholders.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\ufffc\U0001d159")
# Format characters that are seen: they stand above or around numbers.
_SEEN_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
_NEVER = ("Co", "Cs", "Cn")
"""Characters that stand for nothing: private, halves of pairs, unassigned."""
_JOINERS = frozenset("\u200c\u200d")
# The flags of England, Scotland and Wales: a black flag, letters as tags, an end.
_FLAG = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)")
_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Pictures that are younger than our tables of characters: telephones have them already.
_PICTURES = ("\U0001f000", "\U0001faff")
_LINK = re.compile(r"://|\S@\S|\bwww\.", re.IGNORECASE)
_DOT_IN_WORD = re.compile(r"([.\u2024\u3002\uff0e\uff61])(?=[^\W\d_]{2})")
_DOT_IN_FOUR_NUMBERS = re.compile(r"(?<!\d)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(?=\d{1,3}(?!\d))")


def line(said: str) -> str:
    """Text on one line. Raises Unfit."""
    text = _BLANKS.sub(" ", _seen(said)).strip()
    if _BREAKS.search(text):
        raise Unfit("This must be on one line. Remove the line break")
    return _with_something(text)


def paragraphs(said: str) -> str:
    """Text that may have several lines. Raises Unfit."""
    text = _WIDE_BLANK.sub(" ", _BREAKS.sub("\n", _seen(said)))
    return _with_something(_TRAILING.sub("", text).strip())


def name(said: str) -> str:
    """The name of a person or an organisation: a line that has a letter in it, and that no mail
    program makes a link of. Raises Unfit."""
    text = line(said)
    if not any(category(one).startswith("L") for one in text):
        raise Unfit("A name must include at least one letter")
    return without_links(text)


def without_links(text: str) -> str:
    """A line in which no mail program finds an address. Raises Unfit where it is one."""
    if _LINK.search(text):
        raise Unfit("This must not include a web address or an email address")
    # `Md.Rahman` and `St.Mary's` are names, `example.org` is an address: with a space none is.
    return _apart(text)


def unlinked(kept: str) -> str:
    """The same, in which no mail program finds an address: never refused."""
    text = re.sub(r"(?<=[:@])(?=\S)|(?=@)", " ", shown(kept)) if _LINK.search(kept) else shown(kept)
    return _apart(text)


def _apart(text: str) -> str:
    """With a space behind each dot that would make a name of a machine, or its number."""
    return _DOT_IN_FOUR_NUMBERS.sub(r"\1. \2. \3. ", _DOT_IN_WORD.sub(r"\1 ", text))


def shown(kept: str) -> str:
    """What was kept before there was a rule, as one line that is safe to show: never refused."""
    blanks = _BREAKS.sub(" ", kept)
    text = "".join(" " if _kind(one) == "Cc" else one for one in blanks if _kind(one) not in _NEVER)
    return _BLANKS.sub(" ", _seen(text)).strip()


def _seen(said: str) -> str:
    """Without what nobody sees. Raises Unfit on what cannot be shown."""
    composed = normalize("NFC", said)
    if (composed.isascii() and composed.isprintable()) or all(map(_is_plain, set(composed))):
        return composed
    kept: list[str] = []
    for part in _FLAG.split(composed):
        kept += part if _FLAG.fullmatch(part) else _letters(part)
    return normalize("NFC", "".join(kept))


def _letters(text: str) -> Iterator[str]:
    before = ""
    for at, one in enumerate(text):
        kind = _kind(one)
        if kind in _NEVER or (kind == "Cc" and not _is_space(one)):
            raise Unfit(
                "This must not include hidden characters. Type it again instead of pasting it"
            )
        if one in _JOINERS:
            fits = _joins(before) and _joins(text[at + 1 : at + 2])
        elif _SELECTORS.fullmatch(one):
            fits = before > "\u024f" or (before != "" and before in "0123456789#*©®")
            fits = fits and not _SELECTORS.fullmatch(before)
        else:
            fits = one not in _UNSEEN and (kind != "Cf" or one in _SEEN_FORMAT)
        if fits:
            yield one
            before = one


@lru_cache(maxsize=4096)
def _is_plain(one: str) -> bool:
    """Whether a character is kept wherever it stands. Most texts hold no other."""
    kind = _kind(one)
    if kind in ("Cc", "Cf"):
        return one in _SEEN_FORMAT or _is_space(one)
    unseen = one in _UNSEEN or one in _JOINERS or _SELECTORS.fullmatch(one)
    return kind not in _NEVER and not unseen


def _kind(one: str) -> str:
    if _PICTURES[0] <= one <= _PICTURES[1]:
        return "So"
    return category(one)


def _is_space(one: str) -> bool:
    return bool(_BREAKS.fullmatch(one) or _BLANKS.fullmatch(one))


def _joins(one: str) -> bool:
    """Whether a joiner beside this changes what is seen: in Arabic, Persian, Urdu and the scripts
    of India and its neighbours, and between pictures."""
    if not one:
        return False
    kind = _kind(one)
    scripts = (
        "\u0590" <= one <= "\u18af"
        or "\ua800" <= one <= "\uabff"
        or ("\U00010a00" <= one <= "\U00011fff")
        or "\U0001e900" <= one <= "\U0001e95f"
    )
    return kind in ("So", "Sk") or bool(_SELECTORS.fullmatch(one)) or (scripts and kind[0] in "LM")


def _with_something(text: str) -> str:
    if not any(_kind(one)[0] in "LN" or _kind(one) == "So" for one in text):
        raise Unfit("This must include at least one letter or number")
    return text
