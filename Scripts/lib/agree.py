"""Runs topology files with both engines and compares what became of each expectation: agree.py PROGRAM FILE…"""

import concurrent.futures
import json
import re
import subprocess
import sys
import tempfile
import time

# A live run is bounded by its file; this is for a runner that hangs.
LIMIT = 200
# A federation of nine agents uses about a third of a core.
JOBS = 3
# Files that expect latencies run alone: the processes of other runs are no part of what they measure.
TIMED = re.compile(r"^\s*- \{latency:", re.M)


def run(program, engine, file, folder):
    """Returns (report or None, what went wrong, seconds)."""
    words = [program, "topology", "run", f"--{engine}", "--format", "json", "--runs", folder, file]
    began = time.monotonic()
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None, f"not over after {LIMIT} s", time.monotonic() - began
    seconds = time.monotonic() - began
    try:
        return json.loads(done.stdout), done.stderr, seconds
    except ValueError:
        return None, (done.stderr or done.stdout).strip(), seconds


def outcomes(report):
    """(line, expectation, outcome, reason) of everything that was to hold."""
    entries = [one for step in report["steps"] for one in step["expectations"]] + report["expectations"]
    return [(one["line"], one["expects"], one["outcome"], one.get("reason", "")) for one in entries]


def compare(program, file, folder):
    found = {engine: run(program, engine, file, folder) for engine in ("live", "simulate")}
    problems, shown = [], []
    for engine, (report, text, seconds) in found.items():
        if report is None:
            problems.append(f"{engine}: no report: {text[-800:]}")
            continue
        entries = outcomes(report)
        held = sum(1 for one in entries if one[2] == "held")
        shown.append(f"{held}/{len(entries)} in {seconds:5.1f} s")
        problems += [f"{engine}: {violation}" for violation in report["violations"]]
    if len(shown) == 2:
        live, simulated = (outcomes(found[engine][0]) for engine in ("live", "simulate"))
        for one, other in zip(live, simulated):
            if one[:3] != other[:3]:
                problems.append(f"line {one[0]}: {one[1]}: live {one[2]} {one[3]}, simulated {other[2]} {other[3]}")
        if not problems and any(one[2] != "held" for one in live):
            problems += [f"line {one[0]}: {one[1]}: {one[2]} {one[3]}" for one in live if one[2] != "held"]
    # The notes of a live run name its folder and the last lines of logs.
    notes = found["live"][1] if problems else ""
    return shown, problems, notes


def main():
    program, files = sys.argv[1], sys.argv[2:]
    began = time.monotonic()
    is_good = True
    print(f"{'file':<28} {'live':<18} {'simulated':<18} outcome")
    timed = []
    for file in files:
        with open(file, encoding="utf-8") as text:
            if TIMED.search(text.read()):
                timed.append(file)
    together = [file for file in files if file not in timed]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        def results():
            yield from zip(together, pool.map(lambda file: compare(program, file, folder), together))
            for file in timed:
                yield file, compare(program, file, folder)

        for file, (shown, problems, notes) in results():
            name = file.rsplit("Topologies/", 1)[-1].removesuffix(".yaml")
            columns = (shown + ["-", "-"])[:2]
            print(f"{name:<28} {columns[0]:<18} {columns[1]:<18} {'DIFFER' if problems else 'agree'}", flush=True)
            for problem in problems:
                print(f"    {problem}")
            if notes:
                print("\n".join("    | " + line for line in notes.splitlines()[-25:]))
            is_good = is_good and not problems
    print(f"{len(files)} files, {time.monotonic() - began:.0f} s: {'both engines agree' if is_good else 'DIFFERENT'}")
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
