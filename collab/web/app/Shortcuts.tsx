/** What keys do, listed. */

import "./styles/shortcuts.css";
import { Fragment, type ReactNode } from "react";
import { Dialog } from "./Dialog";

const MOD = /mac|iphone|ipad/i.test(navigator.userAgent) ? "⌘" : "Ctrl";

const SHORTCUTS: readonly [name: string, keys: readonly (readonly [does: string, ...keys: string[]])[]][] = [
  [
    "Anywhere",
    [
      ["Show these keys", "?"],
      ["Close what is open", "Escape"],
    ],
  ],
  [
    "In a list of songs",
    [
      ["Add a song", `${MOD} Enter`],
      ["Undo", `${MOD} Z`],
      ["Redo", `${MOD} Shift Z`, `${MOD} Y`],
      ["Pick an entry up by its handle, and drop it", "Space"],
      ["Move it", "↑", "↓"],
    ],
  ],
  [
    "In a field",
    [
      ["Take the value in", "Enter"],
      ["Leave it, without what was not taken in yet", "Escape"],
    ],
  ],
  [
    "On stage",
    [
      ["On: a screenful, then the next song", "Page Down", "↓", "Space"],
      ["Back", "Page Up", "↑", "Backspace"],
      ["Next song, song before", "→", "←"],
      ["Leave the stage", "Escape"],
    ],
  ],
];

export function Shortcuts({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Dialog title="Keys" onClose={onClose}>
      {SHORTCUTS.map(([name, keys]) => (
        <section key={name} aria-label={name}>
          <h3>{name}</h3>
          <dl className="shortcuts">
            {keys.map(([does, ...all]) => (
              <Fragment key={does}>
                <dt>{does}</dt>
                <dd>
                  {all.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
