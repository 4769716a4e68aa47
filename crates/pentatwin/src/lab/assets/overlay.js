// Several curves over each other.

import { axis, clipped, frame, line, linear, surface } from "./axes.js";
import { theme } from "./colour.js";
import { number } from "./format.js";

/** Colours that the colour-blind tell apart (M. Okabe and K. Ito), and line patterns besides. */
const COLOURS = { light: ["#0072b2", "#c1440e", "#00795a", "#8a4b9c"], dark: ["#56b4e9", "#ff8a5c", "#3fc79a", "#d79be8"] };
const DASHES = [[], [8, 4], [2, 3], [9, 3, 2, 3]];

/** Colour and pattern of the k-th run. */
export function look(k) {
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark");
  return { colour: COLOURS[dark ? "dark" : "light"][k % 4], dash: DASHES[k % 4] };
}

/** A short piece of the k-th line, for a legend. */
export function sample(k) {
  const { colour, dash } = look(k), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "line");
  svg.setAttribute("class", "key");
  svg.setAttribute("viewBox", "0 0 26 10");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, value] of Object.entries({ x1: 0, x2: 26, y1: 5, y2: 5, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash.join(" ") })) path.setAttribute(name, value);
  svg.append(path);
  return svg;
}

/** Draws curves `{ name, x, y, gap(i) }` into a figure with axes' titles; returns `draw`. `gap` says where the line is lifted. */
export function overlay(root, curves, { x: titleX, y: titleY, from = null }) {
  const canvas = root.querySelector("canvas"), readout = root.querySelector("output"), rest = readout.textContent;
  let place = null, pointer = null;

  function limits(of) {
    let low = Infinity, high = -Infinity;
    for (const c of curves) for (const v of c[of]) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
    return low < high ? [low, high] : Number.isFinite(low) ? [low - 1, low + 1] : [0, 1];
  }

  function draw() {
    const t = theme(), { ctx, w, h } = surface(canvas, 300), box = { left: 62, right: w - 14, top: 10, bottom: h - 44 };
    const [x0, x1] = limits("x"), [low, y1] = limits("y"), y0 = Math.min(from ?? low, low);
    const sx = linear(Math.min(x0, 0), x1 + 0.03 * (x1 - x0), box.left, box.right), sy = linear(y0 - 0.02 * (y1 - y0), y1 + 0.06 * (y1 - y0), box.bottom, box.top);
    axis(ctx, box, "bottom", sx, titleX, { count: 7, grid: true });
    axis(ctx, box, "left", sy, titleY, { grid: true, titles: 56 });
    frame(ctx, box);
    clipped(ctx, box, () => curves.forEach((c, k) => {
      const { colour, dash } = look(k);
      ctx.strokeStyle = colour;
      ctx.lineWidth = 2;
      ctx.setLineDash(dash);
      ctx.beginPath();
      let open = false;
      for (let i = 0; i < c.x.length; i++) {
        if (!Number.isFinite(c.x[i]) || !Number.isFinite(c.y[i])) { open = false; continue; }
        if (open) ctx.lineTo(sx(c.x[i]), sy(c.y[i])); else ctx.moveTo(sx(c.x[i]), sy(c.y[i]));
        open = !c.gap?.(i);
      }
      ctx.stroke();
      ctx.setLineDash([]);
    }));
    place = { sx, sy };
    if (pointer) point(ctx, t, box);
  }

  function point(ctx, t, box) {
    let best = null, least = 40 * 40;
    curves.forEach((c, k) => { for (let i = 0; i < c.x.length; i++) {
      const d = (place.sx(c.x[i]) - pointer[0]) ** 2 + (place.sy(c.y[i]) - pointer[1]) ** 2;
      if (d < least) { least = d; best = { c, k, i }; }
    } });
    if (!best) { readout.textContent = rest; return; }
    const { c, k, i } = best, px = place.sx(c.x[i]), py = place.sy(c.y[i]);
    line(ctx, px, box.top, px, box.bottom, t.muted, [2, 2]);
    ctx.fillStyle = look(k).colour;
    ctx.beginPath();
    ctx.arc(px, py, 4, 0, 2 * Math.PI);
    ctx.fill();
    readout.textContent = `${c.name}: ${number(c.x[i], 5)}, ${number(c.y[i], 5)}`;
  }

  canvas.addEventListener("pointermove", (e) => { const r = canvas.getBoundingClientRect(); pointer = [e.clientX - r.left, e.clientY - r.top]; draw(); });
  canvas.addEventListener("pointerleave", () => { pointer = null; readout.textContent = rest; draw(); });
  return draw;
}
