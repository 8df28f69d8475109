/**
 * What the device keeps, encrypted: the data of its holder, and records that wait to be sent.
 *
 * Keys are made here and can't be taken out of the browser. The holder's data stands in a database of its
 * own, which goes with its key at sign-out (`custos-holder…`). What waits has a key for each holder: a
 * colleague who signs in neither reads nor sends it, and it stays until the server has it.
 */

const HOLDER = "custos-holder-handheld";
const QUEUE = "custos-handheld";
const STORES = { [HOLDER]: ["keys", "data"], [QUEUE]: ["keys", "queue"] };

/** @type {Map<string, Promise<IDBDatabase>>} */
const opened = new Map();

/** Whether this browser can keep anything: encryption is there on HTTPS and on this machine alone. */
export const possible = () => Boolean(globalThis.indexedDB && globalThis.crypto?.subtle);

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  const known = opened.get(name);
  if (known) return known;
  const opening = new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => STORES[name].forEach((store) => asked.result.createObjectStore(store));
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      // Another tab signs out, and takes the database away.
      asked.result.onversionchange = () => {
        asked.result.close();
        opened.delete(name);
      };
      resolve(asked.result);
    };
  });
  opened.set(name, opening);
  return opening;
}

/** @param {string} name @param {string} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} work */
async function run(name, store, mode, work) {
  const database = await open(name);
  return new Promise((resolve, reject) => {
    // Written through to the disk before it is said to be saved: a device is dropped, or its battery ends.
    const transaction = database.transaction(store, mode, { durability: "strict" });
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {string} name @param {string} of @returns {Promise<CryptoKey>} */
async function keyOf(name, of) {
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const known = await run(name, "keys", "readonly", (store) => store.get(of));
  if (known) return known;
  try {
    await run(name, "keys", "readwrite", (store) => store.add(made, of));
    return made;
  } catch {
    return run(name, "keys", "readonly", (store) => store.get(of)); // another tab was first
  }
}

/** @param {string} name @param {string} of @param {any} value @param {Blob[]} files */
async function seal(name, of, value, files = []) {
  const key = await keyOf(name, of);
  const parts = [new TextEncoder().encode(JSON.stringify(value)), ...(await Promise.all(files.map((file) => file.arrayBuffer())))];
  return Promise.all(
    parts.map(async (part) => {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, part) };
    }),
  );
}

/** @param {string} name @param {string} of @param {any[]} parts */
async function unseal(name, of, parts) {
  const key = await keyOf(name, of);
  const [first, ...files] = await Promise.all(parts.map(({ iv, sealed }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed)));
  return { value: JSON.parse(new TextDecoder().decode(first)), files: files.map((bytes) => new Blob([bytes], { type: "image/jpeg" })) };
}

/** Keeps the holder's data in the place of whoever's was there. @param {string} of @param {any} data */
export async function keepData(of, data) {
  const parts = await seal(HOLDER, of, data);
  await run(HOLDER, "data", "readwrite", (store) => store.put({ of, parts }, "now"));
}

/** The holder's data as last fetched, or null. */
export async function keptData() {
  const row = await run(HOLDER, "data", "readonly", (store) => store.get("now"));
  return row ? (await unseal(HOLDER, row.of, row.parts)).value : null;
}

/** Puts a record into the queue, or over itself. @param {any} record @param {Blob[]} photos */
export async function enqueue(record, photos) {
  const parts = await seal(QUEUE, record.me, record, photos);
  await run(QUEUE, "queue", "readwrite", (store) => store.put({ of: record.me, at: record.observed, parts, refused: "" }, record.client));
}

/** Says why the server refused a record, or that it may be tried again. @param {string} client @param {string} refused */
export async function mark(client, refused) {
  const row = await run(QUEUE, "queue", "readonly", (store) => store.get(client));
  if (row) await run(QUEUE, "queue", "readwrite", (store) => store.put({ ...row, refused }, client));
}

/** @param {string} client */
export const remove = (client) => run(QUEUE, "queue", "readwrite", (store) => store.delete(client));

/** What waits: of whom, since when, whether refused; nothing of what it says. */
export async function waiting() {
  const keys = await run(QUEUE, "queue", "readonly", (store) => store.getAllKeys());
  const rows = await run(QUEUE, "queue", "readonly", (store) => store.getAll());
  const all = keys.map((client, at) => ({ client: String(client), of: rows[at].of, at: rows[at].at, refused: rows[at].refused }));
  return all.sort((one, other) => one.at.localeCompare(other.at));
}

/** A record of the queue with its photos. @param {string} client */
export async function read(client) {
  const row = await run(QUEUE, "queue", "readonly", (store) => store.get(client));
  return row ? unseal(QUEUE, row.of, row.parts) : null;
}
