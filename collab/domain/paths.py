"""Paths of requests, within an application that may be mounted in another one."""


def path_within(path: str, root_path: str) -> str:
    """The path as an application sees it that is mounted at `root_path` (ASGI: a path begins with it)."""
    root = root_path.rstrip("/")
    return path[len(root) :] or "/" if f"{path}/".startswith(f"{root}/") else path


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or in it; `folder` ends with a slash."""
    return f"{path}/".startswith(folder)
