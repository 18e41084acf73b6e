"""Looks at a timeline page in a headless browser: timeline_page.py PROGRAM. What is on it is compared with the event log
of the same run; its zoom, pan, filters and tips are used as a person does (timeline.js). Damaged copies of the page must
be found out."""
import collections
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE = os.path.join(ROOT, "Tests", "Topologies", "timeline.yaml")
BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
SEED = 1
# A page takes about 3 s; this is for a browser that hangs.
LIMIT = 90

# What is broken in a copy of the page, and a word of a finding that must say so.
DAMAGES = [
    ('$("in").addEventListener("click", () => zoom(.5));', "", "a click zooms in"),
    ("if (state.hidden.has(lane.dc)) return false;", "", "a datacenter is taken away"),
    ('"verdicts":[[', '"verdicts":[],"old":[[', "says at"),
    ('"faults":[[', '"faults":[],"older":[[', "the fault"),
]


def trace(program, *filters):
    words = [program, "topology", "replay", FILE, "--seed", str(SEED), "--trace", *filters]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    events = []
    for line in lines:
        found = re.match(r"^(\d+\.\d{6}) (\S+) +(\w+) +(.*)$", line)
        if found:
            events.append((float(found[1]), found[2], found[3], found[4]))
    return events


def expectations(program):
    """Of the event log, which is written without the page's code."""
    log = trace(program, *(word for kind in ("leader", "verdict", "lost", "fault") for word in ("--kind", kind)))
    kinds = collections.Counter(kind for _, _, kind, _ in log)
    leaders = {}
    for time, node, kind, text in log:
        if kind == "leader" and text.startswith("leads in term"):
            leaders[node] = time + 1
    verdicts = []
    for time, node, kind, text in log:
        found = re.match(r"(\S+): \S+ → unreachable", text) if kind == "verdict" else None
        if found and not any(one[0] == node for one in verdicts):
            verdicts.append([node, found[1], "unreachable", time])
    return {
        "lanes": ["dc1-s1", "dc1-s2", "dc1-s3", "dc1-c1", "web-1", "dc2-s1", "dc2-s2", "dc2-s3"],
        "leaders": sorted(leaders.items()), "lost": kinds["lost"], "counts": {"verdicts": kinds["verdict"]},
        "faults": [["partition dc1 | dc2", 35, 50]], "frozen": [["dc1-s3", 10, 14]], "gaps": [["dc2-s2", 20, 26]],
        "verdicts": verdicts,
    }


def findings(browser, page, expected, folder):
    with open(os.path.join(ROOT, "Scripts", "lib", "timeline.js"), encoding="utf-8") as file:
        script = file.read()
    script = "const expected = %s;\n%s" % (json.dumps(expected), script)
    path = os.path.join(folder, "page.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page.replace("</body>", "<script>%s</script>\n</body>" % script))
    words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900",
             "--user-data-dir=" + os.path.join(folder, "profile"), "--virtual-time-budget=60000", "--dump-dom",
             "file://" + path]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT)
    found = re.search(r'<pre id="findings">(.*?)</pre>', done.stdout, re.S)
    if not found:
        return [{"what": "the page runs", "holds": False, "detail": done.stderr[-1500:]}]
    return json.loads(html.unescape(found[1]))


def main():
    program = sys.argv[1]
    browser = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("timeline: SKIPPED: no browser here; one of %s is needed" % ", ".join(BROWSERS), file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "timeline.html")
        subprocess.run([program, "topology", "replay", FILE, "--seed", str(SEED), "--timeline", path],
                       check=True, stdout=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            page = file.read()
        if re.search(r"(src|href)\s*=\s*[\"']?(https?:|//)|@import|url\((?!data:)", page):
            print("timeline: the page needs something from outside")
            return 1
        expected = expectations(program)
        if not expected["verdicts"] or not expected["leaders"] or not expected["lost"]:
            print("timeline: the run has nothing to look for:", expected)
            return 1
        found = findings(browser, page, expected, folder)
        failed = [one for one in found if not one["holds"]]
        for one in failed:
            print("timeline: FAILED: %s (%s)" % (one["what"], one["detail"]))
        for old, new, word in DAMAGES:
            if page.count(old) != 1:
                print("timeline: no such place to damage: %s" % old)
                failed.append(old)
                continue
            if word is None:
                continue
            wrong = [one["what"] for one in findings(browser, page.replace(old, new), expected, folder)
                     if not one["holds"]]
            if not any(word in what for what in wrong):
                print("timeline: FAILED: without %s nothing is found wrong with \"%s\"" % (old, word))
                failed.append(old)
        print("timeline: %d of %d hold in %s" % (sum(one["holds"] for one in found), len(found),
                                                 os.path.basename(browser)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
