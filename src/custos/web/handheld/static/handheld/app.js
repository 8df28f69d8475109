/** The handheld's page: a place, what was noticed, whom it is about, a sentence. Works without a network. */

import * as sending from "./sending.js";
import * as store from "./store.js";

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const main = byId("main");
const step = byId("hand-step");
/** @type {Record<string, string>} */
const words = JSON.parse(byId("hand-words").textContent ?? "{}");
const zh = document.documentElement.lang.startsWith("zh");
/** Facilities keep Beijing time, whatever the device's own zone is. */
const timeZone = "Asia/Shanghai";
const LONGEST = 1600;
const MOST_PHOTOS = 4;

/** @param {string} name @param {Record<string, string | number>} values */
const say = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, String(value)), words[name] ?? name);

/**
 * @param {string} tag @param {Record<string, any>} attributes @param {...(Node | string)} inside
 * @returns {any}
 */
function make(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...inside);
  return made;
}

/** What the holder's post may record, and where; null until it was fetched once. @type {any} */
let data = null;
/** Where the officer stands: stays from one record to the next. @type {{cell?: any, area?: any} | null} */
let place = null;
/** The record being made. @type {any} */
let draft = null;
/** @type {Blob[]} */
let photos = [];
let note = "";

// --- steps ------------------------------------------------------------------------------------------

function show() {
  if (!data) return step.replaceChildren(make("p", { class: "hand-none" }, say(store.possible() ? "no_data" : "no_storage")));
  if (!place) return choosePlace();
  if (!draft) return chooseType();
  if (!draft.about) return chooseSubject();
  return write();
}

function choosePlace() {
  const areas = [...data.areas, { id: "", name: "" }];
  const parts = areas.map((area) => {
    const cells = data.cells.filter((/** @type {any} */ cell) => cell.area === area.id);
    if (!cells.length) return "";
    const buttons = cells.map((/** @type {any} */ cell) => make("button", { type: "button", class: "hand-cell", onclick: () => at({ cell, area: area.id ? area : null }) }, make("strong", {}, cell.name), make("span", {}, String(cell.people.length))));
    const whole = area.id ? make("button", { type: "button", class: "hand-wide", onclick: () => at({ area }) }, say("area", { name: area.name })) : "";
    return make("section", { class: "hand-part" }, make("h3", {}, area.name), make("div", { class: "hand-cells" }, ...buttons), whole);
  });
  step.replaceChildren(make("h2", {}, say("which_cell")), said(), make("button", { type: "button", class: "hand-wide", onclick: () => at({}) }, say("whole_facility")), ...parts);
}

/** @param {any} chosen */
function at(chosen) {
  place = chosen;
  note = "";
  show();
  window.scrollTo(0, 0);
}

const placeName = () => place?.cell?.name ?? place?.area?.name ?? say("whole_facility");

function here() {
  const back = make("button", { type: "button", class: "btn", onclick: () => ((place = null), (draft = null), show()) }, say("elsewhere"));
  return make("p", { class: "hand-here" }, make("strong", {}, say("at", { name: placeName() })), back);
}

const said = () => (note ? make("p", { class: "hand-note", role: "status" }, note) : "");

/** Whether a type can be about what is where the officer stands. @param {any} type */
function fits(type) {
  if (place?.cell) return type.places.some((/** @type {string} */ one) => ["person", "cell", "area"].includes(one));
  return type.places.includes(place?.area ? "area" : "facility");
}

function chooseType() {
  const rows = data.types.filter(fits).sort((/** @type {any} */ one, /** @type {any} */ other) => one.severity - other.severity).map((/** @type {any} */ type) => make("button", { type: "button", class: "hand-type", "data-severity": type.severity, "data-type": type.id, onclick: () => begin(type) }, make("span", { class: "hand-level" }, say(`severity_${type.severity}`)), make("strong", {}, type.title)));
  step.replaceChildren(here(), said(), make("h2", {}, say("what")), make("div", { class: "hand-types" }, ...rows));
}

/** @param {any} type */
function begin(type) {
  draft = { client: crypto.randomUUID(), type, observed: new Date().toISOString(), text: "", details: {}, about: null };
  photos = [];
  note = "";
  const only = type.places.filter((/** @type {string} */ one) => one !== "person");
  if (place?.cell && !type.places.includes("person")) draft.about = only.includes("cell") ? { cell: place.cell.id } : { area: place.area?.id };
  if (!place?.cell) draft.about = place?.area ? { area: place.area.id } : {};
  show();
  window.scrollTo(0, 0);
}

function chooseSubject() {
  const people = place?.cell?.people ?? [];
  const buttons = people.map((/** @type {any} */ one) => make("button", { type: "button", class: "hand-person", onclick: () => about({ custody: one.id }, one.name) }, make("strong", {}, one.name), make("span", {}, one.tail)));
  const whole = [];
  if (draft.type.places.includes("cell")) whole.push(make("button", { type: "button", class: "hand-wide", onclick: () => about({ cell: place?.cell.id }) }, say("cell", { name: placeName() })));
  else if (draft.type.places.includes("facility")) whole.push(make("button", { type: "button", class: "hand-wide", onclick: () => about({}) }, say("whole_facility")));
  step.replaceChildren(here(), title(), make("h2", {}, say("whom")), make("div", { class: "hand-people" }, ...buttons), people.length ? "" : make("p", { class: "hand-none" }, say("nobody")), ...whole, back(() => (draft = null)));
}

/** @param {any} whom @param {string} name */
function about(whom, name = "") {
  draft.about = whom;
  draft.name = name;
  show();
  window.scrollTo(0, 0);
}

const title = () => make("p", { class: "hand-title", "data-severity": draft.type.severity }, make("span", { class: "hand-level" }, say(`severity_${draft.type.severity}`)), make("strong", {}, draft.type.title), draft.name ? make("span", {}, draft.name) : "");

/** @param {() => void} undo */
const back = (undo) => make("button", { type: "button", class: "btn hand-back", onclick: () => (undo(), show()) }, say("back"));

function write() {
  const text = make("textarea", { id: "hand-text", rows: 3, maxlength: 2000, class: "form-control" });
  text.value = draft.text;
  text.addEventListener("input", () => (draft.text = text.value));
  const fields = draft.type.fields.map(field);
  const more = fields.length ? make("details", { class: "hand-more" }, make("summary", {}, say("more")), ...fields) : "";
  const chosen = make("input", { type: "file", accept: "image/*", capture: "environment", id: "hand-photo", class: "visually-hidden" });
  chosen.addEventListener("change", () => take(chosen));
  const count = photos.length ? ` · ${say("photos", { count: photos.length })}` : "";
  step.replaceChildren(
    here(),
    title(),
    draft.type.act ? make("p", { class: "hand-act" }, make("strong", {}, `${say("first")} `), draft.type.act) : "",
    draft.type.sealed ? make("p", { class: "hand-act" }, say("sealed")) : "",
    make("label", { for: "hand-text" }, say("sentence")),
    text,
    said(),
    more,
    make("div", { class: "hand-actions" }, make("label", { class: "btn hand-photo", for: "hand-photo" }, `${say("photo")}${count}`), chosen, make("button", { type: "button", class: "btn btn-primary hand-save", id: "hand-save", onclick: save }, say("save"))),
    back(() => (draft = place?.cell && draft.type.places.includes("person") ? { ...draft, about: null, name: "" } : null)),
  );
}

/** @param {any} spec */
function field(spec) {
  const id = `hand-field-${spec.name}`;
  const label = make("label", { for: id }, spec.unit ? `${spec.title}${zh ? `（${spec.unit}）` : ` (${spec.unit})`}` : spec.title);
  const types = { number: "number", time: "datetime-local", date: "date" };
  const input = spec.choices.length ? make("select", { id, class: "form-select" }, make("option", { value: "" }, say("choose")), ...spec.choices.map((/** @type {string[]} */ [value, shown]) => make("option", { value }, shown))) : make("input", { id, class: "form-control", type: /** @type {any} */ (types)[spec.sort] ?? "text", maxlength: 400, inputmode: spec.sort === "number" ? "numeric" : null });
  input.value = draft.details[spec.name] ?? "";
  input.addEventListener("input", () => (draft.details[spec.name] = input.value));
  return make("div", { class: "hand-field" }, label, input);
}

/** @param {HTMLInputElement} input */
async function take(input) {
  const file = input.files?.[0];
  if (!file || photos.length >= MOST_PHOTOS) return;
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = make("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  /** @type {Blob | null} */
  const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  if (small) photos.push(small);
  show();
}

async function save() {
  if (!draft.text.trim()) {
    note = say("needs_words");
    show();
    return byId("hand-text").focus();
  }
  const { client, type, observed, text, details, about } = draft;
  const filled = Object.fromEntries(Object.entries(details).filter(([, value]) => value));
  await store.enqueue({ me: data.me, client, type: type.id, title: type.sealed ? "" : type.title, observed, text, details: filled, ...about }, photos);
  draft = null;
  photos = [];
  note = say("saved");
  show();
  window.scrollTo(0, 0);
  await state();
  attempt();
}

// --- what waits -------------------------------------------------------------------------------------

let before = 0;

async function state() {
  const rows = await store.waiting();
  const mine = rows.filter((row) => !data || row.of === data.me);
  const refused = mine.filter((row) => row.refused);
  const open = mine.length - refused.length;
  const online = sending.trouble === "" && navigator.onLine;
  const parts = [say(online ? "online" : "offline")];
  parts.push(open ? say("waits", { count: open }) : say("nothing_waits"));
  if (refused.length) parts.push(say("refused", { count: refused.length }));
  if (rows.length > mine.length) parts.push(say("others", { count: rows.length - mine.length }));
  byId("hand-state").dataset.state = refused.length || sending.trouble === "sign-in" ? "trouble" : online ? (open ? "waiting" : "sent") : "offline";
  byId("hand-state-words").replaceChildren(parts.join(" · "));
  if (sending.trouble === "sign-in") byId("hand-state-words").append(" ", make("a", { href: main.dataset.signIn ?? "/" }, say("sign_in")));
  if (before && !open && !refused.length && note === say("saved")) {
    note = say("sent");
    if (!draft) show();
  }
  // Only now is it known that what the device lacks doesn't come.
  if (!data && !online) show();
  before = open;
  await list(mine);
}

/** @param {{client: string, at: string, refused: string}[]} rows */
async function list(rows) {
  const part = byId("hand-waiting");
  part.hidden = !rows.length;
  const items = [];
  for (const row of rows.slice(0, 50)) {
    const kept = row.refused ? await store.read(row.client) : null;
    const time = new Date(row.at).toLocaleTimeString("zh-CN", { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
    const item = make("li", { "data-client": row.client, "data-refused": Boolean(row.refused) }, make("span", {}, time));
    if (kept) {
      item.append(make("strong", {}, kept.value.title), make("p", {}, kept.value.text), make("p", { class: "hand-refused" }, row.refused));
      item.append(make("button", { type: "button", class: "btn", onclick: () => again(row.client) }, say("change")), make("button", { type: "button", class: "btn", onclick: () => drop(row.client) }, say("drop")));
    }
    items.push(item);
  }
  part.replaceChildren(make("h2", {}, say("waiting_list")), make("ul", {}, ...items));
}

/** @param {string} client */
async function again(client) {
  const kept = await store.read(client);
  const type = data?.types.find((/** @type {any} */ one) => one.id === kept?.value.type);
  if (!kept || !type) return;
  const { custody, cell, area, observed, text, details } = kept.value;
  draft = { client, type, observed, text, details, about: custody ? { custody } : cell ? { cell } : area ? { area } : {} };
  photos = kept.files;
  place ??= {};
  show();
}

/** @param {string} client */
async function drop(client) {
  if (!confirm(say("drop_sure"))) return;
  await store.remove(client);
  await state();
}

// --- beginning --------------------------------------------------------------------------------------

/** @param {any} fresh */
async function fetched(fresh) {
  const first = !data;
  if (data && data.me !== fresh.me) {
    // Somebody else holds the device now: nothing of the one before is shown on.
    draft = place = null;
  }
  data = fresh;
  if (place?.cell) place.cell = data.cells.find((/** @type {any} */ cell) => cell.id === place?.cell.id) ?? place.cell;
  await store.keepData(fresh.me, fresh);
  kept("data");
  who();
  // What is being typed stays as it is.
  if (first || !draft) show();
}

function who() {
  byId("hand-who").textContent = `${data.name} · ${data.post}`;
  const at = new Date(data.now).toLocaleString("zh-CN", { timeZone, hourCycle: "h23", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  byId("hand-age").textContent = say("old_data", { time: at });
}

/** @type {Set<string>} */
const there = new Set();

/** Notes what is there without a network: the page, and the data of its holder. @param {string} part */
function kept(part) {
  there.add(part);
  if (there.size === 2) main.setAttribute("data-kept-offline", "");
}

/** @type {() => void} */
let attempt = () => undefined;

async function begun() {
  if (!store.possible()) return show();
  data = await store.keptData();
  if (data) {
    kept("data");
    who();
    show();
  }
  attempt = sending.start({ data: main.dataset.url ?? "", send: main.dataset.send ?? "" }, state, fetched);
  if (!navigator.onLine) await state();
  attempt();
  navigator.storage?.persist?.();
  const registered = await navigator.serviceWorker?.register(main.dataset.worker ?? "", { scope: "/handheld/" });
  const worker = registered && (await navigator.serviceWorker.ready).active;
  const parts = performance.getEntriesByType("resource").map((one) => one.name);
  navigator.serviceWorker?.addEventListener("message", (event) => event.data?.kept && kept("page"));
  worker?.postMessage({ keep: [location.pathname, ...parts] });
}

begun();
