/** What views and fields are given: said once, below them, since views and fields are made of one another. */

import type { Content, Document, FieldType, Presence, Value } from "../react";

/** What every view of a content gets. */
export interface PageProps {
  content: Content;
  document: Document;
  /** The others who are in the content. */
  others: readonly Presence[];
  isReadOnly: boolean;
}

export interface FieldProps {
  content: Content;
  /** Null for a field of the content itself. */
  item: string | null;
  field: string;
  type: FieldType;
  value: Value;
  label: string;
  placeholder?: string;
  className?: string;
  isReadOnly: boolean;
  /** The others who are in the content. */
  others: readonly Presence[];
}
