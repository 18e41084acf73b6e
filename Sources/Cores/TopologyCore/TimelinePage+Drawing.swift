extension Timeline {
    /// Draws the part of the run and the lanes that are in view.
    static let drawing = #"""
        const canvas = $("lanes"), pen = canvas.getContext("2d"), map = $("map"), mapPen = map.getContext("2d");
        const font = '11px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
        const laneHeight = 22, headHeight = 30, seenHeight = 13;
        let gutter = 150, hasChosen = false, colours = {}, rows = [], hits = [], faultRows = [], top0 = 0;

        function readColours() {
          const style = getComputedStyle(document.documentElement);
          colours = new Proxy({}, {
            get: (known, name) => known[name] ??= style.getPropertyValue(name).trim(),
          });
        }

        /// Faults side by side where they overlap.
        (() => {
          for (const fault of data.faults) {
            const free = faultRows.find(row => row[row.length - 1][2] <= fault[1]);
            if (free) free.push(fault); else faultRows.push([fault]);
          }
        })();

        /// Verdicts of each server are shown from the start when all of it fits without scrolling.
        function chooseFolds() {
          if (hasChosen) return;
          hasChosen = true;
          const count = seen.reduce((sum, observers) => sum + observers.size, 0);
          const needed = top0 + count * seenHeight + lanes.length * laneHeight + data.datacenters.length * 38 + 30;
          if (count && needed <= canvas.clientHeight) unfold();
        }

        function layout() {
          rows = [];
          let y = 6;
          data.datacenters.forEach((name, dc) => {
            const own = lanes.filter(lane => lane.dc === dc && isLaneShown(lane));
            if (!own.length) return;
            rows.push({kind: "dc", y, height: headHeight, dc});
            y += headHeight;
            if (state.unfolded.has(dc))
              for (const lane of [...seen[dc].keys()].sort((a, b) => a - b)) {
                rows.push({kind: "seen", y, height: seenHeight, dc, lane});
                y += seenHeight;
              }
            for (const lane of own) {
              rows.push({kind: "lane", y, height: laneHeight, dc, lane: lane.id});
              y += laneHeight;
            }
            y += 8;
          });
          const shownFaults = isOn("faults") ? Math.min(faultRows.length, 5) * 17 + (data.actions.length ? 17 : 0) : 0;
          top0 = 26 + (isOn("steps") ? 36 : 0) + shownFaults + 6;
          pen.font = font;
          const widest = Math.max(...lanes.map(lane => pen.measureText(lane.name).width), 60);
          gutter = Math.ceil(Math.min(widest, 180) + 40);
          $("tall").style.height = (top0 + y + 20) + "px";
          chooseFolds();
        }

        const width = () => canvas.clientWidth;
        const xOf = time => gutter + (time - state.from) / (state.to - state.from) * (width() - gutter);
        const timeOf = x => state.from + (x - gutter) / (width() - gutter) * (state.to - state.from);
        const inView = (begin, end) => end >= state.from && begin <= state.to;

        function fit(canvas, pen) {
          const ratio = window.devicePixelRatio || 1;
          const [w, h] = [canvas.clientWidth, canvas.clientHeight];
          if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
            canvas.width = Math.round(w * ratio);
            canvas.height = Math.round(h * ratio);
          }
          pen.setTransform(ratio, 0, 0, ratio, 0, 0);
          pen.clearRect(0, 0, w, h);
          return [w, h];
        }

        /// A span's left edge and width, cut at the view's edges; at least one pixel wide.
        function extent(begin, end) {
          const left = Math.max(xOf(begin), gutter), right = Math.min(xOf(end), width());
          return [left, Math.max(right - left, 1)];
        }
        function box(begin, end, y, height, colour, radius = 3) {
          const [x, w] = extent(begin, end);
          pen.fillStyle = colour;
          pen.beginPath();
          pen.roundRect(x, y, w, height, Math.min(radius, w / 2));
          pen.fill();
          return [x, w];
        }
        function hatch(x, y, w, h, colour, gap = 5) {
          pen.save();
          pen.beginPath();
          pen.rect(x, y, w, h);
          pen.clip();
          pen.strokeStyle = colour;
          pen.lineWidth = 1.4;
          pen.beginPath();
          for (let at = Math.floor((x - h) / gap) * gap; at < x + w; at += gap) {
            pen.moveTo(at, y + h);
            pen.lineTo(at + h, y);
          }
          pen.stroke();
          pen.restore();
        }
        /// As much of a text as fits; nothing when that is too little to read.
        function label(text, x, y, w, colour, align = "left") {
          if (w < 18) return;
          pen.font = font;
          pen.fillStyle = colour;
          pen.textAlign = "left";
          pen.textBaseline = "middle";
          let shown = text;
          if (pen.measureText(shown).width > w) {
            const letter = pen.measureText(shown).width / shown.length;
            shown = shown.slice(0, Math.max(0, Math.floor(w / letter) - 1)) + "…";
            if (shown.length < 4 && text.length > 4) return;
          }
          pen.fillText(shown, align === "centre" ? x + (w - pen.measureText(shown).width) / 2 : x, y);
        }
        function hit(x, y, w, h, title, more, time) {
          if (hits.length < 20000) hits.push({x, y, w, h, title, more, time});
        }
        function diamond(x, y, size, colour) {
          pen.fillStyle = colour;
          pen.strokeStyle = colours["--panel"];
          pen.lineWidth = 1;
          pen.beginPath();
          pen.moveTo(x, y - size);
          pen.lineTo(x + size, y);
          pen.lineTo(x, y + size);
          pen.lineTo(x - size, y);
          pen.closePath();
          pen.fill();
          pen.stroke();
        }

        const ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap(n => [n, n * 1e3])
          .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].map(n => n * 1e6))
          .sort((a, b) => a - b);

        function drawAxis(w, h) {
          const step = ticks.find(one => one / (state.to - state.from) * (w - gutter) >= 78) || 28800e6;
          pen.textBaseline = "middle";
          pen.font = font;
          for (let time = Math.ceil(state.from / step) * step; time <= state.to; time += step) {
            const x = Math.round(xOf(time)) + .5;
            pen.strokeStyle = colours["--line"];
            pen.lineWidth = 1;
            pen.beginPath();
            pen.moveTo(x, 20);
            pen.lineTo(x, h);
            pen.stroke();
            const digits = step >= 1e6 ? 0 : step >= 1e5 ? 1 : step >= 1e4 ? 2 : 3;
            pen.fillStyle = colours["--soft"];
            pen.textAlign = "left";
            pen.fillText(seconds(time, digits), x + 3, 11);
          }
        }

        function drawTop(w) {
          pen.fillStyle = colours["--panel"];
          pen.fillRect(0, 0, w, top0);
          drawAxis(w, top0);
          let y = 26;
          const heading = (text, at) => {
            pen.fillStyle = colours["--panel"];
            pen.fillRect(0, at - 9, gutter - 1, 18);
            label(text, 14, at, gutter - 20, colours["--soft"]);
          };
          if (isOn("steps")) {
            data.steps.forEach(([, begin, end, name], place) => {
              if (!inView(begin, end)) return;
              const [x, bw] = box(begin, end, y, 16, colours[place % 2 ? "--life" : "--band"], 3);
              label(name, x + 5, y + 8.5, bw - 8, colours["--ink"]);
              hit(x, y, bw, 16, name, "step, " + seconds(begin) + " – " + seconds(end) + ", " + span(end - begin),
                begin);
            });
            for (const [time, held, text, more] of data.outcomes) {
              if (!inView(time, time)) continue;
              const x = xOf(time), at = y + 25;
              pen.fillStyle = colours[held ? "--held" : "--failed"];
              pen.beginPath();
              pen.arc(x, at, held ? 3.5 : 5.5, 0, 7);
              pen.fill();
              hit(x - 5, at - 6, 10, 12, (held ? "held: " : "FAILED: ") + text, more, time);
            }
            heading("Steps", y + 8);
            heading("Expectations", y + 25);
            y += 36;
          }
          if (!isOn("faults")) return;
          faultRows.slice(0, 5).forEach((row, place) => {
            for (const [, begin, end, text, open] of row) {
              if (!inView(begin, end)) continue;
              const colour = colours[text.startsWith("clog") ? "--clog" : "--cut"];
              const [x, bw] = extent(begin, end);
              pen.globalAlpha = .16;
              box(begin, end, y, 14, colour);
              pen.globalAlpha = .5;
              hatch(x, y, bw, 14, colour, 6);
              pen.globalAlpha = 1;
              pen.fillStyle = colours["--panel"];
              const shown = Math.min(pen.measureText(text).width + 8, bw - 6);
              if (shown > 18) pen.fillRect(x + 3, y + 1.5, shown, 11);
              label(text, x + 7, y + 7.5, bw - 12, colours["--ink"]);
              hit(x, y, bw, 14, text, seconds(begin) + " – " + (open ? "the end" : seconds(end)) + ", "
                + span(end - begin), begin);
            }
            heading(place ? "" : "Faults of links", y + 7);
            y += 17;
          });
          if (!data.actions.length) return;
          let free = -1;
          data.actions.forEach(([, time, , text], place) => {
            if (!inView(time, time)) return;
            const x = xOf(time);
            pen.fillStyle = colours["--action"];
            pen.beginPath();
            pen.moveTo(x - 4, y + 3);
            pen.lineTo(x + 4, y + 3);
            pen.lineTo(x, y + 11);
            pen.fill();
            hit(x - 5, y, 10, 14, text, seconds(time), time);
            const next = data.actions.slice(place + 1).find(other => other[1] > time);
            const room = (next ? Math.min(xOf(next[1]), w) : w) - x - 14;
            const wide = pen.measureText(text).width;
            if (x >= free && wide <= room) {
              label(text, x + 7, y + 7.5, room, colours["--ink"]);
              free = x + 7 + wide;
            } else if (x - wide - 10 > Math.max(free, gutter)) {
              label(text, x - wide - 7, y + 7.5, wide + 1, colours["--ink"]);
              free = x + 6;
            } else free = Math.max(free, x + 6);
          });
          heading("Actions", y + 7);
        }

        /// What the other servers say of a datacenter: the part of them that says each word.
        function drawShares(dc, y, height) {
          for (const {begin, end, counts} of shares[dc]) {
            const all = Object.entries(counts).filter(([, count]) => count > 0);
            const sum = all.reduce((total, [, count]) => total + count, 0);
            if (!sum || !inView(begin, end)) continue;
            const [x, w] = extent(begin, end);
            let at = y;
            for (const word of [...words].reverse()) {
              const count = counts[word] || 0;
              if (!count) continue;
              const part = count / sum * height;
              pen.fillStyle = colours[colourOf(word)];
              pen.fillRect(x, at, w + .5, part);
              at += part;
            }
            const worst = [...words].reverse().find(word => counts[word] > 0);
            if (worst !== "up") label(worst, x + 5, y + height / 2 + .5, w - 8, "#1c2024");
            hit(x, y, w, height, data.datacenters[dc] + " as the other servers see it",
              all.map(([word, count]) => count + " say " + word).join(", ") + "\n" + seconds(begin) + " – "
                + seconds(end), begin);
          }
        }

        function drawLane(lane, y) {
          const middle = y + laneHeight / 2;
          pen.strokeStyle = colours["--line"];
          pen.setLineDash([2, 3]);
          pen.beginPath();
          pen.moveTo(gutter, middle + .5);
          pen.lineTo(width(), middle + .5);
          pen.stroke();
          pen.setLineDash([]);
          for (const [, begin, end, how, open] of lives.get(lane) || []) {
            if (!inView(begin, end)) continue;
            const [x, w] = box(begin, end, y + 4, 14, colours["--life"]);
            hit(x, y + 4, w, 14, lanes[lane].name, "runs " + seconds(begin) + " – "
              + (open ? "the end" : seconds(end) + ", then " + how), begin);
          }
          if (isOn("leaders")) for (const [, begin, end, role, term, leader] of roles.get(lane) || []) {
            if (!inView(begin, end)) continue;
            const colour = ["--leaderless", "--follow", "--lead"][role];
            const [x, w] = role === 2 ? box(begin, end, y + 3, 16, colours[colour])
              : box(begin, end, y + 13, 5, colours[colour], 2);
            if (role === 2) label("leads, term " + term, x + 6, middle + .5, w - 10, colours["--leadink"]);
            const what = role === 2 ? "leads in term " + term
              : role === 1 ? "follows " + (leader >= 0 ? lanes[leader].name : "?") + " in term " + term
              : "knows no leader";
            hit(x, y + 3, w, 16, lanes[lane].name + " " + what, seconds(begin) + " – " + seconds(end) + ", "
              + span(end - begin), begin);
          }
          if (isOn("faults")) for (const [, begin, end, text] of disks.get(lane) || []) {
            if (!inView(begin, end)) continue;
            const [x, w] = box(begin, end, y + 2, 4, colours["--disk"], 1);
            hit(x, y, w, 7, lanes[lane].name + ": " + text, seconds(begin) + " – " + seconds(end), begin);
          }
          if (isOn("processes")) {
            for (const [, begin, end] of freezes.get(lane) || []) {
              if (!inView(begin, end)) continue;
              const [x, w] = extent(begin, end);
              pen.globalAlpha = .82;
              pen.fillStyle = colours["--panel"];
              pen.fillRect(x, y + 4, w, 14);
              pen.globalAlpha = 1;
              hatch(x, y + 4, w, 14, colours["--frozen"]);
              pen.strokeStyle = colours["--frozen"];
              pen.strokeRect(x + .5, y + 4.5, Math.max(w - 1, 1), 13);
              const room = Math.min(w - 12, pen.measureText("frozen").width + 8);
              if (room > 30) {
                pen.fillStyle = colours["--panel"];
                pen.fillRect(x + 5, y + 5.5, room, 11);
                label("frozen", x + 9, middle + .5, room, colours["--ink"]);
              }
              hit(x, y + 4, w, 14, lanes[lane].name + " is frozen", seconds(begin) + " – " + seconds(end) + ", "
                + span(end - begin), begin);
            }
            for (const [, , end, how, open] of lives.get(lane) || []) {
              if (open || !inView(end, end)) continue;
              const x = xOf(end);
              pen.strokeStyle = colours["--gap"];
              pen.lineWidth = 2;
              pen.beginPath();
              pen.moveTo(x - 4, middle - 4);
              pen.lineTo(x + 4, middle + 4);
              pen.moveTo(x + 4, middle - 4);
              pen.lineTo(x - 4, middle + 4);
              pen.stroke();
              pen.lineWidth = 1;
              hit(x - 6, y, 12, laneHeight, lanes[lane].name + " ends", how + "\n" + seconds(end), end);
            }
          }
          if (isOn("lost")) drawLost(lane, y);
          if (isOn("verdicts")) {
            const own = verdictsBy.get(lane) || [];
            let last = -10;
            for (let place = after(own, 0, state.from); place < own.length && own[place][0] <= state.to; place++) {
              const [time, , dc, word, reason] = own[place], x = xOf(time);
              if (state.hidden.has(dc)) continue;
              hit(x - 4, y + 5, 8, 12, data.datacenters[dc] + " is " + word + ", says " + lanes[lane].name,
                reason + "\n" + seconds(time), time);
              if (word === "up" && x - last < 5) continue;
              diamond(x, middle, word === "up" ? 3.5 : 5, colours[colourOf(word)]);
              last = x;
            }
          }
        }

        function drawLost(lane, y) {
          const own = losses.get(lane) || [];
          const columns = new Map();
          for (let place = after(own, 0, state.from); place < own.length && own[place][0] <= state.to; place++) {
            const column = Math.round(xOf(own[place][0]));
            if (!columns.has(column)) columns.set(column, []);
            columns.get(column).push(own[place]);
          }
          const laneY = new Map(rows.filter(row => row.kind === "lane").map(row => [row.lane, row.screenY]));
          for (const [x, here] of columns) {
            const count = here.reduce((sum, row) => sum + row[5], 0);
            const height = 3 + Math.min(7, Math.log2(count + 1) * 1.6);
            pen.strokeStyle = colours["--lost"];
            pen.globalAlpha = Math.min(1, .55 + count / 20);
            pen.beginPath();
            pen.moveTo(x + .5, y + laneHeight - 1);
            pen.lineTo(x + .5, y + laneHeight - 1 - height);
            pen.stroke();
            pen.globalAlpha = 1;
            const [time, , , to, what] = here[0];
            const target = to >= 0 ? laneY.get(to) : undefined;
            if (shownLost <= 80 && state.to - state.from <= 5e6 && target !== undefined) {
              const begin = y + laneHeight / 2, end = begin + (target + laneHeight / 2 - begin) * .5;
              pen.globalAlpha = .5;
              pen.setLineDash([3, 3]);
              pen.beginPath();
              pen.moveTo(x + .5, begin);
              pen.lineTo(x + 12.5, end);
              pen.stroke();
              pen.setLineDash([]);
              pen.globalAlpha = 1;
              pen.beginPath();
              pen.moveTo(x + 9.5, end - 3);
              pen.lineTo(x + 15.5, end + 3);
              pen.moveTo(x + 15.5, end - 3);
              pen.lineTo(x + 9.5, end + 3);
              pen.stroke();
            }
            hit(x - 2, y + laneHeight - 11, 5, 11, count === 1 ? "lost: " + lanes[lane].name + " → "
              + (to >= 0 ? lanes[to].name : "?") : count + " lost by " + lanes[lane].name,
              here.slice(0, 6).map(row => data.words[row[4]] + " → " + (row[3] >= 0 ? lanes[row[3]].name : "several")
                + (row[5] > 1 ? " ×" + row[5] : "")).join("\n") + (here.length > 6 ? "\n…" : "") + "\n"
                + seconds(time), time);
          }
        }
        let shownLost = 0;

        function draw() {
          const [w, h] = fit(canvas, pen);
          hits = [];
          const scrolled = $("scroll").scrollTop;
          pen.fillStyle = colours["--paper"];
          pen.fillRect(0, 0, w, h);
          drawAxis(w, h);
          for (const row of rows) row.screenY = top0 + row.y - scrolled;
          const shown = rows.filter(row => row.screenY + row.height > top0 && row.screenY < h);
          shownLost = 0;
          for (const row of shown) {
            const own = row.kind === "lane" ? losses.get(row.lane) || [] : [];
            shownLost += after(own, 0, state.to) - after(own, 0, state.from);
          }
          pen.save();
          pen.beginPath();
          pen.rect(gutter, 0, w - gutter, h);
          pen.clip();
          for (const row of shown) {
            if (row.kind === "lane") drawLane(row.lane, row.screenY);
            if (row.kind === "dc" && isOn("verdicts")) drawShares(row.dc, row.screenY + 7, 16);
            if (row.kind === "seen") drawSeen(row);
          }
          if (state.cursor !== null) {
            pen.fillStyle = colours["--ink"];
            pen.globalAlpha = .5;
            pen.fillRect(Math.round(xOf(state.cursor)), 0, 1, h);
            pen.globalAlpha = 1;
          }
          pen.restore();
          drawGutter(shown, h);
          const kept = hits;
          hits = [];
          drawTop(w);
          hits = kept.filter(one => one.y + one.h > top0).concat(hits);
          pen.fillStyle = colours["--line"];
          pen.fillRect(0, top0 - 1, w, 1);
          pen.fillRect(gutter - 1, 0, 1, h);
          drawMap();
        }

        function drawSeen(row) {
          for (const {begin, end, word, reason} of seen[row.dc].get(row.lane)) {
            if (!inView(begin, end)) continue;
            const [x, w] = extent(begin, end);
            pen.fillStyle = colours[colourOf(word)];
            pen.fillRect(x, row.screenY + 1.5, Math.max(w - .5, 1), seenHeight - 3);
            hit(x, row.screenY, w, seenHeight, data.datacenters[row.dc] + " is " + word + ", says "
              + lanes[row.lane].name, reason + "\n" + seconds(begin) + " – " + seconds(end) + ", " + span(end - begin),
              begin);
          }
        }

        function drawGutter(shown, h) {
          pen.fillStyle = colours["--panel"];
          pen.fillRect(0, 0, gutter - 1, h);
          for (const row of shown) {
            const y = row.screenY;
            if (row.kind === "dc") {
              pen.font = "600 12px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
              pen.fillStyle = colours["--ink"];
              pen.textBaseline = "middle";
              pen.textAlign = "left";
              if (seen[row.dc].size) pen.fillText(state.unfolded.has(row.dc) ? "▾" : "▸", 12, y + 15.5);
              pen.fillText(data.datacenters[row.dc], 26, y + 15.5);
              hit(0, y, gutter, headHeight, data.datacenters[row.dc], "click: the verdict of each server", null);
            } else if (row.kind === "seen") {
              label("by " + lanes[row.lane].name, 34, y + 6.5, gutter - 38, colours["--faint"]);
            } else {
              const lane = lanes[row.lane];
              label(lane.name, 26, y + 11.5, gutter - 32,
                colours[lane.kind === "server" ? "--ink" : "--soft"]);
              hit(0, y, gutter, laneHeight, lane.name, lane.kind + " of " + data.datacenters[lane.dc], null);
            }
          }
        }

        function drawMap() {
          const [w, h] = fit(map, mapPen);
          const at = time => gutter + time / total * (w - gutter);
          mapPen.fillStyle = colours["--panel"];
          mapPen.fillRect(0, 0, w, h);
          mapPen.globalAlpha = .28;
          for (const [, begin, end, text] of data.faults) {
            mapPen.fillStyle = colours[text.startsWith("clog") ? "--clog" : "--cut"];
            mapPen.fillRect(at(begin), 0, Math.max(1, at(end) - at(begin)), h);
          }
          mapPen.globalAlpha = 1;
          const bins = new Map();
          for (const [time, , , , , count] of data.lost) {
            const bin = Math.round(at(time));
            bins.set(bin, (bins.get(bin) || 0) + count);
          }
          const most = Math.max(1, ...bins.values());
          mapPen.fillStyle = colours["--lost"];
          for (const [bin, count] of bins) {
            const height = Math.max(1, Math.sqrt(count / most) * (h - 24));
            mapPen.fillRect(bin, h - height, 1, height);
          }
          for (const [time, , , word] of data.verdicts) {
            if (word === "up") continue;
            mapPen.fillStyle = colours[colourOf(word)];
            mapPen.fillRect(at(time) - 1, 3, 2.5, 9);
          }
          for (const [time, held] of data.outcomes) {
            mapPen.fillStyle = colours[held ? "--held" : "--failed"];
            mapPen.fillRect(at(time) - 1, 14, 2.5, held ? 4 : h);
          }
          mapPen.fillStyle = colours["--soft"];
          mapPen.font = font;
          mapPen.textBaseline = "middle";
          mapPen.fillText("Whole run", 14, 13);
          mapPen.fillStyle = colours["--faint"];
          mapPen.fillText(seconds(total, 1), 14, 29);
          const [left, right] = [at(state.from), at(state.to)];
          mapPen.fillStyle = colours["--shade"];
          mapPen.fillRect(gutter, 0, left - gutter, h);
          mapPen.fillRect(right, 0, w - right, h);
          mapPen.strokeStyle = colours["--lead"];
          mapPen.lineWidth = 1.5;
          mapPen.strokeRect(left + .75, .75, Math.max(right - left - 1.5, 2), h - 1.5);
        }
        """#
}
