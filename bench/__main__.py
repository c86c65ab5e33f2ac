"""Run the measurements that are named, or all of them, and print one line each."""

import sys

from bench import (
    copies,
    crowd,
    exports,
    http,
    importing,
    intake,
    partners,
    policy,
    portal,
    requests,
    withdrawals,
    writing,
)

MEASUREMENTS = {
    "policy": policy.main, "decide": http.main, "import": importing.main, "crowd": crowd.main, "writing": writing.main,
    "intake": intake.main, "requests": requests.main, "portal": portal.main, "withdrawals": withdrawals.main,
    "partners": partners.main, "exports": exports.main, "copies": copies.main,
}  # fmt: skip


def main(names: list[str]) -> int:
    """Returns 2 for a name that is none."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"no such measurement: {unknown[0]}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    for name in names or MEASUREMENTS:
        print(f"\n== {name}")
        MEASUREMENTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
