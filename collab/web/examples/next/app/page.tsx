import type { ReactNode } from "react";
import { Setlist } from "./Setlist";

interface PageProps {
  searchParams: Promise<{ content?: string; user?: string }>;
}

/** GET /?content=ID&user=ID. Your own page knows which setlist it shows, and who is logged in. */
export default async function Page({ searchParams }: PageProps): Promise<ReactNode> {
  const { content = "", user = "" } = await searchParams;
  return <Setlist contentId={content} userId={user} url={process.env["COLLAB_URL"] ?? ""} />;
}
