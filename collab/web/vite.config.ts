import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Names every file of the bundle in the service worker, whose own name never changes. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((file) => file.startsWith("assets/"));
      const worker = Object.values(bundle).find((file) => file.fileName === "sw.js");
      if (worker?.type !== "chunk") throw new Error("expected the service worker in the bundle");
      worker.code = worker.code.replace(/["`']%FILES%["`']/, JSON.stringify(files.sort().map((file) => `/${file}`)));
    },
  };
}

/** Puts a compressed copy beside every asset: a slow line gets a quarter of the bytes, and the server has no work. */
function compressed(): Plugin {
  return {
    name: "compressed",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (!file.fileName.startsWith("assets/")) continue;
        const source = file.type === "chunk" ? file.code : file.source;
        this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: brotliCompressSync(source) });
        this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(source, { level: 9 }) });
      }
    },
  };
}

export default defineConfig({
  root: "app",
  plugins: [serviceWorker(), compressed()],
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
      },
    },
  },
  test: { root: ".", include: [process.env.COLLAB_LIVE ? "tests/*.live.ts" : "tests/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
