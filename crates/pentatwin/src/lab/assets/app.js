// The page: three views, one of them shown, each found again by its address.

import { compareRuns } from "./compare.js";
import { protocolForm } from "./form.js";
import { watchRun } from "./live.js";
import { el, isTyping, runList } from "./panels.js";
import { replayRun } from "./replay.js";
import { answers, get, runPath } from "./server.js";

// The token came with the address; the cookie has it now, and the address need not.
if (location.search) history.replaceState(null, "", location.pathname + location.hash);

const VIEWS = ["run", "replay", "compare"], REFRESH = 3000;
const $ = (id) => document.getElementById(id);
const side = (view) => { const s = el("aside", { class: "side" }), stage = el("div", { class: "stage" }); $(view).append(s, stage); return { side: s, stage }; };
const place = Object.fromEntries(VIEWS.map((v) => [v, side(v)]));
const lists = {
  replay: runList(place.replay.side.appendChild(el("div", { class: "scrolls" })), { choose: (name) => go("replay", name) }),
  compare: runList(place.compare.side.appendChild(el("div", { class: "scrolls" })), { choose: () => {}, pick: (names) => go("compare", ...names) }),
};
let view = "", shown = "", open = null, found = { runs: [], live: [] }, turn = 0;

function go(to, ...names) { location.hash = [to, ...names.map(encodeURIComponent)].join("/"); }

function empty(stage, ...words) { stage.replaceChildren(el("p", { class: "empty" }, ...words)); }

/** The address as view and names. */
function here() {
  const [to, ...names] = location.hash.slice(1).split("/").filter(Boolean).map((part) => { try { return decodeURIComponent(part); } catch { return ""; } });
  return { to: VIEWS.includes(to) ? to : "run", names };
}

async function route() {
  const { to, names } = here(), key = [to, ...names].join("/");
  if (view !== to) {
    view = to;
    for (const v of VIEWS) {
      $(v).hidden = v !== to;
      $(`tab-${v}`).setAttribute("aria-selected", String(v === to));
      $(`tab-${v}`).tabIndex = v === to ? 0 : -1;
    }
  }
  if (key === shown && open) return;
  open?.close();
  open = null;
  shown = key;
  const mine = ++turn;
  await refresh();
  if (mine !== turn) return;
  if (to === "run") showRun(names[0]);
  else if (to === "replay") await showReplay(names[0], mine);
  else await showCompare(names, mine);
}

function showRun(name) {
  const going = found.live.filter((l) => !l.ended), { stage } = place.run;
  delete stage.dataset.ended;
  delete stage.dataset.samples;
  if (!name && going.length) { go("run", going[0].name); return; }
  if (!name) { empty(stage, el("b", {}, "Nothing runs"), "Choose a protocol on the left, change what you like, and press Start: current, image, outline and temperature are shown here as they come."); return; }
  if (!found.live.some((l) => l.name === name)) { go(found.runs.some((r) => r.name === name) ? "replay" : "run", ...(found.runs.some((r) => r.name === name) ? [name] : [])); return; }
  open = watchRun(stage, name, { replay: (n) => go("replay", n), gone: () => go("replay", name), ended: refresh });
}

async function load(name) {
  const data = await get(runPath(name));
  if (!data.run) throw new Error("there is nothing in it");
  return data;
}

async function showReplay(name, mine) {
  const { stage } = place.replay;
  if (!name) {
    if (lists.replay.newest) { go("replay", lists.replay.newest); return; }
    empty(stage, el("b", {}, "No runs yet"), "What you start in Run can be replayed here.");
    return;
  }
  lists.replay.current(name);
  try {
    const data = await load(name);
    if (mine === turn) open = replayRun(stage, data, { compare: (n) => go("compare", n) });
  } catch (e) { if (mine === turn) empty(stage, el("b", {}, "This run cannot be shown"), e.message); }
}

async function showCompare(names, mine) {
  const { stage } = place.compare;
  lists.compare.mark(names);
  if (names.length < 2) {
    empty(stage, el("b", {}, names.length ? "And another one?" : "Mark two runs or more"), names.length ? "Mark the run to compare it with." : "Their curves are drawn over each other, their numbers stand side by side.");
    return;
  }
  try {
    const all = await Promise.all(names.map(load));
    if (mine === turn) open = compareRuns(stage, all, { open: (n) => go("replay", n) });
  } catch (e) { if (mine === turn) empty(stage, el("b", {}, "These runs cannot be compared"), e.message); }
}

/** What runs there are. */
async function refresh() {
  try { found = await get("/api/runs"); } catch { return; }
  for (const list of Object.values(lists)) list.set(found);
  const going = found.live.filter((l) => !l.ended), names = going.map((l) => l.name).join();
  if ($("going").dataset.names === names) return;
  $("going").dataset.names = names;
  $("going").replaceChildren(...going.map((l) => el("button", { type: "button", title: `${l.name}: watch it`, onclick: () => go("run", l.name) }, l.title)));
}

for (const v of VIEWS) $(`tab-${v}`).addEventListener("click", () => go(v));
document.querySelector("[role=tablist]").addEventListener("keydown", (e) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  const next = VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length];
  go(next);
  $(`tab-${next}`).focus();
  e.preventDefault();
  e.stopPropagation();
});
const help = $("help");
$("help-button").addEventListener("click", () => help.showModal());
document.addEventListener("keydown", (e) => {
  if (help.open) return;
  if (open?.key?.(e)) return;
  if (isTyping(e.target) || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "?") help.showModal();
  else if (["1", "2", "3"].includes(e.key)) go(VIEWS[Number(e.key) - 1]);
});
window.addEventListener("hashchange", route);
setInterval(() => { if (!document.hidden) refresh(); }, REFRESH);
answers(true);
await Promise.all([protocolForm(place.run.side, (name) => go("run", name)), route()]);
document.body.dataset.ready = "true";
