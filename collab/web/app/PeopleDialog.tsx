/** A band's people: who they are and what they may do, how others come in, and one's own devices. */

import "./styles/people.css";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { type Band, type Rest, RestError, type Role, type User } from "../react";
import { Dialog } from "./Dialog";
import { download } from "./download";
import { type Device, type Invitation, linkOf, type Member, People, type Secret } from "./people";
import { QrCode } from "./QrCode";
import { useFailed, useToasts } from "./toasts";

interface PeopleDialogProps {
  band: Band;
  role: Role;
  me: User;
  rest: Rest;
  onClose: () => void;
}

const ROLES: readonly Role[] = ["editor", "viewer", "owner"];
const WORDS: Readonly<Record<Role, string>> = { owner: "Owner", editor: "Edits", viewer: "Reads" };

interface Told {
  members: Member[];
  /** Null where there is no door: the host lets people in. */
  invitations: Invitation[] | null;
  devices: Device[] | null;
}

export function PeopleDialog({ band, role, me, rest, onClose }: PeopleDialogProps): ReactNode {
  const [told, setTold] = useState<Told | null>(null);
  const [link, setLink] = useState<{ text: string; words: string } | null>(null);
  const isOwner = role === "owner";
  const people = new People(rest, band.id);
  const ask = useCallback(async () => {
    const asked = new People(rest, band.id);
    const devices = await asked.devices().catch(nothing);
    const invitations = isOwner && devices ? await asked.invitations() : null;
    setTold({ members: await asked.members(), invitations, devices });
  }, [rest, band.id, isOwner]);
  const failed = useFailed();
  useEffect(() => void ask().catch(failed), [ask, failed]);
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    await work().catch(failed);
    await ask().catch(failed);
  };
  const leave = async (): Promise<void> => {
    try {
      await people.remove(me.id);
      onClose();
    } catch (error) {
      failed(error);
    }
  };
  const shared = (words: string) => (made: Secret) => setLink({ text: linkOf(made), words });

  return (
    <Dialog title={`The people of ${band.name}`} onClose={onClose}>
      {link ? <Shared {...link} onDone={() => void change(async () => setLink(null))} /> : null}
      {told ? (
        <>
          <section aria-label="Members">
            <ul className="people-list">
              {told.members.map((member) => (
                <MemberRow
                  key={member.user.id}
                  member={member}
                  isMe={member.user.id === me.id}
                  mayManage={isOwner}
                  onRole={(next) => void change(() => people.put(member.user.id, next))}
                  onRemove={() => void change(() => people.remove(member.user.id))}
                  onLeave={() => void leave()}
                />
              ))}
            </ul>
          </section>
          {told.invitations ? (
            <section aria-label="Invite">
              <h3>Invite</h3>
              <InviteForm
                onInvite={(...asked) => void change(async () => shared(`Who opens this link comes into ${band.name}.`)(await people.invite(...asked)))}
              />
              <ul className="people-list">
                {told.invitations.map((invitation) => (
                  <li key={invitation.id}>
                    <span>
                      {WORDS[invitation.role]}, {invitation.uses} of {invitation.max_uses} have come{" "}
                      <span className="quiet">until {day(invitation.expires_at)}</span>
                    </span>
                    <button type="button" className="button is-small" onClick={() => void change(() => people.takeBack(invitation.id))}>
                      Take back
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
          {told.devices && told.devices.length > 0 ? (
            <section aria-label="Your devices">
              <h3>Your devices</h3>
              <ul className="people-list">
                {told.devices.map((device) => (
                  <li key={device.id}>
                    <span>
                      {device.label} <span className="quiet">{device.is_this ? "this one" : `last here ${day(device.last_seen)}`}</span>
                    </span>
                    {device.is_this ? null : (
                      <button type="button" className="button is-small" onClick={() => void change(() => people.signOut(device.id))}>
                        Sign out
                      </button>
                    )}
                  </li>
                ))}
              </ul>
              <button
                type="button"
                className="button"
                onClick={() => void change(async () => shared("Opened on your other device within ten minutes, this link lets you in there, once.")(await people.otherDevice()))}
              >
                My other device
              </button>
            </section>
          ) : null}
          <section aria-label="Yours">
            <button type="button" className="button" onClick={() => void rest.mine().then(download, failed)}>
              Download what is mine
            </button>
          </section>
        </>
      ) : (
        <p role="status">One moment…</p>
      )}
    </Dialog>
  );
}

interface MemberRowProps {
  member: Member;
  isMe: boolean;
  mayManage: boolean;
  onRole: (role: Role) => void;
  onRemove: () => void;
  onLeave: () => void;
}

function MemberRow({ member: { user, role }, isMe, mayManage, onRole, onRemove, onLeave }: MemberRowProps): ReactNode {
  const [isAsked, setAsked] = useState(false);
  const goes = isMe ? "Leave the band" : `Take ${user.name} out`;
  return (
    <li>
      <span>
        {user.name} {isMe ? <span className="quiet">you</span> : null}
      </span>
      {mayManage ? (
        <select className="box" aria-label={`What ${user.name} may do`} value={role} onChange={(event) => onRole(event.target.value as Role)}>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {WORDS[one]}
            </option>
          ))}
        </select>
      ) : (
        <span className="quiet">{WORDS[role]}</span>
      )}
      {isMe || mayManage ? (
        <button
          type="button"
          className="button is-small"
          aria-label={isAsked ? `Yes: ${goes}` : goes}
          onClick={() => (isAsked ? (isMe ? onLeave : onRemove)() : setAsked(true))}
          onBlur={() => setAsked(false)}
        >
          {isAsked ? "Sure?" : isMe ? "Leave" : "Take out"}
        </button>
      ) : null}
    </li>
  );
}

function InviteForm({ onInvite }: { onInvite: (role: Role, uses: number, days: number) => void }): ReactNode {
  const [role, setRole] = useState<Role>("editor");
  const [uses, setUses] = useState(5);
  const [days, setDays] = useState(7);
  return (
    <form
      className="people-invite"
      onSubmit={(event) => {
        event.preventDefault();
        onInvite(role, uses, days);
      }}
    >
      <select className="box" aria-label="What they may do" value={role} onChange={(event) => setRole(event.target.value as Role)}>
        {ROLES.map((one) => (
          <option key={one} value={one}>
            {WORDS[one]}
          </option>
        ))}
      </select>
      <select className="box" aria-label="How many" value={uses} onChange={(event) => setUses(Number(event.target.value))}>
        {[1, 5, 20, 100].map((count) => (
          <option key={count} value={count}>
            {count === 1 ? "one person" : `up to ${count} people`}
          </option>
        ))}
      </select>
      <select className="box" aria-label="For how long" value={days} onChange={(event) => setDays(Number(event.target.value))}>
        <option value={1}>for a day</option>
        <option value={7}>for a week</option>
        <option value={30}>for a month</option>
      </select>
      <button type="submit" className="button is-main">
        Make a link
      </button>
    </form>
  );
}

function Shared({ text, words, onDone }: { text: string; words: string; onDone: () => void }): ReactNode {
  const say = useToasts();
  const copy = (): void =>
    void navigator.clipboard.writeText(text).then(
      () => say({ text: "The link is copied." }),
      () => say({ text: "This browser does not let the page copy: hold the link, and copy it.", isImportant: true }),
    );
  return (
    <section className="people-link" aria-label="The link">
      <p>{words} It is shown only now.</p>
      <QrCode text={text} label="The link as a QR code" />
      <p className="people-url">{text}</p>
      <div className="people-invite">
        <button type="button" className="button is-main" onClick={copy}>
          Copy the link
        </button>
        <button type="button" className="button" onClick={onDone}>
          Done
        </button>
      </div>
    </section>
  );
}

/** Where there is no door its calls are not there. */
function nothing(error: unknown): null {
  if (error instanceof RestError && error.status === 404) return null;
  throw error;
}

const day = (at: string): string => new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" });
