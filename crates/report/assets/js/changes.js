// Change of the width against position and time, as an image.

import { theme } from "./colour.js";
import { axis, clipped, frame, label, line, linear, surface } from "./axes.js";
import { nearest } from "./data.js";
import { number } from "./format.js";

const LOST = [33, 102, 172], SAME = [247, 247, 247], GAINED = [178, 24, 43];

/** Colour of -1 … 1: silver lost, as at the start, silver gained. */
function colour(part) {
  const p = Math.max(-1, Math.min(1, part)), end = p < 0 ? LOST : GAINED;
  return SAME.map((c, k) => Math.round(c + (end[k] - c) * Math.abs(p)));
}

/** Draws `{ time, position, value(row, column) }` (s, m, m) into `root`, with letters at `moments`; returns `{ draw }`. */
export function changesFigure(root, changes, moments) {
  const canvas = root.querySelector("canvas"), readout = root.querySelector("output"), { time, position, value } = changes;
  const rows = time.length, columns = position.length;
  let scale = null;

  /** 98th percentile of the changes: one pixel of noise must not take the colours. */
  const limit = (() => {
    const sizes = [];
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) { const v = Math.abs(value(r, c)); if (Number.isFinite(v)) sizes.push(v); }
    sizes.sort((a, b) => a - b);
    return sizes[Math.floor(0.98 * (sizes.length - 1))] || 1e-9;
  })();

  function draw() {
    const t = theme(), { ctx, w, h, ratio } = surface(canvas, 420);
    const box = { left: 66, right: w - 104, top: 12, bottom: h - 46 };
    const dx = columns > 1 ? (position[columns - 1] - position[0]) / (columns - 1) : 1, dt = rows > 1 ? (time[rows - 1] - time[0]) / (rows - 1) : 1;
    const x = [position[0] - dx / 2, position[columns - 1] + dx / 2], y = [time[0] - dt / 2, time[rows - 1] + dt / 2];
    const sx = linear(x[0], x[1], box.left, box.right), sy = linear(y[0], y[1], box.top, box.bottom);
    scale = { sx, sy, box };
    const wide = Math.max(2, Math.round((box.right - box.left) * ratio)), high = Math.max(2, Math.round((box.bottom - box.top) * ratio));
    const picture = document.createElement("canvas");
    picture.width = wide;
    picture.height = high;
    const inside = picture.getContext("2d"), pixels = inside.createImageData(wide, high);
    for (let j = 0; j < high; j++) {
      const r = nearest(time, y[0] + ((j + 0.5) / high) * (y[1] - y[0]));
      for (let i = 0; i < wide; i++) {
        const c = Math.min(columns - 1, Math.floor(((i + 0.5) / wide) * columns)), v = value(r, c), k = 4 * (j * wide + i);
        if (!Number.isFinite(v)) continue;
        const [red, green, blue] = colour(v / limit);
        pixels.data[k] = red; pixels.data[k + 1] = green; pixels.data[k + 2] = blue; pixels.data[k + 3] = 255;
      }
    }
    inside.putImageData(pixels, 0, 0);
    ctx.drawImage(picture, box.left, box.top, box.right - box.left, box.bottom - box.top);
    clipped(ctx, box, () => {
      for (const m of moments) {
        const at = sy(m.time), ink = t.moments[m.name] ?? t.ink;
        line(ctx, box.left, at, box.right, at, ink, [5, 3], 1.25);
        label(ctx, m.name, box.left + 5, at - 3, { weight: "bold", colour: ink });
      }
    });
    frame(ctx, box);
    axis(ctx, box, "bottom", linear(x[0] * 1e9, x[1] * 1e9, box.left, box.right), "Position along the wire (nm)", { count: 9 });
    axis(ctx, box, "left", sy, "Time (s)", { titles: 50 });
    bar(ctx, t, { left: w - 84, right: w - 68, top: box.top, bottom: box.bottom });
    canvas.dataset.drawn = rows;
  }

  function bar(ctx, t, box) {
    for (let j = box.top; j < box.bottom; j++) {
      ctx.fillStyle = `rgb(${colour(1 - (2 * (j - box.top)) / (box.bottom - box.top)).join()})`;
      ctx.fillRect(box.left, j, box.right - box.left, 1.5);
    }
    frame(ctx, box);
    axis(ctx, box, "right", linear(-limit * 1e9, limit * 1e9, box.bottom, box.top), "Change of the width (nm)", { titles: 60 });
  }

  canvas.addEventListener("pointermove", (e) => {
    if (!scale) return;
    const r = canvas.getBoundingClientRect(), px = e.clientX - r.left, py = e.clientY - r.top, { box } = scale;
    if (px < box.left || px > box.right || py < box.top || py > box.bottom) return;
    const row = nearest(time, scale.sy.back(py)), column = nearest(position, scale.sx.back(px)), v = value(row, column);
    readout.textContent = `t = ${number(time[row], 5)} s, at ${number(position[column] * 1e9, 4)} nm: ${Number.isFinite(v) ? `${number(v * 1e9, 3)} nm` : "no wire, or not measured"}`;
  });
  return { draw };
}
