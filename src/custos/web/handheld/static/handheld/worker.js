/**
 * The service worker of the handheld: its page and its files are there without a network.
 *
 * It keeps the shell alone, which names nobody. Data and what is sent always go to the server.
 */

const CACHE = "custos-handheld-1";
const PAGE = "/handheld/";

/** @param {URL} url */
const isOurs = (url) => url.origin === location.origin && (url.pathname === PAGE || url.pathname.startsWith("/static/"));

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener("activate", (event) => {
  const clean = caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("custos-handheld") && name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});

// The page that was opened before the worker was there says what it consists of.
self.addEventListener("message", (event) => {
  const urls = /** @type {string[]} */ (event.data?.keep ?? []).map((url) => new URL(url, location.href)).filter(isOurs);
  const keep = caches.open(CACHE).then((cache) => Promise.all(urls.map((url) => fresh(cache, new Request(url.pathname)).catch(() => undefined))));
  event.waitUntil(keep.then(() => event.source?.postMessage({ kept: urls.length })));
});

/** @param {Cache} cache @param {Request} request */
async function fresh(cache, request) {
  const answer = await fetch(request);
  // A sign-in page in the place of ours is no shell to keep.
  if (answer.ok && !answer.redirected) await cache.put(request.url, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !isOurs(url)) return;
  event.respondWith(
    caches.open(CACHE).then(async (cache) => {
      try {
        return await fresh(cache, event.request);
      } catch (error) {
        const kept = await cache.match(url.pathname, { ignoreSearch: true });
        if (kept) return kept;
        throw error;
      }
    }),
  );
});
