extension Timeline {
    /// What stands beside the lanes: the run's facts, its events and its expectations as text.
    static let lists = #"""
        const maxShown = 400;

        function element(name, text, className) {
          const made = document.createElement(name);
          if (text !== undefined) made.textContent = text;
          if (className) made.className = className;
          return made;
        }
        function swatch(colour) {
          const made = element("i");
          made.style.background = `var(${colour})`;
          return made;
        }

        function showHead() {
          document.title = data.name + (data.seed ? ", seed " + data.seed : "") + " – timeline";
          $("name").textContent = data.name;
          $("result").textContent = data.passed ? "passed" : "failed";
          $("result").classList.add(data.passed ? "passed" : "failed");
          $("about").textContent = data.passed || !data.failure ? data.about : data.failure;
          const count = kind => events.filter(event => event.kind === kind).length;
          const facts = [
            ["seed", data.seed], ["run", span(total)], ["events", data.events.toLocaleString("en")],
            ["verdict changes", count("verdicts")], ["lost", data.lostCount.toLocaleString("en")], ["hash", data.hash],
          ];
          for (const [name, value] of data.parameters) facts.push(["$" + name, value]);
          for (const [name, value] of facts) {
            if (value === "") continue;
            const group = element("div");
            group.append(element("dt", name), element("dd", String(value)));
            $("facts").append(group);
          }
        }

        function showList() {
          const list = $("events");
          list.replaceChildren();
          const shown = events.filter(event => event.time >= state.from && event.time <= state.to)
            .filter(isEventShown);
          $("tab-events").querySelector("b").textContent = shown.length;
          const rare = shown.length > maxShown ? shown.filter(event => event.kind !== "lost") : shown;
          for (const event of rare.slice(0, maxShown)) {
            const row = element("li");
            row.dataset.kind = event.kind;
            row.dataset.time = event.time;
            row.append(swatch(event.colour), element("time", seconds(event.time)), element("span", event.text));
            if (event.more) row.append(element("small", event.more));
            row.addEventListener("click", () => centre(event.time));
            list.append(row);
          }
          const rest = shown.length - Math.min(rare.length, maxShown);
          if (rest > 0) list.append(element("li", rest + " more; zoom in or filter to see them", "more"));
          if (!shown.length) list.append(element("li", "nothing of this kind in view", "more"));
        }

        function showExpectations() {
          const list = $("expectations");
          $("tab-expectations").querySelector("b").textContent =
            data.expectations.filter(one => one[2] === "held").length + "/" + data.expectations.length;
          for (const [line, text, outcome, detail] of data.expectations) {
            const row = element("li");
            const colour = {held: "--held", failed: "--failed"}[outcome] || "--faint";
            row.append(swatch(colour), element("time", "line " + line), element("span", text),
              element("small", outcome + " " + detail));
            const met = data.outcomes.find(one => one[2] === text || text.endsWith(one[2]));
            if (met) row.addEventListener("click", () => centre(met[0]));
            list.append(row);
          }
        }

        function showLegend() {
          const entries = [
            ["--lead", "leads"], ["--follow", "follows"], ["--leaderless", "knows no leader"], ["--life", "runs"],
            ["--frozen", "frozen"], ["--disk", "disk fault"], ["--cut", "cut, ended, lost"], ["--clog", "clogged"],
          ];
          for (const word of words) entries.push([colourOf(word), "verdict: " + word]);
          for (const [colour, text] of entries) {
            const one = element("span");
            one.append(swatch(colour), text);
            $("legend").append(one);
          }
          const keys = "drag: move · ctrl+wheel, + −: zoom · wheel: scroll · 0: whole run · v: verdicts · /: filter";
          $("legend").append(element("span", keys, "keys"));
        }
        """#
}
