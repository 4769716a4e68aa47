// Temperature along the wire at the key moments.

import { DASHES, theme } from "./colour.js";
import { heightOf } from "./axes.js";
import { alive, MELTING_POINT, profileOf, quarterNeck, value } from "./data.js";
import { number } from "./format.js";

/** The profiles to draw: A, B, just before C, after, and the slider's. */
function curves(run) {
  const out = [];
  if (run.live) return out;
  for (const m of run.moments) {
    if (m.name === "C") {
      const p = quarterNeck(run);
      out.push(p >= 0 ? { name: "C", text: "before C (neck at 25 % of its area)", profile: p } : { name: "C", text: "before C", profile: Math.max(0, profileOf(run, m) - 1) });
    } else out.push({ name: m.name, text: m.name, profile: profileOf(run, m) });
  }
  if (!out.length) out.push({ name: "A", text: "start", profile: 0 }, { name: "after", text: "end", profile: run.time.length - 1 });
  return out;
}

function curve(run, p) {
  return Array.from({ length: run.cells }, (_, c) => (alive(run, p, c) ? value(run, "temperature", p, c) : null));
}

/** Draws the temperature profiles into `root`; returns `{ draw, show(profile) }`. */
export function temperatureFigure(root, run) {
  const host = root.querySelector("[data-plot]"), lines = curves(run);
  let plot = null, now = 0;
  const x = Array.from(run.position, (v) => v * 1e6);
  const data = () => [x, ...lines.map((l) => curve(run, l.profile)), curve(run, now)];

  function ceiling() {
    let high = MELTING_POINT;
    for (const l of lines) for (const v of curve(run, l.profile)) if (v > high) high = v;
    return Math.min(high, 2200) + 60;
  }

  function draw() {
    plot?.destroy();
    const t = theme(), wide = Math.max(280, host.clientWidth), top = ceiling();
    const axisStyle = { stroke: () => t.ink, grid: { stroke: t.grid, width: 1 }, ticks: { stroke: t.ink, width: 1, size: 4 }, font: t.font(12), labelFont: t.font(12), labelSize: 20 };
    const plain = (u, ticks) => ticks.map((v) => number(v, 6));
    const kelvin = (u, v, s, i) => (i == null ? "" : v == null ? "no silver" : `${Math.round(v)} K`);
    plot = new uPlot({
      width: wide, height: heightOf(host, 340), pxAlign: 1, legend: { show: host.dataset.fill === undefined }, cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false, range: [x[0] ?? 0, x[x.length - 1] ?? 1] }, y: { range: () => [280, top] }, c: { from: "y", range: () => [280 - 273.15, top - 273.15] } },
      axes: [
        { ...axisStyle, values: plain, label: wide < 600 ? "Position (µm)" : "Position from the edge of contact 1 (µm)", size: 34 },
        { ...axisStyle, scale: "y", values: plain, label: "Temperature (K)", size: 48 },
        { ...axisStyle, scale: "c", side: 1, values: plain, label: "Temperature (°C)", size: 52, grid: { show: false } },
      ],
      series: [
        { label: "x", value: (u, v) => (v == null ? "" : `${number(v, 4)} µm`) },
        ...lines.map((l) => ({ label: l.text, scale: "y", stroke: t.moments[l.name] ?? t.muted, width: 2, dash: DASHES[l.name], value: kelvin, points: { show: false } })),
        { label: run.live ? "now" : "slider", scale: "y", stroke: t.now, width: run.live ? 2 : 1.25, value: kelvin, points: { show: false } },
      ],
      hooks: { drawAxes: [(u) => under(u, t)], draw: [(u) => names(u, t)] },
    }, data(), host);
    host.dataset.profile = now;
  }

  function under(u, t) {
    const { ctx, bbox: b } = u, at = (v) => u.valToPos(v, "x", true), ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(b.left, b.top, b.width, b.height);
    ctx.clip();
    ctx.fillStyle = t.film;
    ctx.fillRect(b.left, b.top, at(0) - b.left, b.height);
    ctx.fillRect(at(run.plate.spacing * 1e6), b.top, b.left + b.width - at(run.plate.spacing * 1e6), b.height);
    ctx.strokeStyle = t.ink;
    ctx.lineWidth = ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    const y = u.valToPos(MELTING_POINT, "y", true);
    ctx.beginPath();
    ctx.moveTo(b.left, y);
    ctx.lineTo(b.left + b.width, y);
    ctx.stroke();
    ctx.font = t.font(11.5 * ratio);
    ctx.fillStyle = t.ink;
    ctx.textAlign = "right";
    ctx.fillText("melting point of Ag, 1235 K (962 °C)", b.left + b.width - 6 * ratio, y - b.top > 19 * ratio ? y - 7 * ratio : y + 15 * ratio);
    ctx.textAlign = "center";
    const middle = b.top + 0.5 * b.height, end = b.left + b.width, second = at(run.plate.spacing * 1e6);
    if (at(0) - b.left > 60 * ratio) ctx.fillText("contact 1", (b.left + at(0)) / 2, middle);
    if (end - second > 60 * ratio) ctx.fillText("contact 2", (second + end) / 2, middle);
    ctx.restore();
  }

  /** Letters at the hottest place of each curve, so that colour is not the only mark. */
  function names(u, t) {
    const ratio = devicePixelRatio || 1, used = [];
    lines.forEach((l, k) => {
      const ys = u.data[k + 1];
      let best = -1;
      ys.forEach((v, i) => { if (v != null && (best < 0 || v > ys[best])) best = i; });
      if (best < 0) return;
      let px = Math.max(u.bbox.left + 24 * ratio, u.valToPos(x[best], "x", true)), py = u.valToPos(Math.min(ys[best], ceiling() - 20), "y", true) - 7 * ratio;
      py = Math.max(py, u.bbox.top + 12 * ratio);
      while (used.some(([a, b]) => Math.abs(a - px) < 22 * ratio && Math.abs(b - py) < 14 * ratio)) px += 24 * ratio;
      used.push([px, py]);
      u.ctx.save();
      u.ctx.font = t.font(12 * ratio, "bold");
      u.ctx.textAlign = "center";
      u.ctx.fillStyle = t.moments[l.name] ?? t.ink;
      u.ctx.fillText(l.name, px, py);
      u.ctx.restore();
    });
  }

  return {
    draw,
    show(profile) {
      now = profile;
      host.dataset.profile = profile;
      plot?.setData(data(), false);
      plot?.redraw();
    },
  };
}
