/** The search box of the bar: finds while words are typed; arrows go through what was found. */

const PAUSE = 200;

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.search"));
const box = /** @type {HTMLInputElement | null} */ (form?.querySelector("input") ?? null);
const found = /** @type {HTMLElement | null} */ (form?.querySelector(".found") ?? null);
let timer = 0;
/** @type {AbortController | undefined} */
let asking;

/** @returns {HTMLElement[]} */
// What stands in a closed fold can't be chosen by keys.
const hits = () =>
  [...(found?.querySelectorAll("[data-hit]") ?? [])]
    .map((hit) => /** @type {HTMLElement} */ (hit))
    .filter((hit) => !hit.closest("details:not([open])"));

function close() {
  asking?.abort();
  clearTimeout(timer);
  if (found) found.hidden = true;
}

async function ask() {
  if (!form || !box || !found) return;
  asking?.abort();
  const words = box.value.trim();
  if (!words) return close();
  asking = new AbortController();
  try {
    const url = `${form.dataset.found}?${new URLSearchParams({ q: words })}`;
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: asking.signal });
    if (answer.redirected) location.reload();
    if (!answer.ok) return;
    found.innerHTML = await answer.text();
    found.hidden = false;
  } catch {
    // Typed on, or without the server: the heartbeat says so, and Enter opens the page.
  }
}

box?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});

form?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close();
    box?.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || found?.hidden) return;
  const all = hits();
  const next = all.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step;
  (next < 0 ? box : all[Math.min(next, all.length - 1)])?.focus();
  event.preventDefault();
});

form?.addEventListener("focusout", (event) => {
  if (!form.contains(/** @type {Node | null} */ (event.relatedTarget))) close();
});
found?.addEventListener("mousedown", (event) => event.preventDefault()); // a press on the sheet keeps the focus
