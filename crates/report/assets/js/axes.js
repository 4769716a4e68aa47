// A canvas with axes: what every figure that is not a uPlot is drawn with.

import { theme } from "./colour.js";
import { number, powerOfTen } from "./format.js";

/** Height [px] of a figure: what it asks for, or all of a box that is marked as one to fill. */
export function heightOf(box, asked) {
  return box.dataset.fill === undefined ? asked : Math.max(60, Math.floor(box.clientHeight));
}

/** Fits a canvas to its box and the screen's pixels, clears it and returns its context and size. */
export function surface(canvas, asked) {
  const height = heightOf(canvas.parentElement, asked);
  const w = Math.max(280, Math.floor(canvas.parentElement.clientWidth)), ratio = Math.max(window.devicePixelRatio || 1, 1);
  canvas.style.height = `${height}px`;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, w, height);
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  return { ctx, w, h: height, ratio };
}

/** Round numbers between two limits. */
export function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const raw = span / Math.max(1, count), base = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * base).find((s) => s >= raw * 0.999);
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) out.push(k * step);
  return out;
}

/** Powers of ten between two positive limits. */
export function decades(low, high) {
  const out = [];
  for (let n = Math.ceil(Math.log10(low) - 1e-9); n <= Math.log10(high) + 1e-9; n++) out.push(n);
  return out;
}

/** A linear scale from data to pixels and back. */
export function linear(d0, d1, p0, p1) {
  const k = (p1 - p0) / (d1 - d0 || 1);
  const scale = (v) => p0 + (v - d0) * k;
  scale.back = (p) => d0 + (p - p0) / k;
  scale.ticks = (count) => ticks(Math.min(d0, d1), Math.max(d0, d1), count).map((v) => ({ at: scale(v), text: number(v, 6) }));
  return scale;
}

/** A logarithmic scale from positive data to pixels and back. */
export function logarithmic(d0, d1, p0, p1) {
  const inner = linear(Math.log10(d0), Math.log10(d1), p0, p1);
  const scale = (v) => inner(Math.log10(v));
  scale.back = (p) => 10 ** inner.back(p);
  scale.ticks = (count) => {
    const all = decades(Math.min(d0, d1), Math.max(d0, d1)), every = Math.max(1, Math.ceil(all.length / Math.max(1, count)));
    return all.filter((n) => n % every === 0).map((n) => ({ at: inner(n), text: powerOfTen(n) }));
  };
  return scale;
}

/** Text in the figure's font. */
export function label(ctx, text, x, y, { align = "left", baseline = "alphabetic", size = 12, weight = "", colour, turn = 0 } = {}) {
  const t = theme();
  ctx.save();
  ctx.font = t.font(size, weight);
  ctx.fillStyle = colour ?? t.ink;
  ctx.textAlign = align;
  ctx.textBaseline = baseline;
  ctx.translate(x, y);
  if (turn) ctx.rotate(turn);
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

/** A line through two points. */
export function line(ctx, x0, y0, x1, y1, colour, dash = [], thickness = 1) {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = thickness;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.restore();
}

/** Ticks and title along one side of a box `{ left, right, top, bottom }`. */
export function axis(ctx, box, side, scale, title, { count = 6, grid = false, titles = 44, colour } = {}) {
  const t = theme(), ink = colour ?? t.ink, horizontal = side === "bottom" || side === "top";
  const edge = box[side], out = side === "bottom" || side === "right" ? 1 : -1;
  for (const { at, text } of scale.ticks(count)) {
    if (horizontal) {
      if (at < box.left - 0.5 || at > box.right + 0.5) continue;
      if (grid) line(ctx, at, box.top, at, box.bottom, t.grid);
      line(ctx, at, edge, at, edge + 4 * out, ink);
      label(ctx, text, at, edge + 7 * out, { align: "center", baseline: out > 0 ? "top" : "bottom", colour: ink });
    } else {
      if (at < box.top - 0.5 || at > box.bottom + 0.5) continue;
      if (grid) line(ctx, box.left, at, box.right, at, t.grid);
      line(ctx, edge, at, edge + 4 * out, at, ink);
      label(ctx, text, edge + 7 * out, at, { align: out > 0 ? "left" : "right", baseline: "middle", colour: ink });
    }
  }
  if (!title) return;
  if (horizontal) label(ctx, title, (box.left + box.right) / 2, edge + (out > 0 ? 24 : -24), { align: "center", baseline: out > 0 ? "top" : "bottom", colour: ink });
  else label(ctx, title, edge + out * titles, (box.top + box.bottom) / 2, { align: "center", baseline: out > 0 ? "bottom" : "top", turn: -Math.PI / 2, colour: ink });
}

/** Frame around a box. */
export function frame(ctx, box) {
  ctx.save();
  ctx.strokeStyle = theme().ink;
  ctx.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.restore();
}

/** Runs `draw` with everything outside the box cut off. */
export function clipped(ctx, box, draw) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
  draw();
  ctx.restore();
}

/** A letter in a disc, the mark of a key moment. */
export function disc(ctx, text, x, y, colour) {
  const t = theme();
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, 9, 0, 2 * Math.PI);
  ctx.fillStyle = t.paper;
  ctx.fill();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.75;
  ctx.stroke();
  ctx.restore();
  label(ctx, text, x, y + 0.5, { align: "center", baseline: "middle", size: 11.5, weight: "bold" });
}

/** Spreads ascending positions so that neighbours are at least `room` apart, inside `[low, high]`. */
export function spread(places, room, low, high) {
  const out = places.map((p) => Math.min(high, Math.max(low, p)));
  for (let i = 1; i < out.length; i++) out[i] = Math.max(out[i], out[i - 1] + room);
  if (out.length && out[out.length - 1] > high) {
    out[out.length - 1] = high;
    for (let i = out.length - 2; i >= 0; i--) out[i] = Math.min(out[i], out[i + 1] - room);
  }
  return out;
}
