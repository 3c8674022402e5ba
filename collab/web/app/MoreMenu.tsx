/** What is done seldom to a content: it is copied, printed, and goes out as a file. */

import { type ReactNode, useId, useState } from "react";
import { type ExportFormat, type Rest, RestError } from "../react";
import { download } from "./download";
import { Shortcuts } from "./Help";
import { useToasts } from "./toasts";
import { Icon, type IconName } from "./ui";

interface MoreMenuProps {
  contentId: string;
  rest: Rest;
  /** Edits that are not sent yet, and so in no file. */
  pending: number;
  /** What else can be done to this kind of content. */
  actions: readonly { icon: IconName; label: string; run: () => void }[];
}

const FORMATS: Readonly<Record<ExportFormat, string>> = {
  chordpro: "Save as ChordPro",
  csv: "Save as CSV",
  html: "Save as web page",
  json: "Save as JSON",
};

export function MoreMenu({ contentId, rest, pending, actions }: MoreMenuProps): ReactNode {
  const menu = useId();
  const say = useToasts();
  const [areKeysOpen, setKeysOpen] = useState(false);
  const send = async (format: ExportFormat): Promise<void> => {
    try {
      const file = await rest.exported(contentId, format);
      download(file);
      const missing = pending > 0 ? " What is not sent yet is not in it." : "";
      say({ text: `${file.name} is saved.${missing}`, isImportant: pending > 0 });
    } catch (error) {
      say({ text: `Nothing was exported: ${error instanceof RestError ? error.message : String(error)}`, isImportant: true });
    }
  };
  const close = (): void => document.getElementById(menu)?.hidePopover();
  const entry = (icon: IconName, label: string, run: () => void): ReactNode => (
    <li key={label}>
      <button
        type="button"
        onClick={() => {
          close();
          run();
        }}
      >
        <Icon name={icon} /> {label}
      </button>
    </li>
  );
  return (
    <>
      <button type="button" className="icon-button" aria-label="More" title="More" popoverTarget={menu}>
        <Icon name="more" />
      </button>
      <ul id={menu} className="people menu" popover="auto" aria-label="More">
        {actions.map(({ icon, label, run }) => entry(icon, label, run))}
        {Object.entries(FORMATS).map(([format, words]) => entry("export", words, () => void send(format as ExportFormat)))}
        {entry("keys", "Keys", () => setKeysOpen(true))}
      </ul>
      {areKeysOpen ? <Shortcuts onClose={() => setKeysOpen(false)} waiting={null} /> : null}
    </>
  );
}
