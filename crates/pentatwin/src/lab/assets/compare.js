// Two or more runs over each other.

import { above, alive, MELTING_POINT, range, unpack, value, width } from "./data.js";
import { number, prefix } from "./format.js";
import { kymographFigure } from "./kymograph.js";
import { outlineFigure } from "./outline.js";
import { overlay, sample } from "./overlay.js";
import { el, figure, kymographChoices, whenResized } from "./panels.js";

/** Temperature at the thinnest place and voltage, profile by profile, until the wire opens. */
function neck(run) {
  const volts = [], kelvin = [];
  for (let p = 0; p < run.time.length; p++) {
    if (run.breakTime !== null && run.time[p] >= run.breakTime) break;
    let thin = Infinity, at = -1, hot = -Infinity;
    for (let c = 0; c < run.cells; c++) {
      const w = width(run, p, c);
      // As made all places are as thin: there the hottest of them is meant.
      if (w < 0.999 * thin || (w <= 1.001 * thin && value(run, "temperature", p, c) > hot)) { thin = Math.min(thin, w); at = c; hot = value(run, "temperature", p, c); }
    }
    if (at < 0 || !alive(run, p, at)) break;
    // From here on the last nanometres melt and boil within microseconds.
    if (value(run, "temperature", p, at) > MELTING_POINT) break;
    const s = Math.min(run.samples.time.length - 1, above(run.samples.time, run.time[p]));
    volts.push(s >= 0 ? run.samples.voltage[s] : NaN);
    kelvin.push(value(run, "temperature", p, at));
  }
  return { volts, kelvin };
}

/** Names that tell the runs apart: what differs in their settings, else protocol and seed. */
function labels(all) {
  const same = (key, v) => all.every((d) => d.about.changed.some(([k, w]) => k === key && w === v));
  const out = all.map(({ about }) => {
    const differs = about.changed.filter(([k, v]) => !same(k, v) && !/^(microscope|instrument|numerics)\./.test(k)).slice(0, 2).map(([k, v]) => `${k.split(".").pop().replaceAll("_", " ")} ${v}`);
    return [about.protocol, ...differs].join(", ");
  });
  return out.map((l, k) => (out.filter((m) => m === l).length > 1 ? `${l} (${all[k].about.name.split("-").slice(1).join("-")})` : l));
}

function numbers(row) {
  if (!row || row.value === null || row.value === undefined) return "none";
  return `${row.bound === "<=" ? "≤ " : ""}${shown(row.value, row.unit)}`;
}

/** SI in the row's unit: the prefixes of the record's units. */
function shown(v, unit) {
  const scales = { nm: [1e-9, "nm"], um: [1e-6, "µm"], mA: [1e-3, "mA"], uA: [1e-6, "µA"], mW: [1e-3, "mW"], us: [1e-6, "µs"], ms: [1e-3, "ms"], "%": [0.01, "%"], kelvin: [1, "K"], ohm: [1, "Ω"], "A/m2": [1, "A/m²"], mV: [1e-3, "mV"] };
  if (!unit || unit === "1") return number(v, 4);
  if (unit === "degC") return `${number(v - 273.15, 4)} °C`;
  const [factor, name] = scales[unit] ?? [1, unit.replace("ohm", "Ω").replace(/([a-z])2\b/g, "$1²").replace(/^u/, "µ")];
  const x = v / factor;
  if (Math.abs(x) >= 1e5) { const e = Math.floor(Math.log10(Math.abs(x))); return `${number(x / 10 ** e, 4)}×10${[...String(e)].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")} ${name}`; }
  return `${number(x, 4)} ${name}`;
}

/** Shows runs in `stage`; `open(name)` replays one. Returns `{ close }`. */
export function compareRuns(stage, all, { open }) {
  const runs = all.map((d) => unpack(d.run)), names = labels(all), ends = [];
  const legend = el("ul", { class: "legend" }, ...names.map((n, k) => el("li", {}, sample(k), el("button", { type: "button", title: `Replay ${all[k].about.name}`, onclick: () => open(all[k].about.name) }, n))));
  const top = Math.max(...runs.flatMap((r) => Array.from(r.samples.current, (i) => Math.abs(i) || 0)), 1e-12), unit = prefix(top);
  const ivRoot = figure("iv", "Current and voltage", { readout: "Point at a curve to read it." }), neckRoot = figure("neck", "Temperature at the neck", { readout: "Until the wire opens, or melts." });
  const host = el("div", { class: "compare" }, legend, el("div", { class: "half" }, el("div", { class: "plot" }, ivRoot), el("div", { class: "plot" }, neckRoot)));
  for (const root of [ivRoot, neckRoot]) root.setAttribute("class", "plot");
  stage.replaceChildren(el("div", { class: "headline" }, el("h2", {}, `${all.length} runs over each other`)), host);

  const iv = overlay(ivRoot, runs.map((r, k) => ({ name: names[k], x: r.samples.voltage, y: Array.from(r.samples.current, (i) => i / unit.factor), gap: (i) => r.samples.flags[i] & 4 })), { x: "Voltage at the source-meter (V)", y: `Current (${unit.symbol}A)`, from: 0 });
  const necks = runs.map(neck);
  const heat = overlay(neckRoot, necks.map((n, k) => ({ name: names[k], x: n.volts, y: n.kelvin })), { x: "Voltage at the source-meter (V)", y: "Temperature of the thinnest place (K)" });
  ends.push(whenResized(ivRoot, iv), whenResized(neckRoot, heat));

  // The numbers, row by row in the order of the first run that has them.
  const rows = new Map();
  for (const d of all) for (const r of d.about.results) if (!rows.has(r.name)) rows.set(r.name, r);
  const cell = (d, name) => d.about.results.find((r) => r.name === name);
  host.append(el("h3", {}, "Numbers"), el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Result"), ...names.map((n, k) => el("th", { scope: "col", class: "num" }, sample(k), n)))),
    el("tbody", {}, ...[...rows.values()].map((r) => {
      const values = all.map((d) => numbers(cell(d, r.name))), differs = new Set(values).size > 1;
      return el("tr", { "data-result": null, "data-row": r.name }, el("th", { scope: "row", title: r.meaning }, r.label), ...values.map((v) => el("td", { class: `num${differs ? " differs" : ""}` }, v === "none" ? el("span", { class: "none" }, "none") : v)));
    }), el("tr", {}, el("th", { scope: "row" }, "How it ended"), ...all.map((d) => el("td", { class: "num", title: d.about.ended }, d.about.ended.split(/[:;]/)[0])))))));

  const withProfiles = runs.map((r, k) => ({ r, k })).filter(({ r }) => r.cells > 0 && r.time.length > 0);
  if (withProfiles.length) {
    host.append(el("h3", {}, "Outline at the end"));
    for (const { r, k } of withProfiles) {
      const root = figure("outline", "", { rows: "end", label: `Outline at the end, ${names[k]}` });
      root.querySelector(".cap").replaceChildren(sample(k), el("b", {}, names[k]), el("span", { class: "small" }, " stretched across ", el("b", { "data-stretch": true })));
      root.querySelector("[data-fill]").style.height = "132px";
      host.append(root);
      ends.push(whenResized(root, outlineFigure(root, r).draw));
    }
    const many = el("div", { class: "many" }), parts = [], limits = (q) => withProfiles.map(({ r }) => range(r, q));
    const common = (q) => `${Math.min(...limits(q).map(([low]) => low))} ${Math.max(...limits(q).map(([, high]) => high))}`;
    const colours = { radiusRange: common("radius"), temperatureRange: common("temperature") };
    const chosen = kymographChoices((name, value) => { for (const { root, part } of parts) { root.dataset[name] = value; part.draw(); } });
    host.append(el("h3", {}, "Kymographs "), el("div", { class: "strip" }, ...chosen), many);
    for (const { r, k } of withProfiles) {
      const root = figure("kymograph", "", { readout: "", label: `Kymograph, ${names[k]}` });
      root.querySelector(".cap").replaceChildren(sample(k), el("b", {}, names[k]));
      root.querySelector("[data-fill]").style.height = "340px";
      Object.assign(root.dataset, { quantity: "diameter", window: "whole", ...colours });
      many.append(root);
      const part = kymographFigure(root, r, null);
      parts.push({ root, part });
      part.draw();
      ends.push(whenResized(root, part.draw));
    }
  }
  return { close() { for (const end of ends) end(); } };
}
