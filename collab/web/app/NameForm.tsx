/** A form that asks for a name, and takes it once. */

import { type ReactNode, useState } from "react";
import { useOnce } from "./once";

interface NameFormProps {
  label: string;
  /** What the button says. */
  action: string;
  name?: string;
  onName: (name: string) => Promise<void>;
}

export function NameForm({ label, action, name: before = "", onName }: NameFormProps): ReactNode {
  const [name, setName] = useState(before);
  const once = useOnce();
  const wanted = name.trim();
  const isNew = wanted !== "" && wanted !== before;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isNew) once(() => onName(wanted));
      }}
    >
      <input className="box" aria-label={label} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
      <button type="submit" className="button is-main" disabled={!isNew}>
        {action}
      </button>
    </form>
  );
}
