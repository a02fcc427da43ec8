import pytest

from functions.analyze.document.amounts import Amount, AmountKind, parse_amounts, parse_number


def only(text: str, currency: str = "") -> Amount:
    amounts = parse_amounts(text, currency=currency)
    assert len(amounts) == 1, amounts
    return amounts[0]


@pytest.mark.parametrize(
    ("text", "value", "unit", "span"),
    [
        ("bis CHF 1'000.– pro Person", 1000, "CHF", "CHF 1'000.–"),
        ("CHF 1’000 und mehr", 1000, "CHF", "CHF 1’000"),
        ("max.CHF 30", 30, "CHF", "CHF 30"),
        ("EUR 1.500,00", 1500, "EUR", "EUR 1.500,00"),
        ("1 500 € par personne", 1500, "EUR", "1 500 €"),
        ("1,250.50 EUR", 1250.5, "EUR", "1,250.50 EUR"),
        ("CHF 1 Mio.", 1_000_000, "CHF", "CHF 1 Mio."),
        ("£2m each claim", 2_000_000, "GBP", "£2m"),
        ("1,5 Millionen Franken", 1_500_000, "CHF", "1,5 Millionen Franken"),
        ("CHF\n30'000.", 30_000, "CHF", "CHF\n30'000"),
        ("CHF 50000 (Europa)", 50_000, "CHF", "CHF 50000"),
        ("30 % der Summe", 30, "%", "30 %"),
        ("20 pour cent", 20, "%", "20 pour cent"),
        ("mindestens drei Stunden", 3, "hours", "drei Stunden"),
        ("24-Stunden-Hilfe", 24, "hours", "24-Stunden"),
        ("48 heures", 48, "hours", "48 heures"),
        ("within two weeks", 2, "weeks", "two weeks"),
        ("höchstens für fünf Nächte", 5, "days", "fünf Nächte"),
        ("12 months", 12, "months", "12 months"),
        ("10 Jahre", 10, "years", "10 Jahre"),
        ("200'000 Franken pro Streit", 200_000, "CHF", "200'000 Franken"),
        ("Franken 500", 500, "CHF", "Franken 500"),
        ("£5 million", 5_000_000, "GBP", "£5 million"),
        ("zweiundsiebzig Stunden", 72, "hours", "zweiundsiebzig Stunden"),
        ("soixante-douze heures", 72, "hours", "soixante-douze heures"),
    ],
)
def test_amounts_of_three_languages(text: str, value: float, unit: str, span: str) -> None:
    amount = only(text)
    assert (amount.value, amount.unit, text[amount.start : amount.end]) == (value, unit, span)


@pytest.mark.parametrize("text", ["unbegrenzt", "unlimited", "illimitée", "There is no financial limit"])
def test_unlimited_has_no_value(text: str) -> None:
    amount = only(text)
    assert (amount.kind, amount.value, amount.unit) == (AmountKind.UNLIMITED, None, "unlimited")


@pytest.mark.parametrize(
    "text", ["Art. 5 Absatz 2", "Seite 12", "A 17.1", "im Jahr 2023", "3.5 t", "75 km/h"]
)
def test_other_numbers_are_no_amounts(text: str) -> None:
    assert parse_amounts(text) == []


def test_ranges_have_both_ends() -> None:
    assert (only("10 bis 20 Tage").lower, only("10 bis 20 Tage").value) == (10, 20)
    assert (only("CHF 100 - 200").lower, only("CHF 100 - 200").value) == (100, 200)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("bis zu CHF 10", "max"),
        ("höchstens CHF 10", "max"),
        ("up to £10", "max"),
        ("jusqu'à 10 €", "max"),
        ("mehr als 5 Tage", "min"),
        ("at least 4 hours", "min"),
        ("plus de 6 jours", "min"),
        ("CHF 10", ""),
    ],
)
def test_the_words_before_bound_an_amount(text: str, bound: str) -> None:
    assert only(text).bound == bound


def test_scopes_stand_behind_or_before() -> None:
    text = "CHF 30'000 pro versicherte Person und Ereignis, im Maximum auf CHF 120'000 pro Jahr"
    first, second = parse_amounts(text)
    assert first.scopes == ("per person", "per event")
    assert second.scopes == ("per year",)
    assert only("pro Ereignis auf CHF 3'000 begrenzt").scopes == ("per event",)
    assert only("£25 a day for each insured person").scopes == ("per day", "per person")
    assert only("20 € par jour").scopes == ("per day",)
    assert only("CHF 50, täglich").scopes == ("per day",)


def test_a_note_in_brackets_belongs_to_the_amount() -> None:
    first, second = parse_amounts("CHF 250 000 (Europa) und CHF 50 000 (ausserhalb Europa)")
    assert (first.note, second.note) == ("Europa", "ausserhalb Europa")


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (
            "höchstens CHF 50 in der Einzelversicherung und CHF 100 in der Familienversicherung",
            ["Einzelversicherung", "Familienversicherung"],
        ),
        ("in der Variante «Einzelperson» auf CHF 30 pro Ereignis", ["Variante «Einzelperson»"]),
        ("jusqu'à 30 € dans la formule Confort", ["la formule Confort"]),
        ("up to £30 under the family plan", ["family plan"]),
        ("CHF 30. In der Familienversicherung mehr", [""]),
    ],
)
def test_a_variant_of_the_contract_is_noted(text: str, notes: list[str]) -> None:
    assert [amount.note for amount in parse_amounts(text)] == notes


def test_a_table_in_one_currency_has_bare_numbers() -> None:
    assert parse_amounts("Tierheim\t500 pro Ereignis") == []
    amount = only("Tierheim\t1’500 pro Ereignis", currency="CHF")
    assert (amount.value, amount.unit, amount.scopes) == (1500, "CHF", ("per event",))


def test_parse_number_needs_a_number() -> None:
    assert parse_number("1'234.50") == 1234.5
    assert parse_number("1.234") == 1234
    assert parse_number("3,5") == 3.5
    with pytest.raises(ValueError, match="could not convert"):
        parse_number("viele")


def test_a_sign_belongs_to_the_number_before_it_in_a_row() -> None:
    assert [amount.value for amount in parse_amounts("Sum\t2.500 €\t5.000 €")] == [2500, 5000]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("nicht mehr als CHF 8000", "max"),
        ("no more than £50", "max"),
        ("ne dépasse pas plus de 50 €", "max"),
        ("Karten unter CHF 40", "below"),
        ("de moins de 400 €", "below"),
        ("for any of the reasons above, £10", ""),
    ],
)
def test_a_negated_bound_turns(text: str, bound: str) -> None:
    assert only(text).bound == bound


@pytest.mark.parametrize(
    "text", ["ohne Kostengrenze", "ohne betragliche Begrenzung", "sans plafond", "without limit"]
)
def test_what_has_no_limit_is_unlimited(text: str) -> None:
    assert only(text).kind is AmountKind.UNLIMITED
