"""The data dictionary is complete and can be walked through."""

from commonweal.instances.rows import TABLES, Column, Meta


def column(table: str, name: str) -> Column:
    return next(c for t in TABLES if table == t.TABLE for c in t.columns() if c.name == name)


def test_every_column_says_what_it_means_and_in_which_unit():
    for table in TABLES:
        assert table.__doc__
        for found in table.columns():
            assert found.description, f"{table.TABLE}.{found.name}"
            assert found.unit, f"{table.TABLE}.{found.name}"
        assert set(table.KEY) <= {c.name for c in table.columns()}
    assert all(field.description for field in Meta.model_fields.values())


def test_the_dictionary_knows_kind_range_and_reference_of_a_column():
    rate = column("accounts", "rate")
    assert (rate.kind, rate.unit, rate.range, rate.required) == (
        "number",
        "share",
        "at least 0 and at most 1",
        True,
    )
    assert column("schemes", "standard").range == "above 0"
    assert column("groups", "area").range == "one of urban, rural, other"
    assert column("people", "region").references == "regions"
    assert column("growth", "region").references == "regions"
    assert column("regions", "region").references is None
    assert not column("regions", "belt").required
    assert column("people", "year").kind == "integer"
    assert not column("people", "year").blank


def test_only_names_places_on_the_map_and_the_employers_part_may_be_left_out_of_a_required_table():
    optional = {c.name for t in TABLES if not t.OPTIONAL for c in t.columns() if not c.required}
    assert optional == {"name_local", "parent", "belt", "map_column", "map_row", "year", "employer_share"}
