"""What Scripts/bench puts on agents: wrk, dnsperf, and loads of its own for what those cannot ask."""
import http.client
import json
import os
import re
import resource
import select
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from agents import DNS, HTTP, wait

VALUE = "x" * 128


def wrk(agent, path, connections, seconds, method="GET", body=None, lua=""):
    """A path and a body may hold Lua of their own: `lua` then defines `request`."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as script:
        script.write('wrk.method = "%s"\n' % method)
        if body is not None:
            script.write("wrk.body = [==[%s]==]\n" % body)
        script.write(lua + "\n")
        script.write('done = function(s, l, r) io.write(string.format("RESULT %d %d %d %d %d\\n", s.requests, '
                     's.duration, l:percentile(50), l:percentile(99), s.errors.status + s.errors.timeout)) end\n')
    try:
        out = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "-s", script.name,
                              "http://%s:%d%s" % (agent.ip, HTTP, path)],
                             capture_output=True, text=True, check=True).stdout
    finally:
        os.unlink(script.name)
    requests, micros, p50, p99, errors = map(int, re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", out).groups())
    if errors > requests / 100:
        raise SystemExit("%s: %d of %d requests of %s failed" % (agent.name, errors, requests, path))
    return {"requests": requests, "rate": requests / micros * 1e6, "p50": p50 / 1000, "p99": p99 / 1000}


def dns(agent, question, connections, seconds):
    """`question`: a name and a type."""
    with tempfile.NamedTemporaryFile("w", delete=False) as data:
        data.write(question + "\n")
    try:
        out = subprocess.run(["dnsperf", "-s", agent.ip, "-p", str(DNS), "-d", data.name, "-l", str(seconds), "-q",
                              str(connections)], capture_output=True, text=True, check=True).stdout
    finally:
        os.unlink(data.name)
    completed = int(re.search(r"Queries completed:\s+(\d+)", out).group(1))
    latency = float(re.search(r"Average Latency \(s\):\s+([\d.]+)", out).group(1)) * 1000
    if not re.search(r"Response codes:\s+NOERROR \d+ \(100", out):
        raise SystemExit("%s: %s was not answered with NOERROR:\n%s" % (agent.name, question, out))
    return {"requests": completed, "rate": completed / seconds, "p50": latency, "p99": float("nan")}


# A registration changes its instance each time: 100 nodes with 10 instances each, so that the catalog stays small.
REGISTER = """
counter = 0
request = function()
  counter = counter + 1
  local body = string.format('{"Node": "r-%d", "Address": "127.0.9.1", "Service": {"ID": "r-%d", "Service": "r-%d", ' ..
    '"Port": %d}}', counter % 100, counter % 1000, counter % 10, counter % 60000)
  return wrk.format(nil, nil, nil, body)
end
"""

TRANSACTION = json.dumps([{"KV": {"Verb": "set", "Key": "bench/txn/%d" % n, "Value": "eHh4eHh4eHh4eHh4eHh4eHh4eHg="}}
                          for n in range(4)])


def put_all(agent, path, bodies, connections=8):
    """Sends each body once, over a few connections at a time."""
    bodies, failures = iter(list(bodies)), []
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection(agent.ip, HTTP, timeout=30)
        while True:
            with lock:
                body = next(bodies, None)
            if body is None:
                return connection.close()
            connection.request("PUT", path, json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                failures.append(text)

    workers = [threading.Thread(target=work) for _ in range(connections)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise SystemExit("%s: %s: %r" % (agent.name, path, failures[0]))


def register_instances(agent, counts, names):
    """Services `of-<n>` with n instances, and as many names with one instance each."""
    def one(service, number):
        return {"Node": "bench-%d" % number, "Address": "10.%d.%d.%d" % (1 + number // 62500, number // 250 % 250,
                                                                        1 + number % 250),
                "Service": {"Service": service, "Port": 8000, "Tags": ["v1"]},
                "Check": {"Name": service, "CheckID": service, "ServiceID": service, "Status": "passing"}}
    put_all(agent, "/v1/catalog/register", [one("of-%d" % count, n) for count in counts for n in range(count)])
    put_all(agent, "/v1/catalog/register", [one("name-%04d" % n, n % 20) for n in range(names)])


class Clients:
    """Many connections of one process, each with one request under way."""

    def __init__(self, endpoint, count):
        self.sockets = {}
        self.poll = select.epoll()
        for _ in range(count):
            one = socket.create_connection(endpoint)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[one.fileno()] = one
            self.poll.register(one.fileno(), select.EPOLLIN)

    def send(self, request):
        for one in self.sockets.values():
            one.send(request)

    def last_answer(self, within=60):
        """The moment at which the last connection had its whole answer."""
        left = dict.fromkeys(self.sockets, b"")
        deadline = time.monotonic() + within
        while left:
            if time.monotonic() > deadline:
                raise SystemExit("%d of %d clients got no answer" % (len(left), len(self.sockets)))
            for number, _ in self.poll.poll(1, 512):
                data = self.sockets[number].recv(16384)
                if not data:
                    raise SystemExit("a connection was closed")
                left[number] += data
                head, separator, body = left[number].partition(b"\r\n\r\n")
                if separator and len(body) >= int(re.search(rb"(?i)content-length: (\d+)", head).group(1)):
                    self.answer = left.pop(number)
        return time.monotonic()

    def close(self):
        self.poll.close()
        for one in self.sockets.values():
            one.close()


class BareFanOut:
    """A process that does nothing else than send an answer to all its connections: what blocked clients are compared
    with."""

    def __init__(self, count, answer):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        reading, self.writing = os.pipe()
        self.clients = None
        self.child = os.fork()
        if self.child == 0:
            # Its end when the other process ends.
            os.close(self.writing)
            held = []
            while len(held) < count:
                one, _ = listener.accept()
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                held.append(one)
            while os.read(reading, 1):
                for one in held:
                    one.recv(4096)
                    one.send(answer)
            os._exit(0)
        os.close(reading)
        try:
            self.clients = Clients(listener.getsockname(), count)
        except BaseException:
            self.close()
            raise
        finally:
            listener.close()

    def round(self):
        """Seconds from the word to send to the last one's answer."""
        self.clients.send(b"GET / HTTP/1.1\r\n\r\n")
        began = time.monotonic()
        os.write(self.writing, b"1")
        return self.clients.last_answer() - began

    def close(self):
        # Also one that still waits for connections.
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.writing)
        if self.clients:
            self.clients.close()


# Of one process; some are for other things.
MOST_SOCKETS = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200


def blocked(agent, count, rounds=7):
    """Clients that wait for one key: KiB each, CPU in a second of waiting (% of a core), and seconds from the write to
    the last one's answer beside a bare fan-out of the same bytes. The two take turns: what a core gives moves by a
    third within a minute, and is to move both. Without a bare fan-out where a process may not open both's sockets."""
    wait("%s: a write" % agent.name, lambda: agent.put("/v1/kv/bench/blocked", VALUE), 30, 0.1)
    time.sleep(0.5)
    before = agent.resident_mib()
    clients = Clients((agent.ip, HTTP), count)
    taken, bare, each, idle, fan = [], [], 0.0, 0.0, None
    try:
        for number in range(rounds):
            index = agent.ask("GET", "/v1/kv/bench/blocked").headers["X-Consul-Index"]
            request = "GET /v1/kv/bench/blocked?index=%s&wait=600s HTTP/1.1\r\nHost: bench\r\n\r\n" % index
            clients.send(request.encode())
            time.sleep(1 + count / 5000)
            if number == 0:
                each = (agent.resident_mib() - before) * 1024 / count
                used, began = agent.cpu_seconds(), time.monotonic()
                time.sleep(3)
                idle = (agent.cpu_seconds() - used) / (time.monotonic() - began) * 100
            began = time.monotonic()
            agent.put("/v1/kv/bench/blocked", "%s%d" % (VALUE, number))
            taken.append(clients.last_answer() - began)
            if 2 * count < MOST_SOCKETS:
                fan = fan or BareFanOut(count, clients.answer)
                bare.append(fan.round())
    finally:
        clients.close()
        if fan:
            fan.close()
    found = {"KiB each": each, "waiting, % of a core": idle, "last woken, ms": statistics.median(taken) * 1000}
    if bare:
        found["bare fan-out, ms"] = statistics.median(bare) * 1000
    return found


class Target:
    """An HTTP server in a process of its own that answers 200 and notes when each path was asked."""

    def __init__(self, ip):
        self.listener = socket.create_server((ip, 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.folder = tempfile.mkdtemp()
        self.child = os.fork()
        if self.child == 0:
            self.serve()

    def serve(self):
        notes = open(os.path.join(self.folder, "notes"), "w", buffering=1 << 16)
        poll, open_ones = select.epoll(), {}
        self.listener.setblocking(False)
        poll.register(self.listener.fileno(), select.EPOLLIN)
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        last = time.monotonic()
        while True:
            for number, _ in poll.poll(0.2, 1024):
                now = time.monotonic()
                if number == self.listener.fileno():
                    try:
                        while True:
                            one, _ = self.listener.accept()
                            open_ones[one.fileno()] = one
                            poll.register(one.fileno(), select.EPOLLIN)
                    except BlockingIOError:
                        continue
                one = open_ones[number]
                try:
                    data = one.recv(4096)
                    if data:
                        one.send(answer)
                except OSError:
                    data = b""
                if data:
                    notes.write("%s %.6f\n" % (data.split(b" ", 2)[1].decode(), now))
                else:
                    poll.unregister(number)
                    open_ones.pop(number).close()
            if time.monotonic() - last > 0.5:
                notes.flush()
                last = time.monotonic()

    def arrivals(self):
        """Moments by path."""
        time.sleep(1)
        found = {}
        with open(os.path.join(self.folder, "notes")) as notes:
            for line in notes:
                if line.endswith("\n"):
                    path, moment = line.split()
                    found.setdefault(path, []).append(float(moment))
        return found

    def close(self):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        self.listener.close()
        subprocess.run(["rm", "-rf", self.folder], check=True)


def checks(agent, count, interval, seconds):
    """HTTP checks of one agent: CPU µs of a run, KiB each, lateness of a run in ms (p99): how much later than
    `interval` after the one before it, as the target saw both."""
    target = Target(agent.ip)
    try:
        before = agent.resident_mib()
        put_all(agent, "/v1/agent/check/register", [
            {"Name": "bench-%d" % n, "HTTP": "http://%s:%d/%d" % (agent.ip, target.port, n),
             "Interval": "%ds" % interval, "Timeout": "2s"} for n in range(count)])
        # Every check has run, and what the catalog is told of them has been said.
        time.sleep(2 * interval)
        used, began = agent.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        used, end = agent.cpu_seconds() - used, time.monotonic()
        each = (agent.resident_mib() - before) * 1024 / count
        late, runs = [], 0
        for moments in target.arrivals().values():
            runs += sum(began <= moment < end for moment in moments)
            late += [max(0.0, right - left - interval) for left, right in zip(moments, moments[1:])
                     if began <= right < end]
        if runs < 0.9 * count * seconds / interval:
            raise SystemExit("%s: %d runs of %d checks in %d s" % (agent.name, runs, count, seconds))
        late.sort()
        return {"CPU us a run": used / runs * 1e6, "KiB each": each, "late p99, ms": late[int(len(late) * 0.99)] * 1000}
    finally:
        target.close()
