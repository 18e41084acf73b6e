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
# First the datacenter freezes: all callers have asked within a second, wait together for some 3 s and are told. Then
# each asks again at its own times and is refused at once, and local reads are compared in turns: the callers are at the
# server that is read from, or at another of its datacenter, or nowhere. In life they are other machines: what they take
# of these cores is to be taken in both turns that are compared.
SPREAD = 1
FREEZE_SECONDS = 10
PAUSE = 10
TURNS = 12
TURN_SECONDS = 5
TURN_INTERVAL = 0.002
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


class Awake:
    """Keeps each core from sleeping, at the priority that gives way to all: on a virtual machine waking one takes as
    long as the busy host likes, which is more than a local read, and happens more often the less there is to do."""

    def __init__(self):
        self.pids = []
        for core in os.sched_getaffinity(0):
            pid = os.fork()
            if pid == 0:
                os.sched_setaffinity(0, [core])
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
                parent = os.getppid()
                while os.getppid() == parent:
                    for _ in range(100_000):
                        pass
                os._exit(0)
            self.pids.append(pid)

    def stop(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def by_second(calls):
    """The p99 in ms of each second of a probe's calls."""
    seconds = {}
    for began, taken, _ in calls:
        seconds.setdefault(int(began - calls[0][0]), []).append(taken)
    return [quantile(taken, 0.99) * 1000 for taken in seconds.values()]


def crowded(engine):
    """What callers of a frozen datacenter cost those who ask for the own one."""
    agent, far = engine.server("follower"), [a for a in engine.agents if a.dc == "dc2"]
    # Before the crowds, whose ends it would keep open.
    awake = Awake()
    path = "/v1/kv/bench/get?dc=dc2"
    elsewhere = Crowd(engine.server("leader"), path, CROWD, PAUSE)
    mebibytes = agent.resident_mib()
    here = Crowd(agent, path, CROWD, PAUSE)
    connected = peak = agent.resident_mib()

    def turn(crowd, spread, seconds):
        """The calls of a probe meanwhile."""
        nonlocal peak
        probe, until = Probe(agent, LOCAL, TURN_INTERVAL), time.monotonic() + seconds
        if crowd:
            crowd.tell("go %d" % spread)
        while time.monotonic() < until:
            peak = max(peak, agent.resident_mib())
            time.sleep(0.1)
        calls = probe.stop()
        if crowd:
            crowd.tell("rest")
        time.sleep(0.5)
        return calls
    for a in far:
        a.signal(signal.SIGSTOP)
    frozen = [seconds for _, seconds, _ in turn(here, SPREAD, FREEZE_SECONDS)]
    found = {here: [], elsewhere: [], None: []}
    for number in range(TURNS):
        # Each comes as often before the others as behind them.
        for crowd in (here, None, elsewhere) if number % 2 else (elsewhere, None, here):
            found[crowd] += by_second(turn(crowd, PAUSE, TURN_SECONDS))
    result, _ = here.stop(), elsewhere.stop()
    awake.stop()
    for a in far:
        a.signal(signal.SIGCONT)
    back = time.monotonic()
    while agent.value("bench/get", "dc=dc2") is None and time.monotonic() < back + 90:
        time.sleep(0.1)
    # Of the median second: what a host does to its guests for some milliseconds decides the p99 of a minute.
    these, those, none = (statistics.median(found[crowd]) for crowd in (here, elsewhere, None))
    print("  %s: answers by status %s, %d wait" % (engine.name, result["statuses"], result["waiting"]), flush=True)
    return {
        "local reads while it freezes, p99 (ms)": quantile(frozen, 0.99) * 1000,
        "local reads, p99, no callers (ms)": none,
        "local reads, p99, callers elsewhere (ms)": those,
        "local reads, p99, callers here (ms)": these,
        "local reads, p99 changed by (%)": (these / those - 1) * 100,
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
