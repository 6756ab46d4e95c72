"""Who pays whom: the pairs reproduce every payment and receipt, and there are few of them."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.optimizer.pairs import split

AMOUNT = st.floats(min_value=1e-3, max_value=1e6)
REGIONS = st.integers(min_value=1, max_value=12)


@st.composite
def payments(draw: st.DrawFn) -> tuple[dict[str, float], dict[str, float]]:
    """Payments of some regions and receipts of others that sum to the same money."""
    given_ = {f"d{k}": draw(AMOUNT) for k in range(draw(REGIONS))}
    shares = [draw(AMOUNT) for _ in range(draw(REGIONS))]
    total = sum(given_.values())
    return given_, {f"r{k}": share / sum(shares) * total for k, share in enumerate(shares)}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(payments())
def test_pairs_reproduce_every_payment_and_every_receipt(case: tuple[dict[str, float], dict[str, float]]) -> None:
    given_, received = case
    pairs = split(given_, received)
    paid: defaultdict[str, float] = defaultdict(float)
    got: defaultdict[str, float] = defaultdict(float)
    for donor, recipient, amount in pairs:
        assert amount > 0
        paid[donor] += amount
        got[recipient] += amount
    total = sum(given_.values())
    assert dict(paid) == pytest.approx({d: a for d, a in given_.items() if d in paid}, rel=1e-9, abs=1e-9 * total)
    for amounts, seen in ((given_, paid), (received, got)):
        assert all(abs(amounts[r] - seen[r]) <= 1e-9 * total for r in amounts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(payments())
def test_there_are_fewer_pairs_than_donors_and_recipients_together(
    case: tuple[dict[str, float], dict[str, float]],
) -> None:
    given_, received = case
    pairs = split(given_, received)
    assert len(pairs) <= len(given_) + len(received) - 1
    assert len({(donor, recipient) for donor, recipient, _ in pairs}) == len(pairs)
    assert not {(d, r) for d, r, _ in pairs} & {(r, d) for d, r, _ in pairs}


def test_equal_amounts_go_by_name() -> None:
    assert split({"b": 1.0, "a": 1.0}, {"y": 1.0, "x": 1.0}) == [("a", "x", 1.0), ("b", "y", 1.0)]


def test_the_largest_donor_pays_the_largest_recipient_first() -> None:
    # 5 and 3 to 6 and 2: the larger donor fills 5 of the 6, the other one the rest.
    assert split({"a": 3.0, "b": 5.0}, {"x": 2.0, "y": 6.0}) == [("b", "y", 5.0), ("a", "y", 1.0), ("a", "x", 2.0)]


def test_regions_that_pay_or_receive_nothing_are_in_no_pair() -> None:
    assert split({"a": 2.0, "b": 0.0}, {"x": 2.0, "y": 0.0}) == [("a", "x", 2.0)]
    assert split({}, {}) == []


def test_what_rounding_leaves_over_is_shared_and_not_taken_from_the_smallest() -> None:
    """30 are paid and 30.003 booked as received: everybody gets 30 / 30.003 of it, and the small one is not left with 0.007."""
    pairs = split({"d": 30.0}, {"big": 29.993, "small": 0.01})
    assert [(taker, amount) for _, taker, amount in pairs] == [
        ("big", pytest.approx(29.993 * 30 / 30.003)),
        ("small", pytest.approx(0.01 * 30 / 30.003)),
    ]
