"""What this program stands on, looked through: known vulnerabilities, licences, and secrets among the tracked files.

    make audit

Exits 1 where something was found. Vulnerabilities are asked of a registry; where none can be asked, that is said, and
the rest is looked at all the same.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

PROJECT = Path(__file__).parents[1]
LOCK = PROJECT / "packaging" / "requirements.lock"
ALLOWED = re.compile(
    r"\b(MIT|MIT-0|BSD|BSD-[0-3]-Clause|0BSD|Apache|Apache-2\.0|ISC|PSF|PSF-2\.0|MPL|MPL-2\.0|Unlicense|LGPL)\b|"
    r"Python Software Foundation|Mozilla Public License 2\.0|Lesser General Public License|Public Domain",
    re.IGNORECASE,
)
"""Licences that let the program be given away under its own: permissive ones, and those that ask only for their own
files to stay open.
"""
SECRETS = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a key of a cloud": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of a forge or a chat": re.compile(
        rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,})"
    ),
    "a token of a bot": re.compile(rb"\b[0-9]{8,10}:AA[\w-]{33}\b"),
    "a password in an address": re.compile(
        rb"://[\w.-]+:(?!canary|secret|\{|\*)[\w.-]{6,}@(?![\w.-]*\bexample\b)[\w.-]+\.\w+"
    ),
}
KEYS_OF_THE_TESTS = PROJECT / "tests" / "notifications" / "certificates"
"""Of servers on the loopback interface."""


def main() -> int:
    """Every part is looked at, whatever the one before has found."""
    parts = (vulnerabilities, licences, secrets)
    return 1 if [part.__name__ for part in parts if not part()] else 0


def vulnerabilities() -> bool:
    """Of the locked versions, as the registry of the machine knows them; not every mirror does."""
    audit = [sys.executable, "-m", "pip_audit", "--requirement", LOCK, "--disable-pip", "--format", "json"]
    done = subprocess.run(
        [*audit, "--progress-spinner", "off"], capture_output=True, encoding="utf-8", check=False
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        why = done.stderr.strip().splitlines() or ["no answer"]
        print(f"vulnerabilities: could not be looked for: {why[-1]}")
        return True
    known = [each for each in packages if "skip_reason" not in each]
    weak = [each for each in known if each["vulns"]]
    for each in weak:
        print(
            f"vulnerabilities: {each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}"
        )
    print(
        f"vulnerabilities: {len(known)} of {len(packages)} packages looked at; of the others the registry knows nothing"
    )
    return not weak


def licences() -> bool:
    """Of every locked package that is installed here; the others are for other systems."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text("utf-8"), re.MULTILINE)
    found = {name: licence_of(name) for name in names}
    foreign = {name: said for name, said in found.items() if said is not None and not ALLOWED.search(said)}
    for name, said in foreign.items():
        print(f"licences: {name} is under {said or 'an unknown licence'}, which is not among those allowed")
    print(f"licences: {sum(said is not None for said in found.values())} packages looked at")
    return not foreign


def licence_of(name: str) -> str | None:
    """What a package says of its licence; None where it is not installed."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return None
    classifiers = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    return " ".join(
        [about.get("License-Expression", ""), *classifiers, (about.get("License") or "")[:100]]
    ).strip()


def secrets() -> bool:
    """In the files that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
    paths = [PROJECT / each.decode() for each in listed.split(b"\0") if each]
    paths = [each for each in paths if each.is_file() and not each.is_relative_to(KEYS_OF_THE_TESTS)]
    found = [
        (path, what) for path in paths for what, form in SECRETS.items() if form.search(path.read_bytes())
    ]
    for path, what in found:
        print(f"secrets: {path.relative_to(PROJECT)} seems to hold {what}")
    print(f"secrets: {len(paths)} files looked at")
    return not found


if __name__ == "__main__":
    sys.exit(main())
