/** Keeps the page on the device, so that it opens without a network. It touches neither the API nor the socket. */

interface WorkerEvent extends Event {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

// TypeScript's types of workers and of pages exclude each other.
const worker = self as unknown as {
  addEventListener(type: "install" | "activate" | "fetch", listener: (event: WorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
};

// The build writes the names of the bundle's files here; a new bundle makes this another worker.
const FILES = "%FILES%" as unknown as string[];
const CACHE = `collab ${FILES.join(" ")}`;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(["/", ...FILES]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (pathname === "/") event.respondWith(fetch(request).catch(() => kept("/")));
  else if (pathname.startsWith("/assets/")) event.respondWith(kept(pathname, request));
});

async function kept(path: string, request?: Request): Promise<Response> {
  const cached = await caches.match(path);
  return cached ?? (request ? fetch(request) : Response.error());
}

export {};
