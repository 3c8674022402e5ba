/** Where one is in the page. It lives in the fragment, so that it works offline and the server serves one file. */

export type View = "edit" | "stage" | "print";

export interface Route {
  band: string | null;
  content: string | null;
  view: View;
}

export function parse(hash: string): Route {
  const [, band = null, content = null, view] = /^#\/([^/]+)(?:\/([^/]+))?(?:\/(stage|print))?$/.exec(hash) ?? [];
  return { band: decode(band), content: decode(content), view: view === "stage" || view === "print" ? view : "edit" };
}

/** Whether it is a link by which somebody comes: the page loads anew with it. */
export const isLink = (hash: string): boolean => /^#(token|join)=/.test(hash);

/** A link that somebody broke leads to the band rather than nowhere. */
function decode(part: string | null): string | null {
  try {
    return part === null ? null : decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function pathOf({ band, content, view }: Partial<Route>): string {
  const parts = [band, content].filter((part): part is string => Boolean(part)).map(encodeURIComponent);
  if (content && view && view !== "edit") parts.push(view);
  return `#/${parts.join("/")}`;
}

export function go(route: Partial<Route>): void {
  location.hash = pathOf(route);
}
