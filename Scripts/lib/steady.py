"""Callers in processes of their own, so that what one waits for is no other's doing: see Probe and Crowd.

As a program: steady.py probe|crowd IP PORT PATH …; started by the classes, ended by closing its standard input.
"""
import heapq
import json
import os
import random
import re
import select
import socket
import subprocess
import sys
import time

HTTP = 8500
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
# A caller that was sent no whole answer for so long has hung up.
PATIENCE = 60
# Of the crowd's callers that ask, or read, in a row.
FEW = 8


def request(path):
    return ("GET %s HTTP/1.1\r\nHost: bench\r\nUser-Agent: steady\r\n\r\n" % path).encode()


def whole(data):
    """The status of a complete answer, else None."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    length = LENGTH.search(head)
    return int(head[9:12]) if len(body) >= int(length.group(1) if length else 0) else None


class Steady:
    def __init__(self, kind, agent, path, *words):
        argv = [sys.executable, __file__, kind, agent.ip, str(HTTP), path] + [str(word) for word in words]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # Every connection is open.
        self.process.stdout.readline()

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        result = json.loads(self.process.stdout.read())
        self.process.wait()
        return result


class Probe(Steady):
    """One caller that asks at a steady rate; `stop` gives (began, seconds, status) of every call. It is an instrument:
    where the system lets it, the processor is its own as soon as an answer is there."""

    def __init__(self, agent, path, interval=0.005):
        super().__init__("probe", agent, path, interval)


class Crowd(Steady):
    """Many callers with a connection each. Those who wait for no answer begin within 2 seconds of `tell("go 2")`, all
    ask again after an answer, each after a pause of its own, and ask no more after `tell("rest")`. `stop` gives how
    many got which status, and how long the slowest waited. In life they are other machines: what they take of the
    processor here is taken from nobody who is measured.
    pause: in seconds, the mean; half of it to half as much again."""

    def __init__(self, agent, path, count, pause=10):
        super().__init__("crowd", agent, path, count, pause)


def probe(endpoint, path, interval):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        print("steady: the probe runs as any process: root alone may do more", file=sys.stderr)
    calls, message = [], request(path)
    one = socket.create_connection(endpoint)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print("open", flush=True)
    due = time.monotonic()
    while True:
        wait = due - time.monotonic()
        if select.select([sys.stdin], [], [], max(0, wait))[0] and not sys.stdin.readline():
            break
        if time.monotonic() < due:
            continue
        began = time.monotonic()
        one.sendall(message)
        data, status = b"", None
        while status is None:
            part = one.recv(65536)
            if not part:
                raise SystemExit("the connection was closed")
            data += part
            status = whole(data)
        ended = time.monotonic()
        calls.append((began, ended - began, status))
        # What was missed while waiting is not made up for: a caller asks once at a time.
        due = max(due + interval, ended)
    print(json.dumps(calls))


def crowd(endpoint, path, count, pause):
    os.nice(19)
    chance = random.Random(1)
    message, poll, callers = request(path), select.epoll(), {}
    for _ in range(count):
        one = socket.create_connection(endpoint)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        callers[one.fileno()] = [one, b"", None]
        poll.register(one.fileno(), select.EPOLLIN)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    print("open", flush=True)
    due, rests, statuses, slowest = [], True, {}, 0.0
    while True:
        # A few at a time: callers who know nothing of each other do not ask in bunches because one process is theirs.
        for _ in range(FEW):
            now = time.monotonic()
            if not due or due[0][0] > now:
                break
            number = heapq.heappop(due)[1]
            callers[number][2] = now
            callers[number][0].send(message)
        for number, _ in poll.poll(max(0, min(0.2, due[0][0] - now)) if due else 0.2, FEW):
            if number == sys.stdin.fileno():
                words = sys.stdin.readline().split()
                if words:
                    begin, rests = time.monotonic(), words[0] == "rest"
                    due = [] if rests else [
                        (begin + float(words[1]) * place / count, number)
                        for place, number in enumerate(callers) if callers[number][2] is None]
                    continue
                waiting = [time.monotonic() - began for _, _, began in callers.values() if began is not None]
                print(json.dumps({"statuses": statuses, "slowest": max([slowest] + waiting), "waiting": len(waiting)}))
                return
            caller = callers[number]
            part = caller[0].recv(65536)
            if not part:
                raise SystemExit("a connection was closed")
            caller[1] += part
            status = whole(caller[1])
            if status is not None:
                now = time.monotonic()
                statuses[status] = statuses.get(status, 0) + 1
                slowest = max(slowest, now - caller[2])
                caller[1], caller[2] = b"", None
                if not rests:
                    heapq.heappush(due, (now + pause * chance.uniform(0.5, 1.5), number))


if __name__ == "__main__":
    kind, ip, port, path = sys.argv[1:5]
    numbers = [float(word) for word in sys.argv[5:]]
    if kind == "probe":
        probe((ip, int(port)), path, *numbers)
    else:
        crowd((ip, int(port)), path, int(numbers[0]), *numbers[1:])
