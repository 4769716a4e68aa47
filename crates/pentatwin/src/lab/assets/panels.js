// Pieces of the page that several views have in common.

/** An element with attributes (`on…` are listeners) and children. */
export function el(tag, attributes = {}, ...children) {
  const out = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) out.addEventListener(name.slice(2), value);
    else if (name === "class") out.className = value;
    else out.setAttribute(name, value === true ? "" : value);
  }
  out.append(...children.filter((c) => c !== null && c !== undefined));
  return out;
}

/** Switches beside a figure's title: `[name, text]`. */
export function switches(...all) {
  return el("fieldset", {}, ...all.map(([name, text]) => el("label", {}, el("input", { type: "checkbox", name }), el("span", {}, text))));
}

/** One of several: `[value, text]`; `change(value)` hears of another. */
export function choice(label, change, ...all) {
  return el("select", { "aria-label": label, title: label, onchange: (e) => change(e.target.value) }, ...all.map(([value, text]) => el("option", { value }, text)));
}

/** What a kymograph can show, as two choices that `change(name, value)`. */
export function kymographChoices(change) {
  return [choice("What the kymograph shows", (v) => change("quantity", v), ["diameter", "width"], ["temperature", "temperature"]),
    choice("Which time the kymograph shows", (v) => change("window", v), ["whole", "whole run"], ["late", "last 10 %"], ["before", "last millisecond before the break"], ["behind", "after the break, logarithmic"])];
}

/** A figure as the report's modules expect it, filling the place it is put in. */
export function figure(name, title, { controls = [], label = title, readout = false, rows = null, tab = false } = {}) {
  const canvas = el("canvas", { role: "img", "aria-label": label, tabindex: tab ? "0" : null });
  return el("figure", { "data-figure": name, "data-rows": rows }, el("div", { class: "cap" }, el("b", {}, title), ...controls), el("div", { "data-fill": true }, canvas), readout === false ? null : el("output", {}, readout));
}

/** A figure that uPlot draws. */
export function plotFigure(name, title) {
  return el("figure", { "data-figure": name }, el("div", { class: "cap" }, el("b", {}, title)), el("div", { "data-fill": true, "data-plot": true }));
}

/** A figure with the three plots of a heated wire in time. */
export function heatedPanel() {
  const plot = () => el("div", { "data-fill": true, "data-plot": true });
  return el("figure", { "data-figure": "heating" }, el("div", { class: "cap" }, el("b", {}, "Temperature, silver left, thinnest and widest place")), plot(), plot(), plot());
}

/** Calls `draw` when the host changes its size or the scheme its colours; returns what ends that. */
export function whenResized(host, draw) {
  let waiting = 0, size = "";
  const later = () => { waiting ||= requestAnimationFrame(() => { waiting = 0; if (host.isConnected && host.clientWidth) draw(); }); };
  const observer = new ResizeObserver(() => {
    const now = `${host.clientWidth} ${host.clientHeight}`;
    if (now !== size) { size = now; later(); }
  });
  observer.observe(host);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", later);
  return () => { observer.disconnect(); dark.removeEventListener("change", later); cancelAnimationFrame(waiting); };
}

/** "2026-01-31T23:59:59Z" as a person here reads it. */
export function when(utc) {
  const at = new Date(utc ?? "");
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Seconds of the wall clock in words. */
export function duration(seconds) {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toPrecision(2)} h`;
}

/** Whether keys belong to what is typed in. */
export function isTyping(target) {
  return target.closest?.("input:not([type=range]):not([type=checkbox]):not([type=radio]), select, textarea, dialog") !== null;
}

/** The list of runs in the side column. `choose(name)` opens one; `pick(names)`, if given, puts a box before each. */
export function runList(host, { choose, pick, most = 4 }) {
  const find = el("input", { type: "search", placeholder: "Find a run", "aria-label": "Find a run" }), list = el("ul", { class: "runs" });
  const word = el("p", { class: "describe" });
  host.append(find, word, list);
  let lines = [], current = null, picked = new Set();

  function draw() {
    const wanted = find.value.trim().toLowerCase();
    const shown = lines.filter((l) => !wanted || `${l.name} ${l.title} ${l.ended} ${l.protocol}`.toLowerCase().includes(wanted));
    word.textContent = lines.length === 0 ? "No runs yet: start one in Run." : shown.length === 0 ? "No run fits." : pick ? `Mark up to ${most}.` : "";
    list.replaceChildren(...shown.map(line));
  }

  function line(l) {
    const box = pick && el("input", { type: "checkbox", "aria-label": `Compare ${l.name}`, checked: picked.has(l.name), onchange: (e) => mark(l.name, e.target.checked) });
    const open = el("button", { type: "button", "aria-current": String(!pick && l.name === current), onclick: () => (pick ? mark(l.name, !picked.has(l.name)) : choose(l.name)) },
      el("b", {}, l.title || "untitled"), el("span", {}, [when(l.started), l.images ? `${l.images} images` : ""].filter(Boolean).join(" · ")),
      el("span", { class: "how", title: l.ended }, l.live ? "goes on" : l.ended), el("span", { class: "name", title: l.name }, l.name));
    return el("li", {}, box, open);
  }

  function mark(name, on) {
    if (on && picked.size >= most) picked.delete(picked.values().next().value);
    if (on) picked.add(name); else picked.delete(name);
    draw();
    pick([...picked]);
  }

  find.addEventListener("input", draw);
  return {
    set(found) {
      const going = new Set(found.live.filter((l) => !l.ended).map((l) => l.name));
      const next = found.runs.map((r) => ({ ...r, live: going.has(r.name) }));
      if (JSON.stringify(next) !== JSON.stringify(lines) || !lines.length) { lines = next; draw(); }
    },
    mark(names) { picked = new Set(names); draw(); },
    current(name) { current = name; draw(); },
    get newest() { return lines[0]?.name; },
  };
}
