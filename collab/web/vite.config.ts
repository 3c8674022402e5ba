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

export default defineConfig({
  root: "app",
  plugins: [serviceWorker()],
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
