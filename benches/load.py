"""Load on a server, and what the machine does beside it."""

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
# A run beside which others used more than this share of a core is not counted …
MOST_FOREIGN = 0.10
# … but run again, at most so often.
TRIES = 3
# How often, and for how long, it is waited for others to pause before a run.
LOOKS = 3
WAIT_S = 5


def stat(pid):
    """Parent and CPU ticks (with those of ended children) of a process."""
    text = Path(f"/proc/{pid}/stat").read_text()
    rest = text[text.rindex(")") + 2 :].split()
    return int(rest[1]), sum(int(ticks) for ticks in rest[11:15])


def own_ticks():
    """CPU ticks of this program and all that it started."""
    seen = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                seen[int(entry)] = stat(entry)
            except (FileNotFoundError, ProcessLookupError):
                pass
    own = {os.getpid()}
    while grown := {pid for pid, (parent, _) in seen.items() if parent in own} - own:
        own |= grown
    return sum(seen[pid][1] for pid in own)


def busy_ticks():
    """CPU ticks of all cores, but for idling and waiting for disks."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(numbers) - numbers[3] - numbers[4]


class Foreign:
    """How many cores others use, from its making on."""

    def __init__(self):
        self.start, self.own = self.now(), own_ticks()

    @staticmethod
    def now():
        return time.monotonic(), busy_ticks() - own_ticks()

    def own_s(self):
        return (own_ticks() - self.own) / TICKS

    def cores(self):
        (t0, before), (t1, after) = self.start, self.now()
        return max(0.0, (after - before) / TICKS / (t1 - t0))


def until_quiet():
    """Waits for others to pause; gives up after a while, since the run itself looks again."""
    for _ in range(LOOKS):
        foreign = Foreign()
        time.sleep(1)
        if foreign.cores() <= MOST_FOREIGN:
            return
        time.sleep(WAIT_S)


def wrk(base, urls, clients, seconds, headers):
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    command += ["-s", str(HERE / "urls.lua"), base, "--", str(urls)]
    command += [f"{name}={value}" for name, value in headers.items()]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(out.strip().split("\n")[-1])
    if result["failed"]:
        raise SystemExit(f"benches: {result['failed']} requests to {base} failed")
    result["rate"] = result["requests"] / result["took_us"] * 1e6
    return result


def quiet_run(base, urls, clients, seconds, headers):
    """One run beside which nobody else worked; if there is no such minute, the quietest."""
    best = None
    for _ in range(TRIES):
        until_quiet()
        foreign = Foreign()
        result = wrk(base, urls, clients, seconds, headers)
        result["foreign"] = foreign.cores()
        # What this run took of the two cores, for each tile: steadier than the rate beside others.
        result["cpu_us"] = foreign.own_s() / result["requests"] * 1e6
        if best is None or result["foreign"] < best["foreign"]:
            best = result
        if best["foreign"] <= MOST_FOREIGN:
            break
    return best


def contest(bases, lists, clients, seconds, runs, headers):
    """Servers in turn on the same list: one warm-up, then the counted runs. Name → results."""
    results = {name: [] for name in bases}
    for number in range(runs + 1):
        for name, base in bases.items():
            if number == 0:
                wrk(base, lists[name], clients, seconds, headers)
            else:
                results[name].append(quiet_run(base, lists[name], clients, seconds, headers))
    return results


def median(values):
    return statistics.median(values)
