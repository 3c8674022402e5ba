/**
 * Parts of the page that come in files of their own, so that the first screen comes soon over a slow line. Once that is
 * shown the others are fetched as well, and are there where the network is not; whatever is asked for meanwhile has the
 * line for itself.
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

/** The component that `load` brings, fetched when it is shown first; of the rest, the next screen comes before all others. */
export function part<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { isNext = false } = {},
): ComponentType<Props & PartProps> {
  let come: ComponentType<Props> | null = null;
  const fetch = async (): Promise<void> => {
    come ??= await load();
  };
  if (isNext) fetches.unshift(fetch);
  else fetches.push(fetch);
  return function Part({ waiting = <p className="empty">One moment…</p>, ...props }) {
    const [isHere, setHere] = useState(come !== null);
    const [hasFailed, setFailed] = useState(false);
    const say = useToasts();
    // One that fails does not hold up the others.
    useTheRest(isHere || hasFailed);
    useEffect(() => {
      let isOver = false;
      const get = (): void => void fetch().then(() => setHere(true), () => isOver || tell());
      const tell = (): void => {
        setFailed(true);
        say({ text: "This part of the page has not come.", action: { label: "Try again", run: get }, isImportant: true });
      };
      get();
      return () => {
        isOver = true;
      };
    }, [say]);
    return isHere && come ? createElement(come, props as unknown as Props) : waiting;
  };
}

/** How many screens and parts that were asked for are still on their way. */
let awaited = 0;
let goOn = (): void => undefined;
let isAllAsked = false;

/**
 * Fetches all parts once something that was asked for is shown, and has the service worker keep the page on the device.
 * It stands still while anything else that calls this is on its way.
 */
export function useTheRest(isShown: boolean): void {
  useEffect(() => {
    if (isShown) {
      void fetchAll();
      return;
    }
    awaited += 1;
    return () => {
      awaited -= 1;
      if (awaited === 0) goOn();
    };
  }, [isShown]);
}

async function fetchAll(): Promise<void> {
  if (isAllAsked) return;
  isAllAsked = true;
  for (const fetch of fetches) {
    while (awaited > 0) await new Promise<void>((resolve) => (goOn = resolve));
    // Who needs a part that fails is told; the others come all the same.
    await fetch().catch(() => undefined);
  }
  await navigator.serviceWorker?.register("./sw.js").catch(() => undefined);
}
