// Asking the Lab.

/** What the Lab refused, in its own words; `wrong` says what is wrong with a protocol. */
export class Refused extends Error {
  constructor(word, wrong = []) { super(word); this.wrong = wrong; }
}

const lost = () => document.getElementById("lost");

/** Whether the Lab answers. */
export function answers(yes) {
  lost().hidden = yes;
  if (!yes) lost().textContent = "The Lab does not answer. If it was closed, start it again with: pentatwin lab";
}

async function ask(path, options) {
  let response;
  try { response = await fetch(path, options); } catch (e) {
    if (e.name !== "AbortError") answers(false);
    throw e;
  }
  answers(true);
  if (response.ok) return response;
  const text = await response.text();
  let said;
  try { said = JSON.parse(text); } catch { said = { word: text.trim() || response.statusText }; }
  throw new Refused(said.word, said.wrong);
}

/** Gets JSON. */
export async function get(path, options = {}) { return (await ask(path, options)).json(); }

/** Gets bytes. */
export async function bytes(path, options = {}) { return (await ask(path, options)).arrayBuffer(); }

/** Sends JSON, gets JSON. */
export async function post(path, body) {
  return (await ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) })).json();
}

/** Address of a run's part. */
export function runPath(name, ...rest) { return ["/api/runs", encodeURIComponent(name), ...rest].join("/"); }

/** Address of a run that goes on. */
export function livePath(name, ...rest) { return ["/api/live", encodeURIComponent(name), ...rest].join("/"); }
