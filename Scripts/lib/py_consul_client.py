"""What a program with py-consul does all day. usage: py_consul_client.py ADDRESS PORT; a line `ok …` or `FAILED …` for
each thing it tried."""
import sys
import threading
import time

import consul

client = consul.Consul(host=sys.argv[1], port=int(sys.argv[2]))
failed = False


def check(what, holds):
    global failed
    failed = failed or not holds
    print("%s %s" % ("ok" if holds else "FAILED", what), flush=True)


def attempt(what, body):
    try:
        check(what, bool(body()))
    except Exception as error:
        check("%s: %s: %s" % (what, type(error).__name__, error), False)


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def keys():
    kv = client.kv
    assert kv.put("py/a", "1") and kv.put("py/b", b"\x00\xff")
    index, entry = kv.get("py/a")
    assert entry["Value"] == b"1" and kv.get("py/b")[1]["Value"] == b"\x00\xff"
    assert not kv.put("py/a", "2", cas=1) and kv.put("py/a", "2", cas=entry["ModifyIndex"])
    assert sorted(kv.get("py/", keys=True)[1]) == ["py/a", "py/b"] and len(kv.get("py/", recurse=True)[1]) == 2
    assert kv.get("py/none")[1] is None
    return kv.delete("py/", recurse=True) and kv.get("py/a")[1] is None


def blocking():
    client.kv.put("py/watched", "0")
    index, _ = client.kv.get("py/watched")
    threading.Timer(0.3, lambda: client.kv.put("py/watched", "1")).start()
    began = time.monotonic()
    later, entry = client.kv.get("py/watched", index=index, wait="10s")
    return entry["Value"] == b"1" and 0.2 < time.monotonic() - began < 5 and int(later) > int(index)


def service():
    assert client.agent.service.register("py", service_id="py-1", port=99, tags=["t"],
                                         check=consul.Check.ttl("30s"))
    assert client.agent.check.ttl_pass("service:py-1")
    assert until(lambda: len(client.health.service("py", passing=True)[1]) == 1)
    assert "py-1" in client.agent.services() and "service:py-1" in client.agent.checks()
    assert client.catalog.service("py", tag="t")[1][0]["ServicePort"] == 99
    assert client.agent.service.deregister("py-1")
    return until(lambda: not client.health.service("py")[1])


def session():
    name = client.session.create(name="py", ttl=30, lock_delay=0)
    assert client.kv.put("py/lock", "x", acquire=name) and client.kv.get("py/lock")[1]["Session"] == name
    other = client.session.create(lock_delay=0)
    assert not client.kv.put("py/lock", "y", acquire=other)
    assert client.session.info(name)[1]["Name"] == "py" and client.session.renew(name)["ID"] == name
    assert client.session.destroy(name) and "Session" not in client.kv.get("py/lock")[1]
    return client.session.destroy(other)


def transaction():
    import base64
    value = base64.b64encode(b"t").decode()
    done = client.txn.put([{"KV": {"Verb": "set", "Key": "py/txn", "Value": value}}])
    return done["Results"] and client.kv.get("py/txn")[1]["Value"] == b"t"


def prepared_query():
    made = client.query.create("web", "py-web")
    assert made["ID"]
    names = [row["Service"]["ID"] for row in client.query.execute("py-web")["Nodes"]]
    client.query.delete(made["ID"])
    return sorted(names) == ["web-1", "web-2"]


attempt("keys, cas, recursion", keys)
attempt("a blocking query", blocking)
attempt("a service with a check", service)
attempt("sessions and locks", session)
attempt("a transaction", transaction)
attempt("a prepared query", prepared_query)
attempt("an event", lambda: client.event.fire("py-event", "x")["ID"] and until(
    lambda: any(e["Name"] == "py-event" for e in client.event.list()[1])))
attempt("another datacenter", lambda: client.health.service("web", passing=True, dc="dc2")[1][0]["Service"]["ID"] == "web-3")
attempt("agent self and members", lambda: client.agent.self()["Config"]["Datacenter"] == "dc1"
        and len(client.agent.members()) == 3)
attempt("status", lambda: client.status.leader() and len(client.status.peers()) == 3)
attempt("maintenance", lambda: client.agent.maintenance(True, "py") and client.agent.maintenance(False))
sys.exit(1 if failed else 0)
