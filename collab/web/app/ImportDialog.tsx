/**
 * Songs come in from files or from what is pasted: chosen, shown, brought in, told. Nothing is changed before it was
 * shown. Whoever closes the dialog while an import runs lets it go on.
 */

import "./styles/import.css";
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type ImportPreview as Preview, type Job, type Rest, RestError } from "../react";
import { Dialog } from "./Dialog";
import { ImportPreview, Remarks } from "./ImportPreview";
import { type Choice, entries, follow, isNothing, oneFile, outcomeOf, pasted, songs } from "./importing";
import { go } from "./route";

interface ImportDialogProps {
  bandId: string;
  rest: Rest;
  onClose: () => void;
}

type Step =
  | { at: "choosing"; problem?: string }
  | { at: "reading" }
  | { at: "shown"; file: File; preview: Preview; problem?: string }
  | { at: "running"; job: Job | null; id: string | null }
  | { at: "over"; job: Job };

const CHOOSING: Step = { at: "choosing" };
const FIRST_CHOICE: Choice = { policy: "theirs", choices: {} };

export function ImportDialog({ bandId, rest, onClose }: ImportDialogProps): ReactNode {
  const [step, setStep] = useState(CHOOSING);
  const [choice, setChoice] = useState(FIRST_CHOICE);
  const isOver = useRef(false);
  useEffect(() => {
    isOver.current = false;
    return () => {
      isOver.current = true;
    };
  }, []);

  /** Does it, or goes to where it can be tried again. */
  const carefully = async (work: () => Promise<void>, back: Step): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const problem = error instanceof RestError ? error.message : String(error);
      if (!isOver.current) setStep({ ...back, problem } as Step);
    }
  };
  const look = (files: readonly File[]): Promise<void> =>
    carefully(async () => {
      if (files.length === 0) return;
      setStep({ at: "reading" });
      setChoice(FIRST_CHOICE);
      const file = await oneFile(files);
      setStep({ at: "shown", file, preview: await rest.previewImport(bandId, file) });
    }, CHOOSING);
  const bringIn = (file: File, preview: Preview): Promise<void> =>
    carefully(
      async () => {
        setStep({ at: "running", job: null, id: null });
        const { job_id: id } = await rest.startImport(bandId, file, choice.policy, choice.choices);
        setStep({ at: "running", job: null, id });
        const told = (job: Job): void => setStep(job.status === "running" ? { at: "running", job, id } : { at: "over", job });
        await carefully(() => follow(rest, id, told, () => isOver.current), CHOOSING);
      },
      { at: "shown", file, preview },
    );

  const again = (
    <button type="button" className="button" onClick={() => setStep(CHOOSING)}>
      Another file
    </button>
  );
  switch (step.at) {
    case "choosing":
      return (
        <Dialog title="Import songs" onClose={onClose}>
          <Choosing problem={step.problem} onChosen={(files) => void look(files)} />
        </Dialog>
      );
    case "reading":
      return (
        <Dialog title="Import songs" onClose={onClose}>
          <p role="status">Reading it…</p>
        </Dialog>
      );
    case "shown": {
      const { preview, file } = step;
      const isUseless = preview.total === 0 || isNothing(preview);
      const label = preview.kind === "setlist" ? `Make a setlist of ${entries(preview.total)}` : `Import ${songs(preview.total)}`;
      const main = (
        <button type="button" className="button is-main" onClick={() => void bringIn(file, preview)}>
          {label}
        </button>
      );
      return (
        <Dialog title={preview.name} onClose={onClose} foot={<>{again}{isUseless ? null : main}</>}>
          <Trouble problem={step.problem} />
          <ImportPreview preview={preview} choice={choice} onChoose={setChoice} />
        </Dialog>
      );
    }
    case "running":
      return (
        <Dialog title="Importing…" onClose={onClose} foot={step.id ? <Stop rest={rest} id={step.id} /> : null}>
          <Running job={step.job} />
        </Dialog>
      );
    case "over": {
      const { job } = step;
      const open = (
        <button
          type="button"
          className="button is-main"
          onClick={() => {
            go({ band: bandId, content: job.content_id });
            onClose();
          }}
        >
          Show it
        </button>
      );
      const hasCome = (job.result.added ?? 0) + (job.result.updated ?? 0) > 0;
      return (
        <Dialog title={outcomeOf(job)[0]} onClose={onClose} foot={<>{again}{hasCome ? open : null}</>}>
          <p className={job.status === "error" ? "import-loss is-most" : ""} role="status">
            {outcomeOf(job)[1]}
          </p>
          <Remarks title="Not understood" remarks={job.result.problems} count={job.result.problem_count} isOpen />
          <Remarks title="How it was read" remarks={job.result.remarks} count={job.result.remarks.length} />
        </Dialog>
      );
    }
  }
}

function Choosing({ problem, onChosen }: { problem: string | undefined; onChosen: (files: readonly File[]) => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [isOver, setOver] = useState(false);
  const dropped = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    onChosen([...event.dataTransfer.files]);
  };
  return (
    <>
      <Trouble problem={problem} />
      <div
        className={`import-drop ${isOver ? "is-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={dropped}
      >
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files"
          onChange={(event) => onChosen([...(event.target.files ?? [])])}
        />
        <button type="button" className="button is-main" onClick={() => input.current?.click()}>
          Choose files
        </button>
        <p className="quiet">
          CSV, Excel, ChordPro, OnSong, OpenSong, iReal Pro, text, or a zip of them. A setlist that was exported here comes
          back as a setlist.
        </p>
      </div>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) onChosen([pasted(text)]);
        }}
      >
        <label className="stack">
          Or paste songs
          <textarea
            className="box import-paste"
            rows={6}
            placeholder={"Iko Iko - The Dixie Cups\nTiger Rag\n…\n\nor one song with its chords"}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={!text.trim()}>
          Look at it
        </button>
      </form>
    </>
  );
}

function Trouble({ problem }: { problem: string | undefined }): ReactNode {
  if (!problem) return null;
  return (
    <p className="import-loss is-most" role="alert">
      {problem}
    </p>
  );
}

function Running({ job }: { job: Job | null }): ReactNode {
  return (
    <div className="stack">
      <p role="status">{job ? `${job.done} of ${songs(job.total)}` : "It begins…"}</p>
      <progress aria-label="Import" max={100} value={job?.progress ?? 0} />
      <p className="quiet">You may close this: it goes on by itself.</p>
    </div>
  );
}

function Stop({ rest, id }: { rest: Rest; id: string }): ReactNode {
  const [isAsked, setAsked] = useState(false);
  const stop = (): void => {
    setAsked(true);
    // Whoever follows the job is told how it ended.
    rest.cancelJob(id).catch(() => setAsked(false));
  };
  return (
    <button type="button" className="button" disabled={isAsked} onClick={stop}>
      Stop
    </button>
  );
}
