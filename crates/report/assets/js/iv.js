// The I-V curve with its key moments.

import { theme } from "./colour.js";
import { axis, clipped, disc, frame, label, line, linear, logarithmic, spread, surface } from "./axes.js";
import { prefix, si } from "./format.js";
import { nearest } from "./data.js";

const TRIP = 4;

/** Draws the I-V curve into `root`; returns `{ draw, show(time) }`. */
export function ivFigure(root, run, goTo) {
  const canvas = root.querySelector("canvas"), readout = root.querySelector("output");
  const option = (name) => root.querySelector(`[name=${name}]`), on = (name) => option(name)?.checked ?? false;
  const marked = run.moments.filter((m) => ["A", "B", "C"].includes(m.name));
  let voltage, current, time, flags, n;
  let now = run.samples.time[0] ?? 0, hover = -1, places = null;

  /** Samples as they are now: those of a run that goes on become more. */
  function take() {
    ({ voltage, current, time, flags } = run.samples);
    n = time.length;
    if (hover >= n) hover = -1;
  }

  function limits(log, late) {
    let top = 0, bottom = 0, least = Infinity, right = -Infinity, left = Infinity;
    for (let i = 0; i < n; i++) { right = Math.max(right, voltage[i]); left = Math.min(left, voltage[i]); }
    // A run that goes on leaves room for where it goes.
    if (run.live?.voltage > 0) right = Math.max(right, Math.min(run.live.voltage, 1.25 * right));
    if (late) left = right - 0.1 * (right - Math.min(left, 0));
    for (let i = 0; i < n; i++) {
      if (!Number.isFinite(current[i])) continue;
      top = Math.max(top, log ? Math.abs(current[i]) : current[i]);
      bottom = Math.min(bottom, current[i]);
      if (Math.abs(current[i]) > 0) least = Math.min(least, Math.abs(current[i]));
    }
    if (!(right > left)) { left = Math.min(left, 0) || 0; right = left + (Math.abs(right - left) || 1); }
    if (log) { const high = (top || 1e-3) * 6; return { left, right, low: Math.max(Math.min(least, high / 10) * 0.7, high * 1e-9), high }; }
    const span = top - bottom || 1e-3;
    return { left, right, low: bottom < -0.01 * span ? bottom - 0.05 * span : -0.025 * span, high: top + 0.2 * span };
  }

  function draw() {
    take();
    const t = theme(), log = on("log"), late = on("late"), resistance = on("resistance");
    const { ctx, w, h } = surface(canvas, 380);
    const box = { left: 62, right: w - (resistance ? 66 : 16), top: 10, bottom: h - 46 };
    const lim = limits(log, late), unit = prefix(lim.high / 2);
    const pad = late ? 0 : 0.02 * (lim.right - lim.left);
    const sx = linear(lim.left - (lim.left < 0 ? pad : 0), lim.right + 0.03 * (lim.right - lim.left), box.left, box.right);
    const make = log ? logarithmic : linear;
    const sy = make(lim.low / unit.factor, lim.high / unit.factor, box.bottom, box.top);
    const y = (i) => sy((log ? Math.abs(current[i]) : current[i]) / unit.factor);
    // Up to a tenth of a volt the axis counts in millivolts.
    const small = Math.max(Math.abs(lim.left), Math.abs(lim.right)) < 0.1 ? 1e3 : 1;
    const shown = small === 1 ? sx : linear(sx.back(box.left) * small, sx.back(box.right) * small, box.left, box.right);
    axis(ctx, box, "bottom", shown, `Voltage at the source-meter (${small === 1 ? "V" : "mV"})`, { count: w < 600 ? 6 : 10, grid: true });
    axis(ctx, box, "left", sy, `Current (${unit.symbol}A)`, { grid: true, titles: 56 });
    frame(ctx, box);
    clipped(ctx, box, () => {
      ctx.strokeStyle = t.accent;
      ctx.lineWidth = 1.75;
      ctx.beginPath();
      let open = false;
      for (let i = 0; i < n; i++) {
        const py = y(i);
        if (!Number.isFinite(py)) { open = false; continue; }
        if (open) ctx.lineTo(sx(voltage[i]), py); else ctx.moveTo(sx(voltage[i]), py);
        // The source steps back to zero after a trip: there is no curve between.
        open = !(flags[i] & TRIP);
      }
      ctx.stroke();
      for (let i = 0; i < n; i++) if (flags[i] & TRIP && Number.isFinite(y(i))) {
        const px = sx(voltage[i]), py = y(i);
        line(ctx, px - 5, py - 5, px + 5, py + 5, t.ink, [], 1.5);
        line(ctx, px - 5, py + 5, px + 5, py - 5, t.ink, [], 1.5);
      }
    });
    if (resistance) drawResistance(ctx, box, sx, t, late ? lim.left : -Infinity);
    const seen = marked.filter((m) => m.voltage >= lim.left - pad).map((m) => ({ m, x: sx(m.voltage), y: sy((log ? Math.abs(m.current) : m.current) / unit.factor) }))
      .filter((p) => Number.isFinite(p.x)).sort((a, b) => a.x - b.x || a.m.time - b.m.time);
    const slots = spread(seen.map((p) => p.x), 24, box.left + 12, box.right - 14);
    seen.forEach((p, k) => {
      const colour = t.moments[p.m.name], py = Number.isFinite(p.y) ? Math.min(box.bottom, p.y) : box.bottom;
      line(ctx, slots[k], box.top + 25, p.x, py, colour, [3, 2]);
      ctx.fillStyle = colour;
      ctx.beginPath();
      ctx.arc(p.x, py, 3.5, 0, 2 * Math.PI);
      ctx.fill();
      disc(ctx, p.m.name, slots[k], box.top + 16, colour);
    });
    places = n ? { sx, y, box } : null;
    if (n) marker(ctx, t, nearest(time, now), box);
    if (hover >= 0) cross(ctx, t, hover, box);
    if (!n) label(ctx, run.live ? "no samples yet" : "no samples were recorded", (box.left + box.right) / 2, (box.top + box.bottom) / 2, { align: "center", colour: t.muted });
  }

  function drawResistance(ctx, box, sx, t, from) {
    const r = Array.from(voltage, (v, i) => (Math.abs(current[i]) > 1e-7 && Math.abs(v) > 0 && v >= from ? v / current[i] : NaN));
    // The last sample of a broken wire holds a part of the current: its quotient says nothing about the wire.
    const ok = r.map((x, i) => (flags[i] & TRIP ? NaN : x)).filter(Number.isFinite);
    if (!ok.length) { label(ctx, "no resistance: no current", box.right - 8, box.bottom - 10, { align: "right", colour: t.second }); return; }
    const low = Math.min(...ok), high = Math.max(...ok), room = (high - low || 1) * 0.15;
    const scale = linear(low - room, high + room, box.bottom, box.top);
    axis(ctx, box, "right", scale, "Resistance V/I (Ω)", { colour: t.second, titles: 60 });
    clipped(ctx, box, () => {
      ctx.strokeStyle = t.second;
      ctx.lineWidth = 1.5;
      ctx.setLineDash([5, 3]);
      ctx.beginPath();
      let open = false;
      r.forEach((x, i) => {
        if (!Number.isFinite(x) || flags[i] & TRIP) { open = false; return; }
        if (open) ctx.lineTo(sx(voltage[i]), scale(x)); else ctx.moveTo(sx(voltage[i]), scale(x));
        open = true;
      });
      ctx.stroke();
      ctx.setLineDash([]);
    });
  }

  function marker(ctx, t, i, box) {
    const px = places.sx(voltage[i]), py = Number.isFinite(places.y(i)) ? places.y(i) : box.bottom;
    canvas.dataset.markerSample = i;
    canvas.dataset.markerVoltage = voltage[i];
    if (px < box.left - 1 || px > box.right + 1) return;
    ctx.strokeStyle = t.now;
    ctx.lineWidth = 2;
    ctx.strokeRect(px - 5.5, py - 5.5, 11, 11);
  }

  function cross(ctx, t, i, box) {
    const px = places.sx(voltage[i]), py = places.y(i);
    line(ctx, px, box.top, px, box.bottom, t.muted, [2, 2]);
    line(ctx, box.left, py, box.right, py, t.muted, [2, 2]);
  }

  function under(event) {
    if (!places) return -1;
    const r = canvas.getBoundingClientRect(), mx = event.clientX - r.left, my = event.clientY - r.top;
    let best = -1, least = 60 * 60;
    for (let i = 0; i < n; i++) {
      const d = (places.sx(voltage[i]) - mx) ** 2 + 0.2 * (places.y(i) - my) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  }

  canvas.addEventListener("pointermove", (e) => {
    const i = under(e);
    if (i === hover) return;
    hover = i;
    if (i >= 0) readout.textContent = `Sample ${i + 1} of ${n}: t = ${si(time[i], "s", 6)}, V = ${si(voltage[i], "V")}, I = ${si(current[i], "A")}, `
      + (Math.abs(current[i]) > 1e-7 ? `V/I = ${si(voltage[i] / current[i], "Ω")}` : "no current") + (flags[i] & TRIP ? ", trip" : "") + (flags[i] & 1 ? ", in compliance" : "");
    draw();
  });
  canvas.addEventListener("pointerleave", () => { hover = -1; readout.textContent = readout.dataset.rest; draw(); });
  canvas.addEventListener("click", (e) => { const i = under(e); if (i >= 0) goTo?.(time[i]); });
  for (const name of ["log", "late", "resistance"]) option(name)?.addEventListener("change", draw);
  readout.dataset.rest = readout.textContent;
  return { draw, show(at) { now = at; draw(); } };
}
