"""Bars in the cells of a terminal: as long as numbers are large, and plain text where nobody looks."""

import io

from rich.console import Console

from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.screens.console import draw

BLOCK = Block("Net", (Head("region"), Head("net", "change", 0, bar=True)), (("a", -4.0), ("b", 16.0), ("c", 0.0)))


def drawn(width: int = 80, terminal: bool = True) -> list[str]:
    """The rows as a screen of this width shows them, without colours."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    screen = Console(file=out, force_terminal=terminal, width=width, color_system=None)
    draw(screen, BLOCK)
    out.seek(0)
    return [line.rstrip() for line in out.read().splitlines()[4:]]


def test_the_largest_amount_has_the_longest_bar_and_a_quarter_of_it_a_quarter() -> None:
    giver, receiver, nothing = drawn()
    assert receiver.count("█") == 24
    assert giver.count("█") == 24 * 4 / 16
    assert "█" not in nothing
    assert giver.startswith("a") and "-4" in giver


def test_a_piped_screen_and_a_narrow_one_have_no_bars() -> None:
    assert not any("█" in line for line in drawn(terminal=False))
    assert not any("█" in line for line in drawn(width=16))


def test_bars_keep_to_the_width_of_the_screen() -> None:
    assert all(len(line) <= 24 for line in drawn(width=24))
    assert any("█" in line for line in drawn(width=24))
