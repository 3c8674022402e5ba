import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const ofAssets = (bundle: object): string[] => Object.keys(bundle).filter((name) => name.startsWith("assets/"));

/** Names every file of the bundle in the service worker, whose own name never changes. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    // Once Vite has dropped the files that it has no use for.
    writeBundle({ dir }, bundle) {
      const file = join(dir!, "sw.js");
      const files = ofAssets(bundle).sort().map((name) => `./${name}`);
      writeFileSync(file, readFileSync(file, "utf8").replace(/["`']%FILES%["`']/, JSON.stringify(files)));
    },
  };
}

/**
 * Orders what the browser fetches first. The connection that brought the HTML is the only one that is open: it is for
 * what begins. What is shown then is fetched beside it, and not only when that has run.
 */
function ordered(): Plugin {
  return {
    name: "ordered",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle }) => {
        const shown = Object.values(bundle ?? {}).filter(({ type, name }) => type === "chunk" && name === "show");
        const preloads = shown.map(({ fileName }) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `./${fileName}` },
          injectTo: "head" as const,
        }));
        const scripts = /(<script[^>]*runtime[^>]*><\/script>\s*)(<script[^>]*begin[^>]*><\/script>\s*)/;
        return { html: html.replace(scripts, "$2$1"), tags: preloads };
      },
    },
  };
}

/** Puts a compressed copy beside every asset: a slow line gets a quarter of the bytes, and the server has no work. */
function compressed(): Plugin {
  return {
    name: "compressed",
    // After Vite itself, which writes into the code to the last.
    writeBundle({ dir }, bundle) {
      for (const name of ofAssets(bundle)) {
        const file = join(dir!, name);
        const source = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(source));
        writeFileSync(`${file}.gz`, gzipSync(source, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: "app",
  // The page may be served below a path.
  base: "./",
  plugins: [serviceWorker(), ordered(), compressed()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "app/index.html", sw: "app/sw.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
        // What comes together is one file: each of its own takes longer than its bytes over a slow line.
        codeSplitting: {
          groups: [
            { name: "begin", test: /app[\\/]main\.ts$/, priority: 3 },
            { name: "show", test: /app[\\/]show\.tsx$/, priority: 2 },
            { name: "content", test: /app[\\/](ContentPage\.tsx|notices\.ts)$/, priority: 1 },
          ],
        },
      },
    },
  },
  test: { root: ".", include: [process.env.COLLAB_LIVE ? "tests/*.live.ts" : "tests/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
