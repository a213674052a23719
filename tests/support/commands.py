"""Runs programs that are not part of this project."""

import contextlib
import os
import signal
import subprocess


def run(command, folder, timeout=60, **output):
    """Returns the exit code and the printed text. When the command ends, or after `timeout` seconds, all processes that
    it started are killed. `output` can send stdout and stderr elsewhere."""
    output = {"stdout": subprocess.PIPE} | output
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, text=True, start_new_session=True, **output
    ) as process:
        try:
            printed, _ = process.communicate(timeout=timeout)
        finally:
            # The command has its own process group. Other processes may still be in it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, printed
