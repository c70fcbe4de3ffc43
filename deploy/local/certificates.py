"""A certificate authority of one's own, and what a server on this machine shows."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """Files that are made once in `folder`."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What clients trust."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """What the server shows."""
        return self.folder / "tls.crt"

    @property
    def key(self) -> Path:
        """The server's own."""
        return self.folder / "tls.key"

    @property
    def both(self) -> Path:
        """Key and certificate in one file."""
        return self.folder / "tls.pem"


def make(folder: Path, *names: str) -> Certificates:
    """An authority, and a certificate for these names (`127.0.0.1` where none is given), unless
    they are there."""
    made = Certificates(folder)
    if made.authority.exists():
        return made
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="SEN Support on one's own machine")
    leaf = authority.issue_cert(*(names or ("127.0.0.1",)))
    leaf.private_key_pem.write_to_path(str(made.key))
    leaf.private_key_and_cert_chain_pem.write_to_path(str(made.both))
    for number, part in enumerate(leaf.cert_chain_pems):
        part.write_to_path(str(made.certificate), append=number > 0)
    authority.cert_pem.write_to_path(str(made.authority))
    return made
