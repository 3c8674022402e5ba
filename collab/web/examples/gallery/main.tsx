/** The parts of the page, each in its states. */

import "../../parts/styles.css";
import "./gallery.css";
import { type ReactNode, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { Avatars, Field, Named, SavingState, StageView, Toasts, useToasts } from "../../parts";
import { CollabProvider, type FieldType, type Presence } from "../../react";
import { ADA, BEGINNING, BEN, CLEO, LEADER, ON_THE_LINE, stillConnection, stillContent, WRITER } from "./still";

const KEY: FieldType = { type: "pattern", regex: "[A-G](#|b)?m?", example: "a key such as F#m" };
const LENGTH: FieldType = { type: "number", minimum: 0, maximum: 86_400, unit: "seconds", is_whole: false };
const LINE: FieldType = { type: "line", max_length: 200 };
const NOTES: FieldType = { type: "text", max_length: 10_000 };
const SAVING = ["saved", "saving", "offline", "unsafe"] as const;
const NOBODY: readonly Presence[] = [];

function Gallery(): ReactNode {
  const [document, setDocument] = useState(BEGINNING);
  const [isOwn, setOwn] = useState(false);
  const [sessions, setSessions] = useState<readonly Presence[] | null>(null);
  const content = useMemo(() => stillContent(setDocument), []);
  const song = document.ordered[0]!;
  const common = { content, item: song.id, others: NOBODY };
  if (sessions) {
    return <StageView document={document} content={content} sessions={sessions} isOnline={sessions.length > 0} onLeave={() => setSessions(null)} />;
  }
  return (
    <main className={`gallery ${isOwn ? "is-own" : ""}`}>
      <h1>The parts of the page</h1>
      <button type="button" className="button is-main" aria-pressed={isOwn} onClick={() => setOwn(!isOwn)}>
        A host's own colours
      </button>
      <Part name="Words with cursors">
        <Named content={content} item={null} name="Venue" field="venue" type={LINE} value={document.fields.venue} label="Venue" isReadOnly={false} others={[ON_THE_LINE]} />
        <Field content={content} item={null} field="notes" type={NOTES} value={document.fields.notes} label="Notes" isReadOnly={false} others={[WRITER]} />
        <Field content={content} item={null} field="notes" type={NOTES} value={document.fields.notes} label="Notes, to read" isReadOnly others={NOBODY} />
      </Part>
      <Part name="Fields that keep a draft until it is understood">
        <Named {...common} name="Key" field="key" type={KEY} value={song.fields.key} label="Key" isReadOnly={false} />
        <Named {...common} name="Length" field="duration" type={LENGTH} value={song.fields.duration} label="Length" isReadOnly={false} />
      </Part>
      <Part name="Who is there">
        <Avatars me="ada" people={[ADA, BEN, CLEO].map((user) => ({ user, isActive: user !== CLEO }))} />
        <Avatars me="ada" people={[]} />
      </Part>
      <Part name="Whether it is safe">
        {SAVING.map((saving) => (
          <SavingState key={saving} state={{ saving, pending: saving === "saved" ? 0 : 2 }} />
        ))}
      </Part>
      <Notices />
      <Part name="The stage">
        <button type="button" className="button" onClick={() => setSessions([LEADER])}>
          With somebody who leads
        </button>
        <button type="button" className="button" onClick={() => setSessions(NOBODY)}>
          Without a line
        </button>
      </Part>
    </main>
  );
}

function Notices(): ReactNode {
  const say = useToasts();
  return (
    <Part name="Notices">
      <button type="button" className="button" onClick={() => say({ text: "Cleo is here." })}>
        A quiet one
      </button>
      <button
        type="button"
        className="button"
        onClick={() => say({ text: "Ben changed the key to G; you had set F.", action: { label: "Take mine", run: () => undefined }, other: { label: "Keep theirs", run: () => undefined }, isImportant: true })}
      >
        One with a way back
      </button>
    </Part>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      {children}
    </section>
  );
}

createRoot(document.getElementById("root")!).render(
  <CollabProvider userId="ada" token="" connection={stillConnection()}>
    <Toasts>
      <Gallery />
    </Toasts>
  </CollabProvider>,
);
