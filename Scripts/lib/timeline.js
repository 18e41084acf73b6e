// Run inside a copy of a timeline page by timeline_page.py: does what a person does and looks at what is there.
// `expected` is in front of it. Leaves its findings as text at the end of the body.
const findings = [];
function check(what, holds, detail = "") {
  findings.push({what, holds: Boolean(holds), detail: String(detail)});
}
// Longer than the page waits before it draws and lists.
const settled = () => new Promise(done => setTimeout(done, 250));

function pixel(x, y) {
  const ratio = window.devicePixelRatio || 1;
  const [r, g, b] = pen.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data;
  return [r, g, b];
}
function colour(name) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
}
const isColour = (x, y, name) => colour(name).every((part, place) => Math.abs(part - pixel(x, y)[place]) < 12);
/// Whether a strip has any pixel of a colour.
function hasColour(x, y, w, h, name) {
  for (let dx = 0; dx < w; dx++) for (let dy = 0; dy < h; dy++) if (isColour(x + dx, y + dy, name)) return true;
  return false;
}
function point(x, y) {
  const frame = canvas.getBoundingClientRect();
  return {clientX: frame.left + x, clientY: frame.top + y, bubbles: true, cancelable: true, pointerId: 1, button: 0};
}
const area = $("scroll");
const lanesShown = () => rows.filter(row => row.kind === "lane").map(row => lanes[row.lane].name);
const listed = kind => [...$("events").querySelectorAll("li[data-kind]")].filter(row => row.dataset.kind === kind);
const kindButton = kind => $("kinds").querySelector(`[data-key="${kind}"]`);
const rowOf = name => rows.find(row => row.kind === "lane" && lanes[row.lane].name === name);
const middle = row => row.screenY + row.height / 2;
async function look2(from, to) { look(from * 1e6, to * 1e6); await settled(); }

async function lanesAndLeaders() {
  check("a lane for each agent and producer", lanesShown().join() === expected.lanes.join(), lanesShown());
  for (const row of rows.filter(row => row.kind === "lane"))
    check(`the name of ${lanes[row.lane].name} is written`,
      hasColour(26, row.screenY + 4, 40, 14, lanes[row.lane].kind === "server" ? "--ink" : "--soft"));
  check("lanes are grouped by datacenter", rows.filter(row => row.kind === "dc").length === data.datacenters.length);
  for (const [name, time] of expected.leaders) {
    await look2(time - .5, time + .5);
    check(`${name} leads at ${time} s`, isColour(xOf(time * 1e6), middle(rowOf(name)) - 6, "--lead"),
      pixel(xOf(time * 1e6), middle(rowOf(name)) - 6));
  }
  look(0, total);
  await settled();
  const counts = kind => events.filter(event => event.kind === kind).length;
  for (const [kind, count] of Object.entries(expected.counts))
    check(`all ${count} of ${kind}`, counts(kind) === count, counts(kind));
  check("all lost messages are counted", data.lostCount === expected.lost, data.lostCount);
  check("nothing was fetched", performance.getEntriesByType("resource").length === 0);
}

async function faults() {
  for (const [text, from, to] of expected.faults) {
    await look2(from - 2, to + 2);
    const one = hits.find(hit => hit.title === text && hit.w > 20);
    check(`the fault "${text}" is drawn`, one && Math.abs(timeOf(one.x) / 1e6 - from) < .1
      && Math.abs(timeOf(one.x + one.w) / 1e6 - to) < .1, JSON.stringify(one));
    if (!one) continue;
    area.dispatchEvent(new PointerEvent("pointermove", point(one.x + one.w - 8, one.y + one.h / 2)));
    check("hovering it tells what it is", !$("tip").hidden && $("tip").textContent.includes(text), $("tip").textContent);
  }
  for (const [name, from, to] of expected.frozen) {
    await look2(from, to);
    const row = rowOf(name);
    const seen = hits.some(hit => hit.title === `${name} is frozen` && hit.y > row.screenY && hit.y < row.screenY + 22);
    check(`${name} is frozen`, seen && hasColour(canvas.clientWidth / 2, row.screenY + 5, 12, 11, "--frozen"));
  }
  for (const [name, from, to] of expected.gaps) {
    await look2(from - 1, to + 1);
    const row = rowOf(name), x = xOf((from + to + .3) / 2 * 1e6);
    check(`${name} is a gap while it is gone`, isColour(x, row.screenY + 6, "--paper"), pixel(x, row.screenY + 6));
    check(`${name} is a band before and after`, [from - .5, to + .5].every(time =>
      !isColour(xOf(time * 1e6), row.screenY + 6, "--paper")));
  }
}

async function verdicts() {
  for (const [by, of, word, time] of expected.verdicts) {
    await look2(time - 2, time + 2);
    const row = rowOf(by), x = xOf(time * 1e6);
    check(`${by} says at ${time} s that ${of} is ${word}`, isColour(x, middle(row), colourOf(word)),
      pixel(x, middle(row)));
    const line = listed("verdicts").find(one => one.textContent.includes(`${of} is ${word}`)
      && one.textContent.includes(by));
    check("and it is in the list", line);
    line?.click();
    await settled();
    check("a click on it moves the view there", Math.abs((state.from + state.to) / 2e6 - time) < .1);
    area.dispatchEvent(new PointerEvent("pointermove", point(xOf(time * 1e6), middle(rowOf(by)))));
    check("hovering tells who says what", $("tip").textContent.includes(`${of} is ${word}, says ${by}`),
      $("tip").textContent);
  }
}

async function zoomAndPan() {
  $("fit").click();
  await settled();
  check("the whole run is in view", state.from === 0 && state.to === total);
  $("in").click();
  await settled();
  check("a click zooms in", Math.abs((state.to - state.from) / total - .5) < .01, state.to - state.from);
  const x = gutter + (width() - gutter) * .25, under = timeOf(x), before = state.to - state.from;
  area.dispatchEvent(new WheelEvent("wheel", {...point(x, 200), deltaY: -100, ctrlKey: true}));
  await settled();
  check("the wheel zooms in", state.to - state.from < before * .8);
  check("around the pointer", Math.abs(timeOf(x) - under) < total / 500, timeOf(x) - under);
  const from = state.from, x0 = gutter + 300;
  area.dispatchEvent(new PointerEvent("pointerdown", point(x0, 300)));
  area.dispatchEvent(new PointerEvent("pointermove", point(x0 - 120, 300)));
  area.dispatchEvent(new PointerEvent("pointerup", point(x0 - 120, 300)));
  await settled();
  const moved = 120 / (width() - gutter) * (state.to - state.from);
  check("dragging moves the view", Math.abs(state.from - from - moved) < moved * .05, state.from - from);
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
  check("so does an arrow key", state.from > from + moved * 1.05);
  const times = [...$("events").querySelectorAll("li[data-time]")].map(row => Number(row.dataset.time));
  await settled();
  check("the list has what is in view", times.length === 0 || times.every(time => time >= from && time <= total));
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "0", bubbles: true}));
  check("0 shows the whole run", state.from === 0 && state.to === total);
  await settled();
}

async function type(text) {
  $("filter").value = text;
  $("filter").dispatchEvent(new Event("input", {bubbles: true}));
  await settled();
}

async function filters() {
  const one = expected.lanes[0];
  await type(one);
  check("a name leaves one lane", lanesShown().join() === one, lanesShown());
  check("and its events", [...listed("verdicts"), ...listed("leaders"), ...listed("lost"), ...listed("processes")]
    .every(row => row.textContent.includes(one)));
  await type(data.datacenters[0]);
  check("a datacenter's name leaves its lanes",
    lanesShown().every(name => data.datacenters[lanes.find(lane => lane.name === name).dc] === data.datacenters[0]));
  await type("");
  check("no text shows all", lanesShown().length === expected.lanes.length);
  const chip = $("datacenters").firstElementChild;
  chip.click();
  await settled();
  check("a datacenter is taken away", lanesShown().every(name =>
    lanes.find(lane => lane.name === name).dc !== 0) && chip.getAttribute("aria-pressed") === "false");
  chip.click();
  await settled();
  check("and comes back", lanesShown().length === expected.lanes.length);
  for (const kind of ["verdicts", "leaders", "faults", "lost", "processes", "steps"]) {
    const count = events.filter(event => event.kind === kind && isEventShown(event)).length;
    kindButton(kind).click();
    await settled();
    check(`${kind} are taken away`, listed(kind).length === 0
      && !events.some(event => event.kind === kind && isEventShown(event)));
    kindButton(kind).click();
    await settled();
    check(`${kind} come back`, events.filter(event => event.kind === kind && isEventShown(event)).length === count);
  }
  if (expected.verdicts.length) {
    const before = rows.filter(row => row.kind === "seen").length;
    $("unfold").click();
    await settled();
    check("verdicts of each server fold and unfold", rows.filter(row => row.kind === "seen").length !== before);
  }
}

(async () => {
  await settled();
  try {
    for (const part of [lanesAndLeaders, faults, verdicts, zoomAndPan, filters]) await part();
  } catch (error) {
    check("no script fails", false, error.stack);
  }
  const pre = document.createElement("pre");
  pre.id = "findings";
  pre.textContent = JSON.stringify(findings);
  document.body.append(pre);
})();
