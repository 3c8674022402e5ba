import { createRoot } from "react-dom/client";
import { Gig } from "./Gig";
import { Setlist } from "./Setlist";

const { content, user, url, parts } = Object.fromEntries(new URLSearchParams(location.search)) as Record<string, string>;
const Shown = parts ? Gig : Setlist;
createRoot(document.getElementById("root")!).render(<Shown contentId={content!} userId={user!} url={url!} />);
