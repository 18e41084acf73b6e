extension Timeline {
    /// The page's data, indexed, and what of it is shown now.
    static let model = #"""
        const data = JSON.parse(document.getElementById("data").textContent);
        const $ = id => document.getElementById(id);
        const lanes = data.lanes.map(([name, dc, kind], id) => ({id, name, dc, kind}));
        const total = Math.max(data.duration, 1000);
        const words = ["up", "degraded", "leaderless", "frozen", "unreachable", "left"];
        const kinds = [
          ["steps", "Steps", "--step"], ["faults", "Faults", "--cut"], ["processes", "Processes", "--frozen"],
          ["leaders", "Leaders", "--lead"], ["verdicts", "Verdicts", "--unreachable"], ["lost", "Lost", "--lost"],
        ];
        const state = {
          from: 0, to: total, hidden: new Set(), off: new Set(), text: "", unfolded: new Set(), cursor: null,
        };

        /// Rows of a table by one of their columns.
        function by(rows, column) {
          const groups = new Map();
          for (const row of rows) {
            if (!groups.has(row[column])) groups.set(row[column], []);
            groups.get(row[column]).push(row);
          }
          return groups;
        }
        const lives = by(data.lives, 0), freezes = by(data.freezes, 0), disks = by(data.disks, 0);
        const roles = by(data.roles, 0), losses = by(data.lost, 2), verdictsBy = by(data.verdicts, 1);

        /// The first place whose value is not below `time`, of rows sorted by that column.
        function after(rows, column, time) {
          let low = 0, high = rows.length;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (rows[middle][column] < time) low = middle + 1; else high = middle;
          }
          return low;
        }

        /// What servers said of each datacenter: a span for each verdict, which ends with the next or with its server.
        const seen = data.datacenters.map(() => new Map());
        for (const lane of lanes.filter(one => one.kind === "server")) {
          const changes = by(verdictsBy.get(lane.id) || [], 2);
          seen.forEach((observers, dc) => {
            if (dc === lane.dc) return;
            const own = changes.get(dc) || [], spans = [];
            for (const [, begin, end] of lives.get(lane.id) || []) {
              // A server takes what it hears of for up until it finds otherwise.
              let last = {begin, end, word: "up", reason: "nothing else found since it started", lane: lane.id, dc};
              spans.push(last);
              for (let place = after(own, 0, begin); place < own.length && own[place][0] <= end; place++) {
                const [time, , , word, reason] = own[place];
                last.end = time;
                last = {begin: time, end, word, reason, lane: lane.id, dc};
                spans.push(last);
              }
            }
            if (spans.length) observers.set(lane.id, spans);
          });
        }
        /// Of each datacenter: how many servers say what, as steps over time.
        const shares = seen.map(observers => {
          const changes = [];
          for (const spans of observers.values())
            for (const span of spans) changes.push([span.begin, span.word, 1], [span.end, span.word, -1]);
          changes.sort((a, b) => a[0] - b[0]);
          const steps = [], counts = {};
          let place = 0;
          while (place < changes.length) {
            const time = changes[place][0];
            for (; place < changes.length && changes[place][0] === time; place++)
              counts[changes[place][1]] = (counts[changes[place][1]] || 0) + changes[place][2];
            if (steps.length) steps[steps.length - 1].end = time;
            steps.push({begin: time, end: total, counts: {...counts}});
          }
          return steps;
        });

        function seconds(time, digits = 3) {
          if (total < 600e6) return (time / 1e6).toFixed(digits) + " s";
          const whole = Math.floor(time / 1e6);
          const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
          const text = parts.map(part => String(part).padStart(2, "0")).join(":");
          return digits ? text + "." + String(Math.floor(time / 1e3) % 1000).padStart(3, "0") : text;
        }
        function span(time) {
          if (time < 1000) return time + " µs";
          if (time < 1e6) return (time / 1e3).toFixed(1) + " ms";
          return time < 120e6 ? (time / 1e6).toFixed(2) + " s" : (time / 60e6).toFixed(1) + " min";
        }

        /// All that happened, in order: {time, kind, lane, dc, text, more, colour}; lane and dc −1: of everything.
        const events = (() => {
          const all = [];
          const add = (time, kind, lane, dc, text, more, colour) =>
            all.push({time, kind, lane, dc: lane >= 0 ? lanes[lane].dc : dc, about: dc, text, more, colour});
          for (const [, begin, end, name] of data.steps) add(begin, "steps", -1, -1, name, "step", "--step");
          for (const [time, held, text, more] of data.outcomes)
            add(time, "steps", -1, -1, text, (held ? "held" : "FAILED") + (more ? ": " + more : ""),
              held ? "--held" : "--failed");
          for (const [, begin, , text] of data.actions) add(begin, "faults", -1, -1, text, "", "--action");
          for (const [, begin, end, text, open] of data.faults)
            if (!open) add(end, "faults", -1, -1, "over: " + text, "after " + span(end - begin), "--cut");
          for (const [lane, begin, end, how, open] of data.lives) {
            add(begin, "processes", lane, -1, lanes[lane].name + " starts", "", "--held");
            if (!open) add(end, "processes", lane, -1, lanes[lane].name + " ends", how, "--gap");
          }
          for (const [lane, begin, end, , open] of data.freezes) {
            add(begin, "processes", lane, -1, lanes[lane].name + " is frozen", "", "--frozen");
            if (!open) add(end, "processes", lane, -1, lanes[lane].name + " goes on", "after " + span(end - begin),
              "--frozen");
          }
          for (const [lane, begin, end, text, open] of data.disks) {
            add(begin, "faults", lane, -1, lanes[lane].name + ": " + text, "", "--disk");
            if (!open) add(end, "faults", lane, -1, lanes[lane].name + ": disk as new", "", "--disk");
          }
          for (const [lane, begin, , role, term] of data.roles) {
            if (role === 2) add(begin, "leaders", lane, -1, lanes[lane].name + " leads", "term " + term, "--lead");
            else if (role === 0 && term > 0)
              add(begin, "leaders", lane, -1, lanes[lane].name + " knows no leader", "term " + term, "--leaderless");
          }
          for (const [time, lane, dc, word, reason] of data.verdicts)
            add(time, "verdicts", lane, dc, data.datacenters[dc] + " is " + word,
              "says " + lanes[lane].name + (reason ? ": " + reason : ""), colourOf(word));
          for (const [time, last, lane, to, what, count] of data.lost)
            add(time, "lost", lane, -1, lanes[lane].name + " → " + (to >= 0 ? lanes[to].name : "several"),
              data.words[what] + (count > 1 ? ", " + count + " within " + span(last - time) : ""), "--lost");
          return all.sort((a, b) => a.time - b.time);
        })();

        function colourOf(word) {
          return {leaderless: "--leaderlessv", frozen: "--frozenv"}[word]
            || (words.includes(word) ? "--" + word : "--unknown");
        }

        const isOn = kind => !state.off.has(kind);
        const terms = () => state.text.toLowerCase().split(/[\s,]+/).filter(Boolean);
        /// A word that is in the name of an agent or datacenter chooses lanes; any other one searches texts.
        function isLaneWord(word) {
          return lanes.some(lane => lane.name.includes(word)) || data.datacenters.some(name => name.includes(word));
        }
        function isLaneShown(lane) {
          if (state.hidden.has(lane.dc)) return false;
          const chosen = terms().filter(isLaneWord);
          const home = data.datacenters[lane.dc];
          return !chosen.length || chosen.some(word => lane.name.includes(word) || home === word);
        }
        function isEventShown(event) {
          if (!isOn(event.kind)) return false;
          if (event.lane >= 0 && !isLaneShown(lanes[event.lane])) return false;
          const sought = terms().filter(word => !isLaneWord(word));
          const text = (event.text + " " + event.more).toLowerCase();
          return sought.every(word => text.includes(word));
        }
        """#
}
