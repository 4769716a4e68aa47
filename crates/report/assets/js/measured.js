// The page of what was measured in a movie: its figures.

import { DASHES } from "./colour.js";
import { f32, f64, flagsOf, matrix } from "./data.js";
import { bandPlot } from "./bands.js";
import { changesFigure } from "./changes.js";
import { ivFigure } from "./iv.js";

const NM = 1e9, nm = (values) => Array.from(values, (v) => v * NM);

/** Letters at the key moments. */
export function marksOf(moments) {
  return moments.map((m) => ({ x: m.time, text: m.name, colour: (t) => t.moments[m.name] ?? t.ink }));
}

/** Draws all figures of a page from its packed data. */
export function showMeasured(packed, page) {
  const find = (name) => page.querySelector(`[data-measured=${name}]`), figures = [];
  const time = f64(packed.time), moments = packed.moments, marks = marksOf(moments), position = f32(packed.position);
  const plot = (name, get, height) => { const root = find(name); if (root) figures.push(bandPlot(root.querySelector("[data-plot]"), get, height)); };
  const overTime = (name, yLabel, curves, zero) => plot(name, () => ({ x: time, xLabel: "Time (s)", yLabel, curves, marks, zero }));
  overTime("thinnest", "Thinnest width (nm)", [{ name: "thinnest width (nm)", y: nm(f32(packed.thinnest)), sigma: nm(f32(packed.thinnest_sigma)), colour: (t) => t.accent }]);
  overTime("gap", "Gap (nm)", [{ name: "gap (nm)", y: nm(f32(packed.gap)), sigma: nm(f32(packed.gap_sigma)), colour: (t) => t.second }], true);
  overTime("drift", "Drift (nm)", ["x", "y"].map((name, k) => ({ name: `drift along ${name} (nm)`, y: nm(f32(packed.drift[k])), sigma: nm(f32(packed.drift_sigma[k])), colour: (t) => (k ? t.second : t.accent), dash: k ? [7, 4] : [] })));

  const shades = [(t) => t.muted, (t) => t.moments.A, (t) => t.moments.B, (t) => t.ink, (t) => t.moments.C, (t) => t.moments.after], dashes = [[], DASHES.B, DASHES.C, [], DASHES.after, [2, 2]];
  // Four are as many as can be told apart: the first, A, the last before the rupture, the last.
  const all = packed.profiles, wanted = [all.find((p) => /first/.test(p.name) && !/after/.test(p.name)) ?? all[0], all.find((p) => /onset/.test(p.name)), all.find((p) => /before/.test(p.name)), all[all.length - 1]];
  const chosen = all.filter((p) => wanted.includes(p));
  plot("profile", () => ({
    x: nm(position), xLabel: "Position along the wire (nm)", yLabel: "Projected width (nm)", zero: true,
    curves: chosen.map((p) => ({ name: p.name, y: nm(f32(p.width)), sigma: nm(f32(p.sigma)), colour: shades[all.indexOf(p) % shades.length], dash: dashes[all.indexOf(p) % dashes.length] })),
  }), 380);

  const root = find("changes");
  if (root) {
    const change = matrix(packed.change), columns = f32(packed.change_position), rows = f64(packed.change_time);
    const value = (r, c) => { const raw = change.data[r * columns.length + c]; return raw === 65535 || raw === undefined ? NaN : change.low + raw * change.scale; };
    figures.push(changesFigure(root, { time: rows, position: columns, value }, moments));
  }
  const iv = page.querySelector("[data-figure=iv]");
  if (iv && packed.samples) {
    const s = packed.samples, samples = { time: f64(s.time), voltage: f32(s.voltage), current: f32(s.current), flags: flagsOf(s.flags) };
    figures.push(ivFigure(iv, { samples, moments: moments.filter((m) => m.voltage !== null && m.current !== null) }, null));
  }

  function redraw() { for (const f of figures) f.draw(); }
  redraw();
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; redraw(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); redraw(); });
  window.addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); redraw(); });
}

const carriedMeasured = document.getElementById("measured-data");
if (carriedMeasured) showMeasured(JSON.parse(carriedMeasured.textContent), document);
