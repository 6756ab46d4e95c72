"""What mkdocs does beyond Markdown: pages made from the code, the cases' own pages, and links that hold in both places.

Documents link to files as they lie in the repository. On the site, a link to a file that has a page goes to that page;
of a link to any other file only its text stays.
"""

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.utils import get_relative_url

from docs.reference import pages as references

ROOT = Path(__file__).resolve().parents[1]
SHIM = "https://unpkg.com/iframe-worker/shim"  # what the theme would load for the search of pages opened as files
LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def taken() -> dict[str, str]:
    """Files of the repository that become pages: {path in the repository: path on the site}."""
    found = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md", "README.md": "index.md"}
    for folder in sorted(path.parent for path in ROOT.glob("instances/*/instance.toml")):
        for name, suffix in (("README.md", ""), ("SOURCES.md", "-sources")):
            if (folder / name).is_file():
                found[f"instances/{folder.name}/{name}"] = f"cases/{folder.name}{suffix}.md"
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the sections of the navigation that name a folder."""
    there = [*references(), *taken().values(), *sorted(_written())]
    assert config.nav is not None
    config.nav = [_section(section, there) for section in config.nav]
    return config


def _written() -> list[str]:
    return [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]


def _section(section: Mapping[str, Any], there: list[str]) -> dict[str, Any]:
    ((title, pages),) = section.items()
    if isinstance(pages, str):
        pages = [page for page in there if page.startswith(pages)]
    if title == "Cases":
        pages = [{Path(page).stem.replace("-sources", ": sources"): page} for page in pages]
    return {title: pages}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference and the files of the repository that become pages."""
    made = {page: (ROOT / path).read_text(encoding="utf-8") for path, page in taken().items() if page != "index.md"}
    for page, text in (made | references()).items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    here = page.file.src_uri
    pages = taken()
    source = next((path for path, uri in pages.items() if uri == here and uri != "index.md"), f"docs/{here}")

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found.groups()
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        uri = pages.get(path, path.removeprefix("docs/"))
        if files.get_file_from_path(uri) is None and (ROOT / path).exists():
            return text
        return f"[{text}]({posixpath.relpath(uri, posixpath.dirname(here) or '.')}{anchor or ''})"

    return LINK.sub(link, markdown)


def on_post_page(output: str, page: Any, config: MkDocsConfig) -> str:
    """Load nothing from a network."""
    return output.replace(SHIM, get_relative_url("iframe-worker.js", page.url))
