/** Ticks what `{% moment %}` and `{% deadline %}` rendered, by the server's clock and in its phrases. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** @type {Record<string, string>} */
const phrases = JSON.parse(document.getElementById("phrases")?.textContent ?? "{}");

let offset = 0;

/** @param {string} iso the server's time just now */
export function setServerTime(iso) {
  const time = Date.parse(iso);
  if (!Number.isNaN(time)) offset = time - Date.now();
}

/** The server's present instant, in milliseconds. */
export function serverNow() {
  return Date.now() + offset;
}

/** @param {string} name @param {string | number} value */
function say(name, value) {
  return phrases[name].replace(/%\((n|span)\)s/, String(value));
}

/** @param {number} seconds */
export function span(seconds) {
  if (seconds < MINUTE) return phrases.under_minute;
  const parts = [
    ["days", Math.floor(seconds / DAY)],
    ["hours", Math.floor((seconds % DAY) / HOUR)],
    ["minutes", Math.floor((seconds % HOUR) / MINUTE)],
  ];
  const first = parts.findIndex(([, count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => say(String(name), count))
    .join(" ");
}

/** @param {number} seconds */
export function ago(seconds) {
  const way = seconds >= 0 ? "ago" : "in";
  const length = Math.abs(seconds);
  if (length < MINUTE) return phrases.now;
  if (length >= DAY) return say(`${way}_days`, Math.floor(length / DAY));
  if (length >= HOUR) return say(`${way}_hours`, Math.floor(length / HOUR));
  return say(`${way}_minutes`, Math.floor(length / MINUTE));
}

/** @param {number} seconds */
export function left(seconds) {
  if (Math.abs(seconds) < MINUTE) return seconds >= 0 ? phrases.left_last : phrases.over_first;
  return seconds >= 0 ? say("left", span(seconds)) : say("over", span(-seconds));
}

/** @param {number} at milliseconds @returns {string} HH:MM:SS of the facility's clock */
export function clockOf(at) {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "Asia/Shanghai" }).format(at);
}

/** @param {ParentNode} [root] */
export function tick(root = document) {
  const now = serverNow();
  for (const time of root.querySelectorAll("time[data-moment]")) {
    const at = Date.parse(time.getAttribute("datetime") ?? "");
    const shown = time.querySelector("[data-relative]");
    if (Number.isNaN(at) || !shown) continue;
    const due = time.getAttribute("data-moment") === "deadline";
    const seconds = Math.trunc((due ? at - now : now - at) / 1000);
    const text = due ? left(seconds) : ago(seconds);
    if (shown.textContent !== text) shown.textContent = text;
    if (due) time.classList.toggle("moment-late", seconds < 0);
  }
}

setServerTime(document.body.dataset.now ?? "");
setInterval(tick, 5000);
