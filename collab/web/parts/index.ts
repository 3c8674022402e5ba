/**
 * The parts that the page is made of, for other front ends in React: they stand below a `CollabProvider`, notices below
 * `Toasts`. Their styles are `styles.css`, and their colours and shapes its variables (`--accent`, `--surface`,
 * `--radius` …), which a host sets anew. `examples/gallery` shows each in its states.
 */

export { Cursors } from "../app/Cursors";
export { Field, Named } from "../app/Field";
export { type Format, formatOf } from "../app/format";
export { Kinds, KindsProvider } from "../app/kinds";
export { LineField } from "../app/LineField";
export { toastOf } from "../app/notices";
export type { FieldProps } from "../app/props";
export { SavingState } from "../app/SavingState";
export { StageView } from "../app/stage/StageView";
export { TextField, TextLine } from "../app/TextField";
export { type Action, type Say, type Toast, Toasts, useToasts } from "../app/toasts";
export { Avatars, colored, Icon, IconButton, type IconName } from "../app/ui";
export { useTyping } from "../app/useTyping";
