// The outline of the wire at the key moments: whole on a stretched axis, and around the gap in true shape.

import { theme } from "./colour.js";
import { axis, clipped, disc, heightOf, label, line, linear, surface } from "./axes.js";
import { alive, aroundBreak, extremes, profileOf, width } from "./data.js";
import { number, si } from "./format.js";

const STRIP = 66, BETWEEN = 8;

function nm(x) { return x * 1e9; }

/** Half a cell of the grid [m]. */
function half(run) {
  return run.cells > 1 ? (run.position[1] - run.position[0]) / 2 : 5e-9;
}

/** Pieces of silver of a profile: `[first cell, last cell]`. */
function pieces(run, p) {
  const out = [];
  let start = -1;
  for (let c = 0; c <= run.cells; c++) {
    const on = c < run.cells && alive(run, p, c);
    if (on && start < 0) start = c;
    if (!on && start >= 0) { out.push([start, c - 1]); start = -1; }
  }
  return out;
}

function silhouette(ctx, run, p, sx, mid, k, dx) {
  for (const [a, b] of pieces(run, p)) {
    ctx.beginPath();
    const edge = (c, sign, shift = 0) => ctx.lineTo(sx(run.position[c] + shift), mid + sign * width(run, p, c) * k * 0.5);
    edge(a, -1, -dx);
    for (let c = a; c <= b; c++) edge(c, -1);
    edge(b, -1, dx);
    edge(b, 1, dx);
    for (let c = b; c >= a; c--) edge(c, 1);
    edge(a, 1, -dx);
    ctx.closePath();
    ctx.fill();
  }
}

/** Where the wire broke, else the thinnest place of the last profile. */
function gapPlace(run) {
  const broke = run.moments.find((m) => m.name === "C")?.position;
  if (Number.isFinite(broke)) return broke;
  const broken = [], p = run.time.length - 1, c0 = run.breakTime === null ? p : Math.min(p, profileOf(run, { time: run.breakTime }) + 1);
  for (let c = 0; c < run.cells; c++) if (!alive(run, c0, c)) broken.push(run.position[c]);
  if (broken.length) return broken[Math.floor(broken.length / 2)];
  const e = extremes(run, p);
  // As made, no place is thinner than others but by rounding.
  if (run.live && !(e.thin < 0.97 * extremes(run, 0).thin)) return run.plate.spacing / 2;
  return Number.isFinite(e.thinAt) ? e.thinAt : 0;
}

function rowsOf(run, wanted) {
  if (wanted) return [{ name: wanted, profile: run.time.length - 1 }];
  const rows = run.moments.map((m) => ({ name: m.name, profile: profileOf(run, m) }));
  if (!rows.length) rows.push({ name: "start", profile: 0 }, { name: "end", profile: run.time.length - 1 });
  rows.push({ name: "now", profile: -1 });
  return rows;
}

/** Largest stretch of round size that keeps the wire inside its strip. */
function roundStretch(free) {
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 80, 100, 200, 500, 1000];
  return steps.filter((s) => s <= free).pop() ?? free;
}

/** Draws the outlines into `root`; returns `{ draw, show(profile) }`. */
export function outlineFigure(root, run) {
  const canvas = root.querySelector("canvas"), stated = root.querySelector("[data-stretch]");
  // One row is what the Lab shows: the time of the slider ("now"), or the end.
  const only = root.dataset.rows ?? "", rows = rowsOf(run, only), dx = half(run), spacing = run.plate.spacing;
  let now = 0, widest = 0, near = 0, gap = 0;
  const cathodeLeft = run.plate.cathode !== 2;

  function measure() {
    widest = near = 0;
    gap = gapPlace(run);
    for (let p = 0; p < run.time.length; p++) for (let c = 0; c < run.cells; c++) {
      const w = width(run, p, c);
      if (w > widest) widest = w;
      if (w > near && Math.abs(run.position[c] - gap) < 5e-7) near = w;
    }
    widest ||= 1e-7;
    near ||= widest;
  }
  measure();

  function ground(ctx, box, sx, t) {
    ctx.fillStyle = t.film;
    ctx.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    ctx.fillStyle = t.platinum;
    const left = Math.min(box.right, sx(0)), right = Math.max(box.left, sx(spacing));
    if (run.heater) return;
    if (left > box.left) ctx.fillRect(box.left, box.top, left - box.left, box.bottom - box.top);
    if (right < box.right) ctx.fillRect(right, box.top, box.right - right, box.bottom - box.top);
  }

  function draw() {
    if (run.live) measure();
    const top = 40, asked = top + rows.length * (STRIP + BETWEEN) + 44, room = heightOf(canvas.parentElement, asked) - asked;
    const strip = Math.max(20, Math.min(140, STRIP + room / rows.length)), row = strip + BETWEEN;
    const t = theme(), { ctx, w, h } = surface(canvas, asked);
    const whole = { left: only ? 14 : 122, right: Math.floor(w * 0.7), top, bottom: top + rows.length * row }, zoom = { left: whole.right + 26, right: w - 6 };
    const first = run.position[0] - dx, last = run.position[run.cells - 1] + dx;
    const sx = linear(first, last, whole.left, whole.right), perMetre = (whole.right - whole.left) / (last - first);
    const stretch = roundStretch((strip - 8) / (widest * perMetre)), tall = perMetre * stretch;
    if (stated) stated.textContent = `${number(stretch, 3)}×`;
    // True shape: one scale for both directions, as large as the widest place allows, but at least 400 nm in view.
    const trueScale = Math.min((0.72 * strip) / near, (zoom.right - zoom.left) / 4e-7), reach = (zoom.right - zoom.left) / trueScale / 2;
    const zx = linear(gap - reach, gap + reach, zoom.left, zoom.right);
    heads(ctx, t, whole, zoom, sx);
    bar(ctx, t, zoom, trueScale);
    rows.forEach((r, k) => {
      const p = r.name === "now" ? now : r.profile, top = whole.top + k * row + (r.name === "now" && !only ? 6 : 0), mid = top + strip / 2;
      const a = { ...whole, top, bottom: top + strip }, b = { ...zoom, top, bottom: top + strip };
      for (const [box, scale, tallness] of [[a, sx, tall], [b, zx, trueScale]]) {
        clipped(ctx, box, () => {
          ground(ctx, box, scale, t);
          ctx.fillStyle = t.silver;
          silhouette(ctx, run, p, scale, mid, tallness, dx);
          asMade(ctx, t, scale, mid, tallness);
        });
        ctx.save();
        ctx.strokeStyle = r.name === "now" ? t.now : t.rule;
        ctx.strokeRect(box.left, box.top, box.right - box.left, strip);
        ctx.restore();
      }
      if (!only) names(ctx, t, r, p, mid);
    });
    axis(ctx, whole, "bottom", linear(first * 1e6, last * 1e6, whole.left, whole.right), run.heater ? "Position (µm)" : "Position from the edge of contact 1 (µm)", { count: w < 700 ? 5 : 9 });
    axis(ctx, { ...zoom, top: whole.top, bottom: whole.bottom }, "bottom", linear((gap - reach) * 1e6, (gap + reach) * 1e6, zoom.left, zoom.right), "Position (µm)", { count: 3 });
  }

  function heads(ctx, t, whole, zoom, sx) {
    const left = (whole.left + sx(0)) / 2, right = (sx(spacing) + whole.right) / 2, mid = (sx(0) + sx(spacing)) / 2;
    const narrow = sx(0) - whole.left < 90;
    const side = (cathode) => (cathode ? "cathode" : "anode");
    if (!run.heater) {
      label(ctx, "contact 1", narrow ? whole.left : left, 14, { align: narrow ? "left" : "center", weight: "bold" });
      label(ctx, side(cathodeLeft), narrow ? whole.left : left, 30, { align: narrow ? "left" : "center" });
      label(ctx, "contact 2", narrow ? whole.right : right, 14, { align: narrow ? "right" : "center", weight: "bold" });
      label(ctx, side(!cathodeLeft), narrow ? whole.right : right, 30, { align: narrow ? "right" : "center" });
      label(ctx, "electrons e⁻", mid, 14, { align: "center" });
      const from = mid - 45 * (cathodeLeft ? 1 : -1), to = mid + 45 * (cathodeLeft ? 1 : -1), tip = cathodeLeft ? -7 : 7;
      line(ctx, from, 25, to, 25, t.ink, [], 1.5);
      line(ctx, to + tip, 21, to, 25, t.ink, [], 1.5);
      line(ctx, to + tip, 29, to, 25, t.ink, [], 1.5);
    }
    const place = run.breakTime === null ? "thinnest place" : "gap";
    // Where there is little room the scale bar tells the rest.
    label(ctx, zoom.right - zoom.left < 260 ? "true shape" : `around the ${place}, true shape`, zoom.left, 30);
  }

  function asMade(ctx, t, scale, mid, k) {
    ctx.save();
    ctx.strokeStyle = t.muted;
    ctx.setLineDash([3, 3]);
    for (const sign of [-1, 1]) {
      ctx.beginPath();
      for (let c = 0; c < run.cells; c++) ctx.lineTo(scale(run.position[c]), mid + sign * width(run, 0, c) * k * 0.5);
      ctx.stroke();
    }
    ctx.restore();
  }

  function names(ctx, t, row, p, mid) {
    if (["A", "B", "C"].includes(row.name)) disc(ctx, row.name, 14, mid, t.moments[row.name]);
    else label(ctx, row.name === "now" ? "slider" : row.name, 4, mid - 14, { weight: "bold", baseline: "middle", colour: row.name === "now" ? t.now : undefined });
    const x = ["A", "B", "C"].includes(row.name) ? 30 : 4, since = aroundBreak(run, run.time[p]);
    const close = since !== null && Math.abs(since) < 0.01;
    label(ctx, `t = ${si(run.time[p], "s", 4)}`, x, mid - (x === 30 ? (close ? 7 : 0) : -1), { baseline: "middle", size: 11, colour: t.muted });
    if (close) label(ctx, since === 0 ? "at the break" : `break ${since > 0 ? "+" : "−"} ${si(Math.abs(since), "s", 2)}`, x, mid + (x === 30 ? 7 : 15), { baseline: "middle", size: 11, colour: t.muted });
  }

  function bar(ctx, t, box, scale) {
    const size = [500, 200, 100, 50].find((s) => s * 1e-9 * scale < (box.right - box.left) * 0.3) ?? 20, long = size * 1e-9 * scale;
    const x = box.right - long, y = 27;
    line(ctx, x, y, x + long, y, t.ink, [], 3);
    label(ctx, `${size} nm`, x + long, y - 6, { align: "right", size: 11 });
  }

  canvas.setAttribute("aria-label", `Outlines of the wire at ${rows.map((r) => r.name).join(", ")}. Widest place ${number(nm(widest), 3)} nm.`);
  return { draw, show(profile) { now = profile; canvas.dataset.profile = profile; draw(); } };
}
