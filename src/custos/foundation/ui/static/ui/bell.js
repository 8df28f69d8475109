/**
 * The bell: how many unread notices ask for something now, in red; of news alone a dot, for a number always
 * means work. Said aloud when more come. Opening one marks it as read.
 */

const menu = document.getElementById("bell");
const sheet = menu?.querySelector("[data-bell]");
const summary = menu?.querySelector("summary");
const name = summary?.getAttribute("aria-label") ?? "";
/** @type {number | undefined} */
let known;

/** Says beside the places of the top bar how much waits there. @param {HTMLElement} inner */
function beside(inner) {
  for (const place of document.querySelectorAll(".places a")) {
    const here = inner.querySelectorAll(`[data-place="${CSS.escape(place.getAttribute("href") ?? "")}"]`).length;
    const number = /** @type {HTMLElement} */ (place.querySelector('[data-slot="count"]'));
    number.hidden = here === 0;
    number.textContent = String(here);
  }
  behind();
}

/** Says at the menu of the places that find no room how much waits behind it. */
function behind() {
  const number = /** @type {HTMLElement | null} */ (document.querySelector('.places-more > summary > [data-slot="count"]'));
  if (!number) return;
  const hidden = [...document.querySelectorAll(".places > a")].filter((place) => place.getClientRects().length === 0);
  const all = hidden.reduce((sum, place) => sum + Number(place.querySelector('[data-slot="count"]:not([hidden])')?.textContent ?? 0), 0);
  number.hidden = all === 0;
  number.textContent = String(all);
}

function count() {
  const inner = /** @type {HTMLElement | null} */ (sheet?.querySelector("[data-unread]"));
  const badge = /** @type {HTMLElement | null} */ (menu?.querySelector('[data-slot="count"]'));
  if (!inner || !badge) return;
  const unread = Number(inner.dataset.unread);
  badge.hidden = unread === 0;
  const waiting = Number(inner.dataset.waiting);
  badge.textContent = waiting ? String(waiting) : "";
  badge.classList.toggle("is-waiting", waiting > 0);
  beside(inner);
  // What is read aloud holds the number that is seen.
  const aloud = [waiting && inner.dataset.asks, unread && inner.dataset.said].filter(Boolean);
  summary?.setAttribute("aria-label", aloud.length ? `${name}: ${aloud.join(", ")}` : name);
  const said = document.getElementById("bell-said");
  // A page that opens says nothing: its reader hasn't been away.
  if (said && known !== undefined && unread > known) said.textContent = inner.dataset.said ?? "";
  known = unread;
  // The button that was pressed is gone with what it was for.
  if (document.activeElement === document.body && menu?.hasAttribute("open")) summary?.focus();
}

if (sheet) new MutationObserver(count).observe(sheet, { childList: true });
addEventListener("resize", behind);

document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("[data-notice]");
  if (!link) return;
  const form = new FormData();
  form.append("key", link.getAttribute("data-notice") ?? "");
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  const url = /** @type {HTMLElement | null} */ (link.closest("[data-bell]"))?.dataset.bell ?? "";
  // The page is being left; the request goes on without it.
  fetch(url, { method: "POST", body: form, headers: { ...token, "HX-Request": "true" }, keepalive: true });
});
