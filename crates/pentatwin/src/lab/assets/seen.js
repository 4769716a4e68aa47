// What is measured on the frames: width at the thinnest place and gap, live and in the replay.

import { bandPlot } from "./bands.js";
import { number } from "./format.js";
import { el, plotFigure } from "./panels.js";

const NM = 1e9, nm = (v) => (v === null || v === undefined ? NaN : v * NM);

/** A mark at a panel's title: where its numbers come from. */
export function mark(kind) {
  return kind === "measured" ? el("span", { class: "badge measured", title: "from the frames alone, by the same analysis as a file" }, "measured on the frames")
    : el("span", { class: "badge truth", title: "the simulator's own state" }, "truth");
}

/** The panel; `{ root, draw, push(news), show(time), said }`. */
export function seenFigure(rest) {
  const root = plotFigure("seen", "Thinnest width and gap"), host = root.querySelector("[data-plot]"), said = el("output", {}, rest);
  const columns = { time: [], width: [], width_sigma: [], gap: [], gap_sigma: [] };
  let now = NaN;
  root.querySelector(".cap").append(mark("measured"));
  root.append(said);
  const get = () => ({
    x: columns.time, xLabel: "Time (s)", yLabel: "Measured (nm)", marks: Number.isFinite(now) ? [{ x: now, text: "", colour: (t) => t.now }] : [],
    curves: [
      { name: "thinnest width", y: columns.width, sigma: columns.width_sigma, colour: (t) => t.accent },
      { name: "gap", y: columns.gap, sigma: columns.gap_sigma, colour: (t) => t.second, dash: [7, 3] },
    ],
  });
  const plot = bandPlot(host, get);

  function words(k) {
    const out = [], one = (name, v, s) => { if (Number.isFinite(v)) out.push(`${name} ${number(v, 4)} ± ${number(s, 2)} nm`); };
    one("thinnest", columns.width[k], columns.width_sigma[k]);
    one("gap", columns.gap[k], columns.gap_sigma[k]);
    return out.length ? out.join(" · ") : "not measured in this frame";
  }

  return {
    root,
    /** An empty plot would say that nothing is there: words do. */
    draw() {
      if (columns.time.length) plot.draw();
      else host.replaceChildren(el("div", { class: "none-here" }, said.textContent));
    },
    push(news) {
      const first = !columns.time.length;
      columns.time.push(...news.time);
      for (const key of ["width", "width_sigma", "gap", "gap_sigma"]) for (const v of news[key]) columns[key].push(nm(v));
      const late = news.left_out ? ` · ${news.left_out} frames left out: they came faster than they are measured` : "";
      const last = columns.time.length - 1;
      if (news.word || last >= 0) said.textContent = (news.word || words(last)) + late;
      root.dataset.points = columns.time.length;
      if (first && last >= 0) host.replaceChildren();
    },
    show(time) {
      now = time;
      let k = columns.time.length - 1;
      while (k > 0 && columns.time[k] > time) k--;
      if (k >= 0) said.textContent = words(k);
      plot.mark();
    },
  };
}
