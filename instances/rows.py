"""The data dictionary: one class per table, one field per column.

Meaning, unit and range of every column stand here and nowhere else; the reader, the template, the docs page
and `dictionary.csv` all go through `TABLES`. Units: *money* and *persons* are counted in the scale that
`instance.toml` declares (`money = 1e9`: thousand millions of the currency); amounts per person are plain
currency units. A field without a default is required: its column must be there and no cell may be blank.
"""

from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, BaseModel, Field

from commonweal.language import _, mark

Kind = Literal["text", "number", "integer"]

# Columns that name a row of another table, wherever they occur.
REFERENCES = {"region": "regions", "group": "groups", "programme": "programmes", "fund": "funds"}


@dataclass(frozen=True)
class Column:
    """What the dictionary knows of one column."""

    name: str
    kind: Kind
    unit: str
    description: str
    required: bool
    default: str | None  # value of an absent optional cell; None = stays empty
    low: float | None  # smallest value allowed
    above: float | None  # values must lie strictly above this
    high: float | None  # largest value allowed
    choices: tuple[str, ...]  # the only words allowed; empty = any
    references: str | None  # table whose ids are the only words allowed

    @property
    def blank(self) -> bool:
        """Whether a cell may be blank; a year may not, only its whole column may be absent."""
        return not self.required and self.name != "year"

    @property
    def range(self) -> str:
        """The range in words, such as "at least 0 and at most 1"; empty when there is none."""
        if self.choices:
            return _("one of {names}", names=", ".join(self.choices))
        limits = {
            mark("at least {limit}"): self.low,
            mark("above {limit}"): self.above,
            mark("at most {limit}"): self.high,
        }
        told = [_(words, limit=f"{limit:g}") for words, limit in limits.items() if limit is not None]
        return _(" and ").join(told)


class Row(BaseModel, extra="forbid", frozen=True):
    """A row of a table. `KEY` identifies it and gives the order; an `OPTIONAL` table's file may be absent."""

    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    OPTIONAL: ClassVar[bool] = False

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        """The columns in the order in which files are written."""
        return tuple(_column(cls, name) for name in cls.model_fields)

    @classmethod
    def yearly(cls) -> bool:
        """Whether values belong to a year; the file may leave the column out when they serve all years."""
        return "year" in cls.model_fields


def _column(table: type[Row], name: str) -> Column:
    field = table.model_fields[name]
    annotation: Any = field.annotation
    if get_origin(annotation) is UnionType:
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    kinds: dict[Any, Kind] = {float: "number", int: "integer"}
    bound = {type(mark): mark for mark in field.metadata}
    extra: Any = field.json_schema_extra
    own_id = (name,) == table.KEY
    return Column(
        name=name,
        kind=kinds.get(annotation, "text"),
        unit=extra["unit"],
        description=field.description or "",
        required=field.is_required(),
        default=None if field.is_required() else field.default,
        low=bound[Ge].ge if Ge in bound else None,
        above=bound[Gt].gt if Gt in bound else None,
        high=bound[Le].le if Le in bound else None,
        choices=choices,
        references=None if own_id else REFERENCES.get(name),
    )


def _unit(unit: str) -> dict[str, Any]:
    return {"unit": unit}


# The kinds of column that recur.
Id = Annotated[str, Field(min_length=1, json_schema_extra=_unit("id"))]
Name = Annotated[str, Field(min_length=1, json_schema_extra=_unit("text"))]
Label = Annotated[str, Field(json_schema_extra=_unit("text"))]
Money = Annotated[float, Field(json_schema_extra=_unit("money"))]
MoneyUp = Annotated[float, Field(ge=0, json_schema_extra=_unit("money"))]
Persons = Annotated[float, Field(ge=0, json_schema_extra=_unit("persons"))]
PerPerson = Annotated[float, Field(ge=0, json_schema_extra=_unit("currency units per person and year"))]
Position = Annotated[int | None, Field(ge=0, le=1000, json_schema_extra=_unit("tile"))]
Year = Annotated[
    int | None,
    Field(
        description="calendar year; leave the column out where one value serves all",
        json_schema_extra=_unit("year"),
    ),
]
LOCAL = "name in the local language"


class Region(Row):
    """Regions: the places money moves between."""

    TABLE = "regions"
    KEY = ("region",)
    region: Id = Field(description="id of the region")
    name: Name = Field(description="name shown to people")
    name_local: Label = Field(default="", description=LOCAL)
    parent: Label = Field(default="", description="larger unit the region lies in, such as the province of a county")
    belt: Label = Field(default="", description="label that rules may name, such as East or West")
    map_column: Position = Field(default=None, description="column of the region's tile on the tile map, from the left")
    map_row: Position = Field(default=None, description="row of the region's tile on the tile map, from the top")


class Group(Row):
    """Groups of people whose benefits are compared."""

    TABLE = "groups"
    KEY = ("group",)
    group: Id = Field(description="id of the group")
    name: Name = Field(description="name shown to people")
    name_local: Label = Field(default="", description=LOCAL)
    area: Literal["urban", "rural", "other"] = Field(
        description="which side of the urban-rural gap the group stands on", json_schema_extra=_unit("word")
    )


class Programme(Row):
    """Social-security programmes."""

    TABLE = "programmes"
    KEY = ("programme",)
    programme: Id = Field(description="id of the programme")
    name: Name = Field(description="name shown to people")
    name_local: Label = Field(default="", description=LOCAL)


class Fund(Row):
    """Funds: the separate purses that pay benefits."""

    TABLE = "funds"
    KEY = ("fund",)
    fund: Id = Field(description="id of the fund")
    name: Name = Field(description="name shown to people")
    name_local: Label = Field(default="", description=LOCAL)


class Scheme(Row):
    """Schemes: which fund pays a group in a programme, and the standard its benefit is measured by."""

    TABLE = "schemes"
    KEY = ("programme", "group", "year")
    programme: Id = Field(description="programme")
    group: Id = Field(description="group")
    fund: Id = Field(description="the one fund that pays this group in this programme, in every year")
    year: Year = None
    standard: float = Field(
        gt=0,
        description="benefit that counts as enough: a share of 1 in the gaps",
        json_schema_extra=_unit("currency units per person and year"),
    )


class People(Row):
    """People: today's reach and benefit. No row = not applicable; covered 0 and benefit 0 = uncovered."""

    TABLE = "people"
    KEY = ("region", "group", "programme", "year")
    region: Id = Field(description="region")
    group: Id = Field(description="group")
    programme: Id = Field(description="programme")
    year: Year = None
    eligible: Persons = Field(description="persons who should be reached")
    covered: Persons = Field(description="persons who are reached today; at most eligible")
    benefit: PerPerson = Field(description="today's spending per eligible person, the uncovered counted as 0")


class Account(Row):
    """Accounts: the yearly money of each fund in each region."""

    TABLE = "accounts"
    KEY = ("region", "fund", "year")
    region: Id = Field(description="region")
    fund: Id = Field(description="fund")
    year: Year = None
    opening: MoneyUp = Field(description="reserve at the start of the first year")
    base: MoneyUp = Field(description="contribution base of the year, such as the wage bill")
    rate: float = Field(
        ge=0,
        le=1,
        description="actual contribution rate, as a share of the base",
        json_schema_extra=_unit("share"),
    )
    other_revenue: Money = Field(description="revenue of the year besides contributions, such as today's subsidies")
    other_spending: MoneyUp = Field(description="spending of the year besides benefits")
    locked: MoneyUp = Field(description="part of the opening reserve that may not be spent")
    accrual: MoneyUp = Field(description="part of the year's revenue that stays locked, such as individual accounts")
    employer_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="part of the contributions that employers pay; blank = not known",
        json_schema_extra=_unit("share"),
    )


class Budget(Row):
    """Budgets: what each region's own government can do."""

    TABLE = "budgets"
    KEY = ("region", "year")
    region: Id = Field(description="region")
    year: Year = None
    own_revenue: MoneyUp = Field(description="the region's own budget revenue")
    spending: MoneyUp = Field(description="the region's budget spending")
    transfers: Money = Field(description="transfers received from the centre today")
    population: float = Field(gt=0, description="inhabitants", json_schema_extra=_unit("persons"))
    gdp: MoneyUp = Field(description="gross domestic product")
    own_effort: MoneyUp = Field(description="money by which the region's own effort falls short of the national effort")
    donor_cap: MoneyUp = Field(description="fiscal capacity above the national average per head; 0 = not a donor")


class GrowthRate(Row):
    """Growth: named yearly growth rates, for the nation (region blank) or a region, which then goes first."""

    TABLE = "growth"
    KEY = ("series", "region")
    OPTIONAL = True
    region: Label = Field(default="", description="region; blank = the whole nation")
    series: Id = Field(description="name by which scenarios call the series, such as prices")
    rate: float = Field(
        gt=-1,
        le=1,
        description="growth per year: 0.02 is 2 per cent",
        json_schema_extra=_unit("share per year"),
    )


class Band(Row):
    """Income bands: how the persons of a group are spread over household incomes."""

    TABLE = "bands"
    KEY = ("region", "group", "band")
    OPTIONAL = True
    region: Id = Field(description="region")
    group: Id = Field(description="group")
    band: Id = Field(description="name of the band, such as low")
    share: float = Field(
        ge=0, le=1, description="part of the group's persons in the band", json_schema_extra=_unit("share")
    )
    income: PerPerson = Field(description="household income per member in the band")


class Total(Row):
    """Totals: check sums. The rows of a table that match `where` must add up to `total` in every year."""

    TABLE = "totals"
    KEY = ("table", "column", "where")
    OPTIONAL = True
    table: Id = Field(description="table that is checked, such as people")
    column: Id = Field(description="column that is summed")
    where: Label = Field(default="", description="rows that count, such as fund=employees;year=2024; blank = all")
    total: float = Field(description="the sum that is expected", json_schema_extra=_unit("that of the column"))
    tolerance: float = Field(
        ge=0, le=1, description="largest deviation, as a share of the total", json_schema_extra=_unit("share")
    )


TABLES: tuple[type[Row], ...] = (
    Region,
    Group,
    Programme,
    Fund,
    Scheme,
    People,
    Account,
    Budget,
    GrowthRate,
    Band,
    Total,
)


def _consecutive(years: list[int]) -> list[int]:
    if years != list(range(years[0], years[0] + len(years))):
        raise ValueError(_("must be consecutive years, such as [2024, 2025, 2026]"))
    return years


Years = Annotated[list[int], Field(min_length=1), AfterValidator(_consecutive)]


class Meta(BaseModel, extra="forbid", frozen=True, strict=True):
    """The file `instance.toml`: what the case is, and the units of every table."""

    name: str = Field(min_length=1, description="short name, such as china-2024")
    title: str = Field(min_length=1, description="title shown to people")
    currency: str = Field(min_length=1, description="currency unit in words, such as yuan")
    currency_plural: str = Field(
        default="", description="its plural, such as crowns; leave it out where it is the same"
    )
    language: str = Field(default="", description="language of the local names, such as zh: then they are its names")
    money: float = Field(
        gt=0,
        allow_inf_nan=False,
        description="currency units in one unit of money in the tables, such as 1e9",
    )
    persons: float = Field(
        gt=0, allow_inf_nan=False, description="persons in one unit of persons in the tables, such as 1e6"
    )
    price_year: int = Field(description="year whose prices all amounts are in")
    years: Years = Field(description="years of the data, consecutive; the first is the data year")
    licence: str = Field(description="licence of the data")
    source: str = Field(description="where the data come from")
