/** Notices: said once, politely, and gone by themselves. */

import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { RestError } from "../sdk/rest";
import { IconButton } from "./ui";

export interface Action {
  label: string;
  run: () => void;
}

export interface Toast {
  text: string;
  /** A way back, where there is one. */
  action?: Action;
  /** What may be done instead. */
  other?: Action;
  isImportant?: boolean;
}

export type Say = (toast: Toast) => void;

const ToastContext = createContext<Say>(() => undefined);

export const useToasts = (): Say => useContext(ToastContext);

/** Says that something did not work, and why. */
export function useFailed(): (error: unknown) => void {
  const say = useToasts();
  return useCallback(
    (error) => say({ text: `That did not work: ${error instanceof RestError ? error.message : String(error)}`, isImportant: true }),
    [say],
  );
}

const QUIET_MS = 4_000;
const IMPORTANT_MS = 20_000;
const MOST = 3;

interface Shown extends Toast {
  id: number;
}

/** As many as fit: the quiet ones go first, then the oldest. */
function fitting(toasts: readonly Shown[]): Shown[] {
  const first = toasts.find(({ isImportant }) => !isImportant) ?? toasts[0];
  return toasts.filter((toast) => toasts.length <= MOST || toast !== first);
}

export function Toasts({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<Shown[]>([]);
  const count = useRef(0);
  const drop = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const say = useCallback<Say>(
    (toast) => {
      count.current += 1;
      const id = count.current;
      setToasts((all) => fitting([...all.filter((other) => other.text !== toast.text), { ...toast, id }]));
      setTimeout(() => drop(id), toast.isImportant ? IMPORTANT_MS : QUIET_MS);
    },
    [drop],
  );
  const list = useMemo(
    () =>
      toasts.map(({ id, text, action, other, isImportant }) => (
        <div key={id} className={`toast ${isImportant ? "is-important" : ""}`}>
          <p>{text}</p>
          {action ? (
            <span className="toast-actions">
              {[action, ...(other ? [other] : [])].map(({ label, run }) => (
                <button
                  key={label}
                  type="button"
                  className="toast-action"
                  onClick={() => {
                    run();
                    drop(id);
                  }}
                >
                  {label}
                </button>
              ))}
            </span>
          ) : null}
          <IconButton icon="close" label="Dismiss" onClick={() => drop(id)} />
        </div>
      )),
    [toasts, drop],
  );
  return (
    <ToastContext.Provider value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite" aria-label="Notices">
        {list}
      </div>
    </ToastContext.Provider>
  );
}
