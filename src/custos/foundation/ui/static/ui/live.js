/**
 * Live screens that are never silently frozen.
 *
 * One stream a browser, shared by its pages through a SharedWorker (a page of its own where there is
 * none). `changed` refetches what concerns the reader, `beat` proves that the server lives, `unrecorded`
 * shows a life-safety event that could not be recorded yet.
 */

import { clockOf, serverNow, setServerTime, tick } from "./moments.js";
import { sound } from "./sound.js";

const SILENCE = 15_000;
const SWEEP_SILENCE = 120;
const MARKED = 2_000;
const AGAIN = 3_000;

const { stream, streamKey } = document.body.dataset;
let heardAt = performance.now();
let heardClock = serverNow();

/** @param {Element | Document} root @param {string} name */
const slot = (root, name) => /** @type {HTMLElement} */ (root.querySelector(`[data-slot="${name}"]`));
/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

// --- the stream ---------------------------------------------------------------------------------

/** @param {{type: string, data: any}} message */
function receive({ type, data }) {
  if (type === "beat") beat(data);
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

// --- heartbeat ----------------------------------------------------------------------------------

/** @param {{now: string, sweep_age: number | null, database: string}} data */
function beat(data) {
  setServerTime(data.now);
  heardAt = performance.now();
  heardClock = serverNow();
  uncover();
  byId("database").hidden = data.database === "up";
  const silent = data.sweep_age !== null && data.sweep_age >= SWEEP_SILENCE;
  byId("sweep").hidden = !silent || data.database !== "up";
  if (silent) slot(byId("sweep"), "age").textContent = String(Math.floor(Number(data.sweep_age) / 60));
}

function watch() {
  if (performance.now() - heardAt < SILENCE) return;
  const cover = byId("stale");
  if (!cover.hidden) return;
  slot(cover, "since").textContent = clockOf(heardClock);
  cover.hidden = false;
  raise(cover);
  for (const part of document.querySelectorAll("main, .bar")) part.setAttribute("inert", "");
}

function uncover() {
  const cover = byId("stale");
  if (cover.hidden) return;
  cover.hidden = true;
  lower(cover);
  for (const part of document.querySelectorAll("[inert]")) part.removeAttribute("inert");
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

/** @param {HTMLElement} part */
async function refresh(part) {
  if (!part.isConnected) return;
  if (fetching.has(part)) {
    fetching.set(part, true);
    return;
  }
  fetching.set(part, false);
  try {
    const answer = await fetch(part.dataset.liveUrl ?? location.href, {
      headers: { "HX-Request": "true", "X-Live": "true" },
      credentials: "same-origin",
    });
    // Sent elsewhere, to sign in: the page has to go there too.
    if (answer.redirected) location.reload();
    else if (answer.ok) place(part, await answer.text());
    else if (answer.status >= 500) setTimeout(refresh, AGAIN, part);
  } catch {
    // Without the server there is nothing to show; the heartbeat says so.
    setTimeout(refresh, AGAIN, part);
  }
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
  const resting = (known.size || !next.content.querySelector("[data-key]")) && matchMedia("(hover: hover)").matches;
  if (resting && touched(part)) hold(part, html, next.content, known);
  else swap(part, next.content, known);
  htmx.process(part);
  tick(part);
}

/** @param {HTMLElement} part @param {DocumentFragment} content @param {Set<string | null>} known */
function swap(part, content, known) {
  waiting.delete(part);
  const at = part.querySelector(".is-at")?.getAttribute("data-key");
  const focused = part.contains(document.activeElement) ? document.activeElement?.closest("[data-key]")?.getAttribute("data-key") : null;
  const fresh = [...content.querySelectorAll("[data-key]")].filter((row) => !known.has(row.getAttribute("data-key")));
  const scrolled = part.scrollTop;
  part.replaceChildren(content);
  part.scrollTop = scrolled;
  for (const row of part.querySelectorAll("[data-key]")) {
    const key = row.getAttribute("data-key");
    if (key === at) row.classList.add("is-at");
    if (key === focused) /** @type {HTMLElement | null} */ (row.querySelector("a, button"))?.focus({ preventScroll: true });
  }
  mark(fresh);
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

/** Says above a held list that there is something new below. @param {HTMLElement} part */
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
  part.prepend(held);
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

if (stream) {
  listen();
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("close", () => lower(byId("unrecorded")));
  }
  setInterval(watch, 1000);
}
