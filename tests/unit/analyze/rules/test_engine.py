import pytest

from functions.analyze.document.model import Document
from shared.findings.model import ResultTree, to_tree
from shared.taxonomy.model import Taxonomy
from tests.support import shipped
from tests.support.builders.rules_pages import document
from tests.support.rules_analysis import analyse, benefit_of, findings, limits_of, pairs

GERMAN = document(
    """
    # Reiseversicherung Muster
    ## A Gemeinsame Bestimmungen
    Versichert sind Personen mit Wohnsitz in der Schweiz auf Reisen.
    Die Notfallzentrale der Reiseversicherung steht rund um die Uhr zur Verfügung.
    ### A 1 Pflichten im Schadenfall
    Bei Diebstahl auf der Reise ist die Polizei zu benachrichtigen.
    ### A 2 Ausschlüsse
    Nicht versichert sind auf allen Reisen:
    - Krieg und Terror;
    - die Insolvenz der Fluggesellschaft.
    """,
    """
    ## B Annullierungskosten
    ### B 1 Versicherte Leistungen
    Bei Nichtantritt der Reise bezahlen wir die geschuldeten Annullierungskosten.
    Wir übernehmen auch Eintrittskarten für Konzerte am Reiseziel.
    ### B 2 Leistungsgrenzen
    Die Leistung ist auf CHF 10'000 pro Person und CHF 20'000 pro Ereignis begrenzt.
    ### B 3 Ausschlüsse
    Keine Leistungen bestehen für Haustiere, Epidemien und bei Geschäftsreisen.
    ## C Personen-Assistance
    ### C 1 Versicherte Leistungen
    Wir organisieren und bezahlen während der Reise:
    - die Repatriierung ins nächste Spital (unbegrenzt);
    - die Suche und Rettungskosten bis CHF 30'000 pro Person;
    - die Überführung des Leichnams.
    - eine Besuchsreise ans Krankenbett mit Unterkunft (ohne Verpflegung) bis max. CHF 150 pro Nacht, \\
    wenn der Spitalaufenthalt mehr als 7 Tage dauert.
    ### C 2 Nicht versicherte Kosten
    Die Heilungskosten im Ausland bezahlen wir nicht.
    ## D Reisegepäck
    ### D 1 Versicherte Ereignisse
    - Diebstahl, Verlust und Beschädigung des Reisegepäcks.
    ### D 2 Versicherte Leistungen
    Wir ersetzen bei Diebstahl oder Verlust das Reisegepäck zum Neuwert bis CHF 3'000.
    Wird das Gepäck mehr als 6 Stunden verspätet ausgeliefert, bezahlen wir notwendige Anschaffungen \\
    bis 20 % der Versicherungssumme.
    ### D 3 Selbstbehalt
    Der Selbstbehalt beträgt CHF 200 pro Ereignis.
    """,
    language="de",
)
FRENCH = document(
    """
    # Assurance voyage
    ## 1 Frais médicaux pendant le voyage
    ### 1.1 Prestations assurées
    Nous remboursons les frais médicaux à l'étranger jusqu'à 50 000 € par personne.
    Une franchise de 40 € par sinistre est déduite des frais de voyage.
    ### 1.2 Exclusions
    Les prothèses et les médicaments de confort ne sont pas remboursés en voyage.
    ## 2 Bagages
    ### 2.1 Prestations assurées
    Nous indemnisons la perte et le vol de vos bagages pendant le voyage.
    ### 2.2 Obligations
    En cas de vol en voyage, vous devez porter plainte auprès de la police.
    """,
    language="fr",
)
ENGLISH = document(
    """
    # Travel insurance
    | Cover on your trip | Standard | Plus
    | Baggage delay | not covered | £100
    | Legal expenses | – | –
    ## Cancellation of your trip
    ### What is covered
    We will pay the cancellation charges of your trip, up to £5,000.
    We will pay £20 a day for kennel fees if you return late from your trip.
    ### What is not covered
    We do not pay if an airline becomes insolvent during your trip.
    """
)


@pytest.fixture(scope="module")
def travel() -> Taxonomy:
    return shipped.taxonomy("travel-insurance")


@pytest.fixture(scope="module")
def german(travel: Taxonomy) -> ResultTree:
    return analyse(GERMAN, travel)


def test_german_grants(german: ResultTree) -> None:
    assert pairs(german) == {
        "luggage_travel_delay/luggage_loss",
        "luggage_travel_delay/luggage_delay",
        "luggage_travel_delay/essential_purchases",
        "trip_cancellation_interruption/trip_cancellation_costs",
        "trip_cancellation_interruption/entertainment_tickets",
        "medical_personal_assistance/24h_emergency_hotline",
        "medical_personal_assistance/accommodation_costs",
        "medical_personal_assistance/body_repatriation",
        "medical_personal_assistance/medical_repatriation",
        "medical_personal_assistance/search_rescue_services",
    }


@pytest.mark.parametrize(
    ("pair", "limits"),
    [
        (
            "medical_personal_assistance/medical_repatriation",
            {("maximum_coverage_amount", None, "unlimited")},
        ),
        ("medical_personal_assistance/search_rescue_services", {("maximum_coverage_amount", 30000, "CHF")}),
        ("medical_personal_assistance/body_repatriation", set()),
        (
            "medical_personal_assistance/accommodation_costs",
            {("daily_maximum", 150, "CHF"), ("waiting_period", 7, "days")},
        ),
        (
            "trip_cancellation_interruption/trip_cancellation_costs",
            {("maximum_coverage_amount", 10000, "CHF"), ("maximum_coverage_amount", 20000, "CHF")},
        ),
        (
            "trip_cancellation_interruption/entertainment_tickets",
            {("maximum_coverage_amount", 10000, "CHF"), ("maximum_coverage_amount", 20000, "CHF")},
        ),
        (
            "luggage_travel_delay/luggage_loss",
            {("maximum_coverage_amount", 3000, "CHF"), ("deductible", 200, "CHF")},
        ),
        (
            "luggage_travel_delay/essential_purchases",
            {("percentage_of_sum", 20, "%"), ("waiting_period", 6, "hours"), ("deductible", 200, "CHF")},
        ),
    ],
)
def test_german_limits(german: ResultTree, pair: str, limits: set[tuple[str, float | None, str]]) -> None:
    assert limits_of(german, pair) == limits


def test_scopes_and_places_of_limits(german: ResultTree) -> None:
    costs = benefit_of(german, "trip_cancellation_interruption/trip_cancellation_costs")
    assert {(limit.value, limit.scope) for limit in costs.limits} == {
        (10000.0, "per person"),
        (20000.0, "per event"),
    }
    assert costs.limits[0].section_reference.endswith("B 2 Leistungsgrenzen")
    assert costs.limits[0].evidence[0].page == 2


def test_conditions_and_exclusions_stand_where_they_hold(german: ResultTree) -> None:
    product = german.product
    assert {finding.item_name for finding in product.exclusions} == {"war_terror"}
    assert "police_report" in {finding.item_name for finding in product.conditions}
    cancellation = next(s for s in german.segments if s.item_name == "trip_cancellation_interruption")
    assert {finding.item_name for finding in cancellation.exclusions} == {"epidemic", "business_trips"}
    assert {limit.value for limit in cancellation.limits} == {10000.0, 20000.0}


def test_french(travel: Taxonomy) -> None:
    tree = analyse(FRENCH, travel)
    assert {segment.item_name for segment in tree.segments} == {
        "enhanced_medical",
        "medical_personal_assistance",
        "luggage_travel_delay",
    }
    assert limits_of(tree, "enhanced_medical/emergency_medical_costs") == {
        ("maximum_coverage_amount", 50000, "EUR"),
        ("deductible", 40, "EUR"),
    }
    assert "medical_personal_assistance/prescription_drugs" not in pairs(tree)
    assert "medical_personal_assistance/medical_equipment" not in pairs(tree)


def test_english_with_a_table(travel: Taxonomy) -> None:
    tree = analyse(ENGLISH, travel)
    assert pairs(tree) == {
        "luggage_travel_delay/luggage_delay",
        "trip_cancellation_interruption/trip_cancellation_costs",
        "trip_cancellation_interruption/pet_coverage",
    }
    assert limits_of(tree, "luggage_travel_delay/luggage_delay") == {("maximum_coverage_amount", 100, "GBP")}
    assert limits_of(tree, "trip_cancellation_interruption/pet_coverage") == {("daily_maximum", 20, "GBP")}


@pytest.mark.parametrize("source", [GERMAN, FRENCH, ENGLISH], ids=["de", "fr", "en"])
def test_every_finding_quotes_the_page(travel: Taxonomy, source: Document) -> None:
    found = findings(analyse(source, travel))
    assert found
    for finding in found:
        for proof in finding.evidence:
            page = source.pages[proof.page - 1]
            assert proof.quote == page.text[proof.start : proof.end]
            assert 0 < len(proof.quote) <= 450
            assert list(proof.boxes) == page.boxes(proof.start, proof.end)


def test_the_same_document_gives_the_same_tree(travel: Taxonomy, german: ResultTree) -> None:
    assert to_tree(analyse(GERMAN, travel)) == to_tree(german)


def test_a_document_about_something_else_grants_nothing(travel: Taxonomy) -> None:
    source = document(
        """
        # Household contents
        ## Cover
        We pay for theft of luggage, jewellery and furniture from the home.
        The lawyer's costs are covered. We pay the hotel if the home burns down.
        We pay for pipes, carpets, curtains, tiles, doors and windows.
        """
    )
    tree = analyse(source, travel)
    assert tree == ResultTree()


def test_an_empty_document_grants_nothing(travel: Taxonomy) -> None:
    assert analyse(document(""), travel) == ResultTree()


def test_a_long_passage_is_quoted_around_what_matters(travel: Taxonomy) -> None:
    words = "which we describe at length in these conditions of the travel insurance " * 12
    source = document(f"## Cancellation of your trip\nWe pay the cancellation costs, {words}, up to £700.")
    tree = analyse(source, travel)
    (limit,) = benefit_of(tree, "trip_cancellation_interruption/trip_cancellation_costs").limits
    assert limit.evidence[0].quote.endswith("up to £700.")
    assert len(limit.evidence[0].quote) <= 450


def test_bicycles_among_insured_vehicles_are_helped_like_cars(travel: Taxonomy) -> None:
    source = document(
        """
        # Reiseversicherung
        ## G Fahrzeug-Assistance auf Reisen
        ### G 1 Versicherte Fahrzeuge
        - Personenwagen
        - Fahrräder und E-Bikes
        ### G 2 Versicherte Leistungen
        Wir bezahlen auf der Reise die Pannenhilfe und das Abschleppen bis CHF 2'000.
        """,
        language="de",
    )
    tree = analyse(source, travel)
    assert "ebike_assistance/ebike_breakdown_assistance" in pairs(tree)
    assert "vehicle_assistance/breakdown_assistance" in pairs(tree)


def test_bicycles_that_are_taken_out_are_not_helped(travel: Taxonomy) -> None:
    source = document(
        """
        # Reiseversicherung
        ## G Fahrzeug-Assistance auf Reisen
        ### G 1 Versicherte Fahrzeuge
        Alle Motorfahrzeuge (ohne Fahrräder).
        ### G 2 Versicherte Leistungen
        Wir bezahlen auf der Reise die Pannenhilfe bis CHF 2'000.
        """,
        language="de",
    )
    assert pairs(analyse(source, travel)) == {"vehicle_assistance/breakdown_assistance"}
