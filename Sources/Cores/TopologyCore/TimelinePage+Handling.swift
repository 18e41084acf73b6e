extension Timeline {
    /// Zoom, pan, filters, hover.
    static let handling = #"""
        let listTimer = 0, frameWanted = false;

        function refresh(isNewLayout) {
          if (isNewLayout) layout();
          if (!frameWanted) {
            frameWanted = true;
            const paint = () => {
              if (!frameWanted) return;
              frameWanted = false;
              draw();
            };
            requestAnimationFrame(paint);
            // A window that nobody looks at gets no frames.
            setTimeout(paint, 100);
          }
          clearTimeout(listTimer);
          listTimer = setTimeout(showList, 90);
        }

        /// Never outside the run, never closer than a tenth of a millisecond.
        function look(from, to) {
          const wide = Math.min(Math.max(to - from, 100), total);
          state.from = Math.min(Math.max(from, 0), total - wide);
          state.to = state.from + wide;
          refresh(false);
        }
        function zoom(factor, around = (state.from + state.to) / 2) {
          const wide = Math.min(Math.max((state.to - state.from) * factor, 100), total);
          const part = (around - state.from) / (state.to - state.from);
          look(around - part * wide, around - part * wide + wide);
        }
        function pan(part) {
          const by = (state.to - state.from) * part;
          look(state.from + by, state.to + by);
        }
        function centre(time) {
          state.cursor = time;
          const wide = Math.min(state.to - state.from, total / 4);
          look(time - wide / 2, time + wide / 2);
        }

        function toggles(parent, entries, isShown, change) {
          for (const [key, text, colour] of entries) {
            const button = element("button");
            button.dataset.key = key;
            if (colour) button.append(swatch(colour));
            button.append(text);
            button.setAttribute("aria-pressed", isShown(key));
            button.addEventListener("click", event => {
              change(key, event);
              for (const other of parent.children) other.setAttribute("aria-pressed", isShown(other.dataset.key));
              refresh(true);
            });
            parent.append(button);
          }
        }
        function flip(set, key) { if (!set.delete(key)) set.add(key); }

        function begin() {
          readColours();
          showHead();
          showExpectations();
          showLegend();
          toggles($("kinds"), kinds, isOn, key => flip(state.off, key));
          // With shift: this one alone, or all again.
          toggles($("datacenters"), data.datacenters.map((name, dc) => [dc, name]), dc => !state.hidden.has(+dc),
            (dc, event) => {
              if (!event.shiftKey) return flip(state.hidden, +dc);
              const alone = !state.hidden.has(+dc) && state.hidden.size === data.datacenters.length - 1;
              const others = data.datacenters.map((_, other) => other).filter(other => other !== +dc);
              state.hidden = new Set(alone ? [] : others);
            });
          $("filter").addEventListener("input", () => {
            state.text = $("filter").value;
            refresh(true);
          });
          $("in").addEventListener("click", () => zoom(.5));
          $("out").addEventListener("click", () => zoom(2));
          $("fit").addEventListener("click", () => look(0, total));
          $("unfold").addEventListener("click", unfold);
          for (const name of ["events", "expectations"])
            $("tab-" + name).addEventListener("click", () => {
              for (const other of ["events", "expectations"]) {
                $(other).hidden = other !== name;
                $("tab-" + other).classList.toggle("on", other === name);
              }
            });
          handleChart($("scroll"));
          handleMap();
          handleKeys();
          matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
            readColours();
            refresh(false);
          });
          new ResizeObserver(() => refresh(true)).observe($("chart"));
          refresh(true);
          showList();
        }

        function unfold() {
          const all = data.datacenters.map((_, dc) => dc);
          state.unfolded = new Set(state.unfolded.size ? [] : all);
          $("unfold").setAttribute("aria-pressed", state.unfolded.size > 0);
          refresh(true);
        }

        function handleChart(area) {
          area.addEventListener("scroll", () => refresh(false));
          area.addEventListener("wheel", event => {
            const isWide = Math.abs(event.deltaX) > Math.abs(event.deltaY);
            if (event.ctrlKey || event.metaKey || event.altKey) {
              event.preventDefault();
              zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), timeOf(event.offsetX));
            } else if (event.shiftKey || isWide) {
              event.preventDefault();
              pan((isWide ? event.deltaX : event.deltaY) / width());
            }
          }, {passive: false});
          let held = null;
          area.addEventListener("pointerdown", event => {
            if (event.button !== 0 || event.offsetX > area.clientWidth) return;
            held = {x: event.clientX, y: event.clientY, from: state.from, to: state.to, top: area.scrollTop};
            area.setPointerCapture(event.pointerId);
            $("tip").hidden = true;
          });
          area.addEventListener("pointermove", event => {
            if (!held) return hover(event);
            const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
            held.moved ||= Math.abs(dx) + Math.abs(dy) > 3;
            if (!held.moved) return;
            area.style.cursor = "grabbing";
            area.scrollTop = held.top - dy;
            const by = -dx / (width() - gutter) * (held.to - held.from);
            look(held.from + by, held.to + by);
          });
          area.addEventListener("pointerup", event => {
            if (held && !held.moved) click(event);
            held = null;
            area.style.cursor = "";
          });
          area.addEventListener("pointercancel", () => { held = null; });
          area.addEventListener("pointerleave", () => { $("tip").hidden = true; });
          area.addEventListener("dblclick", event => {
            if (event.clientX - canvas.getBoundingClientRect().left > gutter)
              zoom(.4, timeOf(event.clientX - canvas.getBoundingClientRect().left));
          });
        }

        function place(event) {
          const frame = canvas.getBoundingClientRect();
          return [event.clientX - frame.left, event.clientY - frame.top];
        }
        function hitAt(x, y) {
          for (let at = hits.length - 1; at >= 0; at--) {
            const one = hits[at];
            if (x >= one.x && x <= one.x + one.w && y >= one.y && y <= one.y + one.h) return one;
          }
          return null;
        }
        function click(event) {
          const [x, y] = place(event);
          const head = rows.find(row => row.kind === "dc" && y >= row.screenY && y <= row.screenY + row.height);
          if (x < gutter && y > top0 && head) {
            flip(state.unfolded, head.dc);
            return refresh(true);
          }
          const one = hitAt(x, y);
          state.cursor = x > gutter ? one?.time ?? timeOf(x) : state.cursor;
          refresh(false);
        }
        function hover(event) {
          const [x, y] = place(event), one = hitAt(x, y), tip = $("tip");
          $("scroll").style.cursor = one ? "pointer" : "";
          tip.hidden = !one;
          if (!one) return;
          tip.replaceChildren(element("b", one.title));
          if (one.more) tip.append("\n", element("small", one.more));
          const [w, h] = [tip.offsetWidth, tip.offsetHeight];
          const room = canvas.clientHeight;
          tip.style.left = Math.max(4, Math.min(x + 14, width() - w - 8)) + "px";
          tip.style.top = (y + 18 + h < room ? y + 18 : Math.max(4, y - h - 10)) + "px";
        }

        function handleMap() {
          let isHeld = false;
          const move = event => {
            const part = (event.clientX - map.getBoundingClientRect().left - gutter) / (map.clientWidth - gutter);
            const wide = state.to - state.from;
            look(part * total - wide / 2, part * total + wide / 2);
          };
          map.addEventListener("pointerdown", event => {
            isHeld = true;
            map.setPointerCapture(event.pointerId);
            if (state.to - state.from > total * .98) zoom(.25);
            move(event);
          });
          map.addEventListener("pointermove", event => { if (isHeld) move(event); });
          map.addEventListener("pointerup", () => { isHeld = false; });
        }

        function handleKeys() {
          document.addEventListener("keydown", event => {
            if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
            const done = {
              "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(2), "0": () => look(0, total),
              ArrowLeft: () => pan(-.15), ArrowRight: () => pan(.15), v: unfold,
              "/": () => $("filter").focus(),
            }[event.key];
            if (!done) return;
            event.preventDefault();
            done();
          });
        }

        begin();
        """#
}
