/** What a file would bring, before anything is changed: each song beside the one that is there, and what becomes of it. */

import type { ReactNode } from "react";
import type { FieldChange, FieldTypes, FileProblem, ImportedSong, ImportPreview as Preview, Policy } from "../react";
import { shown } from "./format";
import { type Choice, differingLine, entries, isNothing, lossOf, POLICIES, policyOf, songs } from "./importing";
import { useKinds } from "./kinds";
import { fieldName } from "./words";

interface PreviewProps {
  preview: Preview;
  choice: Choice;
  onChoose: (choice: Choice) => void;
}

export function ImportPreview({ preview, choice, onChoose }: PreviewProps): ReactNode {
  const of = (state: ImportedSong["state"]): ImportedSong[] => preview.songs.filter((song) => song.state === state);
  const loss = lossOf(preview);
  return (
    <>
      {loss ? (
        <p className={`import-loss ${preview.lost_count > preview.total ? "is-most" : ""}`} role="alert">
          {loss}
        </p>
      ) : null}
      <Remarks title="Not understood" remarks={preview.problems} count={preview.problem_count} isOpen />
      <Remarks title="How it was read" remarks={preview.remarks} count={preview.remarks.length} />
      {preview.kind === "setlist" ? (
        <p>It is a setlist of {entries(preview.total)}, and becomes one of its own.</p>
      ) : isNothing(preview) && preview.total > 0 ? (
        <p>There is nothing new in it: {preview.total === 1 ? "its song is" : `all ${preview.total} songs are`} as you have them.</p>
      ) : null}
      <Unsure songs={of("unsure")} count={preview.unsure} {...{ choice, onChoose }} />
      <Changed songs={of("changed")} count={preview.changed} {...{ choice, onChoose }} />
      <Listed title="New" songs={of("new")} count={preview.new} />
      <Listed title="The same" songs={of("same")} count={preview.same} />
    </>
  );
}

interface SectionProps extends Omit<PreviewProps, "preview"> {
  /** Those that are shown, of so many. */
  songs: readonly ImportedSong[];
  count: number;
}

const chosenFor = (choice: Choice, { number }: ImportedSong, policy: Policy): Choice => ({
  ...choice,
  choices: { ...choice.choices, [number]: policy },
});

function Changed({ songs, count, choice, onChoose }: SectionProps): ReactNode {
  if (count === 0) return null;
  return (
    <section aria-label="Changed">
      <h3>You have {count === 1 ? "one of them" : `${count} of them`} already, but not like this</h3>
      <PolicySelect
        label={count === 1 ? "What becomes of it" : "What becomes of them"}
        value={choice.policy}
        onChange={(policy) => onChoose(forAll(choice, songs, policy))}
      />
      <ul className="import-songs">
        {songs.map((song) => (
          <Beside
            key={song.number}
            song={song}
            policy={policyOf(choice, song.number)}
            {...(count > 1 ? { onChoose: (chosen: Policy) => onChoose(chosenFor(choice, song, chosen)) } : {})}
          />
        ))}
      </ul>
      <More count={count - songs.length} />
    </section>
  );
}

/** A policy for all of these songs, whatever was chosen for single ones. */
function forAll({ choices }: Choice, songs: readonly ImportedSong[], policy: Policy): Choice {
  const isOne = (number: string): boolean => songs.some((song) => song.number === Number(number));
  return { policy, choices: Object.fromEntries(Object.entries(choices).filter(([number]) => !isOne(number))) };
}

interface BesideProps {
  song: ImportedSong;
  policy: Policy;
  /** Left out where the choice for all is the choice for it. */
  onChoose?: (policy: Policy) => void;
  children?: ReactNode;
}

/** A song of the file, what it would change in the one that is there, and what becomes of it. */
function Beside({ song, policy, onChoose, children }: BesideProps): ReactNode {
  const types = useKinds().itemsOf("repertoire").song ?? {};
  return (
    <li data-policy={policy}>
      <div>
        <Titled song={song} />
        {children}
        <ul>
          {song.changes.map((change) => (
            <Difference key={change.field} change={change} types={types} policy={policy} />
          ))}
        </ul>
      </div>
      {onChoose ? <PolicySelect label={`What becomes of ${song.title}`} value={policy} onChange={onChoose} isNamed={false} /> : null}
    </li>
  );
}

/** One field: what it is and what it becomes, which is no change where ours stays. */
function Difference({ change, types, policy }: { change: FieldChange; types: FieldTypes; policy: Policy }): ReactNode {
  const { field, before, after } = change;
  const type = types[field] ?? { type: "other" as const };
  const isEmpty = before === null || before === "";
  const isText = type.type === "text" && !isEmpty && typeof before === "string" && typeof after === "string";
  const [was, is] = isText ? differingLine(before, after) : [shown(field, type, before), shown(field, type, after)];
  const stays = policy === "ours" || (policy === "empty" && !isEmpty);
  const name = <span className="quiet">{fieldName(field)}</span>;
  if (policy === "both") {
    return (
      <li>
        {name} {isEmpty ? is : `${was} and ${is}`}
      </li>
    );
  }
  return (
    <li>
      {name} {stays ? <b>{was}</b> : <del>{was}</del>} <span role="img" aria-label="becomes">→</span> {stays ? <del>{is}</del> : <b>{is}</b>}
    </li>
  );
}

interface PolicySelectProps {
  label: string;
  value: Policy;
  onChange: (policy: Policy) => void;
  /** Whether its label is to be seen, and not only heard. */
  isNamed?: boolean;
}

function PolicySelect({ label, value, onChange, isNamed = true }: PolicySelectProps): ReactNode {
  const select = (
    <select className="box" aria-label={label} value={value} onChange={(event) => onChange(event.target.value as Policy)}>
      {Object.entries(POLICIES).map(([policy, words]) => (
        <option key={policy} value={policy}>
          {words}
        </option>
      ))}
    </select>
  );
  if (!isNamed) return select;
  return (
    <label className="import-policy">
      {label} {select}
    </label>
  );
}

/** Songs that may be some that are there: one of the two names no artist. They come in beside those, unless told. */
function Unsure({ songs, count, choice, onChoose }: SectionProps): ReactNode {
  if (count === 0) return null;
  return (
    <section aria-label="Unsure">
      <h3>{count === 1 ? "One may be a song that you have" : `${count} may be songs that you have`}</h3>
      <ul className="import-songs">
        {songs.map((song) => {
          // What is chosen for all is for songs that are the same.
          const policy = choice.choices[song.number] ?? "both";
          return (
            <Beside key={song.number} song={song} policy={policy} onChoose={(chosen) => onChoose(chosenFor(choice, song, chosen))}>
              <p className="quiet">You have {othersOf(song.like)}.</p>
            </Beside>
          );
        })}
      </ul>
      <More count={count - songs.length} />
    </section>
  );
}

const othersOf = (like: readonly string[]): string =>
  like.map((artist) => (artist ? `one by ${artist}` : "one without an artist")).join(", ");

function Listed({ title, songs: listed, count }: { title: string; songs: readonly ImportedSong[]; count: number }): ReactNode {
  if (count === 0) return null;
  return (
    <details>
      <summary>
        {title}: {songs(count)}
      </summary>
      <ul className="import-songs is-short">
        {listed.map((song) => (
          <li key={song.number}>
            <Titled song={song} />
          </li>
        ))}
      </ul>
      <More count={count - listed.length} />
    </details>
  );
}

function Titled({ song }: { song: ImportedSong }): ReactNode {
  return (
    <p>
      <strong>{song.title}</strong> {song.artist ? <span className="quiet">{song.artist}</span> : null}
    </p>
  );
}

const More = ({ count }: { count: number }): ReactNode => (count > 0 ? <p className="quiet">and {count} more</p> : null);

interface RemarksProps {
  title: string;
  remarks: readonly FileProblem[];
  count: number;
  isOpen?: boolean;
}

/** What is said of lines of the file. */
export function Remarks({ title, remarks, count, isOpen = false }: RemarksProps): ReactNode {
  if (remarks.length === 0) return null;
  const FEW = 8;
  return (
    <details open={isOpen && count <= FEW}>
      <summary>
        {title}: {count}
      </summary>
      <ul className="import-remarks">
        {remarks.map(({ file, line, message }, index) => (
          <li key={index}>
            {message}{" "}
            <span className="quiet">
              {file}
              {line > 1 ? `, line ${line}` : ""}
            </span>
          </li>
        ))}
      </ul>
      <More count={count - remarks.length} />
    </details>
  );
}
