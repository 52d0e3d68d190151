"""Asks what is publicly known against the locked packages: `python -m tests.house.audit PIP-AUDIT FILE…`.

A package that is known to be vulnerable is a failure. Where the advisory service cannot be reached, or does not know a
package, nothing was found out: that is said in a line, and is neither a failure nor a pass.
"""

import subprocess
import sys
from typing import Any

import msgspec

_LISTED = 3


def judged(out: bytes, err: str) -> tuple[list[str], bool]:
    """What `pip-audit --format json` found, in lines, and whether a package is vulnerable."""
    try:
        packages: list[dict[str, Any]] = msgspec.json.decode(out)["dependencies"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        words = [line for line in err.splitlines() if line.strip()] or ["it said nothing"]
        return [f"NOT DONE, the advisories could not be read: {words[-1][:300]}"], False
    known = [(one, bug) for one in packages for bug in one.get("vulns", ())]
    unasked = sorted({one["name"] for one in packages if one.get("skip_reason")})
    asked = len({one["name"] for one in packages} - set(unasked))
    lines = [
        f"{one['name']} {one['version']}: {bug['id']}, mended in {', '.join(bug['fix_versions']) or 'no version'}"
        for one, bug in known
    ]
    if unasked:
        more = f" and {len(unasked) - _LISTED} more" if len(unasked) > _LISTED else ""
        how = "NOT DONE" if not asked else f"PARTLY DONE, {asked} packages looked up"
        lines.append(f"{how}: nothing could be learned of {', '.join(unasked[:_LISTED])}{more}")
    return lines or [f"no advisory names any of {asked} packages"], bool(known)


def main(program: str, *files: str) -> int:
    """1 where a package is vulnerable, else 0."""
    command = [program, "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    for file in files:
        command += ["--requirement", file]
    try:
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        lines, vulnerable = judged(done.stdout, done.stderr.decode(errors="replace"))
    except (OSError, subprocess.TimeoutExpired) as error:
        lines, vulnerable = [f"NOT DONE: {type(error).__name__}"], False
    sys.stdout.write("".join(f"audit: {line}\n" for line in lines))
    return int(vulnerable)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
