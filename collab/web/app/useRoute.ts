/** The route of the page, as it changes. */

import { useSyncExternalStore } from "react";
import { isLink, parse, type Route } from "./route";

const subscribe = (watcher: () => void): (() => void) => {
  addEventListener("hashchange", watcher);
  return () => removeEventListener("hashchange", watcher);
};

let shown = location.hash;

/** Until a link that was pasted has loaded the page anew, what is shown stays. */
function hashToShow(): string {
  if (!isLink(location.hash)) shown = location.hash;
  return shown;
}

export function useRoute(): Route {
  return parse(useSyncExternalStore(subscribe, hashToShow));
}
