/** Holds the browser's one stream for all its pages: HTTP/1.1 allows six connections a host. */

import { open } from "./live-source.js";

/** @type {Set<MessagePort>} */
const pages = new Set();
/** Outstanding unrecorded events, for pages that come later. @type {Map<string, any>} */
const outstanding = new Map();
/** @type {{url: string, key: string, close: () => void} | undefined} */
let current;
/** When each organization last changed, by the server's clock. @type {Map<number, number>} */
const changes = new Map();

/** @param {{type: string, data: any}} message */
function tell(message) {
  if (message.type === "unrecorded") outstanding.set(message.data.id, message);
  if (message.type === "recorded") outstanding.delete(message.data.id);
  for (const id of message.data.organizations ?? []) changes.set(id, Date.parse(message.data.at));
  for (const page of pages) page.postMessage(message);
}

/**
 * @param {string} url
 * @param {string} key the reader's range: another one needs another stream
 * @param {string} since when the page was made, by the server's clock
 */
function listen(url, key, since) {
  if (current?.url === url && current.key === key) return;
  current?.close();
  outstanding.clear();
  changes.clear();
  current = { url, key, close: open(url, since, tell) };
}

self.addEventListener("connect", (event) => {
  const [page] = /** @type {MessageEvent} */ (event).ports;
  page.onmessage = ({ data }) => {
    if (data.leaving) {
      pages.delete(page);
      return;
    }
    pages.add(page);
    listen(data.url, data.key, data.since);
    // What changed between the making of the page and its joining would be missed.
    const missed = [...changes].filter(([, at]) => at >= Date.parse(data.since) - 1000).map(([id]) => id);
    if (missed.length) page.postMessage({ type: "changed", data: { organizations: missed } });
    for (const message of outstanding.values()) page.postMessage(message);
  };
});
