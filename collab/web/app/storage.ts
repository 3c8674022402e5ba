/** Small things kept on the device for the next visit. A browser that keeps nothing, or something else, is no trouble. */

export function recall<Kept>(key: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full disk, or a window that keeps nothing.
  }
}

/** Takes away what is kept under such keys. */
export function forget(isGone: (key: string) => boolean): void {
  for (const key of Object.keys(localStorage).filter(isGone)) localStorage.removeItem(key);
}
