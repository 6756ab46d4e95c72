"""CSV tables, with names beside the ids: a folder, or one .zip file."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from commonweal.optimizer.atomic import whole
from commonweal.optimizer.dictionary import dictionary
from commonweal.optimizer.names import with_names
from commonweal.optimizer.run_folder import Run

EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed date, so that the same run gives the same bytes


def write(run: Run, path: Path) -> None:
    """Write one CSV (UTF-8, LF, shortest exact decimals) for each table and the dictionary."""
    tables = with_names(run.tables, run.instance)
    tables["dictionary"] = dictionary(tables, run.instance)
    texts = {f"{name}.csv": frame.to_csv(index=False, lineterminator="\n") for name, frame in tables.items()}
    with whole(path) as fresh:
        if path.suffix == ".zip":
            with ZipFile(fresh, "w", ZIP_DEFLATED) as archive:
                for name, text in texts.items():
                    archive.writestr(ZipInfo(name, EPOCH), text.encode(), ZIP_DEFLATED)
            return
        fresh.mkdir()
        for name, text in texts.items():
            (fresh / name).write_text(text, encoding="utf-8", newline="\n")
