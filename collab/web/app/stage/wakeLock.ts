import { useEffect } from "react";

/** Keeps the screen on while the component is there, where the device can. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const take = async (): Promise<void> => {
      if (!("wakeLock" in navigator) || document.hidden) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (isOver) await lock.release();
      } catch {
        // A low battery, or no permission: the screen goes dark as it always does.
      }
    };
    const shown = (): void => {
      if (!document.hidden) void take();
    };
    void take();
    // The lock ends whenever the page is hidden.
    document.addEventListener("visibilitychange", shown);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", shown);
      void lock?.release().catch(() => undefined);
    };
  }, []);
}
