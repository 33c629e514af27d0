"""The conformance subject of each SDK, as a plugin's folder, and of some through more than one door."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from host.places import ROOT

#: How a shared library's name ends here.
LIBRARY = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")

SUBJECTS = {
    "python": ROOT / "bindings/python/subject",
    "typescript": ROOT / "bindings/typescript/subject",
    "rust": ROOT / "target/debug/examples/subject",
    "rust-wasm": ROOT / "target/guests/subject.wasm",
    "rust-native": ROOT / f"target/natives/subject{LIBRARY}",
    "python-module": ROOT / "bindings/python/subject",
}


def _there(language: str) -> bool:
    needed = SUBJECTS["typescript"] / "dist/plugin.js" if language == "typescript" else SUBJECTS[language]
    return needed.exists() and (language != "typescript" or shutil.which("node") is not None)


@pytest.fixture(params=list(SUBJECTS))
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return _present(request.param, tmp_path)


@pytest.fixture(params=["python", "typescript", "rust"])
def process_subject(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Those that are programs of their own."""
    return _present(request.param, tmp_path)


@pytest.fixture(params=["rust-wasm", "rust-native"])
def frameless_subject(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Those whose messages are handed over one by one."""
    return _present(request.param, tmp_path)


def _present(language: str, tmp_path: Path) -> Path:
    if not _there(language):
        assert not os.environ.get("CI"), f"the subject in {language} is not built"
        pytest.skip(f"the subject in {language} is not built")
    return _folder(language, tmp_path)


def _folder(language: str, folder: Path) -> Path:
    """The subject, with a manifest that asks for every service."""
    source = SUBJECTS[language]
    manifest = json.loads(
        (SUBJECTS["typescript" if language == "typescript" else "python"] / "plugin.json").read_text()
    )
    manifest["permissions"] = {"services": ["*"], "events": {"emit": ["*"], "subscribe": ["*"]}}
    if language == "rust":
        manifest["doors"]["process"]["command"] = ["./subject"]
        (folder / "subject").symlink_to(source)
    elif language == "rust-wasm":
        manifest["doors"] = {"wasm": {"path": "subject.wasm"}}
        shutil.copy(source, folder)
    elif language == "rust-native":
        manifest["doors"] = {"native": {"path": source.name}}
        shutil.copy(source, folder)
    else:
        if language == "python-module":
            manifest["doors"] = {"module": {"python": "plugin"}}
        for file in source.iterdir():
            if file.name != "plugin.json":
                (folder / file.name).symlink_to(file)
    (folder / "plugin.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def python_subject(tmp_path: Path) -> Path:
    return _folder("python", tmp_path)


@pytest.fixture
def rust_subject(tmp_path: Path) -> Path:
    return _present("rust", tmp_path)


@pytest.fixture
def module_subject(tmp_path: Path) -> Path:
    """The subject in Python, in the process of its host."""
    return _folder("python-module", tmp_path)
