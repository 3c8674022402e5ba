/** The content that the page shows: it is open there, and whoever edits contents unseen leaves it to the page. */

import { useEffect } from "react";
import type { Content } from "../react";

let shown: Content | null = null;
const watchers = new Set<(content: Content) => void>();

/** The page's own, where it is the one that it shows. */
export const shownContent = (id: string): Content | null => (shown?.id === id ? shown : null);

/** Calls back with each content as the page begins to show it. */
export function onShown(watcher: (content: Content) => void): void {
  watchers.add(watcher);
}

/** Returns how the page shows it no more. */
export function show(content: Content): () => void {
  shown = content;
  for (const watcher of watchers) watcher(content);
  return () => {
    if (shown === content) shown = null;
  };
}

export function useShown(content: Content): void {
  useEffect(() => show(content), [content]);
}
