import { createRoot } from "react-dom/client";
import { Setlist } from "./Setlist";

const { content, user, url } = Object.fromEntries(new URLSearchParams(location.search)) as Record<string, string>;
createRoot(document.getElementById("root")!).render(<Setlist contentId={content!} userId={user!} url={url!} />);
