// A heated wire in time: temperature, silver left, thinnest and widest place.

import { theme } from "./colour.js";
import { heightOf } from "./axes.js";
import { alive, value, width } from "./data.js";
import { number } from "./format.js";

/** Thinnest and widest place [m] of a profile, and the sum of the squares of its radii [m²], where there is silver. */
export function silverOf(run, p) {
  const out = { thin: NaN, wide: NaN, square: 0 };
  for (let c = 0; c < run.cells; c++) {
    if (!alive(run, p, c)) continue;
    const w = width(run, p, c), r = value(run, "radius", p, c);
    if (!(w >= out.thin)) out.thin = w;
    if (!(w <= out.wide)) out.wide = w;
    out.square += r * r;
  }
  return out;
}

const PANELS = [
  { unit: "°C", label: "Temperature (°C)", lines: [["temperature", "wire", "accent", []]], zero: true },
  { unit: "%", label: "Silver left (%)", lines: [["silver", "silver left", "second", []]], zero: true },
  { unit: "nm", label: "Width (nm)", lines: [["wide", "widest", "accent", []], ["thin", "thinnest", "second", [6, 3]]], zero: true },
];

/** Draws what `get()` returns (time [s], temperature [°C], silver left [%], thinnest and widest place [nm]: `run.heated`) into the hosts `[data-plot]` of `root`; returns `{ draw, show(time) }`. `goTo` hears of clicks. */
export function heatingFigure(root, get, moments, goTo) {
  const hosts = [...root.querySelectorAll("[data-plot]")], cursor = { sync: { key: "heating" } };
  let plots = [], now = NaN;

  function draw() {
    for (const p of plots) p.destroy();
    const t = theme(), curves = get(), x = curves.time, last = x[x.length - 1] ?? 1;
    const axisStyle = { stroke: () => t.ink, grid: { stroke: t.grid, width: 1 }, ticks: { stroke: t.ink, width: 1, size: 4 }, font: t.font(12), labelFont: t.font(12), labelSize: 20 };
    plots = hosts.map((host, k) => {
      const panel = PANELS[k], bottom = k === hosts.length - 1;
      const plot = new uPlot({
        width: Math.max(240, host.clientWidth), height: heightOf(host, bottom ? 190 : 150), pxAlign: 1, legend: { show: host.dataset.fill === undefined },
        cursor: { drag: { x: false, y: false }, ...cursor },
        scales: { x: { time: false, range: [0, last > 0 ? last : 1] }, y: { range: (u, low, high) => [0, (high > 0 ? high : 1) * 1.08] } },
        axes: [{ ...axisStyle, label: bottom ? "Time (s)" : undefined, size: 30, values: (u, v) => v.map((s) => number(s, 6)) }, { ...axisStyle, label: panel.label, size: 48 }],
        series: [{ label: "t", value: (u, v) => (v == null ? "" : `${number(v, 5)} s`) },
          ...panel.lines.map(([, name, colour, dash]) => ({ label: name, stroke: t[colour], width: 1.75, dash, points: { show: x.length < 3 }, value: (u, v) => (v == null ? "" : `${number(v, 4)} ${panel.unit}`) }))],
        hooks: { draw: [(u) => marks(u, t, k === 0)] },
      }, [x, ...panel.lines.map(([name]) => curves[name].map((v) => (Number.isFinite(v) ? v : null)))], host);
      if (goTo) plot.over.addEventListener("click", () => goTo(plot.posToVal(plot.cursor.left, "x")));
      return plot;
    });
    root.dataset.drawn = x.length;
  }

  function marks(u, t, named) {
    const ratio = window.devicePixelRatio || 1, { ctx, bbox: b } = u;
    const stroke = (time, colour, dash) => {
      const px = u.valToPos(time, "x", true);
      if (!(px >= b.left && px <= b.left + b.width)) return null;
      ctx.save();
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.25 * ratio;
      ctx.setLineDash(dash.map((d) => d * ratio));
      ctx.beginPath();
      ctx.moveTo(px, b.top);
      ctx.lineTo(px, b.top + b.height);
      ctx.stroke();
      ctx.restore();
      return px;
    };
    let taken = -Infinity;
    for (const m of moments.filter((m) => ["A", "B", "C"].includes(m.name))) {
      const px = stroke(m.time, t.moments[m.name] ?? t.ink, [4, 3]);
      if (px === null || !named) continue;
      ctx.save();
      ctx.font = t.font(12 * ratio, "bold");
      ctx.fillStyle = t.moments[m.name] ?? t.ink;
      const at = Math.max(px + 4 * ratio, taken);
      ctx.fillText(m.name, at, b.top + 13 * ratio);
      taken = at + ctx.measureText(m.name).width + 4 * ratio;
      ctx.restore();
    }
    stroke(now, t.now, []);
  }

  return { draw, show(time) { now = time; for (const p of plots) p.redraw(false); } };
}
