/**
 * Lists driven by keys. A list is `[data-rows]`, its rows carry `data-key`; `a` and `f` press the
 * button with `data-press="a"` or `"f"` of the row at hand, and where none is, or it is the row whose
 * object the page shows, that of the page. `/` goes to `[data-search]`. Beside a list with `data-follows`
 * the workbench shows the row that the reader rests on. What carries `data-says` is said in place of a
 * press. No key does anything on a screen that is covered.
 */

import { notify } from "./notify.js";

/** Milliseconds on a row before the workbench shows it: whoever runs past has opened nothing. */
const RESTING = 200;

/** @returns {HTMLElement[]} */
function rows() {
  return [...document.querySelectorAll("[data-rows] [data-key]")].filter(
    (row) => /** @type {HTMLElement} */ (row).offsetParent !== null,
  );
}

function at() {
  return /** @type {HTMLElement | null} */ (document.querySelector("[data-rows] .is-at"));
}

/** @param {number} step */
function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(/** @type {HTMLElement} */ (at() ?? document.querySelector('[data-rows] [aria-current="true"]')));
  const next = all[here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1)];
  at()?.classList.remove("is-at");
  next.classList.add("is-at");
  next.scrollIntoView({ block: "nearest" });
  (opener(next) ?? next).focus({ preventScroll: true });
  clearTimeout(resting);
  // Asked anew: the list may have been fetched again meanwhile, with other elements.
  resting = setTimeout(() => {
    const row = at();
    if (row) follow(row);
  }, RESTING);
}

/** @type {number | undefined} */
let resting;
/** What is typed while a row is being opened, for its text field. @type {string | null} */
let ahead = null;

/** Whether a text stands unsent in a part. @param {Element} part */
function begun(part) {
  return [...part.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
}

/** Shows a row in the middle of its workbench, and says whether it stands there now. @param {HTMLElement} row */
async function follow(row) {
  const list = row.closest("[data-follows]");
  const item = document.querySelector(".workbench-item");
  const link = opener(row);
  if (!list || !item || !(link instanceof HTMLAnchorElement)) return false;
  // What is done on another page stands there alone.
  if (link.pathname !== location.pathname) return false;
  if (row.matches('[aria-current="true"]')) {
    item.parentElement?.classList.remove("is-parted");
    return true;
  }
  // What was begun there stays; the hint of the key goes to the row that it means.
  item.parentElement?.classList.toggle("is-parted", begun(item));
  if (begun(item)) return false;
  const href = link.href.split("#")[0];
  await htmx.ajax("GET", href, { target: ".workbench-item", select: ".workbench-item", swap: "outerHTML" });
  // The list may have been fetched again meanwhile.
  for (const one of rows()) {
    if (one.dataset.key === row.dataset.key) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  const part = /** @type {HTMLElement | null} */ (document.querySelector("[data-rows][data-follows]")?.closest("[data-live-url]"));
  if (part) part.dataset.liveUrl = `${(part.dataset.liveUrl ?? "").split("?")[0]}${new URL(href).search}`;
  history.replaceState(null, "", href);
  return true;
}

/** Goes to the text of a row that is not yet shown; what is typed on the way is kept. @param {HTMLElement} row */
async function finish(row) {
  clearTimeout(resting);
  ahead = "";
  try {
    if (!(await follow(row))) opener(row)?.click();
    else press("f");
  } finally {
    const field = document.activeElement;
    if (ahead && field instanceof HTMLTextAreaElement) field.setRangeText(ahead, field.selectionEnd, field.selectionEnd, "end");
    ahead = null;
  }
}

/** @param {HTMLElement} row @returns {HTMLElement | null} */
function opener(row) {
  return row.matches("a") ? row : row.querySelector("[data-open], a[href], button");
}

/** @param {string} key */
function press(key) {
  const row = at();
  if (key === "f" && row?.closest("[data-follows]") && !row.matches('[aria-current="true"]')) {
    finish(row);
    return true;
  }
  const wanted = `[data-press="${key}"]`;
  const pages = [...document.querySelectorAll(wanted)].find((button) => !button.closest("[data-rows]"));
  // A key never acts on another object than the one that the reader has moved to.
  const button = row && !row.matches('[aria-current="true"]') ? row.querySelector(wanted) ?? opener(row) : pages;
  if (!(button instanceof HTMLElement)) return false;
  // A text to fill in is gone to; a button is pressed; why neither can be is said.
  if (button.dataset.says) notify(button.dataset.says);
  else if (button.matches("input, textarea, select")) button.focus();
  else button.click();
  return true;
}

/** Which key waits until what it means is on the page. @type {string | null} */
let awaited = null;

/** Keeps a key that was pressed while the first object of an empty list is being opened. @param {string} key */
function wait(key) {
  if (!document.querySelector("[data-opening]")) return false;
  if (awaited === null) {
    const then = () => {
      const meant = awaited;
      awaited = null;
      if (meant !== null && !covered()) press(meant);
    };
    document.addEventListener("custos:opened", then, { once: true });
  }
  awaited = key;
  return true;
}

/** Whether the page is covered, frozen or locked: what stands below is not to be acted on. */
function covered() {
  return ["stale", "lock"].some((id) => document.getElementById(id)?.hidden === false);
}

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  // A field keeps the focus for a moment after its dialog has closed; nobody types in it.
  const typing = target.matches("input, textarea, select, [contenteditable]") && target.getClientRects().length > 0;
  if (typing || document.querySelector("dialog[open]")) return;
  if (covered()) return;
  if (ahead !== null && event.key.length === 1) {
    ahead += event.key;
    event.preventDefault();
    return;
  }
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "Enter" && at() && !target.matches("a, button, summary")) opener(/** @type {HTMLElement} */ (at()))?.click();
  else if (event.key === "a" || event.key === "f") {
    if (!press(event.key) && !wait(event.key)) return;
  } else if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (!(search instanceof HTMLElement)) return;
    search.focus();
  } else if (event.key === "?") {
    const help = document.getElementById("keys");
    if (help instanceof HTMLDialogElement) help.showModal();
  } else return;
  event.preventDefault();
});
