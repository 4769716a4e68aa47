// The form of a protocol, made from the declarations of its parameters.

import { number } from "./format.js";
import { duration, el } from "./panels.js";
import { get, post, Refused } from "./server.js";

const SPEEDS = [["10", "×10"], ["1", "real time"], ["100", "×100"], ["0", "as fast as possible"]];
const UNITS = { um: "µm", ohm: "Ω", degC: "°C" };
const PLAIN = (text) => text.replace(/\b(um|ohm|degC)\b/g, (u) => UNITS[u]).replace(/-(?=\d)/g, "−");

/** "contact.1" is "Contact 1", "microscope.bright_field" is "Microscope: bright field". */
function heading(section) {
  const text = section.replace(/\.(\d)/, " $1").replace(".", ": ").replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** Puts the form into the side column; `started(name)` hears of a run. */
export async function protocolForm(host, started) {
  const select = el("select", { id: "protocol", onchange: () => take(select.value) });
  const file = el("input", { type: "file", accept: ".toml,text/plain", hidden: true, onchange: openFile });
  const title = el("p", { class: "describe" }), wrongs = el("div", { class: "wrongs", role: "alert" });
  const filter = el("input", { type: "search", placeholder: "Find a parameter", "aria-label": "Find a parameter", class: "filter", oninput: narrow });
  const groups = el("div"), body = el("div", { class: "scrolls" });
  body.append(el("label", { class: "wide" }, el("span", {}, "Protocol"), el("div", { class: "row" }, select, file, el("button", { type: "button", title: "A protocol of your own (.toml)", onclick: () => file.click() }, "File…"))), title, wrongs, filter, groups);
  const seed = el("input", { type: "number", id: "seed", min: "0", max: "9007199254740991", step: "1", value: "1", title: "The same seed gives the same run, bit for bit" });
  const speed = el("select", { id: "start-speed", onchange: estimate }, ...SPEEDS.map(([value, text]) => el("option", { value }, text)));
  const beside = el("select", { id: "beside", title: "Runs beside this one take minutes after it" }, el("option", { value: "0 no" }, "nothing beside it"), el("option", { value: "0 yes" }, "other rates and polarity"), el("option", { value: "32 yes" }, "other rates, and bands (32 draws)"));
  const bench = el("select", { id: "bench", title: "What carries the protocol out" }, el("option", { value: "" }, "virtual bench")), benchLabel = el("label", { for: "bench" }, "On");
  const say = el("span", { class: "estimate" }), go = el("button", { type: "button", class: "main", id: "start", title: "Ctrl Enter", onclick: start }, "Start");
  host.replaceChildren(body, el("div", { class: "foot" },
    el("div", { class: "pairs" }, el("label", { for: "seed" }, "Seed"), seed, el("label", { for: "start-speed" }, "Speed"), speed, el("label", { for: "beside" }, "Then"), beside, benchLabel, bench), say, go));

  let base = { name: "", text: null }, form = null, sets = {}, waiting = 0, asked = 0, fields = new Map();

  const wanted = () => ({ ...base, sets });

  /** Another protocol. */
  async function take(name, text = null) {
    base = { name: text === null ? name : "", text };
    sets = {};
    form = null;
    await check();
  }

  async function openFile() {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    if (chosen.size > 200_000) { say.textContent = "This file is too large for a protocol."; return; }
    const text = await chosen.text();
    select.querySelector("[data-file]")?.remove();
    select.append(el("option", { value: chosen.name, "data-file": true, selected: true }, chosen.name));
    await take(chosen.name, text);
  }

  /** Asks the Lab what is wrong, and for the fields if they are not there yet. */
  async function check() {
    const mine = ++asked;
    let found;
    try { found = await post("/api/form", wanted()); } catch (e) {
      if (e instanceof Refused) general([{ message: e.message, help: null }]);
      return;
    }
    if (mine !== asked) return;
    const fresh = form === null;
    form = fresh ? found : { ...form, wrong: found.wrong, notes: found.notes, time: found.wrong.length ? form.time : found.time, samples: found.wrong.length ? form.samples : found.samples };
    if (fresh) draw();
    showWrong();
    estimate();
  }

  function draw() {
    title.textContent = [form.title, form.description].filter(Boolean).join(". ").replace(/\.\. /g, ". ");
    fields = new Map();
    const named = new Map();
    for (const f of form.fields) named.set(f.section, [...(named.get(f.section) ?? []), f]);
    // What is done comes first, then what the protocol itself sets, then the rest.
    const parts = [...named].map(([section, list]) => {
      const changed = list.filter((f) => f.changed).length, step = section.match(/^step\[(\d+)\]\.(\w+)$/);
      const name = step ? `Step ${Number(step[1]) + 1}: ${step[2]}` : heading(section);
      return el("details", { class: "group", open: step?.[1] === "0" || section === "wire" },
        el("summary", {}, name, el("span", { class: "n" }, changed && !step ? `${list.length}, ${changed} set by the protocol` : String(list.length))), ...list.map(field));
    });
    groups.replaceChildren(...parts);
    filter.value = "";
  }

  function field(f) {
    const id = `f-${f.key}`, change = (value) => { put(f, value); };
    let input;
    if (f.kind === "flag") input = el("input", { type: "checkbox", id, checked: f.value === "true", onchange: (e) => change(String(e.target.checked)) });
    else if (f.kind === "choice") {
      input = el("select", { id, onchange: (e) => change(e.target.value) }, ...f.choices.map((c) => el("option", { value: c, selected: c === f.value }, c)));
    } else input = el("input", { type: "text", id, value: f.value, autocomplete: "off", spellcheck: "false", oninput: (e) => change(e.target.value) });
    input.setAttribute("aria-describedby", `${id}-more ${id}-wrong`);
    const more = [f.kind === "flag" ? "" : `default ${PLAIN(f.default)}`, f.range ? `plausible ${PLAIN(f.range.join(" to "))}` : "", f.limits ? `possible ${PLAIN(f.limits.join(" to "))}` : "", [f.status, f.source].filter(Boolean).join(": ")];
    const wrong = el("div", { class: "wrong", id: `${id}-wrong`, role: "alert", hidden: true });
    const row = el("div", { class: "field", "data-key": f.key }, el("label", { for: id, title: f.key }, f.name.replaceAll("_", " ")), input,
      el("button", { type: "button", class: "reset", title: `Back to ${PLAIN(f.value)}`, "aria-label": `Reset ${f.key}`, onclick: () => { reset(f); } }, "↺"),
      el("div", { class: "meaning" }, PLAIN(f.meaning)), el("div", { class: "more", id: `${id}-more` }, more.filter(Boolean).join(" · ")), wrong);
    fields.set(f.key, { f, row, input, wrong });
    return row;
  }

  function put(f, value) {
    if (value.trim() === f.value) delete sets[f.key]; else sets[f.key] = value;
    fields.get(f.key).row.classList.toggle("set", f.key in sets);
    clearTimeout(waiting);
    waiting = setTimeout(check, 200);
  }

  function reset(f) {
    const { input } = fields.get(f.key);
    if (f.kind === "flag") input.checked = f.value === "true"; else input.value = f.value;
    put(f, f.value);
    input.focus();
  }

  function text(w) {
    const said = (t) => PLAIN(t.replaceAll("`", ""));
    return [said(w.message.replace(/^`[^`]*`: /, "")), w.help ? el("small", {}, ` ${said(w.help)}`) : ""];
  }

  function general(list) { wrongs.replaceChildren(...list.map((w) => el("p", {}, ...text(w)))); }

  function showWrong() {
    for (const { input, wrong } of fields.values()) { input.removeAttribute("aria-invalid"); wrong.hidden = true; wrong.replaceChildren(); }
    const elsewhere = [];
    for (const w of form.wrong) {
      const at = w.keys.map((k) => fields.get(k)).filter(Boolean);
      if (!at.length) elsewhere.push(w);
      for (const { row, input, wrong } of at) {
        input.setAttribute("aria-invalid", "true");
        wrong.hidden = false;
        wrong.append(...text(w));
        row.closest("details").open = true;
      }
    }
    general(elsewhere);
    go.disabled = form.wrong.length > 0;
  }

  function estimate() {
    if (!form) return;
    if (form.wrong.length) { say.textContent = `${form.wrong.length === 1 ? "One setting is" : `${form.wrong.length} settings are`} wrong, see above.`; return; }
    const pace = Number(speed.value), most = `At most ${number(form.time, 4)} s on the specimen, ${Math.round(form.samples)} samples`;
    say.textContent = pace > 0 ? `${most}; that is ${duration(form.time / pace)} here.` : `${most}.`;
  }

  function narrow() {
    const word = filter.value.trim().toLowerCase();
    for (const { f, row } of fields.values()) row.hidden = word !== "" && !`${f.key} ${f.meaning} ${f.name.replaceAll("_", " ")}`.toLowerCase().includes(word);
    for (const group of groups.children) {
      group.hidden = ![...group.querySelectorAll(".field")].some((r) => !r.hidden);
      if (word && !group.hidden) group.open = true;
    }
  }

  async function start() {
    if (go.disabled) return;
    clearTimeout(waiting);
    const hardware = bench.value || null;
    // The confirmation: said each time, and the address goes with the wish.
    if (hardware && !confirm(`This puts a voltage on what is connected to channel A of the real source-meter ${hardware}.\n\nIs the right device connected, and may it break?`)) return;
    go.disabled = true;
    const [band, companions] = beside.value.split(" ");
    try {
      const run = await post("/api/live", { protocol: wanted(), seed: Math.max(0, Math.round(Number(seed.value)) || 0), band: Number(band), companions: companions === "yes", speed: Number(speed.value), ...(hardware ? { hardware } : {}) });
      general([]);
      started(run.name);
    } catch (e) {
      if (!(e instanceof Refused)) return;
      if (e.wrong?.length && form) { form.wrong = e.wrong; showWrong(); } else general([{ message: e.message, help: null }]);
    } finally { go.disabled = (form?.wrong.length ?? 0) > 0; }
  }

  document.addEventListener("keydown", (e) => { if (e.key === "Enter" && e.ctrlKey && host.offsetParent) start(); });
  const { hardware } = await get("/api/bench");
  if (hardware) bench.append(el("option", { value: hardware }, `REAL source-meter ${hardware}`));
  else { bench.hidden = true; benchLabel.hidden = true; }
  const all = await get("/api/protocols");
  select.replaceChildren(...all.map((p) => el("option", { value: p.name, title: p.title, selected: p.name === "fig2a" }, `${p.name}: ${p.title}`)));
  await take(select.value);
}
