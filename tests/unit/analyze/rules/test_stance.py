import pytest

from functions.analyze.engines.rules.cues import cues_for
from functions.analyze.engines.rules.matching import WordIndex
from functions.analyze.engines.rules.outlining import build_outline
from functions.analyze.engines.rules.stance import Stances
from tests.support.builders.rules_pages import document


def stance_of(words: str, source: str, language: str) -> str:
    outline = build_outline(document(source, language=language))
    stances = Stances(outline, WordIndex(outline.clauses), cues_for(language))
    clause = next(clause for clause in outline.clauses if words in outline.text(clause))
    return stances.clauses[clause.index].value


GERMAN = """
# Reisegepäck
## Versicherte Sachen
Das Gepäck aller Personen im Haushalt.
## Versicherte Ereignisse
- Diebstahl des Koffers.
- Bei Raub bezahlen wir den Zeitwert.
## Versicherte Leistungen
Die Kosten der Reparatur.
Wir bezahlen den Neuwert.
Den Zeitwert bezahlen wir nicht.
Eine Nacht im Hotel (das Frühstück ist nicht versichert).
## Leistungsgrenzen
Höchstens CHF 500.
## Ausschlüsse
Schäden durch Rost.
Ausnahme: Rost durch Meerwasser.
- Geld.
## Pflichten im Schadenfall
Wir bezahlen erst, wenn die Polizei informiert ist.
## Begriffe
Gepäck sind versicherte Koffer.
"""


@pytest.mark.parametrize(
    ("words", "stance"),
    [
        ("Das Gepäck", "object"),
        ("Diebstahl", "event"),
        ("Bei Raub", "grant"),
        ("Reparatur", "grant"),
        ("Neuwert", "grant"),
        ("Den Zeitwert", "exclusion"),
        ("Frühstück", "grant"),
        ("Höchstens", "limit"),
        ("Schäden durch Rost", "exclusion"),
        ("Meerwasser", "grant"),
        ("Geld", "exclusion"),
        ("Polizei", "duty"),
        ("versicherte Koffer", "definition"),
    ],
)
def test_german(words: str, stance: str) -> None:
    assert stance_of(words, GERMAN, "de") == stance


@pytest.mark.parametrize(
    ("sentence", "language", "stance"),
    [
        ("Nous remboursons les frais médicaux.", "fr", "grant"),
        ("Les frais de cure ne sont pas remboursés.", "fr", "exclusion"),
        ("Nous prenons en charge le retour.", "fr", "grant"),
        ("We will pay the cost of treatment.", "en", "grant"),
        ("We do not cover legal expenses.", "en", "exclusion"),
        ("The weather is fine.", "en", "neutral"),
        ("The weather is fine.", "xx", "neutral"),
    ],
)
def test_other_languages(sentence: str, language: str, stance: str) -> None:
    assert stance_of(sentence, sentence, language) == stance


def test_a_list_takes_the_stance_of_its_lead() -> None:
    source = "We pay for:\n- the hotel;\n- the train.\nWe do not pay for:\n- telephone calls."
    assert stance_of("train", source, "en") == "grant"
    assert stance_of("telephone", source, "en") == "exclusion"


def test_a_proviso_refuses_nothing() -> None:
    source = "# Kosten\nWir zahlen Spitalrechnungen, soweit die Kasse sie nicht übernimmt."
    assert stance_of("Spitalrechnungen", source, "de") == "grant"
    source = "# Kosten\nSoweit die Kasse zahlt, werden Spitalrechnungen nicht übernommen."
    assert stance_of("Spitalrechnungen", source, "de") == "exclusion"


def test_a_stated_share_of_the_loss_is_a_limit_and_no_exclusion() -> None:
    source = "# Kosten\nVon jedem Schaden trägt die versicherte Person einen Selbstbehalt von CHF 100."
    assert stance_of("Selbstbehalt", source, "de") == "limit"


def test_a_row_is_an_offer_unless_every_cell_is_empty() -> None:
    source = "| Luggage | – | –\n| Pets | not covered | £20\n| Legal | not covered | not covered"
    assert stance_of("Luggage", source, "en") == "exclusion"
    assert stance_of("Pets", source, "en") == "overview"
    assert stance_of("Legal", source, "en") == "exclusion"


def test_general_titles_do_not_colour_the_whole_document() -> None:
    source = "# General conditions\n## Part one\n### Search\nThe search for the insured."
    assert stance_of("The search", source, "en") == "neutral"


@pytest.mark.parametrize(
    ("language", "sentence", "stance"),
    [
        ("de", "Wir überweisen Ihnen den Ticketpreis.", "grant"),
        ("de", "Dafür stehen CHF 400 bereit.", "grant"),
        ("de", "Der Klub besorgt den Versand.", "grant"),
        ("de", "Stärkungsmittel gehören nicht dazu.", "exclusion"),
        ("de", "Wir leisten nicht für Brillen sowie für Dolmetscher.", "exclusion"),
        ("de", "Ersatzteile zahlen Sie.", "exclusion"),
        ("de", "Das ist Sache der Krankenkasse.", "exclusion"),
        ("de", "Den Handwerker schicken wir nicht.", "exclusion"),
        ("fr", "Nous offrons une chambre d'hôtel.", "grant"),
        ("fr", "Rivage dépêche un artisan.", "grant"),
        ("fr", "Les motos ne sont ni dépannées ni rapatriées.", "exclusion"),
        ("fr", "La franchise reste à sa charge.", "exclusion"),
        ("fr", "Pas d'assistance pour les courses.", "exclusion"),
        ("fr", "Vos bagages ne sont pas là ?", "neutral"),
        ("en", "We will repay the bill.", "grant"),
        ("en", "Packages with a bond are left out.", "exclusion"),
        ("en", "Roadside help is up to you.", "exclusion"),
    ],
)
def test_many_ways_to_grant_and_refuse(language: str, sentence: str, stance: str) -> None:
    assert stance_of(sentence, f"Rivage.\n- {sentence}", language) == stance


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Nicht erstattete Aufwendungen"),
        ("de", "Wann zahlen Sie nicht"),
        ("de", "Kein Einsatz"),
        ("fr", "Ce que le contrat ne comprend pas"),
        ("en", "What section B does not cover"),
    ],
)
def test_titles_that_exclude(language: str, title: str) -> None:
    assert stance_of("The hotel", f"# {title}\nThe hotel.", language) == "exclusion"
