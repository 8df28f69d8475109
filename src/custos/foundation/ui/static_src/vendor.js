/**
 * Copies what the browser needs from node_modules into static/vendor, each file also as .gz, and
 * gathers the icons that we use into one sprite. Run by `npm run vendor`; the folder isn't committed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "vendor");
const packages = join(createRequire(import.meta.url).resolve("htmx.org/package.json"), "..", "..");

const FILES = {
  "tabler.css": "@tabler/core/dist/css/tabler.min.css",
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "alpine.js": "@alpinejs/csp/dist/cdn.min.js",
};

/** One icon a line, so that two people who add one each don't meet. */
const ICONS = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean);

/** @param {string} name @param {string} text */
function write(name, text) {
  // Source maps aren't shipped; a browser's tools would only ask for them in vain.
  const body = text.replace(/\s*(\/\*|\/\/)# sourceMappingURL=.*$/m, "");
  writeFileSync(join(target, name), body);
  writeFileSync(join(target, `${name}.gz`), gzipSync(body, { level: 9 }));
}

/** @param {string} name */
function symbol(name) {
  const svg = readFileSync(join(packages, `@tabler/icons/icons/outline/${name}.svg`), "utf8");
  const shapes = svg
    .slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"))
    .replace(/<path stroke="none"[^>]*\/>/, "")
    .replace(/\s+/g, " ")
    .trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, source] of Object.entries(FILES)) {
  write(name, readFileSync(join(packages, source), "utf8"));
}
const symbols = ICONS.map(symbol).join("\n");
write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols}\n</svg>\n`);
