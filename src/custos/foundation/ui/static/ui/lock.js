/**
 * The idle lock: covers the page, which keeps what was being typed, and asks who is there.
 *
 * The server locks by itself; this tells it of keys and touches, and shows the lock at once.
 */

const TOLD_EVERY = 60_000;
/** How often the page of a locked desk asks whether it still is. */
const LOOKS_EVERY = 5_000;
const cover = /** @type {HTMLElement | null} */ (document.getElementById("lock"));
const limit = Number(cover?.dataset.idle ?? 0) * 1000;
let touchedAt = Date.now();
let toldAt = Date.now();

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

/** @param {string} url @param {BodyInit} [body] */
function post(url, body) {
  return fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token(), Accept: "application/json" } });
}

/** Keeps the box, and the menus of a handheld, below the lines that stand above them, however many come. */
function makeRoom() {
  const lines = document.getElementById("lines");
  if (lines) document.documentElement.style.setProperty("--lines", `${Math.max(57, lines.getBoundingClientRect().bottom)}px`);
}

function inert() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("main, .bar, .places, dialog, .print-foot")]);
}

export function showLock() {
  if (!cover || !cover.hidden) return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.setAttribute("data-was-open", "");
  for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
  for (const part of inert()) {
    part.setAttribute("inert", "");
    part.style.visibility = "hidden";
  }
  cover.hidden = false;
  makeRoom();
  /** @type {HTMLInputElement} */ (cover.querySelector("input[name=secret]")).focus();
}

function hideLock() {
  if (!cover) return;
  cover.hidden = true;
  for (const part of inert()) {
    part.removeAttribute("inert");
    part.style.visibility = "";
  }
  for (const dialog of document.querySelectorAll("dialog[data-was-open]")) {
    dialog.removeAttribute("data-was-open");
    /** @type {HTMLDialogElement} */ (dialog).showModal();
  }
  touchedAt = toldAt = Date.now();
}

/** Whether another page, or a passkey in another tab, has unlocked or locked the session meanwhile. */
async function compare() {
  if (!cover) return;
  const answer = await fetch(cover.dataset.stateUrl ?? "", { headers: { Accept: "application/json" } });
  if (answer.redirected) location.reload();
  else if (answer.ok) (await answer.json()).locked ? showLock() : hideLock();
}

/** Told to the other pages of this browser when one of them has unlocked the session. */
const unlocked = new BroadcastChannel("custos-unlocked");

/** @param {SubmitEvent} event */
async function unlock(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const wrong = /** @type {HTMLElement} */ (form.querySelector('[data-slot="wrong"]'));
  const answer = await post(form.action, new FormData(form));
  form.reset();
  if (answer.redirected) location.reload();
  else if (answer.ok) {
    hideLock();
    unlocked.postMessage("");
  } else {
    wrong.textContent = (await answer.json()).title;
    wrong.hidden = false;
    return;
  }
  wrong.hidden = true;
}

const locked = /** @type {HTMLElement | null} */ (document.querySelector("[data-locked]"));

/** The page of a locked desk goes where it was to lead as soon as another tab has unlocked the session. */
async function follow() {
  const answer = await fetch(locked?.dataset.stateUrl ?? "", { headers: { Accept: "application/json", "X-Live": "true" } });
  if (!answer.ok && !answer.redirected) return;
  if (!answer.redirected && (await answer.json()).locked) return;
  // A password that was half typed keeps nobody here.
  locked?.querySelector("form")?.reset();
  if (answer.redirected) location.reload();
  else location.replace(locked?.dataset.next ?? "/");
}

if (locked) {
  const look = () => follow().catch(() => {}); // Without the server there is nothing to follow.
  unlocked.addEventListener("message", look);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  setInterval(look, LOOKS_EVERY);
}

if (cover) {
  unlocked.addEventListener("message", compare);
  const lines = document.getElementById("lines");
  if (lines) new ResizeObserver(makeRoom).observe(lines);
  for (const kind of ["keydown", "pointerdown", "wheel", "touchstart"]) {
    addEventListener(
      kind,
      () => {
        if (!cover.hidden) return;
        touchedAt = Date.now();
        if (touchedAt - toldAt < TOLD_EVERY) return;
        toldAt = touchedAt;
        post(cover.dataset.activeUrl ?? "").then((answer) => answer.status === 423 && showLock());
      },
      { passive: true, capture: true },
    );
  }
  cover.querySelector("[data-unlock]")?.addEventListener("submit", (event) => unlock(/** @type {SubmitEvent} */ (event)));
  for (const form of document.querySelectorAll("[data-lock-now]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      showLock();
      post(cover.dataset.stateUrl ?? "");
    });
  }
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && compare());
  if (limit) {
    setInterval(() => {
      if (!cover.hidden || Date.now() - touchedAt < limit) return;
      showLock();
      post(cover.dataset.stateUrl ?? "");
    }, 1000);
  }
}
