"""Old Office formats, made by LibreOffice from the new ones in one batch."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory


def converter() -> str | None:
    """The LibreOffice command of this machine, if there is one."""
    return shutil.which("soffice")


def convert(files: Mapping[str, bytes], target: str) -> dict[str, bytes]:
    """Files by name (with suffix) to bytes, all converted to the format `target` ("doc", "rtf");
    what LibreOffice could not convert is left out."""
    command = converter()
    if command is None or not files:
        return {}
    with TemporaryDirectory() as folder:
        home = Path(folder)
        for name, data in files.items():
            (home / name).write_bytes(data)
        subprocess.run(
            [command, f"-env:UserInstallation={(home / 'profile').as_uri()}", "--headless",
             "--convert-to", target, "--outdir", str(home / "out"), *(str(home / name) for name in files)],
            check=True, capture_output=True, timeout=600,
        )  # fmt: skip
        made = {name: home / "out" / Path(name).with_suffix(f".{target}").name for name in files}
        return {name: path.read_bytes() for name, path in made.items() if path.exists()}
