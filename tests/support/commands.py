"""Runs the programs of others."""

import contextlib
import os
import signal
import subprocess


def run(command, folder, timeout=60, **output):
    """Returns the exit code and what was printed. Nothing that the command starts outlives it, nor the `timeout`, in
    seconds. `output` may say where else stdout and stderr go."""
    output = {"stdout": subprocess.PIPE} | output
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, text=True, start_new_session=True, **output
    ) as process:
        try:
            printed, _ = process.communicate(timeout=timeout)
        finally:
            # Its session is a process group, which may have others in it still.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, printed
