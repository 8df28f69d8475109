/** The frame: menus, theme, dialogs, messages; loads the modules that every page needs. */

import "./bell.js";
import "./calendars.js";
import "./choices.js";
import "./keys.js";
import "./live.js";
import "./lock.js";
import "./search.js";
import "./waiting.js";
import { notify } from "./notify.js";
import { clockOf, serverNow, tick } from "./moments.js";

// The tab or place at hand may stand outside a narrow screen. Only its strip moves: a page begins at its top.
for (const here of document.querySelectorAll(".tabs [aria-current], .steps [aria-current], .places > [aria-current]")) {
  const strip = /** @type {HTMLElement} */ (here.closest(".tabs, .steps ol, .places"));
  const [tab, frame] = [here.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += tab.left + tab.width / 2 - frame.left - frame.width / 2;
}

// The answer to a form is left behind as the page at its address: coming back to it would send the form
// again, which browsers refuse where they may keep no copy. What saves itself while it is typed stays as it is.
const kept = document.querySelector("form[data-kept]");
if (document.body.hasAttribute("data-answers") && !kept) history.replaceState(history.state, "");
// A page that comes back from the browser's store is asked for anew: what was saved since stands there, and
// nothing is saved over it.
if (kept) addEventListener("pageshow", (event) => event.persisted && location.reload());

// Who signs out leaves no page of theirs in another tab: where the way in is shown, the others look anew.
const others = new BroadcastChannel("custos-signed-out");
if (document.querySelector("main[data-nobody]")) {
  others.postMessage("");
  // What a page kept for its holder, to work without a network, goes with them.
  indexedDB.databases?.().then((all) => all.filter(({ name }) => name?.startsWith("custos-holder")).forEach(({ name }) => indexedDB.deleteDatabase(String(name))));
} else others.addEventListener("message", () => location.reload());

document.addEventListener("click", (event) => {
  const from = /** @type {Element} */ (event.target);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    // What was pressed may have been replaced by its answer meanwhile, and is then nowhere.
    if (from.isConnected && !menu.contains(from)) menu.removeAttribute("open");
  }
  const opener = from.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-opens") ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }
  if (from.closest("[data-closes]")) from.closest("dialog")?.close();
  if (from.closest("[data-prints]")) print();
  const copier = from.closest("[data-copies]");
  if (copier) {
    const said = copier.parentElement?.querySelector('[data-slot="copied"]');
    const text = copier.getAttribute("data-copies") ?? "";
    // Without HTTPS a browser has no clipboard; the letters can be marked and copied by hand.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => said?.replaceChildren(copier.getAttribute("data-done") ?? ""),
      () => said?.replaceChildren(copier.getAttribute("data-failed") ?? ""),
    );
  }
  if (from.closest("[data-theme-toggle]")) {
    const root = document.documentElement;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.bsTheme);
    } catch {
      // Where storage is forbidden, the choice lasts as long as the page.
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  menu?.removeAttribute("open");
  menu?.querySelector("summary")?.focus();
});

// What a menu asks to be typed is typed at once.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = /** @type {Element} */ (event.target);
    if (menu.matches("details.menu[open]")) menu.querySelector("input[name='name']")?.focus();
  },
  true,
);

/** Whether a form holds what was not sent. @param {HTMLFormElement} form */
function unsent(form) {
  return [...form.elements].some((field) => {
    if (field instanceof HTMLSelectElement) return [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0;
    return (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type !== "hidden")) &&
      field.value !== "" && (field.value !== field.defaultValue || field.matches(".is-invalid"));
  });
}

addEventListener("beforeunload", (event) => {
  const forms = /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll("main form")]);
  if (forms.some((form) => form.method === "post" && form.dataset.sent)) return;
  // What is saved while it is typed may be left.
  if (forms.some((form) => form.method === "post" && !form.hasAttribute("data-kept") && unsent(form))) event.preventDefault();
});

/** A form sent twice by a double click would be refused as a conflict; the first one counts. */
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 3000);
});

document.body.addEventListener("htmx:afterSwap", (event) => tick(/** @type {Element} */ (event.target)));
document.body.addEventListener("htmx:responseError", (event) => {
  const { xhr } = /** @type {CustomEvent} */ (event).detail;
  try {
    const problem = JSON.parse(xhr.responseText);
    notify(problem.title, problem.detail);
  } catch {
    notify(`${xhr.status} ${xhr.statusText}`);
  }
});

// What was refused is read first, by eye and by screen reader: the decision that was not taken, the
// message, what is wrong with a form, or the field alone.
const shown = document.querySelector("dialog[data-shown]");
if (shown instanceof HTMLDialogElement) shown.showModal();
const refusal =
  shown?.querySelector('[aria-invalid="true"]') ??
  document.querySelector("#notices:has(.notice-error, .notice-warning)") ??
  document.querySelector("[data-faults]") ??
  document.querySelector('main [aria-invalid="true"]');
if (refusal instanceof HTMLElement) refusal.focus();

addEventListener("beforeprint", () => {
  for (const place of document.querySelectorAll("[data-printed]")) {
    place.textContent = `${new Date(serverNow()).toISOString().slice(0, 10)} ${clockOf(serverNow())}`;
  }
});
