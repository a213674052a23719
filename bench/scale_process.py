"""What processes have used: time of the CPU and memory, as Linux counts them."""

import os
import pathlib

import client

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def children(pid):
    """The processes that this one has started and that still run."""
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := stat(folder.name)) and int(fields[1]) == pid:
            yield int(folder.name)


def stat(pid):
    """The fields after the name: state, parent and so on. None if the process has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None


def cpu_ms(pid):
    """Of a process, of what it has started, and of what of that has ended."""
    fields = [stat(pid), *map(stat, children(pid))]
    own = sum(int(number) for one in fields if one for number in one[11:13])
    return TICK_MS * (own + sum(int(number) for number in fields[0][13:15]))


def anonymous_mib(pid):
    """The memory of each process that this one has started, without what they share."""
    found = []
    for child in children(pid):
        try:
            found.append(client.memory_mib(child, "RssAnon"))
        except OSError:
            continue
    return found


def peak_mib(pid):
    return client.memory_mib(pid, "VmHWM")


def resident_mib(pid):
    return client.memory_mib(pid, "VmRSS")
