"""The React example of the docs compiles against the hooks."""

import json
import re
import subprocess

from tests.docs.pages import DOCS, section
from tests.javascript import NODE
from tests.web.node import WEB


def test_the_react_example_compiles() -> None:
    example = re.search(r"```tsx\n(.*?)```", section(DOCS / "embed.md", "In a React front end"), re.DOTALL)
    assert example
    # Beside the packages that it imports.
    folder = WEB / "node_modules" / ".docs"
    folder.mkdir(exist_ok=True)
    (folder / "example.tsx").write_text(example[1])
    options = {"noImplicitAny": False, "paths": {"collab-bands/react": ["../../react/index.ts"]}}
    settings = {"extends": "../../tsconfig.json", "compilerOptions": options, "include": ["example.tsx"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [NODE, WEB / "node_modules" / "typescript" / "bin" / "tsc", "-p", folder],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
