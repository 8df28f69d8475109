/**
 * Copies what the browser needs from node_modules into static/vendor, each file also as .gz and .br,
 * gathers the icons that we use into one sprite, and keeps of Tabler the rules whose classes we use.
 * Fonts of printed documents go beside `foundation/documents`: no browser ever loads them.
 * Run by `npm run vendor`; neither folder is committed.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "vendor");
const packages = join(createRequire(import.meta.url).resolve("htmx.org/package.json"), "..", "..");

const FILES = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "alpine.js": "@alpinejs/csp/dist/cdn.min.js",
  "echarts.js": "echarts/dist/echarts.common.min.js",
};

/** The fonts of printed documents, with the licence (OFL) that asks to go along. */
const fonts = join(here, "..", "..", "documents", "fonts");
const FONTS = {
  "NotoSerifSC-Regular.ttf": "@expo-google-fonts/noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf",
  "NotoSerifSC-Bold.ttf": "@expo-google-fonts/noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf",
  "NotoSansSC-Regular.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
  "OFL.txt": "@expo-google-fonts/noto-serif-sc/LICENSE_FONT",
};

/** One name a line, so that two people who add one each don't meet. @param {string} file */
const names = (file) => readFileSync(join(here, file), "utf8").split("\n").filter(Boolean);

const ICONS = names("icons.txt");
const CLASSES = new Set(names("tabler.txt"));

/** @param {string} name @param {string} text */
function write(name, text) {
  // Source maps aren't shipped; a browser's tools would only ask for them in vain.
  const body = text.replace(/\s*(\/\*|\/\/)# sourceMappingURL=.*$/m, "");
  writeFileSync(join(target, name), body);
  writeFileSync(join(target, `${name}.gz`), gzipSync(body, { level: 9 }));
  writeFileSync(join(target, `${name}.br`), brotliCompressSync(body));
}

/**
 * The rules of a style sheet whose selectors name no class but ours: a tenth of Tabler is in use, and
 * an old PC reads all that it is sent before it shows anything.
 * @param {string} css minified
 */
function ours(css) {
  let kept = "";
  for (let at = 0; at < css.length; ) {
    const open = css.indexOf("{", at);
    const statement = css.indexOf(";", at);
    if (open < 0) break;
    if (statement >= 0 && statement < open) {
      at = statement + 1; // a statement without a block, such as @charset
      continue;
    }
    const end = closing(css, open);
    const head = css.slice(at, open).replace(/\/\*.*?\*\//gs, "").trim();
    const body = css.slice(open + 1, end);
    at = end + 1;
    if (/^@(media|supports|layer)/.test(head)) {
      const inner = ours(body);
      if (inner) kept += `${head}{${inner}}`;
    } else if (!head.startsWith("@")) {
      const wanted = selectors(head).filter((one) =>
        [...one.matchAll(/\.(-?[_a-z][\w-]*)/gi)].every(([, name]) => CLASSES.has(name)),
      );
      if (wanted.length) kept += `${wanted.join(",")}{${body}}`;
    }
  }
  return kept;
}

/** @param {string} css @param {number} open where a block begins; returns where it ends */
function closing(css, open) {
  let depth = 0;
  for (let at = open; at < css.length; at += 1) {
    if (css[at] === "{") depth += 1;
    else if (css[at] === "}" && --depth === 0) return at;
  }
  throw new Error("a block of the style sheet never ends");
}

/** @param {string} head selectors with commas; those within brackets don't part them */
function selectors(head) {
  const parts = [""];
  let depth = 0;
  for (const sign of head) {
    if ("([".includes(sign)) depth += 1;
    if (")]".includes(sign)) depth -= 1;
    if (sign === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return parts;
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
rmSync(fonts, { recursive: true, force: true });
mkdirSync(fonts, { recursive: true });
for (const [name, source] of Object.entries(FONTS)) {
  copyFileSync(join(packages, source), join(fonts, name));
}
write("tabler.css", ours(readFileSync(join(packages, "@tabler/core/dist/css/tabler.min.css"), "utf8")));
const symbols = ICONS.map(symbol).join("\n");
write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols}\n</svg>\n`);
