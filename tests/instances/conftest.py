"""A case on disk that tests may damage."""

import shutil
from pathlib import Path

import pytest

from commonweal.instances import bundled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the case two-regions."""
    return Path(shutil.copytree(bundled()["two-regions"], tmp_path / "case"))
