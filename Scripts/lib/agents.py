"""Real agents on loopback for the scripts beside this folder: start, ask, stop. Standard library only."""
import base64
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HTTP, DNS, RPC, LAN, WAN = 8500, 8600, 8300, 8301, 8302


def isthmus_binary():
    """The release build of this checkout, or what ISTHMUS names."""
    path = os.environ.get("ISTHMUS") or os.path.join(ROOT, ".build", "release", "isthmus")
    if not os.access(path, os.X_OK):
        sys.exit("%s is missing: build it with Scripts/build" % path)
    return path


def free_network():
    """Three octets 127.x.y of a loopback network on which nobody listens on our ports."""
    rng = random.SystemRandom()
    for _ in range(200):
        net = "127.%d.%d" % (rng.randint(10, 250), rng.randint(1, 250))
        try:
            for host in (1, 11, 21, 31):
                for port in (HTTP, RPC, LAN, WAN):
                    with socket.socket() as probe:
                        probe.bind(("%s.%d" % (net, host), port))
            return net
        except OSError:
            continue
    sys.exit("no free loopback network found")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Agent:
    """One process. `engine` is the command without flags."""

    def __init__(self, command, name, dc, ip, home, server=True, expect=3, join=(), join_wan=(), flags=(), config=None):
        self.command, self.name, self.dc, self.ip, self.server = list(command), name, dc, ip, server
        self.home = os.path.join(home, name)
        self.expect, self.join, self.join_wan = expect, list(join), list(join_wan)
        self.flags, self.config = list(flags), config
        self.process = None
        os.makedirs(self.home, exist_ok=True)

    def argv(self):
        argv = self.command + [
            "-node=" + self.name, "-datacenter=" + self.dc, "-data-dir=" + os.path.join(self.home, "data"),
            "-bind=" + self.ip, "-client=" + self.ip, "-retry-interval=1s"]
        argv += ["-retry-join=%s:%d" % (ip, LAN) for ip in self.join if ip != self.ip]
        if self.server:
            argv += ["-server", "-bootstrap-expect=%d" % self.expect, "-retry-interval-wan=1s"]
            argv += ["-retry-join-wan=%s:%d" % (ip, WAN) for ip in self.join_wan if ip != self.ip]
        if self.config is not None:
            path = os.path.join(self.home, "config.json")
            with open(path, "w") as file:
                json.dump(self.config, file)
            argv.append("-config-file=" + path)
        return argv + self.flags

    def start(self):
        log = open(os.path.join(self.home, "log"), "ab")
        self.process = subprocess.Popen(self.argv(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running:
            self.process.send_signal(number)
            if number == signal.SIGSTOP:
                # Each thread stops when it next runs, which may be after it has answered once more.
                wait("%s: stopped" % self.name, self.is_stopped, 5, every=0.001)

    def is_stopped(self):
        """Whether every thread of the process has stopped."""
        tasks = "/proc/%d/task" % self.pid
        try:
            return all(stat_fields("%s/%s/stat" % (tasks, task))[0] in "Tt" for task in os.listdir(tasks))
        except OSError:
            # A thread that has just ended.
            return False

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, within=15):
        self.signal(signal.SIGTERM)
        if self.process:
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()

    def ask(self, method, path, body=None, timeout=15):
        connection = http.client.HTTPConnection(self.ip, HTTP, timeout=timeout)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path, timeout=15):
        """JSON of a 200, else None."""
        try:
            answer = self.ask("GET", path, timeout=timeout)
            return answer.json if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def put(self, path, body=b"", timeout=15):
        """True when it was acknowledged."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        try:
            answer = self.ask("PUT", path, body, timeout)
            return answer.status == 200 and answer.body.strip() != b"false"
        except (OSError, http.client.HTTPException):
            return False

    def value(self, key, query=""):
        """A KV value; None when there is none or no answer."""
        found = self.get("/v1/kv/%s?%s" % (key, query))
        return base64.b64decode(found[0]["Value"] or "").decode() if found else None

    def leader(self):
        return self.get("/v1/status/leader", timeout=3) or ""

    def log_tail(self, count=20):
        try:
            with open(os.path.join(self.home, "log"), errors="replace") as file:
                return "".join(file.readlines()[-count:])
        except OSError:
            return ""

    def cpu_seconds(self):
        """User and system time of the process so far."""
        fields = stat_fields("/proc/%d/stat" % self.pid)
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        with open("/proc/%d/status" % self.pid) as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0


class Federation:
    """Agents of one run, and their folder; everything ends with the `with` block."""

    def __init__(self, label):
        self.home = tempfile.mkdtemp(prefix="isthmus-%s-" % label)
        self.agents = []

    def add(self, agent):
        self.agents.append(agent)
        return agent

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for agent in self.agents:
            agent.signal(signal.SIGCONT)
            agent.signal(signal.SIGKILL)
        for agent in self.agents:
            if agent.process:
                agent.process.wait()
        if kind is None and not os.environ.get("KEEP"):
            shutil.rmtree(self.home, ignore_errors=True)
        else:
            print("logs are kept in", self.home, file=sys.stderr)


def stat_fields(path):
    """What stands behind the name in a process's or thread's `stat`: its state first (proc(5))."""
    with open(path) as file:
        return file.read().rsplit(")", 1)[1].split()


def wait(what, condition, within, every=0.05):
    """Seconds until `condition` holds; ends the script when it does not in time."""
    start = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - start
        if time.monotonic() - start > within:
            raise AssertionError("%s did not hold within %g s" % (what, within))
        time.sleep(every)


def three_by_three(federation, command, net, flags=()):
    """dc1, dc2, dc3 with three servers each, started and with leaders."""
    ips = {dc: ["%s.%d" % (net, 10 * n + s) for s in (1, 2, 3)] for n, dc in enumerate(("dc1", "dc2", "dc3"), 1)}
    for dc in ips:
        others = [ips[other][0] for other in ips if other != dc]
        for number, ip in enumerate(ips[dc], 1):
            federation.add(Agent(command, "%s-s%d" % (dc, number), dc, ip, federation.home, join=ips[dc],
                                 join_wan=others, flags=flags)).start()
    return {dc: [a for a in federation.agents if a.dc == dc] for dc in ips}


def wait_for_leaders(federation, within=60):
    return wait("a leader in every datacenter", lambda: all(a.leader() for a in federation.agents if a.running), within)


def wait_for_wan(federation, count, within=90):
    def complete():
        for agent in federation.agents:
            if agent.server and agent.running:
                members = agent.get("/v1/agent/members?wan=1", timeout=3) or []
                if sum(m["Status"] == 1 for m in members) != count:
                    return False
        return True
    return wait("%d alive WAN members everywhere" % count, complete, within, every=0.2)
