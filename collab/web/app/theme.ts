/** Light or dark: as the device says, until somebody chooses. */

export type Theme = "light" | "dark";

const KEY = "collab-theme";
const watchers = new Set<() => void>();
// Asked when there is a page: a server that renders one has none.
const darkMedia = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");

export const theme = (): Theme => (localStorage.getItem(KEY) as Theme | null) ?? (darkMedia().matches ? "dark" : "light");

/** Puts the chosen theme on the page; without a choice the device's own applies. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(KEY);
  if (chosen) document.documentElement.dataset.theme = chosen;
}

export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen);
  applyTheme();
  for (const watcher of watchers) watcher();
}

/** Calls `watcher` when the theme may have changed. Returns how to stop that. */
export function watchTheme(watcher: () => void): () => void {
  watchers.add(watcher);
  const media = darkMedia();
  media.addEventListener("change", watcher);
  return () => {
    watchers.delete(watcher);
    media.removeEventListener("change", watcher);
  };
}
