// Puts the figures on the page and joins them to one clock.

import { above, aroundBreak, extremes, profileOf, nearest, unpack } from "./data.js";
import { si, temperature } from "./format.js";
import { heatingFigure } from "./heating.js";
import { ivFigure } from "./iv.js";
import { kymographFigure } from "./kymograph.js";
import { outlineFigure } from "./outline.js";
import { ratePlot } from "./rates.js";
import { temperatureFigure } from "./temperature.js";

/** Draws a run on a page that has the report's figure elements; returns the joined clock. */
export function show(run, page) {
  const find = (name) => page.querySelector(`[data-figure=${name}]`);
  const hasProfiles = run.cells > 0 && run.time.length > 0;
  const figures = [], clock = page.querySelector("[data-clock]");
  let profile = 0, waiting = false;

  const goTo = (time) => { if (hasProfiles) set(Math.max(0, above(run.time, time) - 1)); };
  const iv = find("iv") && ivFigure(find("iv"), run, goTo);
  if (iv) figures.push({ draw: iv.draw, show: () => iv.show(hasProfiles ? run.time[profile] : 0) });
  if (run.heated && find("heating")) {
    const f = heatingFigure(find("heating"), () => run.heated, run.moments, goTo);
    figures.push({ draw: f.draw, show: () => f.show(run.time[profile]) });
  }
  if (hasProfiles) {
    for (const [name, make] of [["outline", outlineFigure], ["kymograph", kymographFigure], ["temperature", temperatureFigure]])
      if (find(name)) { const f = make(find(name), run, goTo); figures.push({ draw: f.draw, show: () => f.show(profile) }); }
  }
  for (const host of page.querySelectorAll("[data-result]")) figures.push(ratePlot(host, run));

  function words() {
    const e = extremes(run, profile), since = aroundBreak(run, run.time[profile]), s = nearest(run.samples.time, run.time[profile]);
    const current = run.series.true_current?.data[profile];
    const parts = [`t = ${si(run.time[profile], "s", 7)}`];
    if (since !== null) parts.push(since === 0 ? "at the break" : since < 0 ? `${si(-since, "s", 3)} before the break` : `${si(since, "s", 3)} after the break`);
    if (s >= 0 && !run.heater) parts.push(si(run.samples.voltage[s], "V"));
    if (current !== undefined && !run.heater) parts.push(si(current, "A"));
    parts.push(Number.isFinite(e.thin) ? (e.thin < 2.2e-9 ? "wire open" : `thinnest ${si(e.thin, "m", 3)} at ${si(e.thinAt, "m", 3)}`) : "no profile");
    parts.push(`${run.heater ? "wire at" : "hottest"} ${temperature(e.hot)}`);
    return parts.join(" · ");
  }

  function set(p) {
    profile = Math.max(0, Math.min(run.time.length - 1, p));
    const slider = clock.querySelector("input");
    slider.value = profile;
    const text = words();
    slider.setAttribute("aria-valuetext", text);
    clock.querySelector("output").textContent = text;
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; for (const f of figures) f.show?.(); });
  }

  function redraw() { for (const f of figures) f.draw(); }

  if (hasProfiles && clock) {
    clock.hidden = false;
    const slider = clock.querySelector("input");
    slider.max = run.time.length - 1;
    slider.addEventListener("input", () => set(Number(slider.value)));
    const jumps = clock.querySelector("[data-jumps]");
    for (const m of run.moments) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = m.name;
      button.title = m.meaning;
      button.addEventListener("click", () => set(profileOf(run, m)));
      jumps.append(button);
    }
    const shown = run.moments.find((m) => m.name === "B") ?? run.moments[0];
    set(shown ? profileOf(run, shown) : run.time.length - 1);
  }
  redraw();
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; redraw(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); redraw(); });
  window.addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); redraw(); });
  return { set, redraw, get profile() { return profile; } };
}

const carried = document.getElementById("run-data");
if (carried) show(unpack(JSON.parse(carried.textContent)), document);
