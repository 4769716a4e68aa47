// A run that is over: image, curve, kymograph, outline and temperature on one clock.

import { above, aroundBreak, extremes, nearest, unpack } from "./data.js";
import { si, temperature } from "./format.js";
import { heatingFigure } from "./heating.js";
import { dose, imageFigure, imageWords } from "./image.js";
import { ivFigure } from "./iv.js";
import { kymographFigure } from "./kymograph.js";
import { outlineFigure } from "./outline.js";
import { el, figure, heatedPanel, isTyping, kymographChoices, plotFigure, switches, when, whenResized } from "./panels.js";
import { mark, seenFigure } from "./seen.js";
import { bytes, runPath } from "./server.js";
import { temperatureFigure } from "./temperature.js";

/** Images kept, of 2 MB each at 1024 px. */
const KEPT = 24;
/** Instants shown in a second when playing through all of them. */
const STEPS_A_SECOND = 25;

/** Times at which something can be shown: each profile and each image once, ascending. */
function instants(run, images) {
  const all = Float64Array.from([...run.time, ...(images?.time ?? [])].filter(Number.isFinite)).sort();
  return all.filter((t, i) => i === 0 || t !== all[i - 1]);
}

/** Gets images by number: one at a time, and of those asked for meanwhile only the last. */
function imageSource(name, show) {
  const kept = new Map();
  let busy = false, next = -1;
  async function want(index) {
    next = index;
    if (busy) return;
    busy = true;
    while (next >= 0) {
      const now = next;
      next = -1;
      if (!kept.has(now)) {
        try { kept.set(now, new Uint16Array(await bytes(runPath(name, "frames", now)))); } catch { continue; }
        if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      }
      show(now, kept.get(now));
    }
    busy = false;
  }
  return want;
}

/** Shows a run in `stage`; returns `{ close, key }`. */
export function replayRun(stage, data, { compare }) {
  const { about, images, measured } = data, run = unpack(data.run), times = instants(run, images), hasProfiles = run.cells > 0 && run.time.length > 0;
  const ivRoot = figure("iv", "Current and voltage", { controls: [switches(["log", "logarithmic"], ["late", "last 10 %"], ["resistance", "V/I"])], readout: "Click on the curve to go there." });
  // Nothing flows through a heated wire: its temperature and what is left of it stand where the curve would.
  const heatedRoot = run.heated && hasProfiles ? heatedPanel() : null;
  const outlineRoot = figure("outline", "Outline", { rows: "now", label: "Outline of the wire at the time of the slider" });
  outlineRoot.querySelector(".cap").append(el("span", { class: "small" }, "across the wire stretched ", el("b", { "data-stretch": true })));
  outlineRoot.classList.add("both");
  const kymographRoot = figure("kymograph", "Kymograph", { controls: kymographChoices((name, value) => { kymographRoot.dataset[name] = value; kymograph?.draw(); }), readout: "Click to go there." });
  Object.assign(kymographRoot.dataset, { quantity: "diameter", window: "whole" });
  const temperatureRoot = plotFigure("temperature", "Temperature along the wire"), picture = images ? imageFigure() : null;
  const seen = measured?.time.length ? seenFigure("") : null;
  if (heatedRoot) kymographRoot.classList.add("both");
  for (const f of [outlineRoot, kymographRoot, temperatureRoot]) f.querySelector(".cap > b").after(mark("truth"));
  if (seen) { seen.root.classList.add("both"); seen.push({ ...measured, word: "", left_out: 0 }); }
  const nothing = (what, words) => el("figure", {}, el("div", { class: "cap" }, el("b", {}, what)), el("div", { class: "none-here" }, words));
  const pane = picture ? picture.root : nothing("Image", "No images in this run.");
  const slider = el("input", { type: "range", id: "time", min: "0", max: String(Math.max(0, times.length - 1)), step: "1", value: "0" });
  const said = el("output", { for: "time" }), play = el("button", { type: "button", class: "play", title: "Space", onclick: toggle }, "Play");
  const pace = el("select", { title: "How fast it plays", "aria-label": "How fast it plays" }, el("option", { value: "0" }, "every instant"), el("option", { value: "1" }, "real time"), el("option", { value: "10" }, "×10"), el("option", { value: "100" }, "×100"));
  const jumps = el("span", { role: "group", "aria-label": "Key moments" }, ...run.moments.map((m) => el("button", { type: "button", title: m.meaning, onclick: () => goTo(m.time) }, m.name)));
  stage.replaceChildren(
    el("div", { class: "headline" }, el("h2", {}, about.title), el("span", { class: "where", title: about.ended }, [about.name, `seed ${about.seed}`, when(about.started), about.ended].filter(Boolean).join(" · ")),
      el("button", { type: "button", onclick: () => compare(about.name) }, "Compare"), el("a", { href: runPath(about.name, "report"), target: "_blank", rel: "noopener" }, "Report")),
    el("div", { class: `grid replay-grid${picture ? "" : " blind"}${seen ? " with-seen" : ""}` }, pane, heatedRoot ?? ivRoot, hasProfiles ? outlineRoot : nothing("Outline", "No profiles were recorded in this run."), hasProfiles && !heatedRoot ? temperatureRoot : "", hasProfiles ? kymographRoot : "", seen ? seen.root : ""),
    el("div", { class: "clock" }, el("div", {}, el("div", { class: "row" }, play, el("label", { for: "time" }, "Time"), slider, jumps, pace), said)));

  const goTo = (time) => set(Math.max(0, above(times, time) - 1));
  const iv = heatedRoot ? heatingFigure(heatedRoot, () => run.heated, run.moments, goTo) : ivFigure(ivRoot, run, goTo);
  const parts = hasProfiles ? [outlineFigure(outlineRoot, run), kymographFigure(kymographRoot, run, goTo), ...(heatedRoot ? [] : [temperatureFigure(temperatureRoot, run)])] : [];
  const [outline, kymograph, heat] = parts;
  const ends = [whenResized(heatedRoot ?? ivRoot, iv.draw), picture?.stop];
  if (seen) { ends.push(whenResized(seen.root, seen.draw)); seen.draw(); }
  if (hasProfiles) {
    for (const [root, part] of [[outlineRoot, outline], [kymographRoot, kymograph], [temperatureRoot, heat]]) if (part) ends.push(whenResized(root, part.draw));
    heat?.draw();
  }
  // Dose up to and with each image.
  const soFar = [];
  for (const d of images?.dose ?? []) soFar.push((soFar.at(-1) ?? 0) + (d ?? 0));
  const pixel = images?.x ? images.x[1] * 1e-9 : NaN;
  const want = images && imageSource(about.name, (k, counts) => {
    if (!stage.isConnected) return;
    picture.root.dataset.frame = k;
    picture.show({ width: images.width, height: images.height, counts, pixel, words: `image ${k + 1} of ${images.count} · ${si(images.time[k], "s", 5)} · ${imageWords(pixel, images.dose[k] ?? NaN, soFar[k])}` });
  });
  let at = 0, waiting = 0, playing = 0;

  function words(t, profile) {
    const since = aroundBreak(run, t), s = nearest(run.samples.time, t), out = [`t = ${si(t, "s", 7)}`];
    if (since !== null) out.push(since === 0 ? "at the break" : since < 0 ? `${si(-since, "s", 3)} before the break` : `${si(since, "s", 3)} after the break`);
    if (s >= 0 && !run.heater) out.push(si(run.samples.voltage[s], "V"), si(run.samples.current[s], "A"));
    if (hasProfiles) {
      const e = extremes(run, profile);
      out.push(!Number.isFinite(e.thin) ? "no profile" : e.thin < 2.2e-9 ? "wire open" : `thinnest ${si(e.thin, "m", 3)} at ${si(e.thinAt, "m", 3)}`, `${run.heater ? "wire at" : "hottest"} ${temperature(e.hot)}`);
    }
    if (images) { const k = above(images.time, t) - 1; if (k >= 0) out.push(`${dose(soFar[k])} so far`); }
    return out.join(" · ");
  }

  function set(index) {
    if (!times.length) return;
    at = Math.max(0, Math.min(times.length - 1, index));
    slider.value = at;
    const t = times[at], profile = hasProfiles ? Math.max(0, above(run.time, t) - 1) : 0, text = words(t, profile);
    slider.setAttribute("aria-valuetext", text);
    said.textContent = text;
    stage.dataset.time = t;
    // Before the first image there is none: it is shown with its own time.
    if (images) want(Math.max(0, above(images.time, t) - 1));
    if (waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      const now = times[at], p = hasProfiles ? Math.max(0, above(run.time, now) - 1) : 0;
      iv.show(now);
      seen?.show(now);
      for (const part of parts) part.show(p);
    });
  }

  function toggle() {
    if (playing) { pause(); return; }
    if (at >= times.length - 1) set(0);
    let last = performance.now(), clock = times[at] ?? 0, due = 0;
    play.textContent = "Pause";
    const tick = (now) => {
      const passed = Math.min(0.2, (now - last) / 1000), k = Number(pace.value);
      last = now;
      if (k > 0) {
        clock = Math.max(clock, times[at] ?? 0) + passed * k;
        const next = above(times, clock) - 1;
        if (next > at) set(next);
      } else {
        due += passed * STEPS_A_SECOND;
        if (due >= 1) { set(at + Math.floor(due)); due %= 1; }
        clock = times[at];
      }
      if (at >= times.length - 1) { pause(); return; }
      playing = requestAnimationFrame(tick);
    };
    playing = requestAnimationFrame(tick);
  }

  function pause() {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = "Play";
  }

  slider.addEventListener("input", () => set(Number(slider.value)));
  const first = run.moments.find((m) => m.name === "B") ?? run.moments[0];
  if (first) goTo(first.time); else set(times.length - 1);

  /** Keys of the view; whether one was ours. */
  function key(e) {
    if (isTyping(e.target) || e.ctrlKey || e.metaKey || e.altKey) return false;
    const step = e.shiftKey ? 10 : 1, onSlider = e.target === slider;
    const moment = run.moments.find((m) => m.name.toLowerCase() === e.key.toLowerCase());
    if (moment) goTo(moment.time);
    else if (e.key === "ArrowLeft" || (onSlider && e.key === "ArrowDown")) set(at - step);
    else if (e.key === "ArrowRight" || (onSlider && e.key === "ArrowUp")) set(at + step);
    else if (e.key === "Home") set(0);
    else if (e.key === "End") set(times.length - 1);
    else if (e.key === " " && e.target.tagName !== "BUTTON") toggle();
    else return false;
    e.preventDefault();
    return true;
  }

  return { key, close() { pause(); cancelAnimationFrame(waiting); for (const end of ends) end?.(); } };
}
