"""An email address as it goes over the wire."""

import idna

_DOTS = ".\u3002\uff0e\uff61"
"""What stands for a dot in a domain (UTS 46); the one at its end says nothing more."""


class NoAddress(ValueError):
    """It is none that any server takes. Without the address in its words."""


def on_the_wire(address: str) -> str:
    """The address with its domain in A-labels (IDNA 2008 with the mapping of UTS 46).

    Whether a server takes the local part as it is, is the server's to say (RFC 6531).
    Raises NoAddress.
    """
    local, _, domain = address.strip().rpartition("@")
    domain = domain.rstrip(_DOTS)
    if not local or not domain or any(ord(one) <= 32 for one in address.strip()):
        raise NoAddress("this is not an email address")
    try:
        local.encode()  # halves of surrogate pairs are in no encoding
        if domain.isascii():
            return f"{local}@{domain}"
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except UnicodeError as problem:  # idna.IDNAError is one
        raise NoAddress("this is not an email address") from problem


def needs_unicode(address: str) -> bool:
    """Whether only a server with SMTPUTF8 takes it."""
    return not address.isascii()
