"""A mutation check: lines broken on purpose, each of which some test must notice.

``python -m tests.mutants`` applies every mutant of ``mutants.toml`` to a copy of the package, never to this one, runs
the tests that are named beside it there, and says which mutants were killed. It ends with 1 if one survived.

A mutant's ``old`` must stand exactly once in its file. A mutant that no longer fits is an error, so the list cannot
rot; ``test_mutants.py`` says so in the default suite, without running any.

Leaves out: mutants made by a program. These lines were chosen because a fault there would do harm in silence.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_suffix(".toml")
COPIED = ("playground", "tests")
LINKED = ("models", "pyproject.toml", "streamlit_app.py", ".streamlit", "README.md", "README.zh-CN.md", "CHANGELOG.md")
TIMEOUT = 180.0
"""Seconds; a mutant that hangs its tests for so long is killed, too."""


@dataclass(frozen=True)
class Mutant:
    """One change of one place."""

    id: str
    file: str
    """Relative to the repository's root."""
    old: str
    """Text that stands in the file exactly once."""
    new: str
    tests: tuple[str, ...]
    """Test files, or tests of them as pytest names them; one of these must fail."""

    def applied_to(self, text: str) -> str:
        """The file's text with the change.

        Raises:
            ValueError: ``old`` stands there never, or more than once.
        """
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.id}: {self.old!r} stands {count} times in {self.file}, and must stand there once")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    outcome: Literal["killed", "survived", "error"]
    seconds: float
    reason: str
    """The first test that failed, or what went wrong."""


def load_mutants(path: Path = LIST) -> list[Mutant]:
    """The list, in its order."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**row | {"tests": tuple(row["tests"])}) for row in rows]


class Copy:
    """A copy of the package and its tests, in which one mutant at a time is put to the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs = 0
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in LINKED:
            (root / name).symlink_to(ROOT / name)

    def test(self, mutant: Mutant) -> Verdict:
        """Apply a mutant, run its tests until one fails, and take it back."""
        path, start = self.root / mutant.file, time.monotonic()
        original = path.read_text(encoding="utf-8")
        try:
            self._write(path, mutant.applied_to(original))
            code, output = self.run(mutant.tests)
        except ValueError as error:
            return Verdict(mutant, "error", 0.0, str(error))
        finally:
            self._write(path, original)
        outcome: Literal["killed", "survived", "error"] = "error"
        outcome = "survived" if code == 0 else "killed" if code in (1, None) else outcome
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        reason = "timeout" if code is None else failed[1] if failed else output.strip()[-200:] if code else ""
        return Verdict(mutant, outcome, time.monotonic() - start, reason)

    def run(self, tests: Sequence[str]) -> tuple[int | None, str]:
        """Pytest's exit code, None for a timeout, and what it printed."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no", *tests]
        threads = {"OMP_NUM_THREADS": "1", "CI": "true"}  # CI: hypothesis tries the same examples each time
        environment = os.environ | threads | {"PYTHONPATH": str(self.root)}
        try:
            done = subprocess.run(
                command, cwd=self.root, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT
            )
        except subprocess.TimeoutExpired:
            return None, ""
        return done.returncode, done.stdout + done.stderr

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        self.runs += 1  # Python tells a stale .pyc by its source's time in whole seconds and its size
        os.utime(path, (self.runs * 10, self.runs * 10))


@contextmanager
def copies(count: int) -> Iterator[list[Copy]]:
    """So many copies in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        roots = [Path(folder) / str(index) for index in range(count)]
        for root in roots:
            root.mkdir()
        yield [Copy(root) for root in roots]


def run_mutants(mutants: Sequence[Mutant], workers: int = 2) -> Iterator[Verdict]:
    """Every mutant's verdict, in the order of the list; ``workers`` of them are tested at once."""
    with copies(workers) as pool, ThreadPoolExecutor(workers) as executor:
        free: Queue[Copy] = Queue()
        for copy in pool:
            free.put(copy)

        def test(mutant: Mutant) -> Verdict:
            copy = free.get()
            try:
                return copy.test(mutant)
            finally:
                free.put(copy)

        yield from executor.map(test, mutants)


def main(arguments: Sequence[str] | None = None) -> int:
    """Test mutants and print what became of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.split("\n\n")[0])
    parser.add_argument("only", nargs="*", help="mutants whose id contains one of these (default: all)")
    parser.add_argument("--sample", type=int, help="so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    mutants = [m for m in load_mutants() if not given.only or any(part in m.id for part in given.only)]
    if given.sample is not None:
        mutants = random.Random(given.seed).sample(mutants, min(given.sample, len(mutants)))
    start, verdicts = time.monotonic(), []
    for verdict in run_mutants(mutants, given.workers):
        verdicts.append(verdict)
        print(f"{verdict.outcome:<9} {verdict.mutant.id:<32} {verdict.seconds:5.1f} s  {verdict.reason}", flush=True)
    killed = sum(verdict.outcome == "killed" for verdict in verdicts)
    print(f"{killed} of {len(verdicts)} mutants killed in {time.monotonic() - start:.0f} s")
    return 0 if killed == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
