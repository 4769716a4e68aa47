// A run that goes on: curve, image, outline and temperature as they come.

import { extremes, value } from "./data.js";
import { si, temperature } from "./format.js";
import { heatingFigure, silverOf } from "./heating.js";
import { imageFigure, imageWords } from "./image.js";
import { ivFigure } from "./iv.js";
import { outlineFigure } from "./outline.js";
import { el, figure, heatedPanel, plotFigure, switches, whenResized } from "./panels.js";
import { mark, seenFigure } from "./seen.js";
import { livePath, post } from "./server.js";
import { temperatureFigure } from "./temperature.js";

const SPEEDS = [["0", "as fast as possible"], ["100", "×100"], ["10", "×10"], ["1", "real time"]];
const SAID = { onset: "thinning begins", void: "void", break: "break", trip: "trip", rewire: "rewired", droplet: "droplet", compliance: "current limited", power_off: "output off" };

/** A typed array that grows. */
class Growing {
  constructor(type) { this.type = type; this.data = new type(1024); this.length = 0; }
  push(values) {
    while (this.length + values.length > this.data.length) {
      const more = new this.type(2 * this.data.length);
      more.set(this.data);
      this.data = more;
    }
    for (const v of values) this.data[this.length++] = v ?? NaN;
  }
  get view() { return this.data.subarray(0, this.length); }
}

/** Watches a run in `stage`; `over(name)` is the wish to replay it. Returns `{ close }`. */
export function watchRun(stage, name, { replay, gone, ended }) {
  let socket = null, closed = false, tries = 0, finished = false, view = null;
  connect();

  function connect() {
    view?.stop();
    view = show(stage, name, { replay, send: (what, body) => post(livePath(name, what), body).catch((e) => view.say(e.message)) });
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${livePath(name, "watch")}`);
    socket.binaryType = "arraybuffer";
    let heard = false;
    socket.onmessage = (m) => {
      heard = true;
      tries = 0;
      if (typeof m.data === "string") {
        const news = JSON.parse(m.data);
        view.news(news);
        if (news.state.ended && !finished) { finished = true; ended?.(); }
      } else view.image(m.data);
    };
    socket.onclose = () => {
      if (closed || finished) return;
      // Before a word was heard the run is not there any more.
      if (!heard && tries++ > 3) { gone?.(); return; }
      setTimeout(() => { if (!closed) connect(); }, heard ? 300 : 1000);
    };
  }

  return { close() { closed = true; socket?.close(); view?.stop(); } };
}

/** The page of one run; `{ news, image, say, stop }`. */
function show(stage, name, { replay, send }) {
  const numbers = Object.fromEntries(["Time", "Voltage", "Current", "Resistance", "Hottest", "Thinnest"].map((n) => [n, el("dd", {}, "–")]));
  const title = el("h2", {}, "…"), bar = el("i"), word = el("span", { class: "say", role: "status" });
  const speeds = el("div", { class: "segments", role: "radiogroup", "aria-label": "Speed" }, ...SPEEDS.map(([value, text]) =>
    el("label", {}, el("input", { type: "radio", name: "speed", value, onchange: () => send("speed", { speed: Number(value) }) }), text)));
  const stop = el("button", { type: "button", class: "stop", id: "stop", title: "Output off, record whole", onclick: () => { stop.disabled = true; stop.textContent = "Stopping…"; send("stop"); } }, "Stop");
  const strip = el("div", { class: "strip" }, speeds, stop, word), over = el("div", { class: "over", role: "status", hidden: true });
  const ivRoot = figure("iv", "Current and voltage", { controls: [switches(["log", "logarithmic"], ["resistance", "V/I"])], readout: "" });
  const outlineRoot = figure("outline", "Outline", { rows: "now", label: "Outline of the wire now" });
  outlineRoot.querySelector(".cap").append(el("span", { class: "small" }, "across the wire stretched ", el("b", { "data-stretch": true })));
  const temperatureRoot = plotFigure("temperature", "Temperature along the wire");
  const seen = seenFigure("No images in this run so far.");
  const picture = imageFigure(), blind = el("figure", {}, el("div", { class: "cap" }, el("b", {}, "Image")), el("div", { class: "none-here" }, "No images in this run so far."));
  // The front panel of a real source-meter; its stop button is the same as that of the strip, and stays in view.
  const lamp = el("b", { class: "lamp", role: "status" }), face = Object.fromEntries(["Level", "Reading", "Range", "Compliance"].map((n) => [n, el("dd", {}, "–")]));
  const front = el("section", { class: "front", hidden: true, "aria-label": "Source-meter" }, el("span", { class: "where" }), lamp,
    el("dl", {}, ...Object.entries(face).map(([n, dd]) => el("div", {}, el("dt", {}, n), dd))), el("span", { class: "errors", role: "alert" }));
  const grid = el("div", { class: "grid live-grid" }, ivRoot, blind, outlineRoot, temperatureRoot, seen.root);
  outlineRoot.classList.add("both");
  for (const f of [outlineRoot, temperatureRoot]) f.querySelector(".cap").append(mark("truth"));
  stage.replaceChildren(el("div", { class: "headline" }, title, el("span", { class: "where" }, name)),
    el("dl", { class: "numbers" }, ...Object.entries(numbers).map(([n, dd]) => el("div", {}, el("dt", {}, n), dd))), el("div", { class: "progress", "aria-hidden": "true" }, bar), front, strip, over, grid);

  const columns = { time: new Growing(Float64Array), voltage: new Growing(Float32Array), current: new Growing(Float32Array), flags: new Growing(Uint8Array) };
  const run = { live: { voltage: 0 }, plate: { spacing: 1e-6, cathode: 1 }, moments: [], companions: [], samples: {}, position: new Float32Array(0), cells: 0, time: new Float64Array(2), series: {}, breakTime: null };
  take({ time: [], voltage: [], current: [], flags: [] });
  const heated = { time: [], temperature: [], silver: [], thin: [], wide: [] };
  let iv = null, outline = null, heat = null, waiting = 0, frames = 0, fresh = true, necking = false;
  const ends = [whenResized(ivRoot, () => iv?.draw()), whenResized(outlineRoot, () => outline?.draw()), whenResized(temperatureRoot, () => heat?.draw()), whenResized(seen.root, () => seen.draw())];

  function take(samples) {
    for (const [key, column] of Object.entries(columns)) { column.push(samples[key]); run.samples[key] = column.view; }
  }

  function begin({ setting, position }) {
    if (iv) return;
    title.textContent = setting.title;
    run.live.voltage = setting.voltage;
    if (setting.hardware) {
      front.hidden = false;
      front.firstChild.textContent = setting.hardware;
      front.insertBefore(stop, front.firstChild);
      // Of a real wire the current is known, and nothing else.
      for (const part of [blind, outlineRoot, temperatureRoot, seen.root, speeds, ...["Hottest", "Thinnest"].map((n) => numbers[n].parentElement)]) part.hidden = true;
    }
    run.plate = { spacing: setting.spacing, cathode: setting.cathode };
    run.position = Float32Array.from(position);
    run.cells = position.length;
    for (const q of ["radius", "temperature"]) run[q] = { low: 0, scale: 1, data: new Float32Array(2 * run.cells).fill(NaN) };
    run.heater = setting.heater;
    if (run.heater) {
      const heatedRoot = heatedPanel();
      ivRoot.replaceWith(heatedRoot);
      temperatureRoot.remove();
      for (const n of ["Voltage", "Current", "Resistance"]) numbers[n].parentElement.hidden = true;
      iv = heatingFigure(heatedRoot, () => heated, [], null);
      ends.push(whenResized(heatedRoot, iv.draw));
    } else iv = ivFigure(ivRoot, run, null);
  }

  function profile(p, row) {
    if (p.radius.length !== run.cells) return;
    run.time[row] = p.time;
    run.radius.data.set(p.radius, row * run.cells);
    run.temperature.data.set(p.temperature, row * run.cells);
  }

  /** A state of a heated wire more. */
  function warm() {
    const s = silverOf(run, 1), made = silverOf(run, 0).square || 1;
    if (run.time[1] <= (heated.time.at(-1) ?? -1)) return;
    heated.time.push(run.time[1]);
    heated.temperature.push(value(run, "temperature", 1, 0) - 273.15);
    heated.silver.push((100 * s.square) / made);
    heated.thin.push(s.thin * 1e9);
    heated.wide.push(s.wide * 1e9);
  }

  function news(n) {
    if (n.begin) begin(n.begin);
    take(n.samples);
    if (n.measured.time.length || n.measured.word || n.measured.left_out) { seen.push(n.measured); fresh = true; }
    if (n.made) profile(n.made, 0);
    if (n.profile) {
      profile(n.profile, 1);
      if (run.heater) warm();
      if (!outline) { outline = outlineFigure(outlineRoot, run); heat = temperatureFigure(temperatureRoot, run); heat.draw(); }
    }
    const s = n.state, broken = Number.isFinite(run.time[1]) && run.radius ? extremes(run, 1) : null;
    numbers.Time.textContent = si(s.time, "s", 4);
    numbers.Voltage.textContent = si(s.voltage, "V", 4);
    numbers.Current.textContent = s.current === null ? "–" : si(s.current, "A", 4);
    numbers.Resistance.textContent = Math.abs(s.current ?? 0) > 1e-7 ? si(s.voltage / s.current, "Ω", 4) : "open";
    if (broken && Number.isFinite(broken.hot)) numbers.Hottest.textContent = temperature(broken.hot);
    if (broken) numbers.Thinnest.textContent = !Number.isFinite(broken.thin) ? "–" : broken.thin < 2.2e-9 ? "wire open" : si(broken.thin, "m", 3);
    bar.style.width = `${100 * s.fraction}%`;
    const chosen = speeds.querySelector(`[value="${s.speed}"]`);
    if (chosen && !chosen.checked) chosen.checked = true;
    if (s.neck !== null) word.textContent = `in three dimensions: the neck has ${Math.round(100 * s.neck)} % of its cross-section`;
    else if (necking) word.textContent = "";
    necking = s.neck !== null;
    for (const e of n.events) word.textContent = `${SAID[e.kind] ?? e.kind} at ${si(e.time, "s", 5)}`;
    if (s.stage) word.textContent = s.stage;
    for (const note of n.notes) word.title = [word.title, note].filter(Boolean).join("\n");
    if (s.panel) panel(s.panel);
    if (s.stopping) { stop.disabled = true; stop.textContent = s.ended ? "Stopped" : "Stopping…"; }
    if (s.ended) finish(s.ended);
    waiting ||= requestAnimationFrame(draw);
  }

  function panel(p) {
    face.Level.textContent = si(p.level, "V", 5);
    face.Reading.textContent = p.reading === null ? "overflow" : si(p.reading, "A", 5);
    face.Range.textContent = si(p.range, "A", 3);
    face.Compliance.textContent = `${si(p.limit, "A", 3)}${p.compliance ? ", reached" : ""}`;
    face.Compliance.classList.toggle("reached", p.compliance);
    lamp.textContent = p.output ? "OUTPUT ON" : "output off";
    lamp.classList.toggle("on", p.output);
  }

  function draw() {
    waiting = 0;
    if (!stage.isConnected || !outlineRoot.isConnected) return;
    if (run.heater) iv?.draw();
    else iv?.show(run.samples.time[run.samples.time.length - 1] ?? 0);
    outline?.show(1);
    heat?.show(1);
    if (fresh) { fresh = false; seen.draw(); }
    stage.dataset.samples = run.samples.time.length;
  }

  function finish(end) {
    if (!over.hidden) return;
    over.hidden = false;
    stop.hidden = true;
    if (!front.hidden) {
      front.lastChild.textContent = end.failed || end.words.includes("UNKNOWN") ? end.words : "";
      if (end.words.includes("UNKNOWN")) { lamp.textContent = "OUTPUT STATE UNKNOWN"; lamp.classList.add("on"); }
      else { lamp.textContent = "output off"; lamp.classList.remove("on"); }
    }
    over.replaceChildren(el("p", {}, el("b", {}, end.failed ? "The run failed: " : "The run is over: "), end.words), el("button", { type: "button", class: "main", id: "to-replay", onclick: () => replay(name) }, "Replay it"));
    strip.hidden = true;
    stage.dataset.ended = "true";
  }

  /** An image: kind, width, height, 0 as 32-bit integers; time, pixel, dose, lowest count, counts per step as doubles; a byte for each pixel. */
  function image(buffer) {
    const head = new DataView(buffer), width = head.getUint32(4, true), height = head.getUint32(8, true);
    if (head.getUint32(0, true) !== 1 || buffer.byteLength !== 56 + width * height) return;
    const [time, pixel, cost, low, step] = [16, 24, 32, 40, 48].map((at) => head.getFloat64(at, true));
    const steps = Uint16Array.from({ length: 256 }, (_, k) => Math.round(low + k * step)), raw = new Uint8Array(buffer, 56), counts = new Uint16Array(raw.length);
    for (let i = 0; i < raw.length; i++) counts[i] = steps[raw[i]];
    if (blind.isConnected) blind.replaceWith(picture.root);
    stage.dataset.frames = ++frames;
    picture.show({ width, height, counts, pixel, words: `${si(time, "s", 5)} · ${imageWords(pixel, cost, NaN)}` });
  }

  return { news, image, say(text) { word.textContent = text; }, stop() { for (const end of [...ends, picture.stop]) end(); cancelAnimationFrame(waiting); } };
}
