"""What callers in dc1 get while dc2 is killed, and while it is frozen: both engines, one after the other."""
import http.client
import os
import signal
import statistics
import threading
import time

from steady import Crowd, Probe

# Callers that ask for dc2 all the time, each waiting for its answer: as many as keep a queue of a service filled.
CALLERS = 8
# Long enough for a verdict (10 s) and as much again with it standing; Consul's callers see nothing but the outage.
SECONDS = 30
# No engine's own limit is shorter; a caller that waits longer has hung up on Consul's users, too.
PATIENCE = 60
# The callers of the crowd: more than a server lets wait for one datacenter, so that each of its limits is met.
CROWD = 10_000
# Of local reads, in turns with callers and without: a machine that others share is slower by a fifth now and then.
TURNS = 4
TURN_SECONDS = 10
TURN_INTERVAL = 0.002
# The callers' questions begin within so many seconds, as those come again who were told within one of them.
SPREAD = 1
LOCAL = "/v1/kv/bench/get?stale"


class Callers:
    """Threads that ask an agent for one path until they are stopped."""

    def __init__(self, agent, path, count):
        self.agent, self.path, self.stopping = agent, path, False
        # began, ended, status; status 0: no answer at all
        self.calls = []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopping:
            began = time.monotonic()
            status = 0
            try:
                status = self.agent.ask("GET", self.path, timeout=PATIENCE).status
            except (OSError, http.client.HTTPException):
                pass
            self.calls.append((began, time.monotonic(), status))
            # A refusal at once is not asked for again without a pause, as no client does.
            time.sleep(0.02)

    def stop(self):
        self.stopping = True
        deadline = time.monotonic() + PATIENCE
        for thread in self.threads:
            thread.join(max(0, deadline - time.monotonic()))
        return self


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


def known(engine):
    """Whether the engine says that dc2 is out of reach."""
    agent = engine.one("dc1")
    if engine.name == "isthmus":
        reports = agent.get("/v1/federation/datacenters") or []
        return any(r["Datacenter"] == "dc2" and r["Verdict"] in ("frozen", "unreachable") for r in reports)
    members = agent.get("/v1/agent/members?wan=1") or []
    theirs = [m for m in members if m["Tags"].get("dc") == "dc2"]
    # 4 is Serf's number for failed.
    return bool(theirs) and all(m["Status"] == 4 for m in theirs)


def outage(engine, kind):
    """The figures of one outage; the datacenter is back afterwards."""
    agent = engine.server("follower")
    far = [a for a in engine.agents if a.dc == "dc2"]
    remote = Callers(agent, "/v1/kv/bench/get?dc=dc2", CALLERS)
    # In a process of its own: what the threads of this one wait for each other is no latency of the engine.
    local = Probe(agent, LOCAL)
    time.sleep(10)
    for a in far:
        a.kill() if kind == "kill" else a.signal(signal.SIGSTOP)
    fell = time.monotonic()
    seen = None
    while time.monotonic() < fell + SECONDS:
        if seen is None and known(engine):
            seen = time.monotonic()
        time.sleep(0.1)
    calls = local.stop()
    before = [seconds for began, seconds, _ in calls if began < fell]
    during_local = [seconds for began, seconds, _ in calls if began >= fell]
    # Those still under way are counted with the time they have waited so far.
    remote.stopping = True
    ended = time.monotonic()
    for a in far:
        a.start() if kind == "kill" else a.signal(signal.SIGCONT)
    remote.stop()
    calls = [(b, min(e, ended), s) for b, e, s in remote.calls if e >= fell]
    waits = [e - max(b, fell) for b, e, _ in calls]
    figures = {
        "seen as out of reach (s)": seen - fell if seen else float("inf"),
        "callers wait, p50 (ms)": statistics.median(waits) * 1000 if waits else float("nan"),
        "callers wait, p99 (ms)": quantile(waits, 0.99) * 1000,
        "callers wait, longest (ms)": max(waits) * 1000 if waits else float("nan"),
        "local reads, p99 before (ms)": quantile(before, 0.99) * 1000,
        "local reads, p99 during (ms)": quantile(during_local, 0.99) * 1000,
    }
    if seen:
        later = [e - max(b, seen) for b, e, _ in calls if e > seen]
        figures["callers wait once it is seen, longest (ms)"] = max(later) * 1000 if later else float("nan")
    back = time.monotonic()
    while agent.value("bench/get", "dc=dc2") is None and time.monotonic() < back + 90:
        time.sleep(0.1)
    figures["back, first answer (s)"] = time.monotonic() - back
    return figures


def crowded(engine):
    """What callers of a frozen datacenter cost those who ask for the own one."""
    agent = engine.server("follower")
    far = [a for a in engine.agents if a.dc == "dc2"]
    mebibytes = agent.resident_mib()
    crowd = Crowd(agent, "/v1/kv/bench/get?dc=dc2", CROWD, SPREAD, TURN_SECONDS)
    connected = peak = agent.resident_mib()
    without, meanwhile, busy = [], [], []

    def local(times):
        nonlocal peak
        probe, until, spent = Probe(agent, LOCAL, TURN_INTERVAL), time.monotonic() + TURN_SECONDS, agent.cpu_seconds()
        while time.monotonic() < until:
            peak = max(peak, agent.resident_mib())
            time.sleep(0.1)
        busy.append(agent.cpu_seconds() - spent)
        times.append([seconds for _, seconds, _ in probe.stop()])
    for turn in range(TURNS):
        local(without)
        if turn == 0:
            for a in far:
                a.signal(signal.SIGSTOP)
        crowd.tell("go")
        local(meanwhile)
        crowd.tell("rest")
        time.sleep(1)
    result = crowd.stop()
    for a in far:
        a.signal(signal.SIGCONT)

    def p99(turns):
        return quantile([seconds for turn in turns for seconds in turn], 0.99) * 1000

    def each(turns):
        return " ".join("%.2f" % p99([turn]) for turn in turns)
    # The first turn is the outage's beginning: those who ask are forwarded, wait and are told.
    cost = (sum(busy[3::2]) - sum(busy[2::2])) / (TURNS - 1) / CROWD
    print("  %s: answers by status %s, %d wait; local p99 %s ms without them, %s ms with them; %.0f us CPU a refusal" % (
        engine.name, result["statuses"], result["waiting"], each(without), each(meanwhile), cost * 1e6), flush=True)
    return {
        "local reads, p99 without them (ms)": p99(without),
        "local reads, p99 with them (ms)": p99(meanwhile),
        "local reads, p99 changed by (%)": (p99(meanwhile) / p99(without) - 1) * 100,
        "held for them, at most (MiB)": peak - connected,
        "held with their connections (MiB)": peak - mebibytes,
        "a caller waits, longest (s)": result["slowest"],
    }


# What the gate holds Isthmus to: the limit, in the figure's unit.
LIMITS = {
    "seen as out of reach (s)": 10,
    "callers wait once it is seen, longest (ms)": 1000,
    "callers wait, longest (ms)": 10_500,
    "local reads, p99 changed by (%)": 5,
    "held for them, at most (MiB)": 64,
    "a caller waits, longest (s)": 10.5,
}


KINDS = {"kill": "dc2 killed", "freeze": "dc2 frozen", "crowd": "%d callers of a frozen dc2" % CROWD}


def main(engines, gate, kinds):
    failed = []
    for kind in kinds:
        results = [(engine.name, crowded(engine) if kind == "crowd" else outage(engine, kind)) for engine in engines]
        print("\n%-46s" % KINDS[kind] + "".join("%12s" % name for name, _ in results), flush=True)
        for figure in results[0][1]:
            line = "".join("%12.2f" % values.get(figure, float("nan")) for _, values in results)
            limit = LIMITS.get(figure)
            value = results[0][1][figure]
            word = ""
            if limit is not None:
                word = "  met" if value <= limit else "  missed"
                if not value <= limit:
                    failed.append("%s: %s %.1f, limit %g" % (kind, figure, value, limit))
                word += " (limit %g)" % limit
            print("  %-44s%s%s" % (figure, line, word), flush=True)
    if gate and failed:
        print("gate: " + "; ".join(failed))
        return 1
    return 0
