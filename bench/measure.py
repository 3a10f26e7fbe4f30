"""Runs one command and measures what its whole process tree uses.

CPU seconds come from the kernel's accounting of finished children, not from samples: nothing that is
waited for is missed. This process makes itself the reaper of orphans, so that workers whose parent died
first are counted too. Memory is sampled, because the kernel keeps no peak of a sum.
Sources: Linux man pages prctl(2), wait4(2), proc(5).
"""

import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Usage:
    """What one run used. Times are seconds, memory is bytes."""

    exit_code: int
    wall_secs: float
    user_secs: float
    system_secs: float
    peak_rss_bytes: int
    """Largest sum of resident memory over the tree; shared pages count once for each process."""
    peak_pss_bytes: int
    """Largest sum of proportional memory over the tree; a page shared by two counts half for each."""
    max_rss_bytes: int
    """The kernel's peak of the largest single process; never below this script's own size."""
    peak_processes: int
    load_before: float


def child(command: list[str]) -> tuple[tuple[float, float], int, str]:
    """Wall and CPU seconds of a command, its peak memory in bytes, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (wall, cpu), after.ru_maxrss * 1024, result.stdout


def run(command: list[str], folder: Path, env: dict[str, str], log: Path, interval_secs: float) -> Usage:
    """Runs `command` in `folder`, its output going to `log`, and waits for its whole tree."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    load = os.getloadavg()[0]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        sampler = Sampler(process.pid, interval_secs)
        sampler.start()
        _, status, own = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    sampler.stop()
    reap_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Usage(
        exit_code=process.returncode,
        wall_secs=wall,
        user_secs=after.ru_utime - before.ru_utime,
        system_secs=after.ru_stime - before.ru_stime,
        peak_rss_bytes=sampler.peak_rss,
        peak_pss_bytes=sampler.peak_pss,
        max_rss_bytes=own.ru_maxrss * 1024,
        peak_processes=sampler.peak_processes,
        load_before=load,
    )


def reap_orphans() -> None:
    """Ends and waits for processes the command left behind, so that their time is counted."""
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    while True:
        try:
            os.wait4(-1, 0)
        except ChildProcessError:
            return


class Sampler(threading.Thread):
    """Sums the memory of a process and its descendants until stopped, keeping the peaks."""

    def __init__(self, root: int, interval_secs: float):
        super().__init__(daemon=True)
        self.root = root
        self.interval_secs = interval_secs
        self.finished = threading.Event()
        self.peak_rss = 0
        self.peak_pss = 0
        self.peak_processes = 0

    def run(self) -> None:
        while True:
            self.sample()
            if self.finished.wait(self.interval_secs):
                return

    def stop(self) -> None:
        self.finished.set()
        self.join()

    def sample(self) -> None:
        tree = [self.root, *descendants(self.root)]
        rss = sum(resident_bytes(pid) for pid in tree)
        pss = sum(proportional_bytes(pid) for pid in tree)
        self.peak_rss = max(self.peak_rss, rss)
        self.peak_pss = max(self.peak_pss, pss)
        self.peak_processes = max(self.peak_processes, len(tree))


def descendants(root: int) -> list[int]:
    """The processes below `root`, from one pass over /proc."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = read(f"/proc/{entry}/stat")
            # The name stands in parentheses and may hold anything, so fields count from its end.
            fields = stat.rpartition(")")[2].split()
            if len(fields) > 1:
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, queue = [], [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def resident_bytes(pid: int) -> int:
    """Resident memory of one process; 0 once it is gone."""
    fields = read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * PAGE_BYTES if fields else 0


def proportional_bytes(pid: int) -> int:
    """Proportional memory of one process; 0 once it is gone."""
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def read(path: str) -> str:
    """A file of /proc, or nothing when its process has ended meanwhile."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
