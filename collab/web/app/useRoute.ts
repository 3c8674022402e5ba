/** The route of the page, as it changes. */

import { useSyncExternalStore } from "react";
import { parse, type Route } from "./route";

const subscribe = (watcher: () => void): (() => void) => {
  addEventListener("hashchange", watcher);
  return () => removeEventListener("hashchange", watcher);
};

export function useRoute(): Route {
  return parse(useSyncExternalStore(subscribe, () => location.hash));
}
