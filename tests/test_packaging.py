"""What is shipped: every package, nothing under a generic name, and an import that stays light."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CODE = ("instances", "models", "optimizer")


def packages_on_disk() -> set[str]:
    """Folders of code that hold an __init__.py, by import name."""
    found = {path.parent.relative_to(ROOT) for top in CODE for path in (ROOT / top).rglob("__init__.py")}
    return {"commonweal"} | {f"commonweal.{'.'.join(folder.parts)}" for folder in found}


def test_every_folder_of_code_is_listed_as_a_package() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages_on_disk()


def test_every_folder_with_modules_is_a_package() -> None:
    homes = {path.parent for top in CODE for path in (ROOT / top).rglob("*.py")}
    bare = [home.relative_to(ROOT) for home in homes if "-" not in home.name and not (home / "__init__.py").is_file()]
    assert bare == [], "these would be left out of the wheel"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built by way of a source distribution, from a copy without anything that was built before."""
    copy = tmp_path_factory.mktemp("build") / "source"
    skip = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "runs")
    shutil.copytree(ROOT, copy, ignore=skip, symlinks=True)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (built,) = (copy / "dist").glob("*.whl")
    return zipfile.ZipFile(built)


@pytest.mark.slow
def test_nothing_generic_lands_in_site_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    version = PROJECT["project"]["version"]
    assert tops == {"commonweal", f"commonweal-{version}.dist-info"}


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_every_bundled_file(wheel: zipfile.ZipFile) -> None:
    shipped = set(wheel.namelist())
    suffixes = {".py", ".toml", ".csv", ".md", ".html", ".css", ".js", ".mo", ".typed"}
    files = [path for top in CODE for path in (ROOT / top).rglob("*") if path.suffix in suffixes]
    # How a bundled case was made from its raw files stays with the source: hyphenated folders are no packages.
    files = [path for path in files if not (path.suffix == ".py" and "-" in path.parent.name)]
    wanted = {f"commonweal/{path.relative_to(ROOT).as_posix()}" for path in files if "__pycache__" not in path.parts}
    wanted |= {"commonweal/__init__.py", "commonweal/cli.py", "commonweal/py.typed"}
    assert sorted(wanted - shipped) == []
    assert not [name for name in shipped if "/tests/" in name or "conftest" in name]


@pytest.mark.slow
def test_the_wheel_works_where_the_source_is_not(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    code = (
        "import commonweal; from pathlib import Path;"
        f"assert Path(commonweal.__file__).is_relative_to({str(tmp_path)!r}), commonweal.__file__;"
        "plan = commonweal.solve(commonweal.read('two-regions'));"
        "print(round(plan.objective, 6))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip() == "0.069444"


@pytest.mark.parametrize("code", ["import commonweal", "import commonweal.cli", "import commonweal.optimizer"])
def test_importing_loads_neither_pandas_nor_pyomo_nor_a_solver(code: str) -> None:
    heavy = "[m for m in ('pandas', 'pyomo', 'highspy', 'scipy', 'numpy') if m in sys.modules]"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print({heavy})"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_there_and_others_are_refused() -> None:
    import commonweal

    for name in commonweal.__all__:
        assert getattr(commonweal, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = commonweal.nonsense


def test_generic_names_are_banned_from_imports() -> None:
    banned = PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert set(banned) >= set(CODE)


def test_whatever_the_tests_need_is_named_for_developers() -> None:
    wanted = {line.split(">")[0].split("<")[0] for line in PROJECT["project"]["optional-dependencies"]["dev"]}
    assert {"pytest", "hypothesis", "build", "setuptools", "openpyxl"} <= wanted
