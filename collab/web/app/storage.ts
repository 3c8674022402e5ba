/** Small things kept on the device for the next visit. A browser that keeps nothing, or something else, is no trouble. */

export function recall<Kept>(key: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

/** What was taken away: an answer that was on its way then is not kept any more. */
const gone: ((key: string) => boolean)[] = [];

export function keep(key: string, value: unknown): void {
  if (gone.some((isGone) => isGone(key))) return;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full disk, or a window that keeps nothing.
  }
}

/** Takes away what is kept under such keys, and keeps none of them until the page begins anew. */
export function forget(isGone: (key: string) => boolean): void {
  gone.push(isGone);
  for (const key of Object.keys(localStorage).filter(isGone)) localStorage.removeItem(key);
}
