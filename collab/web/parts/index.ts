/**
 * The parts that the page is made of, for other front ends in React: they stand below a `CollabProvider`, notices below
 * `Toasts`. Their styles are `app/styles/index.css`, and their colours and shapes its variables (`--accent`, `--surface`,
 * `--radius` …), which a host sets anew. `examples/gallery` shows each in its states.
 */

export { Field, Named } from "../app/Field";
export { type Format, formatOf } from "../app/format";
export { LineField } from "../app/LineField";
export type { FieldProps } from "../app/props";
export { SavingState } from "../app/SavingState";
export { StageView } from "../app/stage/StageView";
export { TextField, TextLine } from "../app/TextField";
export { type Say, type Toast, Toasts, useToasts } from "../app/toasts";
export { Avatars, colored, Icon, IconButton } from "../app/ui";
