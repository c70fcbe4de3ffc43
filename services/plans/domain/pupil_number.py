"""Unique pupil numbers [DfE, Unique Pupil Numbers: guide for schools and local authorities]."""

import re

_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""Without I, O and S, which look like 1, 0 and 5."""
_FORM = re.compile(rf"[{_LETTERS}][0-9]{{11}}[0-9{_LETTERS}]")


class WrongPupilNumber(ValueError):
    """Not a unique pupil number. Its words say what to check."""


def pupil_number(said: str) -> str:
    """The number as it is kept: `h 8012 0000 1001` is H801200001001. Raises WrongPupilNumber."""
    number = re.sub(r"[\s\-]", "", said).upper()
    if not _FORM.fullmatch(number):
        raise WrongPupilNumber(
            "UPN must be 13 characters: a letter, 11 numbers and a letter or number, "
            "like H801200001001"
        )
    if number[0] != check_letter(number[1:]):
        raise WrongPupilNumber("Check the UPN: its first letter does not match the other numbers")
    return number


def check_letter(rest: str) -> str:
    """The first letter of the number whose other 12 characters are `rest`: each times its place,
    2 to 13, added up, modulo 23. The letter of a temporary number counts by its own place."""
    values = [_LETTERS.index(one) if one in _LETTERS else int(one) for one in rest]
    return _LETTERS[sum(place * value for place, value in enumerate(values, 2)) % len(_LETTERS)]
