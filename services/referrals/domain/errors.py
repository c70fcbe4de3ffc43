"""How a rule says no."""


class RuleBroken(Exception):
    """A rule of the domain refuses.

    `conflict` says that the state of things refuses, not the input; `field` points at the input.
    """

    def __init__(
        self, code: str, detail: str, *, field: str | None = None, conflict: bool = False
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field
        self.conflict = conflict


def wrong_state(what: str, state: str, wanted: str) -> RuleBroken:
    """The refusal of a command that another state would allow."""
    return RuleBroken(
        "wrong-state", f"This {what} is {state}; only one that is {wanted} can do that.",
        conflict=True,
    )  # fmt: skip
