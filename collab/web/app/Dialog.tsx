/** A dialog over the page: on a phone all of it, on a desk a sheet in the middle. Escape closes it. */

import { type ReactNode, useEffect, useId, useRef } from "react";
import { createPortal } from "react-dom";
import { IconButton } from "./ui";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** What can be done, below the rest and always in sight. */
  foot?: ReactNode;
}

export function Dialog({ title, onClose, children, foot }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  // Out of what it is opened from, which has styles of its own.
  return createPortal(
    <dialog ref={dialog} className="dialog" aria-labelledby={heading} onClose={onClose}>
      <header className="panel-head">
        <h2 id={heading}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={() => dialog.current?.close()} />
      </header>
      <div className="dialog-body" tabIndex={0}>{children}</div>
      {foot ? <footer className="dialog-foot">{foot}</footer> : null}
    </dialog>,
    document.body,
  );
}
