/**
 * Lists driven by keys. A list is `[data-rows]`, its rows carry `data-key`; `a` and `f` press the
 * page's button with `data-press="a"` or `"f"`, in the row at hand first. `/` goes to `[data-search]`.
 */

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
}

/** @param {HTMLElement} row @returns {HTMLElement | null} */
function opener(row) {
  return row.matches("a") ? row : row.querySelector("[data-open], a[href], button");
}

/** @param {string} key */
function press(key) {
  const button = at()?.querySelector(`[data-press="${key}"]`) ?? document.querySelector(`[data-press="${key}"]`);
  if (!(button instanceof HTMLElement)) return false;
  // A text to fill in is gone to; a button is pressed.
  if (button.matches("input, textarea, select")) button.focus();
  else button.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (target.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "Enter" && at() && !target.matches("a, button, summary")) opener(/** @type {HTMLElement} */ (at()))?.click();
  else if (event.key === "a" || event.key === "f") {
    if (!press(event.key)) return;
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
