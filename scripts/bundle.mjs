// Bundles the pages' JavaScript and CSS: fedistream/static/bundles.json names the bundles and what is in each.
// Writes fedistream/static/bundles/ with source maps, compressed copies, and a manifest of what it was made from.
// The build hook (hatch_build.py) and `make` run it: node scripts/bundle.mjs

import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compress } from "./compress.mjs";

const TOP = fileURLToPath(new URL("..", import.meta.url));
const STATIC = join(TOP, "fedistream/static");
const OUT = join(STATIC, "bundles");
const LIBRARIES = ["hls.js", "media-chrome"]; // the import map of the page names their files
const BUNDLES = JSON.parse(readFileSync(join(STATIC, "bundles.json"), "utf8"));

/** A module that is imported later is a bundle of its own: the browser loads it when it is needed. */
const importedLater = {
  name: "imported-later",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, importer, path }) => {
      if (kind !== "dynamic-import" || importer === "<stdin>") return undefined;
      const name = basename(path);
      return name in BUNDLES ? { path: `./${name}`, external: true } : { errors: [{ text: `bundles.json has no ${name}` }] };
    });
  },
};

/** Images stay files; the style sheets refer to them from where the bundles are. */
const images = {
  name: "images",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, resolveDir, path }) =>
      kind === "url-token" ? { path: relative(OUT, join(resolveDir, path)), external: true } : undefined,
    );
  },
};

/** The text that imports the files of a bundle. An error in one of several scripts does not stop the others. */
function entry(files) {
  if (files[0].endsWith(".css")) return files.map((file) => `@import "./${file}";\n`).join("");
  if (files.length === 1) return `import "./${files[0]}";\nexport * from "./${files[0]}";\n`;
  return files.map((file) => `import("./${file}").catch(reportError);\n`).join("");
}

/** Build one bundle. Returns the names of the files in it. */
async function bundle(name, folder) {
  const { metafile } = await build({
    stdin: { contents: entry(BUNDLES[name]), resolveDir: STATIC, loader: name.endsWith(".css") ? "css" : "js" },
    outfile: join(folder, name),
    bundle: true,
    format: "esm",
    target: "es2022",
    supported: { nesting: true }, // of CSS; it is in all browsers that the player runs in
    minify: true,
    sourcemap: "linked",
    sourcesContent: false, // the sources are served too
    metafile: true,
    external: LIBRARIES,
    plugins: [importedLater, images],
    logLevel: "warning",
    absWorkingDir: STATIC,
  });
  return Object.keys(metafile.inputs).filter((path) => path !== "<stdin>");
}

/** The hashes of files, by their paths from `top`. */
function hashes(top, paths) {
  const hash = (path) => createHash("sha256").update(readFileSync(join(top, path))).digest("hex");
  return Object.fromEntries([...new Set(paths)].sort().map((path) => [path, hash(path)]));
}

const folder = mkdtempSync(join(STATIC, ".bundles-"));
try {
  const inputs = new Map();
  for (const name of Object.keys(BUNDLES)) inputs.set(name, await bundle(name, folder));
  // two copies of a module would each have a state of their own
  const pages = Object.keys(BUNDLES).filter((name) => /^(watch|embed)/.test(name));
  for (const later of ["hls-engine.js", "native-engine.js"]) {
    const shared = inputs.get(later).filter((file) => pages.some((page) => inputs.get(page).includes(file)));
    if (shared.length) throw new Error(`${later} has a second copy of ${shared.join(" and ")}`);
  }
  const sources = hashes(STATIC, ["bundles.json", ...[...inputs.values()].flat()]);
  const tools = hashes(TOP, ["package-lock.json", "scripts/bundle.mjs", "scripts/compress.mjs"]);
  for (const name of readdirSync(folder)) if (!name.endsWith(".map")) compress(join(folder, name));
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ sources, tools }, null, 1));
  chmodSync(folder, 0o755);
  rmSync(OUT, { recursive: true, force: true });
  renameSync(folder, OUT);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
