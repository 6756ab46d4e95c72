"""Who pays whom: pooled payments split into donor -> recipient pairs.

Payments go into one pool, so any split is as good as another. The north-west corner rule on donors and recipients
sorted by amount gives at most donors + recipients - 1 pairs, never a pair in both directions, and sums that reproduce
every payment and receipt.
"""

from collections.abc import Mapping

Pair = tuple[str, str, float]


def split(given: Mapping[str, float], received: Mapping[str, float]) -> list[Pair]:
    """(donor, recipient, amount) for what arrives; `given` and `received` must sum to the same money.

    They do so up to the solver's rounding, which all recipients share in proportion: nobody small has to bear it alone.
    """
    donors = _sorted(given)
    total, asked = sum(amount for _, amount in donors), sum(amount for _, amount in _sorted(received))
    takers = [(taker, amount * total / asked) for taker, amount in _sorted(received)]
    grain = 1e-12 * max(total, 1.0)  # what is left over by rounding goes to nobody
    pairs: list[Pair] = []
    k = 0
    left = takers[0][1] if takers else 0.0
    for donor, amount in donors:
        while amount > grain and k < len(takers):
            part = min(amount, left)
            if part > grain:
                pairs.append((donor, takers[k][0], part))
            amount -= part
            left -= part
            if left <= grain:
                k += 1
                left = takers[k][1] if k < len(takers) else 0.0
    return pairs


def _sorted(amounts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Largest first, equal amounts by name."""
    return sorted(((r, a) for r, a in amounts.items() if a > 0), key=lambda item: (-item[1], item[0]))
