/**
 * Sends what waits, oldest first, one at a time, until the server has it.
 *
 * A record leaves the device only after the server said that it has it. Whether it was already there the
 * server knows by the record's identifier, so an answer that was lost on the way is asked for again.
 */

import * as store from "./store.js";

const PATIENCE = 20_000;
const AGAIN = 15_000;
/** How old the list of people and cells may get; whoever fetches it stands in the access log. */
const DATA_AGE = 10 * 60_000;

/** What stands in the way of sending: "", "offline", "sign-in". */
export let trouble = "";
let busy = false;
let fetchedAt = 0;
let fetchedOf = "";

/** @param {string} url */
export async function fetchData(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
  if (answer.redirected || answer.status === 401 || answer.status === 403 || answer.status === 423) return { signIn: true };
  if (!answer.ok) throw new Error(String(answer.status));
  return { data: await answer.json() };
}

/**
 * @param {{data: string, send: string}} urls
 * @param {() => void} changed called after each step
 * @param {(data: any) => Promise<void>} fetched called with fresh data of whoever is signed in
 */
export function start(urls, changed, fetched) {
  const attempt = () => navigator.locks.request("custos-handheld-sending", { ifAvailable: true }, (lock) => (lock && !busy ? work(urls, changed, fetched) : undefined));
  addEventListener("online", attempt);
  addEventListener("offline", () => {
    trouble = "offline";
    changed();
  });
  setInterval(attempt, AGAIN);
  return attempt;
}

/** @param {{data: string, send: string}} urls @param {() => void} changed @param {(data: any) => Promise<void>} fetched */
async function work(urls, changed, fetched) {
  busy = true;
  try {
    const { data, signIn } = await fetchData(`${urls.data}?only=me`);
    trouble = signIn ? "sign-in" : "";
    if (signIn) return;
    if (data.me !== fetchedOf || Date.now() - fetchedAt > DATA_AGE) {
      const whole = await fetchData(urls.data);
      if (whole.data) {
        await fetched(whole.data);
        [fetchedOf, fetchedAt] = [data.me, Date.now()];
      }
    }
    for (const { client, of, refused } of await store.waiting()) {
      if (of !== data.me || refused) continue;
      if (!(await sendOne(urls.send, client, data.token))) return;
      changed();
    }
  } catch {
    trouble = "offline";
  } finally {
    busy = false;
    changed();
  }
}

/** Whether to go on with the next. @param {string} url @param {string} client @param {string} token */
async function sendOne(url, client, token) {
  const kept = await store.read(client);
  if (!kept) return true;
  const form = new FormData();
  form.append("record", JSON.stringify({ ...kept.value, sent: new Date().toISOString() }));
  kept.files.forEach((photo, at) => form.append("photo", photo, `photo-${at + 1}.jpg`));
  const answer = await fetch(url, { method: "POST", body: form, headers: { Accept: "application/json", "X-CSRFToken": token }, signal: AbortSignal.timeout(PATIENCE * 3) });
  if (answer.ok && !answer.redirected) {
    const said = await answer.json();
    if (said.client === client) await store.remove(client);
    return said.client === client;
  }
  if (answer.redirected || answer.status === 401 || answer.status === 423) {
    trouble = "sign-in";
    return false;
  }
  if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
  await store.mark(client, await reason(answer));
  return true;
}

/** @param {Response} answer */
async function reason(answer) {
  try {
    const said = await answer.json();
    return [said.title, said.detail, ...(said.errors ?? []).map((/** @type {any} */ one) => one.title)].filter(Boolean).join(" ") || String(answer.status);
  } catch {
    return String(answer.status);
  }
}
