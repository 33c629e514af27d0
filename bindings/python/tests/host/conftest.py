"""The conformance subject of each SDK, as a plugin's folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SUBJECTS = {
    "python": ROOT / "bindings/python/subject",
    "typescript": ROOT / "bindings/typescript/subject",
    "rust": ROOT / "target/debug/examples/subject",
}


def _there(language: str) -> bool:
    needed = {"typescript": SUBJECTS["typescript"] / "dist/plugin.js", "rust": SUBJECTS["rust"]}.get(language)
    return (needed is None or needed.exists()) and (language != "typescript" or shutil.which("node") is not None)


@pytest.fixture(params=list(SUBJECTS))
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    language: str = request.param
    if not _there(language):
        assert not os.environ.get("CI"), f"the subject in {language} is not built"
        pytest.skip(f"the subject in {language} is not built")
    return _folder(language, tmp_path)


def _folder(language: str, folder: Path) -> Path:
    """The subject, with a manifest that asks for every service."""
    source = SUBJECTS[language]
    manifest = json.loads((SUBJECTS["python" if language == "rust" else language] / "plugin.json").read_text())
    manifest["permissions"] = {"services": ["*"], "events": {"emit": ["*"], "subscribe": ["*"]}}
    if language == "rust":
        manifest["doors"]["process"]["command"] = ["./subject"]
        (folder / "subject").symlink_to(source)
    else:
        for file in source.iterdir():
            if file.name != "plugin.json":
                (folder / file.name).symlink_to(file)
    (folder / "plugin.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def python_subject(tmp_path: Path) -> Path:
    return _folder("python", tmp_path)
