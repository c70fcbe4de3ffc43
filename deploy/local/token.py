"""`make token ROLE=senco SETTING=<id>`: a token of the local issuer."""

import argparse
import sys
import uuid

from deploy.local.issuer import ROLES, Issuer
from deploy.local.up import FOLDER


def main() -> int:
    """Print a token."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", required=True, choices=ROLES)
    parser.add_argument("--setting", action="append", default=[], help="a setting's id")
    parser.add_argument("--service", action="append", default=[], help="a support service's id")
    parser.add_argument("--subject", help="who it is for; the same role is the same person else")
    options = parser.parse_args()
    settings = [value for value in options.setting if value]
    services = [value for value in options.service if value]
    subject = options.subject or str(
        uuid.uuid5(uuid.NAMESPACE_URL, "/".join([options.role, *settings, *services]))
    )
    print(
        Issuer(FOLDER / "issuer").token(
            options.role, subject=subject, settings=settings, services=services
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
