/**
 * Live screens that are never silently frozen.
 *
 * One stream a browser, shared by its pages through a SharedWorker (a page of its own where there is
 * none). `changed` refetches what concerns the reader, `beat` proves that the server lives, `unrecorded`
 * shows a life-safety event that could not be recorded yet. Once the stream breaks, or a beat is late, no
 * link and no form leaves the page before the server has answered a question: where it doesn't, the
 * screen covers itself at once. The browser's own page of an error never comes back by itself.
 */

import { clockOf, serverNow, setServerTime, tick } from "./moments.js";
import { showLock } from "./lock.js";
import { sound } from "./sound.js";

const SILENCE = 15_000;
/** A beat comes every five seconds; one that is later than this makes the connection suspect. */
const LATE = 7_000;
/** How long the server may take to say that it is there. */
const ANSWER = 3_000;
const SWEEP_SILENCE = 120;
const MARKED = 2_000;
const AGAIN = 3_000;

const { stream, streamKey } = document.body.dataset;
let heardAt = performance.now();
let heardClock = serverNow();
/** Whether the stream broke since the last beat. */
let broken = false;

/** @param {Element | Document} root @param {string} name */
const slot = (root, name) => /** @type {HTMLElement} */ (root.querySelector(`[data-slot="${name}"]`));
/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

// --- the stream ---------------------------------------------------------------------------------

/** @param {{type: string, data: any}} message */
function receive({ type, data }) {
  if (type === "beat") beat(data);
  else if (type === "lost") broken = true;
  else if (type === "changed") changed(data.organizations);
  else if (type === "unrecorded") unrecorded(data);
  else if (type === "recorded") recorded(data.id);
  // The server no longer knows the reader: the sign-in page says the rest.
  else if (type === "closed") location.reload();
}

async function listen() {
  const url = new URL(/** @type {string} */ (stream), location.href).href;
  if (typeof SharedWorker === "function") {
    const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { type: "module", name: "custos-live" });
    worker.port.onmessage = (event) => receive(event.data);
    worker.port.postMessage({ url, key: streamKey, since: document.body.dataset.now });
    worker.onerror = () => direct(url);
    addEventListener("pagehide", () => worker.port.postMessage({ leaving: true }));
    // A page that comes back from the browser's store has missed what happened meanwhile.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  } else direct(url);
}

/** @param {string} url */
async function direct(url) {
  const { open } = await import("./live-source.js");
  open(url, document.body.dataset.now ?? "", receive);
}

// --- above open dialogs --------------------------------------------------------------------------

/**
 * Puts something above an open dialog, which stands in the browser's top layer out of z-index's reach.
 * @param {HTMLElement} part
 */
function raise(part) {
  if (part.popover || typeof part.showPopover !== "function") return;
  part.popover = "manual";
  part.showPopover();
}

/** @param {HTMLElement} part */
function lower(part) {
  part.removeAttribute("popover");
}

// --- room --------------------------------------------------------------------------------------

// What is scrolled to isn't to lie under what stands above every page.
for (const banners of document.querySelectorAll(".banners")) {
  const said = () => document.documentElement.style.setProperty("--banners", `${banners.clientHeight}px`);
  new ResizeObserver(said).observe(banners);
}

// --- heartbeat ----------------------------------------------------------------------------------

/** @param {{now: string, sweep_age: number | null, failing_age: number | null, database: string}} data */
function beat(data) {
  setServerTime(data.now);
  heardAt = performance.now();
  heardClock = serverNow();
  broken = false;
  uncover();
  byId("database").hidden = data.database === "up";
  const silent = data.sweep_age !== null && data.sweep_age >= SWEEP_SILENCE;
  byId("sweep").hidden = !silent || data.database !== "up";
  if (silent) slot(byId("sweep"), "age").textContent = String(Math.floor(Number(data.sweep_age) / 60));
  byId("sweep-part").hidden = silent || data.failing_age === null || data.failing_age < SWEEP_SILENCE || data.database !== "up";
}

function watch() {
  if (performance.now() - heardAt >= SILENCE) freeze();
}

function freeze() {
  const cover = byId("stale");
  if (!cover.hidden) return;
  slot(cover, "since").textContent = clockOf(heardClock);
  cover.hidden = false;
  raise(cover);
  for (const part of document.querySelectorAll("main, .bar, .places, .calls")) {
    if (part.hasAttribute("inert")) continue;
    part.setAttribute("inert", "");
    part.setAttribute("data-frozen", "");
  }
}

/** Whether the server may be gone: the stream broke, or said nothing for longer than it does. */
const suspect = () => Boolean(stream) && (broken || performance.now() - heardAt > LATE);

/** Asks the server whether it is there. What stands before it may answer in its place: 502 to 504. */
async function answers() {
  try {
    const url = document.getElementById("lock")?.dataset.stateUrl ?? location.href;
    const answer = await fetch(url, { headers: { Accept: "application/json", "X-Live": "true" }, signal: AbortSignal.timeout(ANSWER) });
    return answer.status < 502;
  } catch {
    return false;
  }
}

/** What was let through after the server answered. @type {WeakSet<EventTarget>} */
const passed = new WeakSet();

/** Keeps a way out of the page shut until the server has answered; covers the screen where it doesn't.
 * @param {Event} event @param {EventTarget} way @param {() => void} again
 */
function hesitate(event, way, again) {
  if (passed.delete(way)) return;
  const frozen = byId("stale")?.hidden === false;
  if (!frozen && !suspect()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (frozen) return;
  answers().then((there) => {
    if (!there) return freeze();
    passed.add(way);
    again();
    passed.delete(way);
  });
}

document.addEventListener(
  "submit",
  (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method === "dialog") return;
    hesitate(event, form, () => form.requestSubmit(event.submitter));
  },
  { capture: true },
);

// What htmx sends leaves the page where it is; that nothing came back must be seen all the same.
document.body.addEventListener("htmx:sendError", async () => {
  if (!(await answers())) freeze();
});

document.addEventListener(
  "click",
  (event) => {
    const link = /** @type {Element} */ (event.target).closest("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.getAttribute("href")?.startsWith("#")) return;
    // Another tab leaves this page as it is.
    if (link.target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    hesitate(event, link, () => link.click());
  },
  { capture: true },
);

function uncover() {
  const cover = byId("stale");
  if (cover.hidden) return;
  cover.hidden = true;
  lower(cover);
  // What the lock has put out of reach stays so.
  for (const part of document.querySelectorAll("[data-frozen]")) {
    part.removeAttribute("data-frozen");
    part.removeAttribute("inert");
  }
  for (const part of liveParts()) refresh(part);
}

// --- parts that are fetched again ---------------------------------------------------------------

function liveParts() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-live]")]);
}

/** @param {HTMLElement} part @param {number[] | null} organizations null: it isn't known which */
function concerns(part, organizations) {
  const wanted = part.dataset.live;
  if (!wanted || !organizations) return true;
  const [low, high = low] = wanted.split("-").map(Number);
  return organizations.some((id) => id >= low && id <= high);
}

/** @param {number[] | null} organizations */
function changed(organizations) {
  for (const part of liveParts()) if (concerns(part, organizations)) refresh(part);
}

/** Parts being fetched; `true` where they changed again meanwhile. @type {Map<HTMLElement, boolean>} */
const fetching = new Map();
/** A part is fetched at once, and then no sooner than this again: where much happens, each screen asks so often. */
const PAUSE = 250;

/** @param {HTMLElement} part */
async function refresh(part) {
  if (!part.isConnected) return;
  if (fetching.has(part)) {
    fetching.set(part, true);
    return;
  }
  fetching.set(part, false);
  const began = performance.now();
  try {
    const answer = await fetch(part.dataset.liveUrl ?? location.href, {
      headers: { "HX-Request": "true", "X-Live": "true" },
      credentials: "same-origin",
    });
    // Sent elsewhere, to sign in: the page has to go there too.
    if (answer.status === 423) showLock();
    else if (answer.redirected) location.reload();
    else if (answer.ok) place(part, await answer.text());
    else if (answer.status >= 500) setTimeout(refresh, AGAIN, part);
  } catch {
    // Without the server there is nothing to show; the heartbeat says so.
    setTimeout(refresh, AGAIN, part);
  }
  const left = PAUSE - (performance.now() - began);
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  const again = fetching.get(part);
  fetching.delete(part);
  if (again) refresh(part);
}

/** @param {HTMLElement} part */
const touched = (part) =>
  part.matches(":hover") ||
  (part.contains(document.activeElement) && document.activeElement?.matches("input, textarea, select"));

/** @type {WeakMap<HTMLElement, string>} */
const waiting = new WeakMap();

/** @param {HTMLElement} part @param {string} html */
function place(part, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const known = new Set([...part.querySelectorAll("[data-key]")].map((row) => row.getAttribute("data-key")));
  // A list that was empty has nothing to keep in its place.
  const eager = part.hasAttribute("data-live-eager");
  const resting = !eager && (known.size || !next.content.querySelector("[data-key]")) && matchMedia("(hover: hover)").matches;
  if (resting && touched(part)) hold(part, html, next.content, known);
  else swap(part, next.content, known);
  htmx.process(part);
  tick(part);
  count();
  const links = part.hasAttribute("data-opens-first") ? part.querySelectorAll("[data-key] a[href]") : [];
  // A row may lead to another page, which has no object to show here.
  const first = [...links].find((link) => link instanceof HTMLAnchorElement && link.pathname === location.pathname);
  if (first instanceof HTMLAnchorElement) open(first.href);
}

/** Puts the workbench of an object in the place of the empty one; a key that is pressed meanwhile waits.
 * @param {string} href
 */
async function open(href) {
  history.replaceState(null, "", href);
  document.querySelector(".workbench")?.setAttribute("data-opening", "");
  await htmx.ajax("GET", href, { target: ".workbench", select: ".workbench", swap: "outerHTML" });
  document.dispatchEvent(new Event("custos:opened"));
}

const title = document.title;

/** Says in the title, which stands on the tab too, how many alarms there are. */
function count() {
  const alarms = document.querySelectorAll("[data-alarm]").length;
  document.title = alarms ? `(${alarms}) ${title}` : title;
}

/** @param {HTMLElement} part @param {DocumentFragment} content @param {Set<string | null>} known */
function swap(part, content, known) {
  waiting.delete(part);
  const at = part.querySelector(".is-at")?.getAttribute("data-key");
  const focused = part.contains(document.activeElement) ? document.activeElement?.closest("[data-key]")?.getAttribute("data-key") : null;
  const fresh = [...content.querySelectorAll("[data-key]")].filter((row) => !known.has(row.getAttribute("data-key")));
  const scrolled = part.scrollTop;
  const back = keep(part);
  part.replaceChildren(content);
  part.scrollTop = scrolled;
  back();
  for (const row of part.querySelectorAll("[data-key]")) {
    const key = row.getAttribute("data-key");
    if (key === at) row.classList.add("is-at");
    if (key === focused) /** @type {HTMLElement | null} */ (row.querySelector("a, button"))?.focus({ preventScroll: true });
  }
  mark(fresh);
}

/** What may tell an element again when its part was fetched anew. @param {HTMLElement} element */
function selectors(element) {
  const named = ["name", "data-press", "data-opens", "href"].filter((name) => element.getAttribute(name));
  return [...(element.id ? [`#${CSS.escape(element.id)}`] : []), ...named.map((name) => `[${name}="${CSS.escape(element.getAttribute(name) ?? "")}"]`)];
}

/**
 * Remembers what was typed into a part, and where the focus is in it.
 * @param {HTMLElement} part @returns {() => void} puts both back into what stands there by then
 */
function keep(part) {
  const active = part.contains(document.activeElement) ? /** @type {any} */ (document.activeElement) : null;
  const typed = [...part.querySelectorAll("textarea, input:not([type=hidden])")].map((field) => {
    const { name, value, defaultValue } = /** @type {HTMLInputElement} */ (field);
    return { name, value, changed: value !== defaultValue };
  });
  const lost = [...part.querySelectorAll("[data-unsent]:not([hidden])")].map((shown) => ({
    name: /** @type {HTMLElement} */ (shown).dataset.unsent ?? "",
    words: slot(shown, "words").textContent ?? "",
  }));
  const focus = active && selectors(active).find((one) => part.querySelector(one) === active);
  // A button that nothing names is told again by its words.
  const words = active?.textContent;
  const unnamed = () => words && [...part.querySelectorAll(active.tagName)].find((one) => one.textContent === words);
  const caret = active?.selectionStart;
  return () => {
    for (const { name, value, changed } of typed) {
      const field = /** @type {HTMLInputElement | null} */ (changed && name ? part.querySelector(`[name="${CSS.escape(name)}"]`) : null);
      if (field) field.value = value;
      else if (changed && name) unsent(part, name, value);
    }
    for (const { name, words } of lost) unsent(part, name, words);
    const again = /** @type {HTMLInputElement | null} */ (focus ? part.querySelector(focus) : unnamed());
    if (!again || again.closest("[data-key]")) return;
    again.focus({ preventScroll: true });
    if (typeof caret === "number") again.setSelectionRange?.(caret, caret);
  };
}

/**
 * Shows what was typed into a field that is gone, as where somebody else was first.
 * @param {HTMLElement} part @param {string} name @param {string} words
 */
function unsent(part, name, words) {
  const place = /** @type {HTMLElement | null} */ (part.querySelector(`[data-unsent="${CSS.escape(name)}"]`));
  if (!place) return;
  slot(place, "words").textContent = words;
  place.hidden = false;
}

/**
 * While the pointer rests on a list (or a text is being typed in it) nothing moves: rows change in
 * place, the gone are dimmed, the new stand at the end; order comes when the pointer leaves.
 * @param {HTMLElement} part @param {string} html @param {DocumentFragment} content @param {Set<string | null>} known
 */
function hold(part, html, content, known) {
  waiting.set(part, html);
  part.addEventListener("pointerleave", release, { once: true });
  part.addEventListener("focusout", release, { once: true });
  const typing = document.activeElement;
  const left = new Set(known);
  const fresh = [];
  for (const row of content.querySelectorAll("[data-key]")) {
    const key = row.getAttribute("data-key");
    left.delete(key);
    const old = part.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`);
    if (!old) {
      fresh.push(row);
      continue;
    }
    adopt(old, row);
    if (!old.contains(typing)) old.replaceChildren(...row.childNodes);
  }
  for (const key of left) {
    const gone = part.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`);
    gone?.classList.add("is-gone");
    gone?.removeAttribute("data-alarm");
  }
  const list = part.querySelector("[data-rows]");
  if (!list || !fresh.length) return;
  list.append(...fresh);
  mark(fresh);
  if (!part.querySelector(".held")) offer(part);
}

/** Gives a row the attributes of its newer self; classes are this page's own.
 * @param {Element} old @param {Element} row
 */
function adopt(old, row) {
  for (const name of old.getAttributeNames()) {
    if (name !== "class" && !row.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const name of row.getAttributeNames()) {
    if (name !== "class") old.setAttribute(name, row.getAttribute(name) ?? "");
  }
}

/** Says at the end of a held list that there is something new. @param {HTMLElement} part */
function offer(part) {
  const template = /** @type {HTMLTemplateElement} */ (byId("held-row"));
  const held = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  held.addEventListener("click", () => {
    const next = document.createElement("template");
    next.innerHTML = waiting.get(part) ?? "";
    swap(part, next.content, new Set());
    htmx.process(part);
    tick(part);
  });
  part.append(held);
}

/** @param {Event} event */
function release(event) {
  const part = /** @type {HTMLElement} */ (event.currentTarget);
  const html = waiting.get(part);
  if (html === undefined) return;
  // The focus or the pointer has left by the next frame only.
  requestAnimationFrame(() => {
    if (waiting.has(part)) place(part, html);
  });
}

/** @param {Element[]} rows */
function mark(rows) {
  for (const row of rows) {
    row.classList.add("is-new");
    setTimeout(() => row.classList.remove("is-new"), MARKED);
  }
  const loudest = rows.find((row) => row.matches("[data-alarm]")) ?? rows[0];
  const place = document.getElementById("announced");
  if (place && loudest) place.textContent = /** @type {HTMLElement} */ (loudest).innerText.replace(/\s+/g, " ").slice(0, 200);
}

// --- what could not be recorded yet --------------------------------------------------------------

/** @param {{id: string, title: string, device: string, occurred_at: string}} event */
function unrecorded(event) {
  const place = byId("unrecorded");
  if (place.querySelector(`[data-event="${CSS.escape(event.id)}"]`)) return;
  const template = /** @type {HTMLTemplateElement} */ (byId("unrecorded-row"));
  const banner = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  banner.dataset.event = event.id;
  slot(banner, "title").textContent = event.title;
  slot(banner, "device").textContent = event.device;
  slot(banner, "at").textContent = clockOf(Date.parse(event.occurred_at));
  place.append(banner);
  if (document.querySelector("dialog[open]")) raise(place);
  sound();
}

/** @param {string} id */
function recorded(id) {
  byId("unrecorded").querySelector(`[data-event="${CSS.escape(id)}"]`)?.remove();
  sound();
}

count();
for (const part of document.querySelectorAll("[data-live-at-once]")) refresh(/** @type {HTMLElement} */ (part));
if (stream) {
  listen();
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("close", () => lower(byId("unrecorded")));
  }
  setInterval(watch, 1000);
}
