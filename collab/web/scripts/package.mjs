// Compiles the SDK, the hooks and the page's parts into `npm`, the package that is published: ES modules with their
// types, and one style sheet.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const made = join(web, "npm");
const FOLDERS = ["sdk", "react", "charts", "app", "parts"];
const STYLES = join(web, "parts/styles.css");

for (const folder of FOLDERS) rmSync(join(made, folder), { recursive: true, force: true });
execFileSync(process.execPath, [join(web, "node_modules/typescript/bin/tsc"), "-p", join(web, "tsconfig.npm.json")], {
  stdio: "inherit",
});

// Whatever a host says of its own, outside of any layer, counts before it.
writeFileSync(join(made, "parts.css"), `@layer collab {\n${inlined(STYLES)}}\n`);

const modules = FOLDERS.flatMap((folder) => readdirSync(join(made, folder), { recursive: true, withFileTypes: true }));
for (const entry of modules.filter((entry) => entry.isFile())) {
  const file = join(entry.parentPath, entry.name);
  writeFileSync(file, whole(file));
}
copyFileSync(join(web, "../../LICENSE"), join(made, "LICENSE"));

/** A module with the ends of names, which the sources leave to a bundler: Node and TypeScript's own resolution of ES
 * modules want them. Its styles are in the one sheet. */
function whole(file) {
  return readFileSync(file, "utf8")
    .replace(/^import "([^"]+\.css)";\n/gm, (_, style) => sheeted(join(dirname(file), style)))
    .replace(/(\b(?:from|import)\s*\(?\s*")(\.{1,2}\/[^"]+)(")/g, (_, before, path, after) => {
      const target = join(dirname(file), path);
      return `${before}${path}${existsSync(`${target}.js`) ? ".js" : "/index.js"}${after}`;
    });
}

/** Nothing in the place of an import of a style sheet, which has to be among those of the parts. */
function sheeted(style) {
  const name = style.slice(made.length + 1);
  if (!readFileSync(STYLES, "utf8").includes(`"../${name}"`)) throw new Error(`expected ${name} among those of parts/styles.css`);
  return "";
}

/** A style sheet with those that it imports in their places. */
function inlined(file) {
  return readFileSync(file, "utf8").replace(/^@import "([^"]+)";$/gm, (_, path) => readFileSync(join(dirname(file), path), "utf8"));
}
