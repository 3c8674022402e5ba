/**
 * Parts of the page that come in files of their own, so that the first screen comes soon over a slow line. Once that is
 * shown the others are fetched as well, and are there where the network is not.
 *
 * React's `lazy` would keep a failed download for ever, and show what stands in for a part for 300 ms at least.
 */

import { type ComponentType, createElement, type ReactNode, useEffect, useState } from "react";
import { useToasts } from "./toasts";

interface PartProps {
  /** What stands in for it until it has come. */
  waiting?: ReactNode;
}

/** How to fetch each part; a part that comes may bring others. */
const fetches: (() => Promise<void>)[] = [];

/** The component that `load` brings, fetched when it is shown first. */
export function part<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props & PartProps> {
  let come: ComponentType<Props> | null = null;
  const fetch = async (): Promise<void> => {
    come ??= await load();
  };
  fetches.push(fetch);
  return function Part({ waiting = <p className="empty">One moment…</p>, ...props }) {
    const [isHere, setHere] = useState(come !== null);
    const say = useToasts();
    useEffect(() => {
      let isOver = false;
      const get = (): void => void fetch().then(() => setHere(true), () => isOver || tell());
      const tell = (): void =>
        say({ text: "This part of the page has not come.", action: { label: "Try again", run: get }, isImportant: true });
      get();
      return () => {
        isOver = true;
      };
    }, [say]);
    return isHere && come ? createElement(come, props as unknown as Props) : waiting;
  };
}

let isAllAsked = false;

/** Fetches all parts once what was asked for is shown, and has the service worker keep the page on the device. */
export function useTheRest(isShown: boolean): void {
  useEffect(() => {
    if (!isShown || isAllAsked) return;
    isAllAsked = true;
    void fetchAll();
  }, [isShown]);
}

async function fetchAll(): Promise<void> {
  // Who needs a part that fails is told; the others come all the same.
  for (const fetch of fetches) await fetch().catch(() => undefined);
  await navigator.serviceWorker?.register("./sw.js").catch(() => undefined);
}
