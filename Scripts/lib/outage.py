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
# Of local reads, in turns with callers and without. In the first one with them the datacenter freezes, the callers wait
# for some 3 s and are told; in the others they ask and are refused at once.
TURNS = 4
TURN_SECONDS = 10
TURN_INTERVAL = 0.002
# Within so many seconds the callers' first questions begin, as those come again who were told within one.
SPREAD = 1
# Of a core: what others on the machine may take in a turn that counts. What stands in the way for a fiftieth of the time
# decides the 99th percentile. So many restless turns are tried again; then nothing is said, and the gate fails.
CALM = 0.1
MAX_RESTLESS = 8
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


class Machine:
    """The CPU time that was taken by whoever is not measured, also by other guests of the same host."""

    def __init__(self, engines, *processes):
        self.pids = [a.pid for e in engines for a in e.agents if a.running] + [os.getpid()]
        self.pids += [process.pid for process in processes]
        self.began, self.taken = time.monotonic(), self.others()

    def others(self):
        tick = os.sysconf("SC_CLK_TCK")
        with open("/proc/stat") as file:
            fields = [int(field) for field in file.readline().split()[1:]]
        # User, nice, system, steal; what the kernel does for packets is nobody's.
        busy = fields[0] + fields[1] + fields[2] + fields[7]
        for pid in self.pids:
            with open("/proc/%d/stat" % pid) as file:
                own = file.read().rsplit(")", 1)[1].split()
            busy -= int(own[11]) + int(own[12])
        return busy / tick

    def share(self):
        return (self.others() - self.taken) / (time.monotonic() - self.began)


def crowded(engine, engines):
    """What callers of a frozen datacenter cost those who ask for the own one."""
    agent = engine.server("follower")
    far = [a for a in engine.agents if a.dc == "dc2"]
    mebibytes = agent.resident_mib()
    crowd = Crowd(agent, "/v1/kv/bench/get?dc=dc2", CROWD, SPREAD, TURN_SECONDS)
    connected = peak = agent.resident_mib()
    calm, restless = {"without": [], "with": []}, []

    def turn(name):
        nonlocal peak
        probe = Probe(agent, LOCAL, TURN_INTERVAL)
        machine = Machine(engines, crowd.process, probe.process)
        is_first = name == "with" and not calm[name]
        if is_first:
            for a in far:
                a.signal(signal.SIGSTOP)
        if name == "with":
            crowd.tell("go")
        while time.monotonic() < machine.began + TURN_SECONDS:
            peak = max(peak, agent.resident_mib())
            time.sleep(0.1)
        share = machine.share()
        times = [seconds for _, seconds, _ in probe.stop()]
        crowd.tell("rest")
        if share <= CALM:
            calm[name].append(times)
        else:
            restless.append(share)
            if is_first:
                resume()
        time.sleep(1)

    def resume():
        for a in far:
            a.signal(signal.SIGCONT)
        back = time.monotonic()
        while agent.value("bench/get", "dc=dc2") is None and time.monotonic() < back + 90:
            time.sleep(0.1)
    while len(restless) <= MAX_RESTLESS and any(len(turns) < TURNS for turns in calm.values()):
        for name, turns in calm.items():
            if len(turns) < TURNS:
                turn(name)
    result = crowd.stop()
    resume()

    def p99(name):
        return quantile([seconds for times in calm[name] for seconds in times], 0.99) * 1000
    print("  %s: answers by status %s, %d wait; local p99 by turns in ms: %s; %d turns in which others took %s" % (
        engine.name, result["statuses"], result["waiting"], ", ".join("%s them %s" % (name, " ".join(
            "%.2f" % (quantile(times, 0.99) * 1000) for times in turns)) for name, turns in calm.items()),
        len(restless), " ".join("%.0f%%" % (share * 100) for share in restless) or "more than nothing"), flush=True)
    if any(len(turns) < TURNS for turns in calm.values()):
        print("  the machine does too much else: local reads are not compared", flush=True)
        calm = {name: [] for name in calm}
    return {
        "local reads, p99 without them (ms)": p99("without"),
        "local reads, p99 with them (ms)": p99("with"),
        "local reads, p99 changed by (%)": (p99("with") / p99("without") - 1) * 100,
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
        results = [(engine.name, crowded(engine, engines) if kind == "crowd" else outage(engine, kind)) for engine in engines]
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
