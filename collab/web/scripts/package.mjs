// Compiles the SDK and the hooks into `npm`, the package that is published: ES modules with their types.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const made = join(web, "npm");
const FOLDERS = ["sdk", "react"];

for (const folder of FOLDERS) rmSync(join(made, folder), { recursive: true, force: true });
execFileSync(process.execPath, [join(web, "node_modules/typescript/bin/tsc"), "-p", join(web, "tsconfig.npm.json")], {
  stdio: "inherit",
});

// The sources leave the ends of names to a bundler; Node and TypeScript's own resolution of ES modules want them.
for (const folder of FOLDERS) {
  for (const name of readdirSync(join(made, folder))) {
    const file = join(made, folder, name);
    const whole = readFileSync(file, "utf8").replace(/(\b(?:from|import)\s*\(?\s*")(\.{1,2}\/[^"]+)(")/g, (_, before, path, after) => {
      const target = join(made, folder, path);
      return `${before}${path}${existsSync(`${target}.js`) ? ".js" : "/index.js"}${after}`;
    });
    writeFileSync(file, whole);
  }
}
copyFileSync(join(web, "../../LICENSE"), join(made, "LICENSE"));
