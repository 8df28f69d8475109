/** The frame: menus, theme, dialogs, messages; loads the modules that every page needs. */

import "./keys.js";
import "./live.js";
import { clockOf, serverNow, tick } from "./moments.js";

/** @param {string} text what happened @param {string} [mend] what to do */
export function notify(text, mend = "") {
  const place = document.getElementById("notices");
  if (!place) return;
  const notice = document.createElement("div");
  notice.className = "notice notice-wrong";
  notice.setAttribute("role", "alert");
  const words = document.createElement("div");
  for (const [line, kind] of [[text, "notice-title"], [mend, ""]]) {
    if (!line) continue;
    const paragraph = document.createElement("p");
    paragraph.className = kind;
    paragraph.textContent = line;
    words.append(paragraph);
  }
  notice.append(words);
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const from = /** @type {Element} */ (event.target);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(from)) menu.removeAttribute("open");
  }
  const opener = from.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-opens") ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }
  if (from.closest("[data-closes]")) from.closest("dialog")?.close();
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

addEventListener("beforeprint", () => {
  for (const place of document.querySelectorAll("[data-printed]")) {
    place.textContent = `${new Date(serverNow()).toISOString().slice(0, 10)} ${clockOf(serverNow())}`;
  }
});
