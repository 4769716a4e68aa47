// An image of counts: contrast, zoom, a scale bar, the dose.

import { label } from "./axes.js";
import { number, si } from "./format.js";
import { el, whenResized } from "./panels.js";

const BARS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
const CLOSEST = 40;

/** Electrons per square metre as microscopists say it. */
export function dose(perSquareMetre) { return `${number(perSquareMetre * 1e-18, 3)} e⁻/nm²`; }

/** Counts below and above which lie half a percent of the pixels. */
function percentiles(counts) {
  const step = Math.max(1, Math.floor(counts.length / 20000)), some = [];
  for (let i = 0; i < counts.length; i += step) some.push(counts[i]);
  some.sort((a, b) => a - b);
  return [some[Math.floor(0.005 * some.length)] ?? 0, some[Math.floor(0.995 * (some.length - 1))] ?? 1];
}

/** The figure of an image; `show({ width, height, counts, pixel [m], words })` puts one in. */
export function imageFigure() {
  const canvas = el("canvas", { class: "picture", role: "img", tabindex: "0", "aria-label": "Image of the microscope; plus, minus and zero zoom, arrows move" });
  const box = el("div", { "data-fill": true }, canvas), readout = el("output");
  const slider = (name) => el("input", { type: "range", min: "0", max: "1000", "aria-label": name, title: name });
  const black = slider("Black at"), white = slider("White at");
  const controls = el("div", { class: "image-controls" }, el("label", {}, "black ", black), el("label", {}, "white ", white),
    el("button", { type: "button", title: "Contrast of this image", onclick: () => { automatic(); paint(); } }, "auto"),
    el("button", { type: "button", title: "Further away (−)", "aria-label": "Further away", onclick: () => zoom(1 / 1.5) }, "−"),
    el("button", { type: "button", title: "Nearer (+)", "aria-label": "Nearer", onclick: () => zoom(1.5) }, "+"),
    el("button", { type: "button", title: "All of the width (0)", onclick: fit }, "fit"));
  const root = el("figure", { "data-figure": "image" }, el("div", { class: "cap" }, el("b", {}, "Image"), controls), box, readout);
  const picture = document.createElement("canvas"), table = new Uint32Array(65536);
  let image = null, range = null, low = 0, high = 1, view = null, pixels = null, made = "";

  function automatic() {
    [low, high] = percentiles(image.counts);
    if (high <= low) high = low + 1;
    const room = high - low;
    range = [Math.max(0, low - room), Math.min(65535, high + room)];
    black.value = place(low);
    white.value = place(high);
  }
  const place = (v) => Math.round((1000 * (v - range[0])) / (range[1] - range[0]));
  const value = (input) => range[0] + (Number(input.value) / 1000) * (range[1] - range[0]);

  /** Counts to grey on the hidden canvas. */
  function paint() {
    if (!image) return;
    const key = `${low} ${high}`;
    if (key !== made) {
      for (let v = 0; v < 65536; v++) {
        const g = Math.max(0, Math.min(255, Math.round((255 * (v - low)) / (high - low))));
        table[v] = 0xff000000 | (g << 16) | (g << 8) | g;
      }
      made = key;
    }
    if (picture.width !== image.width || picture.height !== image.height || !pixels) {
      picture.width = image.width;
      picture.height = image.height;
      pixels = picture.getContext("2d").createImageData(image.width, image.height);
      view = null;
    }
    const out = new Uint32Array(pixels.data.buffer), counts = image.counts;
    for (let i = 0; i < out.length; i++) out[i] = table[counts[i]];
    picture.getContext("2d").putImageData(pixels, 0, 0);
    draw();
  }

  /** All of the width in the box. */
  function fit() {
    if (image) view = { k: box.clientWidth / image.width, x: image.width / 2, y: image.height / 2 };
    draw();
  }

  function zoom(by, cx = box.clientWidth / 2, cy = box.clientHeight / 2) {
    if (!view) return;
    const k = Math.max(Math.min(box.clientWidth / image.width, box.clientHeight / image.height), Math.min(CLOSEST, view.k * by));
    const dx = cx - box.clientWidth / 2, dy = cy - box.clientHeight / 2;
    view = { k, x: view.x + dx / view.k - dx / k, y: view.y + dy / view.k - dy / k };
    draw();
  }

  function move(dx, dy) {
    if (!view) return;
    view.x = Math.max(0, Math.min(image.width, view.x - dx / view.k));
    view.y = Math.max(0, Math.min(image.height, view.y - dy / view.k));
    draw();
  }

  function draw() {
    if (!image || !box.clientWidth) return;
    if (!view) { fit(); return; }
    const ratio = window.devicePixelRatio || 1, w = box.clientWidth, h = box.clientHeight;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
      canvas.style.width = `${w}px`;
      canvas.style.height = `${h}px`;
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = "#000";
    ctx.fillRect(0, 0, w, h);
    ctx.imageSmoothingEnabled = view.k < 3;
    ctx.drawImage(picture, w / 2 - view.x * view.k, h / 2 - view.y * view.k, image.width * view.k, image.height * view.k);
    if (image.pixel > 0) bar(ctx, w, h);
    canvas.dataset.zoom = view.k.toPrecision(4);
  }

  function bar(ctx, w, h) {
    const perNm = view.k / (image.pixel * 1e9), size = BARS.filter((b) => b * perNm < 0.3 * w).pop() ?? BARS[0], long = size * perNm;
    ctx.fillStyle = "rgb(0 0 0 / .6)";
    ctx.fillRect(8, h - 34, long + 16, 28);
    ctx.fillStyle = "#fff";
    ctx.fillRect(16, h - 14, long, 4);
    label(ctx, size >= 1000 ? `${size / 1000} µm` : `${size} nm`, 16 + long / 2, h - 19, { align: "center", size: 12, colour: "#fff", weight: "bold" });
  }

  const inImage = (e) => {
    const r = canvas.getBoundingClientRect();
    return [Math.floor((e.clientX - r.left - r.width / 2) / view.k + view.x), Math.floor((e.clientY - r.top - r.height / 2) / view.k + view.y)];
  };
  let held = null;
  canvas.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointermove", (e) => {
    if (!image || !view) return;
    if (held) { move(e.clientX - held[0], e.clientY - held[1]); held = [e.clientX, e.clientY]; return; }
    const [x, y] = inImage(e);
    readout.textContent = x >= 0 && y >= 0 && x < image.width && y < image.height ? `pixel ${x}, ${y}: ${image.counts[y * image.width + x]} counts` : image.words;
  });
  canvas.addEventListener("pointerleave", () => { if (image) readout.textContent = image.words; });
  canvas.addEventListener("dblclick", fit);
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    const r = canvas.getBoundingClientRect();
    zoom(Math.exp(-e.deltaY * 0.0015), e.clientX - r.left, e.clientY - r.top);
  }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const done = { "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: fit,
      ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0), ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40) }[e.key];
    if (done && !e.shiftKey) { done(); e.preventDefault(); e.stopPropagation(); }
  });
  for (const input of [black, white]) input.addEventListener("input", () => {
    low = value(black);
    high = Math.max(low + 1, value(white));
    paint();
  });

  return {
    root,
    stop: whenResized(box, draw),
    show(next) {
      const first = !image || image.width !== next.width || image.height !== next.height;
      image = next;
      if (first) automatic();
      readout.textContent = image.words;
      paint();
    },
  };
}

/** What stands below an image: size of a pixel, dose. */
export function imageWords(pixel, frameDose, soFar) {
  const parts = [];
  if (pixel > 0) parts.push(`${si(pixel, "m", 3)}/px`);
  if (Number.isFinite(frameDose)) parts.push(`dose ${dose(frameDose)}${Number.isFinite(soFar) ? `, so far ${dose(soFar)}` : ""}`);
  return parts.join(" · ");
}
