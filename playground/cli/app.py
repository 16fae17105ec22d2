"""``playground app``: open the app in a browser. Streamlit runs in a process of its own."""

import argparse
import os
import subprocess
import sys


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """None: options that follow are Streamlit's."""


def run(arguments: argparse.Namespace) -> int:
    """Run Streamlit until it ends.

    Returns:
        Its exit status.
    """
    from playground.lab.paths import app_script, home_folder

    script = app_script()
    config = ["--browser.gatherUsageStats=false", "--server.address=127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *config, *arguments.handed_on]
    environment = os.environ | {"PLAYGROUND_HOME": str(home_folder())}
    return subprocess.run(command, cwd=script.parent, env=environment, check=False).returncode
