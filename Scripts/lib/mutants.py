"""Shows that the simulator's checkers find each planted mistake: mutants.py PROGRAM [--seeds N] [--jobs J]."""

import argparse
import concurrent.futures
import subprocess
import sys
import time

CHUNK = 20


def run(program, mutant, scenario, first, last):
    """The first finding in these seeds as (seed, checker, message); None when there is none."""
    words = [program, "--scenario", scenario, "--seeds", f"{first}..{last}"]
    if mutant:
        words += ["--mutant", mutant]
    done = subprocess.run(words, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    found = [line for line in lines if line.startswith("found ")]
    if found:
        _, _, seed, rest = found[0].split(" ", 3)
        checker, message = rest.split(": ", 1)
        return int(seed), checker, message
    if done.returncode == 0:
        return None
    # An invariant of ours ended the process within a run.
    begun = [line for line in lines if line.endswith(": begins")]
    seed = int(begun[-1].split(" ")[1].rstrip(":")) if begun else 0
    reason = [line for line in done.stderr.splitlines() if "Fatal error" in line]
    return seed, "process", reason[0].split("Fatal error: ")[-1] if reason else f"ended with {done.returncode}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    listing = subprocess.run([options.program, "--list"], capture_output=True, text=True, check=True).stdout
    mutants = [line.split() for line in listing.splitlines()]
    scenarios = sorted({scenario for _, scenario in mutants})
    began = time.monotonic()

    def explore(mutant, scenario):
        return run(options.program, mutant, scenario, 1, options.seeds)

    missing, alarms = [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        hunts = [(name, scenario, pool.submit(explore, name, scenario)) for name, scenario in mutants]
        chunks = [(first, min(first + CHUNK - 1, options.seeds)) for first in range(1, options.seeds + 1, CHUNK)]
        clean = [
            (scenario, pool.submit(run, options.program, None, scenario, first, last))
            for scenario in scenarios
            for first, last in chunks
        ]
        for name, scenario, hunt in hunts:
            finding = hunt.result()
            if finding is None:
                missing.append(name)
                print(f"{name:36} {scenario:10}    – NOT FOUND in {options.seeds} seeds", flush=True)
            else:
                seed, checker, message = finding
                print(f"{name:36} {scenario:10} {seed:4} {checker}: {message}", flush=True)
        for scenario, hunt in clean:
            finding = hunt.result()
            if finding is not None:
                alarms.append((scenario, *finding))
    for scenario, seed, checker, message in alarms:
        print(f"CLEAN CORE {scenario} seed {seed}: {checker}: {message}")
        print(f"replay: {options.program} --scenario {scenario} --seeds {seed}..{seed} --verbose")
    print(
        f"mutants: {len(mutants) - len(missing)} of {len(mutants)} found; clean core: {len(alarms)} alarms in "
        f"{options.seeds} seeds of {len(scenarios)} scenarios; {time.monotonic() - began:.0f} s"
    )
    sys.exit(1 if missing or alarms else 0)


main()
