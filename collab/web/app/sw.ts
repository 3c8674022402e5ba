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
// Another page of this origin, such as a host's, has a worker and caches of its own.
const FOLDER = new URL("./", location.href).pathname;
const OURS = `collab ${FOLDER} `;
const CACHE = OURS + FILES.join(" ");

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([FOLDER, ...FILES]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (pathname === FOLDER) event.respondWith(fetch(request).catch(() => kept(FOLDER)));
  else if (pathname.startsWith(`${FOLDER}assets/`)) event.respondWith(kept(pathname, request));
});

function isOld(cache: string): boolean {
  return cache.startsWith(OURS) && cache !== CACHE;
}

async function kept(path: string, request?: Request): Promise<Response> {
  const cached = await caches.match(path);
  return cached ?? (request ? fetch(request) : Response.error());
}

export {};
