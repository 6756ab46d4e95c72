"""Cases too large to be shipped as tables: made from a compact source whenever they are asked for.

    commonweal new my-counties --from china-counties-2020

`read` knows them by name too, and then makes their tables in a folder that is gone afterwards.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Write = Callable[[Path], None]
"""Writes the tables of a case into a folder that is there."""


def generated() -> dict[str, Write]:
    """The cases that are made: name -> what writes one."""
    from commonweal.instances import china_counties  # needs pandas, which names alone do not

    return {china_counties.NAME: china_counties.write}


def described() -> dict[str, dict[str, Any]]:
    """What `instance.toml` says of each, and how many regions it has, without making it."""
    from commonweal.instances import china_counties

    meta = tomllib.loads((china_counties.KEPT / "instance.toml").read_text(encoding="utf-8"))
    lines = china_counties.COUNTIES.read_text(encoding="utf-8").splitlines()
    return {china_counties.NAME: {**meta, "regions": len(lines) - 1}}
