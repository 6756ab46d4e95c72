"""Details on demand where a place is many regions: the regions of one place, as a table."""

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.language import _
from commonweal.optimizer.names import labels
from commonweal.optimizer.report.figure import Figure, Frame, Key
from commonweal.optimizer.report.places import Places
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import last, who


def details(run: Run, shown: Places) -> Figure:
    """A table for each place and who, in the last year; no chart."""
    cells = last(run.tables["benefits"])
    cells = cells[cells["eligible"] > 0].assign(place=cells["region"].map(shown.of))
    called, words = labels(run.instance, "region"), amounts(run.instance)
    frames: dict[Key, Frame] = {}
    for (place, programme, group), part in cells.groupby(["place", "programme", "group"]):
        ordered = part.sort_values(["benefit_before", "region"])
        before, after, standard = (ordered[c].tolist() for c in ("benefit_before", "benefit", "standard"))
        places = digits([*before, *after])
        rows = tuple(
            (called[region], b, a, a / s)
            for region, b, a, s in zip(ordered["region"], before, after, standard, strict=True)
        )
        heads = (
            Head(_("region")),
            Head(_("before"), "number", places),
            Head(_("after"), "number", places),
            Head(_("of the standard"), "share"),
        )
        title = _(
            "{place}: {who}, {year}, {unit}",
            place=shown.names[str(place)],
            who=who(run, str(programme), str(group)),
            year=cells["year"].max(),
            unit=words.benefit,
        )
        frames[str(place), f"{programme}|{group}"] = Frame(Block(title, heads, rows))
    return Figure(
        "regions",
        _("Every region of one {place}", place=shown.noun[0]),
        _("Choose one to see all its regions, or search for a region by its name."),
        ("place", "who"),
        frames,
    )
