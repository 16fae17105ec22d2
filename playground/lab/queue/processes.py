"""Start this project's own programs as processes that outlive the one that starts them.

Leaves out: which program, and when (``scheduler``).
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from playground.lab.files import explain_os_errors


def start_detached(
    module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Run ``python -m module`` in a session of its own, away from this process and its terminal.

    Args:
        module: the program.
        arguments: its command line.
        log: the file that gets what it prints; its folder must exist.
        environment: variables that differ from this process's.

    Raises:
        InvalidInput: the log cannot be written.
    """
    with explain_os_errors(log.parent), log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=Path(__file__).resolve().parents[3],
            env={**os.environ, **environment},
            start_new_session=True,
        )
