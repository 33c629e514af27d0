"""Where tests of the host find what others have built, and what they measure with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


def guest(name: str) -> Path:
    """A Rust plugin as a WebAssembly module, which `cargo xtask` has built."""
    module = ROOT / "target/guests" / f"{name}.wasm"
    if not module.exists():
        what = "build the modules first: cargo xtask test --only 'wasm guests'"
        assert not os.environ.get("CI"), what
        pytest.skip(what)
    return module


def resident() -> int:
    """Resident memory of this process in bytes; 0 where nobody says."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if statm.exists() else 0
