/**
 * What takes longer than a second says what is being done, for how long, and how to stop it.
 *
 * A link with `data-fetches` fetches a file and saves it; its value says what is being done. A form or
 * button may say it by `data-waits`.
 */

import { notify } from "./notify.js";

const AFTER = 1000;

const bar = document.getElementById("waiting");
const usual = slot("what")?.textContent ?? "";
/** What is under way, latest last. @type {{what: string, began: number, stop: () => void}[]} */
const under = [];

/** @param {string} name */
function slot(name) {
  return bar?.querySelector(`[data-slot="${name}"]`);
}

function show() {
  const late = under.filter((one) => performance.now() - one.began >= AFTER);
  if (!bar) return;
  bar.hidden = !late.length;
  const one = late.at(-1);
  if (!one) return;
  /** @type {Element} */ (slot("what")).textContent = one.what || usual;
  /** @type {Element} */ (slot("seconds")).textContent = String(Math.floor((performance.now() - one.began) / 1000));
}

/** @param {string} what @param {() => void} stop @returns {() => void} to be called when it is over */
function begin(what, stop) {
  const one = { what, began: performance.now(), stop };
  under.push(one);
  const timer = setInterval(show, 250);
  return () => {
    clearInterval(timer);
    const at = under.indexOf(one);
    if (at >= 0) under.splice(at, 1);
    show();
  };
}

bar?.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-stop]")) under.at(-1)?.stop();
});

/** @param {HTMLAnchorElement} link */
async function save(link) {
  const control = new AbortController();
  const end = begin(link.dataset.fetches ?? "", () => control.abort());
  try {
    const answer = await fetch(link.href, { headers: { Accept: "application/json, */*" }, signal: control.signal });
    if (answer.redirected) return location.reload();
    if (!answer.ok) {
      const problem = await answer.json();
      return notify(problem.title, problem.detail);
    }
    const named = /filename\*?=(?:utf-8'')?"?([^";]+)/i.exec(answer.headers.get("Content-Disposition") ?? "");
    const file = document.createElement("a");
    file.href = URL.createObjectURL(await answer.blob());
    file.download = decodeURIComponent(named?.[1] ?? "");
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
  } catch (error) {
    // Stopped on purpose; or without the server, which the heartbeat says.
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
  } finally {
    end();
  }
}

document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("a[data-fetches]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  save(/** @type {HTMLAnchorElement} */ (link));
});

/** What the form that was sent last says of its waiting. */
let said = "";
document.addEventListener("submit", (event) => {
  const from = /** @type {SubmitEvent} */ (event).submitter ?? /** @type {HTMLElement} */ (event.target);
  said = from.dataset.waits ?? "";
});

addEventListener("beforeunload", (event) => {
  // By then it is known whether the reader has chosen to stay.
  setTimeout(() => {
    if (event.defaultPrevented) return;
    const end = begin(said, () => {
      window.stop();
      end();
    });
  });
});

/** @type {WeakMap<XMLHttpRequest, () => void>} */
const asked = new WeakMap();
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  asked.set(xhr, begin(elt.dataset.waits ?? "", () => xhr.abort()));
});
document.body.addEventListener("htmx:afterRequest", (event) => asked.get(/** @type {CustomEvent} */ (event).detail.xhr)?.());
