// Diameter or temperature against position and time as an image, with voltage and current on the same time axis.

import { TABLES, theme } from "./colour.js";
import { axis, clipped, disc, frame, label, line, linear, logarithmic, spread, surface } from "./axes.js";
import { above, alive, range, value, width, MELTING_POINT } from "./data.js";
import { prefix, si } from "./format.js";

/** Windows on time; the two logarithmic ones hold the rupture, which takes microseconds. */
function windowOf(run, name) {
  const end = run.time[run.time.length - 1], start = run.time[0], t0 = run.breakTime;
  const gaps = (sign) => Array.from(run.time, (t) => (t - t0) * sign).filter((d) => d > 0);
  if (name === "late") {
    const stop = t0 === null ? end : Math.min(end, t0 + 0.01 * (t0 - start));
    return { low: stop - 0.1 * (stop - start), high: stop, log: 0 };
  }
  if ((name === "before" || name === "behind") && t0 !== null) {
    const sign = name === "before" ? -1 : 1, d = gaps(sign);
    if (d.length > 1) {
      const least = Math.max(Math.min(...d), 1e-10), most = Math.max(...d);
      const far = name === "before" ? Math.min(1e-3, most) : most;
      if (far > least * 3) return { low: least, high: far, log: sign };
    }
  }
  const last = run.samples.time[run.samples.time.length - 1] ?? start;
  return { low: start, high: end > start ? end : last > start ? last : start + 1, log: 0 };
}

/** Draws the image into `root`; returns `{ draw, show(profile) }`. */
export function kymographFigure(root, run, goTo) {
  const canvas = root.querySelector("canvas"), readout = root.querySelector("output");
  const chosen = (name) => root.dataset[name] ?? root.querySelector(`[name=${name}]:checked`)?.value;
  const hottest = range(run, "temperature"), widestRadius = range(run, "radius")[1];
  let now = 0, cache = null, place = null;

  /** The same colours for several runs, where the page says so: "low high". */
  const shared = (name) => root.dataset[`${name}Range`]?.split(" ").map(Number);

  function quantity() {
    const [least, most] = shared("temperature") ?? hottest, [, widest] = shared("radius") ?? [0, widestRadius];
    if (chosen("quantity") === "temperature") {
      // Above melting the neck's temperature has no upper end (5000 K for a nanosecond): the bar stops there and says so.
      const high = Math.min(Math.max(most, least + 10), MELTING_POINT + 165);
      return { name: "temperature", table: TABLES.inferno, low: least, high, factor: 1, title: "Temperature (K)", open: most > high, at: (p, c) => value(run, "temperature", p, c) };
    }
    return { name: "diameter", table: TABLES.viridis, low: 0, high: (2 * widest) / 0.9146, factor: 1e9, title: "Projected width (nm)", open: false, at: (p, c) => width(run, p, c) };
  }

  function timeScale(win, box) {
    if (!win.log) return linear(win.low, win.high, box.top, box.bottom);
    const inner = win.log < 0 ? logarithmic(win.high, win.low, box.top, box.bottom) : logarithmic(win.low, win.high, box.top, box.bottom);
    const scale = (t) => { const d = (t - run.breakTime) * win.log; return d > 0 ? inner(d) : win.log < 0 ? Infinity : -Infinity; };
    scale.back = (p) => run.breakTime + win.log * inner.back(p);
    scale.ticks = inner.ticks;
    return scale;
  }

  function image(box, sy, q, ratio) {
    const wide = Math.max(2, Math.round((box.right - box.left) * ratio)), high = Math.max(2, Math.round((box.bottom - box.top) * ratio));
    const key = [wide, high, q.name, chosen("window"), theme().paper].join();
    if (cache?.key === key) return cache.picture;
    const picture = document.createElement("canvas");
    picture.width = wide;
    picture.height = high;
    const ctx = picture.getContext("2d"), pixels = ctx.createImageData(wide, high);
    const cells = Int32Array.from({ length: wide }, (_, i) => Math.min(run.cells - 1, Math.floor(((i + 0.5) / wide) * run.cells)));
    for (let r = 0; r < high; r++) {
      const t = sy.back(box.top + (r + 0.5) / ratio), p1 = Math.min(run.time.length - 1, above(run.time, t)), p0 = Math.max(0, p1 - 1);
      const span = run.time[p1] - run.time[p0], part = span > 0 ? Math.min(1, Math.max(0, (t - run.time[p0]) / span)) : 0;
      for (let i = 0; i < wide; i++) {
        const c = cells[i], k = 4 * (r * wide + i), on0 = alive(run, p0, c), on1 = alive(run, p1, c);
        // Silver that is gone is left open, not painted as a very small width.
        if (part < 0.5 ? !on0 : !on1) continue;
        const v = on0 && on1 ? q.at(p0, c) * (1 - part) + q.at(p1, c) * part : q.at(on0 ? p0 : p1, c);
        const n = 3 * Math.max(0, Math.min(255, Math.round((255 * (v - q.low)) / (q.high - q.low || 1))));
        if (!Number.isFinite(n)) continue;
        pixels.data[k] = q.table[n]; pixels.data[k + 1] = q.table[n + 1]; pixels.data[k + 2] = q.table[n + 2]; pixels.data[k + 3] = 255;
      }
    }
    ctx.putImageData(pixels, 0, 0);
    cache = { key, picture };
    return picture;
  }

  function draw() {
    const t = theme(), q = quantity(), win = windowOf(run, chosen("window"));
    const { ctx, w, h, ratio } = surface(canvas, 470);
    // Beside a narrow image there is no room for the curves.
    const narrow = w < 640;
    const box = { left: 70, right: narrow ? w - 124 : Math.floor(w * 0.6), top: narrow ? 24 : 48, bottom: h - 46 };
    const side = { left: box.right + (narrow ? 0 : 34), right: narrow ? box.right : w - 112, top: box.top, bottom: box.bottom };
    const sy = timeScale(win, box);
    ctx.drawImage(image(box, sy, q, ratio), box.left, box.top, box.right - box.left, box.bottom - box.top);
    const step = run.cells > 1 ? run.position[1] - run.position[0] : 1e-8;
    const first = (run.position[0] - step / 2) * 1e6, last = (run.position[run.cells - 1] + step / 2) * 1e6, sx = linear(first, last, box.left, box.right);
    for (const edge of [0, run.plate.spacing * 1e6]) if (edge > first && edge < last) {
      line(ctx, sx(edge), box.top, sx(edge), box.bottom, "#000", [], 1.5);
      line(ctx, sx(edge), box.top, sx(edge), box.bottom, "#fff", [4, 4], 1.5);
    }
    const cathode = run.plate.cathode;
    if (!run.heater) {
      label(ctx, `contact 1 · ${cathode === 2 ? "anode" : "cathode"}`, box.left, box.top - 8);
      label(ctx, `contact 2 · ${cathode === 2 ? "cathode" : "anode"}`, box.right, box.top - 8, { align: "right" });
    }
    axis(ctx, box, "bottom", sx, narrow || run.heater ? "Position (µm)" : "Position from the edge of contact 1 (µm)", { count: narrow ? 5 : 9 });
    const title = win.log < 0 ? "Time left to the break (s)" : win.log > 0 ? "Time since the break (s)" : "Time (s)";
    axis(ctx, box, "left", sy, title, { count: 8, titles: 62 });
    frame(ctx, box);
    if (!narrow) signals(ctx, t, side, sy, win);
    letters(ctx, t, box, narrow ? { ...side, left: box.right + 26 } : side, sy);
    colourBar(ctx, t, q, { left: w - 80, right: w - 64, top: box.top, bottom: box.bottom - 30 }, ratio);
    const y = sy(run.time[now]);
    if (y >= box.top - 0.5 && y <= box.bottom + 0.5) for (const b of narrow ? [box] : [box, side]) {
      line(ctx, b.left, y, b.right, y, t.paper, [], 3);
      line(ctx, b.left, y, b.right, y, t.now, [], 1.5);
    }
    place = { box, side, sx, sy, q };
  }

  function signals(ctx, t, box, sy, win) {
    // Samples are milliseconds apart: beside the rupture only the simulator's own current and wire voltage show anything.
    const heat = run.heated;
    const truth = win.log && run.series.true_current && run.series.wire_voltage;
    const times = heat ? heat.time : truth ? run.time : run.samples.time;
    const current = truth ? run.series.true_current.data : run.samples.current, volts = truth ? run.series.wire_voltage.data : run.samples.voltage;
    frame(ctx, box);
    const draws = heat ? [
      { data: heat.temperature, unit: "°C", name: "Temperature", side: "bottom", colour: t.accent, dash: [], plain: true },
      { data: heat.silver, unit: "%", name: "Silver left", side: "top", colour: t.second, dash: [6, 3], plain: true },
    ] : [
      { data: current, unit: "A", name: truth ? "True current" : "Current", side: "bottom", colour: t.accent, dash: [] },
      { data: volts, unit: "V", name: truth ? "Voltage across the wire" : "Voltage", side: "top", colour: t.second, dash: [6, 3] },
    ];
    let shown = 0;
    for (const d of draws) {
      const points = [];
      let top = 0, bottom = 0;
      for (let i = 0; i < times.length; i++) {
        const y = sy(times[i]);
        if (!Number.isFinite(d.data[i]) || !Number.isFinite(y)) continue;
        // Neighbours outside carry the line to the edge, but have no say in the axis.
        points.push([d.data[i], y]);
        if (y < box.top - 1 || y > box.bottom + 1) continue;
        shown++;
        top = Math.max(top, d.data[i]);
        bottom = Math.min(bottom, d.data[i]);
      }
      if (top === bottom) top = d.unit === "A" ? 1e-3 : 1;
      const unit = d.plain ? { factor: 1, symbol: "" } : prefix(top - bottom), sx = linear(bottom / unit.factor, (top * 1.06) / unit.factor, box.left, box.right);
      axis(ctx, box, d.side, sx, `${d.name} (${unit.symbol}${d.unit})`, { count: 3, colour: d.colour });
      clipped(ctx, box, () => {
        ctx.save();
        ctx.strokeStyle = d.colour;
        ctx.lineWidth = 1.75;
        ctx.setLineDash(d.dash);
        ctx.beginPath();
        points.forEach(([v, y], k) => (k ? ctx.lineTo(sx(v / unit.factor), y) : ctx.moveTo(sx(v / unit.factor), y)));
        ctx.stroke();
        ctx.restore();
      });
    }
    if (!shown) label(ctx, "no samples here", (box.left + box.right) / 2, (box.top + box.bottom) / 2, { align: "center", colour: t.muted });
  }

  function letters(ctx, t, box, side, sy) {
    const seen = run.moments.filter((m) => ["A", "B", "C"].includes(m.name)).map((m) => ({ m, y: Math.min(sy(m.time), m.name === "C" && sy(m.time) === Infinity ? box.bottom : Infinity) }))
      .filter((p) => p.y >= box.top - 1 && p.y <= box.bottom + 1).sort((a, b) => a.y - b.y);
    const at = spread(seen.map((p) => p.y), 20, box.top + 6, box.bottom - 6), x = (box.right + side.left) / 2;
    seen.forEach((p, k) => {
      line(ctx, box.right, p.y, x, at[k], t.moments[p.m.name]);
      if (side.right > side.left) line(ctx, x, at[k], side.left, p.y, t.moments[p.m.name]);
      disc(ctx, p.m.name, x, at[k], t.moments[p.m.name]);
    });
  }

  function colourBar(ctx, t, q, box, ratio) {
    const high = Math.round((box.bottom - box.top) * ratio), strip = document.createElement("canvas");
    strip.width = 1;
    strip.height = high;
    const c = strip.getContext("2d"), pixels = c.createImageData(1, high);
    for (let r = 0; r < high; r++) {
      const n = 3 * Math.round(255 * (1 - r / Math.max(1, high - 1)));
      pixels.data.set([q.table[n], q.table[n + 1], q.table[n + 2], 255], 4 * r);
    }
    c.putImageData(pixels, 0, 0);
    ctx.drawImage(strip, box.left, box.top, box.right - box.left, box.bottom - box.top);
    axis(ctx, box, "right", linear(q.low * q.factor, q.high * q.factor, box.bottom, box.top), q.title, { count: 7, titles: 60 });
    frame(ctx, box);
    if (q.open) label(ctx, "and above", (box.left + box.right) / 2, box.top - 14, { align: "center", size: 11 });
    const chip = { left: box.left, right: box.right, top: box.bottom + 14, bottom: box.bottom + 28 };
    frame(ctx, chip);
    label(ctx, "no silver", chip.right + 4, chip.top + 8, { baseline: "middle", size: 10.5 });
  }

  function under(event) {
    if (!place) return null;
    const r = canvas.getBoundingClientRect(), mx = event.clientX - r.left, my = event.clientY - r.top;
    if (my < place.box.top || my > place.box.bottom || mx < place.box.left || mx > place.side.right) return null;
    return { x: mx <= place.box.right ? place.sx.back(mx) : null, t: place.sy.back(my) };
  }
  canvas.addEventListener("pointermove", (e) => {
    const u = under(e);
    if (!u || u.x === null) { readout.textContent = readout.dataset.rest; return; }
    const p = Math.max(0, above(run.time, u.t) - 1), step = run.cells > 1 ? run.position[1] - run.position[0] : 1;
    const c = Math.max(0, Math.min(run.cells - 1, Math.round((u.x * 1e-6 - run.position[0]) / step)));
    readout.textContent = `x = ${si(run.position[c], "m", 4)}, t = ${si(run.time[p], "s", 6)}: `
      + (alive(run, p, c) ? `width ${si(width(run, p, c), "m", 4)}, temperature ${Math.round(value(run, "temperature", p, c))} K` : "no silver");
  });
  canvas.addEventListener("pointerleave", () => { readout.textContent = readout.dataset.rest; });
  canvas.addEventListener("click", (e) => { const u = under(e); if (u) goTo?.(u.t); });
  for (const input of root.querySelectorAll("input")) input.addEventListener("change", draw);
  for (const name of ["before", "behind"]) {
    const input = root.querySelector(`[name=window][value=${name}]`);
    if (input && !windowOf(run, name).log) { input.disabled = true; input.nextElementSibling.textContent += run.breakTime === null ? " (no break)" : " (no profiles there)"; }
  }
  readout.dataset.rest = readout.textContent;
  return { draw, show(profile) { now = profile; draw(); } };
}
