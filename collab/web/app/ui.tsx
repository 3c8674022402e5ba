/** Small things that every screen uses. */

import { type ButtonHTMLAttributes, type CSSProperties, type ReactNode, useId, useSyncExternalStore } from "react";
import type { User } from "../sdk";
import { chooseTheme, theme, watchTheme } from "./theme";
import { shortName } from "./words";

const PATHS = {
  add: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  cloud: "M7 18a4.5 4.5 0 01-.4-9A6 6 0 0118 9.5a4.3 4.3 0 01-.7 8.5z",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  down: "M6 9l6 6 6-6",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  export: "M12 4v11M8 11l4 4 4-4M5 15v5h14v-5",
  history: "M4 12a8 8 0 108-8 8.5 8.5 0 00-6.5 3M5 3v4.5h4.5M12 8v4l3 2",
  import: "M12 15V4M8 8l4-4 4 4M5 15v5h14v-5",
  keys: "M3 7h18v11H3zM7 11h.01M12 11h.01M17 11h.01M8 15h8",
  leave: "M14 4H5v16h9M10 12h10M16 8l4 4-4 4",
  more: "M5 12a.6.6 0 101 0 .6.6 0 10-1 0M11.500 12a.6.6 0 101 0 .6.6 0 10-1 0M18 12a.6.6 0 101 0 .6.6 0 10-1 0",
  moon: "M20 14.5A8.5 8.5 0 019.5 4 8.5 8.5 0 1020 14.5z",
  next: "M9 5l7 7-7 7",
  off: "M4 4l16 16M8 8.4A6 6 0 006.600 9 4.5 4.5 0 007 18h10.500M12 6a6 6 0 016 3.500 4.300 4.300 0 012 7.300",
  open: "M14 5h5v5M19 5l-8 8M10 6H5v13h13v-5",
  pause: "M8 5v14M16 5v14",
  people: "M9 11a3.500 3.500 0 100-7 3.500 3.500 0 000 7zM2.500 20a6.500 6.500 0 0113 0M16 4.300a3.500 3.500 0 010 6.400M18 14.500a6.500 6.500 0 013.500 5.500",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  redo: "M15 14l5-5-5-5M20 9H9.5a5.5 5.5 0 000 11H13",
  stage: "M5 4h14v11H5zM12 15v5M8 20h8",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M4.900 4.900l1.400 1.400M17.700 17.700l1.400 1.400M2 12h2M20 12h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  undo: "M9 14L4 9l5-5M4 9h10.500a5.500 5.500 0 010 11H11",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  label: string;
}

/** A button that shows an icon and says what it does. */
export function IconButton({ icon, label, className = "", ...rest }: IconButtonProps): ReactNode {
  return (
    <button type="button" className={`icon-button ${className}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

const initialsOf = (user: User): string =>
  shortName(user)
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? "")
    .join("") || "?";

/** Gives a person's colour to what is below, as `--who`. */
export const colored = (user: User): CSSProperties => ({ "--who": user.color }) as CSSProperties;

interface AvatarsProps {
  people: { user: User; isActive: boolean }[];
  me: string;
}

/** Who is online, by their initials; a tap lists them by name. */
export function Avatars({ people, me }: AvatarsProps): ReactNode {
  const MOST = 5;
  const list = useId();
  const nameOf = (user: User): string => (user.id === me ? `${user.name} (you)` : user.name);
  const label = people.map(({ user }) => nameOf(user)).join(", ");
  return (
    <>
      <button type="button" className="avatars" disabled={people.length === 0} popoverTarget={list}>
        <span className="only-heard">{label ? `Online: ${label}` : "Nobody is online"}</span>
        {people.slice(0, MOST).map(({ user, isActive }) => (
          <span
            key={user.id}
            className={`avatar ${isActive ? "" : "is-idle"}`}
            style={colored(user)}
            title={nameOf(user)}
            aria-hidden="true"
            data-user={user.id}
          >
            {initialsOf(user)}
          </span>
        ))}
        {people.length > MOST ? <span className="avatar is-more" aria-hidden="true">+{people.length - MOST}</span> : null}
      </button>
      <ul id={list} className="people" popover="auto" aria-label="Online">
        {people.map(({ user, isActive }) => (
          <li key={user.id} style={colored(user)}>
            {nameOf(user)} <span className="quiet">{isActive ? "active" : "idle"}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function ThemeButton(): ReactNode {
  const now = useSyncExternalStore(watchTheme, theme);
  const other = now === "dark" ? "light" : "dark";
  return <IconButton icon={now === "dark" ? "sun" : "moon"} label={`Use the ${other} theme`} onClick={() => chooseTheme(other)} />;
}

/** The first thing that a keyboard comes to: over the bars to what the page is about. */
export function SkipLink(): ReactNode {
  return (
    <a
      className="skip button"
      href={location.hash || "#/"}
      onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>("[data-content]")?.focus();
      }}
    >
      Skip to the content
    </a>
  );
}
