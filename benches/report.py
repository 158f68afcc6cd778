"""The results as tables, and into the document between its markers."""

import os
import platform
import re
from pathlib import Path

from load import median

MIB = 1 << 20


def spread(values, form="{:,.0f}"):
    """A median with the least and the most."""
    least, most = form.format(min(values)), form.format(max(values))
    return f"**{form.format(median(values))}** ({least}–{most})"


def race_table(rows, targets):
    out = [
        "| tiles | mean size | Platbook, tiles/s | p50 / p99 | Martin, tiles/s | p50 / p99 | ratio | ratio of CPU time | target |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        cells = [f"{row['tiles']} of {row['name']}, {row['clients']} clients", f"{row['bytes'] / 1000:.1f} kB"]
        rates = {}
        for server in ("platbook", "martin"):
            runs = row["runs"][server]
            rates[server] = [run["rate"] for run in runs]
            waits = (median([run[key] for run in runs]) / 1000 for key in ("p50_us", "p99_us"))
            cells += [spread(rates[server]), " / ".join(f"{ms:.2f}" for ms in waits) + " ms"]
        ratios = [ours / theirs for ours, theirs in zip(rates["platbook"], rates["martin"])]
        cpu = [run["cpu_us"] for server in ("martin", "platbook") for run in row["runs"][server]]
        half = len(cpu) // 2
        cells += [spread(ratios, "{:.1f}") + " ×", f"{median(cpu[:half]) / median(cpu[half:]):.1f} ×"]
        cells += [f"≥ {targets[row['name']]} ×" if row["name"] in targets else ""]
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)


def city_table(found):
    out = [
        "| zoom | Platbook, doorplates | size | Platbook, slowest of all layers | Martin, all points | size | target |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for zoom in sorted({row["zoom"] for row in found}):
        rows = [row for row in found if row["zoom"] == zoom]
        layers = [key for key in rows[0] if key not in ("zoom", "martin")]
        slowest = max((row[layer][0], layer) for row in rows for layer in layers)
        own, other = (max(row[key] for row in rows) for key in ("doorplate", "martin"))
        cells = [f"z{zoom}", f"{own[0] * 1000:.1f} ms", f"{max(row['doorplate'][1] for row in rows) / 1000:.0f} kB"]
        cells += [f"{slowest[0] * 1000:.1f} ms ({slowest[1]})", f"{other[0] * 1000:,.0f} ms"]
        cells += [f"{max(row['martin'][1] for row in rows) / 1000:,.0f} kB", "< 50 ms"]
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)


def single_table(results):
    plates = results["doorplates"]
    own, empty = (median(results[f"memory_{case}"]) for case in ("doorplates", "empty"))
    each = [(size - empty) / plates for size in results["memory_doorplates"]]
    whole = [size / plates for size in results["memory_doorplates"]]
    # Times are promised for the demo city as it comes.
    demo, start = ("< 120 s", "< 10 s") if results["scale"] == 1 else ("", "")
    return "\n".join([
        "| what | measured | target |",
        "|---|--:|--:|",
        f"| `platbook demo --scale {results['scale']:g}` | {results['demo_s']:.0f} s | {demo} |",
        f"| start to first answer, all layers | {spread(results['start_all_s'], '{:.2f}')} s | {start} |",
        f"| start to first answer, doorplates alone | {spread(results['start_doorplates_s'], '{:.2f}')} s | |",
        f"| memory a doorplate, beyond an empty server | {spread(each)} bytes | ≤ 500 bytes |",
        f"| memory a doorplate, the program's own included | {spread(whole)} bytes | |",
        f"| memory, doorplates alone / empty | {own / MIB:.0f} / {empty / MIB:.0f} MiB | |",
        f"| memory, all layers, at the start | {spread([m / MIB for m in results['memory_all']])} MiB | |",
        "| memory after the cold runs: Platbook, all layers | "
        f"{results['memory_after']['platbook'] / MIB:.0f} MiB | |",
        "| memory after the cold runs: Martin + PostgreSQL, doorplates | "
        f"{results['memory_after']['martin'] / MIB:.0f} + {results['memory_after']['postgres'] / MIB:.0f} MiB | |",
    ])


def foreign(results):
    runs = [run for row in results["cold"] + results["hot"] for pair in row["runs"].values() for run in pair]
    return max(run["foreign"] for run in runs), len(runs)


def environment():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{len(os.sched_getaffinity(0))} cores of {cpu[1] if cpu else platform.machine()}, {memory:.0f} GiB, Linux {platform.release()}"


def text(results):
    most, runs = foreign(results)
    compared = results["compared"]
    return "\n\n".join([
        f"Measured on {results['at']}: {environment()}. {results['doorplates']:,} doorplates at scale {results['scale']:g}; "
        f"{results['runs']} counted runs of {results['seconds']} s after a warm-up, servers in turn. In {runs} counted runs "
        f"others used at most {most:.2f} of a core. {compared['tiles']} tiles with {compared['features']:,} features were "
        "decoded from both servers: same ids, same values.",
        "### Cold: every tile drawn anew, caches off",
        race_table(results["cold"], {"z14–z16, gzip": 15, "z14–z16, identity": 15}),
        "### Hot: every tile from the cache",
        race_table(results["hot"], {"z14–z16, gzip": 10}),
        "### The whole city: slowest first tile, caches off",
        city_table(results["city"]),
        "### Start and memory",
        single_table(results),
    ])


def put(text, document, scale):
    """Between the markers of a scale; a document without them is left as it is."""
    begin, end = (f"<!-- measured at scale {scale:g}: {edge} -->" for edge in ("begin", "end"))
    page = document.read_text()
    if begin in page:
        before, rest = page.split(begin)
        after = rest.split(end)[1]
        document.write_text(f"{before}{begin}\n{text}\n{end}{after}")
