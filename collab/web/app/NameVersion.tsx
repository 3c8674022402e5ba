/** Gives a version a name, by which it is found again: "as rehearsed". */

import { type ReactNode, useState } from "react";
import { type Rest, RestError } from "../react";
import { useToasts } from "./toasts";

interface NameVersionProps {
  rest: Rest;
  contentId: string;
  /** Left out for the one of the moment. */
  version?: number;
  onNamed: () => void;
}

export function NameVersion({ rest, contentId, version, onNamed }: NameVersionProps): ReactNode {
  const [label, setLabel] = useState("");
  const [isSending, setSending] = useState(false);
  const say = useToasts();
  const send = async (): Promise<void> => {
    setSending(true);
    try {
      await rest.createCheckpoint(contentId, label.trim(), version);
      setLabel("");
      onNamed();
    } catch (error) {
      say({ text: `It was not named: ${error instanceof RestError ? error.message : String(error)}`, isImportant: true });
    }
    setSending(false);
  };
  const name = version === undefined ? "Name it as it is now" : "Name this version";
  return (
    <form
      className="name-version"
      onSubmit={(event) => {
        event.preventDefault();
        if (label.trim() && !isSending) void send();
      }}
    >
      <input
        className="box"
        aria-label={name}
        placeholder={name}
        maxLength={200}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <button type="submit" className="button" disabled={!label.trim() || isSending}>
        Name
      </button>
    </form>
  );
}
