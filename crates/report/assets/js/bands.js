// Curves with a band of one standard deviation, drawn by uPlot.

import { theme } from "./colour.js";
import { heightOf } from "./axes.js";
import { number } from "./format.js";

const numbers = (values) => Array.from(values, (v) => (Number.isFinite(v) ? v : null));

/** A colour with a part of its strength. */
function faint(colour, part) {
  return `color-mix(in srgb, ${colour} ${Math.round(100 * part)}%, transparent)`;
}

/**
 * Draws curves into `host`: `get()` returns `{ x, xLabel, yLabel, curves: [{ name, y, sigma, colour, dash }], marks: [{ x, text, colour }], zero, digits }`,
 * all in the units shown. Returns `{ draw, mark }`; what `get` returns may have changed by then.
 */
export function bandPlot(host, get, height = 300) {
  let plot = null;

  function limits(curves, zero) {
    let low = zero ? 0 : Infinity, high = -Infinity;
    for (const c of curves) c.y.forEach((v, i) => {
      if (!Number.isFinite(v)) return;
      // A band that is wider than the curve's own range must not press it flat.
      const s = Number.isFinite(c.sigma[i]) ? c.sigma[i] : 0;
      low = Math.min(low, v - s);
      high = Math.max(high, v + s);
    });
    if (!(high > low)) { const at = Number.isFinite(high) ? high : 0; return [at - 1, at + 1]; }
    const room = 0.06 * (high - low);
    return [zero && low >= 0 ? 0 : low - room, high + room];
  }

  function draw() {
    plot?.destroy();
    const t = theme(), { x, xLabel, yLabel, curves, zero = false, digits = 4 } = get();
    const xs = Array.from(x), style = { stroke: () => t.ink, grid: { stroke: t.grid, width: 1 }, ticks: { stroke: t.ink, width: 1, size: 4 }, font: t.font(12), labelFont: t.font(12), labelSize: 20 };
    const plain = (u, ticks) => ticks.map((v) => number(v, 6)), data = [xs], series = [{ label: "at", value: (u, v) => (v == null ? "" : number(v, 6)) }], bands = [];
    for (const c of curves) {
      const colour = c.colour(t), y = numbers(c.y), at = series.length;
      const read = (u, v, s, i) => (i == null ? "" : v == null ? "none" : `${number(v, digits)} ± ${number(c.sigma[i], 2)}`);
      const edge = (sign) => y.map((v, i) => (v === null || !Number.isFinite(c.sigma[i]) ? null : v + sign * c.sigma[i]));
      data.push(y, edge(1), edge(-1));
      series.push({ label: c.name, stroke: colour, width: 1.75, dash: c.dash ?? [], value: read, points: { show: y.length < 3 } });
      // Without a line an edge would not bound its band in uPlot: it gets one that is not seen.
      for (let k = 0; k < 2; k++) series.push({ label: "", class: "edge", stroke: "transparent", width: 1, points: { show: false } });
      bands.push({ series: [at + 1, at + 2], fill: faint(colour, 0.24) });
    }
    const range = limits(curves, zero), first = xs[0] ?? 0, last = xs[xs.length - 1] ?? 1;
    plot = new uPlot({
      width: Math.max(260, host.clientWidth), height: heightOf(host, height), pxAlign: 1, cursor: { drag: { x: false, y: false } }, legend: { show: host.dataset.fill === undefined },
      scales: { x: { time: false, range: [first, last > first ? last : first + 1] }, y: { range: () => range } },
      axes: [{ ...style, values: plain, label: xLabel, size: 34 }, { ...style, values: plain, label: yLabel, size: 52 }],
      series, bands, hooks: { draw: [(u) => letters(u, t, get().marks ?? [])] },
    }, data, host);
    host.dataset.drawn = curves.length;
  }

  function letters(u, t, marks) {
    const ratio = window.devicePixelRatio || 1, b = u.bbox;
    let taken = -Infinity;
    for (const m of [...marks].sort((p, q) => p.x - q.x)) {
      const px = u.valToPos(m.x, "x", true);
      if (!(px >= b.left - 1 && px <= b.left + b.width + 1)) continue;
      u.ctx.save();
      u.ctx.strokeStyle = m.colour(t);
      u.ctx.lineWidth = 1.25 * ratio;
      u.ctx.setLineDash([4 * ratio, 3 * ratio]);
      u.ctx.beginPath();
      u.ctx.moveTo(px, b.top);
      u.ctx.lineTo(px, b.top + b.height);
      u.ctx.stroke();
      u.ctx.font = t.font(12 * ratio, "bold");
      u.ctx.fillStyle = m.colour(t);
      u.ctx.textAlign = "left";
      const at = Math.max(px + 4 * ratio, taken);
      u.ctx.fillText(m.text, at, b.top + 13 * ratio);
      taken = at + u.ctx.measureText(m.text).width + 3 * ratio;
      u.ctx.restore();
    }
  }

  return { draw, /** Draws the marks where they are now. */ mark() { plot?.redraw(false); } };
}
