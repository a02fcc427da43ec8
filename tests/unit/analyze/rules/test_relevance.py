"""Documents and sections about other lines of business yield nothing."""

import pytest

from shared.findings.model import ResultTree
from shared.taxonomy.model import Taxonomy
from tests.support import shipped
from tests.support.builders.rules_pages import document
from tests.support.rules_analysis import analyse, pairs


@pytest.fixture(scope="module")
def travel() -> Taxonomy:
    return shipped.taxonomy("travel-insurance")


def test_a_household_policy_yields_nothing_though_it_names_travel(travel: Taxonomy) -> None:
    source = document(
        """
        # Hausratversicherung
        Versichert ist der Hausrat, auch auf Reisen.
        Wir bezahlen Wasserschäden am Mobiliar.
        Stehlen Diebe in den Ferien das Gepäck, bezahlen wir CHF 2'000.
        ## Haftpflicht
        Wir bezahlen Heilungskosten von Gästen.
        """,
        language="de",
    )
    assert analyse(source, travel) == ResultTree()


def test_what_is_mentioned_to_be_left_out_makes_no_travel_policy(travel: Taxonomy) -> None:
    source = document(
        """
        # Spitalzusatzversicherung
        ## Leistungen
        Wir bezahlen Krankentransporte bis CHF 5'000 und ärztlich verordnete Medikamente.
        ## Einschränkungen
        Behandlungen auf Ferienreisen und Repatriierungen sind nicht versichert.
        Reisen Sie länger ins Ausland, ruht der Vertrag.
        """,
        language="de",
    )
    assert analyse(source, travel) == ResultTree()


def test_a_title_that_joins_cars_and_bicycles_is_about_both(travel: Taxonomy) -> None:
    source = document(
        """
        # Reiseschutz
        ## Auto und Velo
        Wir organisieren die Pannenhilfe für Ihr Fahrzeug auf der Reise.
        Wir bringen Ihr Velo zur nächsten Werkstatt und flicken den Platten vor Ort.
        """,
        language="de",
    )
    assert {"vehicle_assistance/breakdown_assistance", "ebike_assistance/ebike_transport"} <= pairs(
        analyse(source, travel)
    )


def test_a_section_about_liability_grants_nothing_in_a_travel_policy(travel: Taxonomy) -> None:
    source = document(
        """
        # Reisegepäck
        Wir bezahlen gestohlenes Gepäck auf der Reise bis CHF 2'000.
        # Privathaftpflicht
        Wir bezahlen die Kosten einer Annullierung der Reise durch Geschädigte.
        """,
        language="de",
    )
    assert pairs(analyse(source, travel)) == {"luggage_travel_delay/luggage_loss"}


def test_the_title_of_a_document_is_no_module(travel: Taxonomy) -> None:
    source = document(
        """
        # Der Auto-Schutzbrief
        ## Allgemeines
        Die Notfallzentrale ist rund um die Uhr besetzt.
        ## Gepäck
        Wir bezahlen gestohlenes Gepäck auf der Reise.
        ## Annullierung
        Wir bezahlen die Annullierungskosten der Reise.
        ## Auf der Reise
        Wir organisieren die Repatriierung.
        """,
        language="de",
    )
    assert "medical_personal_assistance/24h_emergency_hotline" in pairs(analyse(source, travel))
