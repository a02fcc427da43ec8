"""How documents grant, exclude, define and oblige, by language: language, not product knowledge.

Cues are patterns of ``matching``; those of a heading colour the whole section below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cues:
    """The cue patterns of one language; see ``stance`` for what each decides."""

    grant: tuple[str, ...]
    refuse: tuple[str, ...]
    exception: tuple[str, ...]
    negation: tuple[str, ...]
    grant_title: tuple[str, ...]
    event_title: tuple[str, ...]
    object_title: tuple[str, ...]
    overview_title: tuple[str, ...]
    limit_title: tuple[str, ...]
    refuse_title: tuple[str, ...]
    duty_title: tuple[str, ...]
    definition_title: tuple[str, ...]
    general_title: tuple[str, ...]


GERMAN = Cues(
    grant=(
        "bezahlt|bezahlen|bezahle", "zahlt|zahlen", "übernimmt|übernehmen|übernommen", "übernahme", "kostenübernahme",
        "vergütet|vergüten|vergütung|rückvergütung", "erstattet|erstatten|rückerstattung|zurückerstattet",
        "entschädigt|entschädigen", "ersetzt|ersetzen", "organisiert|organisieren|organisation",
        "versichert|mitversichert|mitversichert", "gedeckt|mitgedeckt", "leistet|leisten", "erbringt|erbringen",
        "gewährt|gewähren", "vermittelt|vermitteln", "unterstützt|unterstützen", "bevorschusst|bevorschussen",
        "versicherungsschutz besteht", "anspruch auf", "haben anspruch", "zur verfügung", "stellen wir|stellt",
        "hilft|helfen", "kommt für", "umfasst|umfassen", "beinhaltet", "gutschein", "trägt|tragen + kosten",
        "bieten|bietet", "schiesst vor", "vorgeschossen",
    ),
    refuse=(
        "nicht versichert|mitversichert", "nicht gedeckt|mitgedeckt", "nicht übernommen", "nicht bezahlt",
        "nicht vergütet|erstattet|zurückerstattet|entschädigt|ersetzt", "kein|keine|keinen anspruch",
        "keine leistung|leistungen", "kein|keine versicherungsschutz|deckung|versicherungsdeckung",
        "keine rückerstattung|entschädigung|haftung|kosten", "=ausgeschlossen|ausgeschlossene|ausgeschlossenen",
        "ausschluss", "besteht nicht", "haftet|haften nicht", "keine krankheitskosten",
        "bezahlen|bezahlt|übernehmen|übernimmt|erstatten|vergüten|zahlen|ersetzen wir nicht",
        "bezahlen|bezahlt|übernehmen|übernimmt|erstatten|vergüten|zahlen|leisten + nicht $",
        "wir bezahlen|übernehmen nicht", "selbst|selber bezahlen|tragen|übernehmen",
        "wir bezahlen|übernehmen|erstatten|vergüten keine", "entfällt|entfallen",
        "von der versicherung|deckung ausgenommen", "nicht versicherte", "nicht als versichert", "ohne anspruch",
        "gilt|gelten nicht", "abzuziehen", "werden abgelehnt", "nicht mitversichert",
    ),
    exception=(
        "^ ausnahme", "^ ausgenommen davon", "^ versichert bleiben", "^ dennoch|trotzdem",
        "jedoch|aber|hingegen versichert|gedeckt", "^ in diesem fall + bezahlt|übernommen|versichert",
        "sind jedoch gedeckt|versichert", "^ davon ausgenommen",
    ),
    negation=("ohne", "exklusive", "exkl", "ausser", "außer", "ausgenommen", "nicht", "kein", "keine", "keinen"),
    grant_title=(
        "versicherte leistung|leistungen|kosten|risiken|gefahren|gefahr|schäden|streitigkeiten|rechtsgebiete",
        "leistungen + !kein|keine|nicht + !limit|limiten|begrenzung|dritter", "leistungsumfang", "versicherungsleistung",
        "rechtsschutzleistungen", "deckungsumfang", "deckung", "was ist versichert", "was wir bezahlen", "gedeckte",
        "zusatzleistungen", "zusätzlich versichert*", "versichert ist|sind",
    ),
    event_title=("versicherte ereignis|ereignisse|ereignisfälle", "anspruchsberechtigung", "versicherte gründe", "ereignisse"),
    object_title=(
        "versicherte|versichertes|versicherter fahrzeug|fahrzeuge|sache|sachen|gegenstand|gegenstände|tiere|mietfahrzeuge"
        "|reisen|veranstaltungen|objekte",
    ),
    overview_title=("leistungsübersicht", "deckungsübersicht", "übersicht + leistungen|deckung*", "versicherungssummen"),
    limit_title=(
        "leistungsgrenze|leistungsgrenzen", "leistungsbegrenzung*", "versicherungssumme", "höhe der leistung*", "limiten",
        "selbstbehalt", "höchstleistung*", "leistungshöhe", "entschädigungsgrenze*", "maximale leistung*",
        "leistungsdauer", "wartefrist|karenzfrist|wartezeit",
    ),
    refuse_title=(
        "ausschluss", "ausschlüsse", "nicht versichert*", "kein|keine anspruch|leistung|leistungen|deckung",
        "kein versicherungsschutz", "einschränkung|einschränkungen", "nicht gedeckt*", "schliessen wir aus",
        "leistungsausschluss", "was ist nicht versichert", "deckungseinschränkung*", "nicht abgedeckt", "leistungskürzung*",
    ),
    duty_title=(
        "pflicht|pflichten", "obliegenheiten", "schadenfall", "schadensfall", "schadenmeldung", "vorgehen", "verhalten",
        "abwicklung", "meldung", "sorgfaltspflichten", "mitteilungen|anzeigepflicht", "einzureichende", "schadenermittlung",
        "im schadenfall", "was ist + zu tun", "berechnung",
    ),
    definition_title=(
        "begriff|begriffe", "begriffserklärung*", "begriffsdefinition*", "begriffsbestimmung*", "definition|definitionen",
        "glossar", "begriffserläuterung*", "terminologie", "was bedeutet*",
    ),
    general_title=(
        "gerichtsstand", "datenschutz", "vertragsbasis", "prämie*", "kündigung", "geltungsbereich", "örtliche geltung",
        "zeitliche geltung", "gemeinsame bestimmungen|bedingungen", "risikoträger|leistungsträger", "mitteilungen",
        "ansprüche gegenüber dritten", "verjährung", "sanktionen", "rechtsgrundlagen|vertragsgrundlagen", "subsidiarität",
        "mehrfachversicherung", "beginn + dauer|ende", "versicherte personen", "versicherungsnehmer", "zusammentreffen",
        "produktinformation*", "kundeninformation*", "inhaltsverzeichnis", "vertragsanpassung*",
    ),
)  # fmt: skip

FRENCH = Cues(
    grant=(
        "prend|prennent|prenons en charge", "prise|prises en charge", "rembourse|remboursons|remboursent|remboursé|remboursés",
        "paie|payons|paient|paye", "indemnise|indemnisons|indemnisé|indemnisés", "assuré|assurés|assurée|assurées + est|sont",
        "couvert|couverts|couverte|couvertes|couvre|couvrons", "garantit|garantissons|garanti|garantis",
        "organise|organisons|organisent", "verse|versons", "accorde|accordons", "avance|avançons", "droit aux", "droit à",
        "met à disposition", "mettons à disposition", "assume|assumons", "bénéficie|bénéficient", "intervient|intervenons",
    ),
    refuse=(
        "exclu|exclus|exclue|exclues", "exclusion|exclusions", "=pas|ne + assuré|assurés|assurée|assurées + sont|est pas",
        "n est|sont pas assuré|assurés|assurée|assurées|couvert|couverts|couverte|couvertes|pris|remboursé|remboursés|prises",
        "ne sont pas", "n est pas couvert|assuré|pris|remboursé", "aucun|aucune droit|prestation|indemnité|couverture|garantie",
        "ne couvre|couvrons|paie|payons|rembourse|remboursons pas", "ne prend|prenons pas en charge",
        "à votre|leur|la charge", "ne donne|donnent pas droit",
    ),
    exception=("^ exception", "^ toutefois|cependant + assuré|assurés|couvert|couverts|prend|remboursé"),
    negation=("sans", "hors", "sauf", "excepté", "hormis", "pas", "aucun", "aucune", "exclusion"),
    grant_title=(
        "prestations assurées|couvertes|garanties", "prestations + !exclu*", "étendue des prestations|garanties",
        "frais assurés|couverts", "étendue de l assurance", "garanties", "risques assurés", "dommages assurés", "ce qui est assuré|couvert",
    ),
    event_title=("événements|evénements assurés|couverts|garantis", "ayants droit"),
    object_title=("objets|véhicules|choses|biens|voyages|animaux assurés|couverts|garantis",),
    overview_title=("aperçu|tableau|vue|récapitulatif + prestations|garanties", "sommes assurées"),
    limit_title=("limite|limites|limitation", "somme assurée", "montant*", "franchise", "plafond|plafonds", "délai de carence|attente"),
    refuse_title=("exclusion|exclusions", "non assuré|assurés|assurées|couvert|couverts|couvertes", "restriction|restrictions", "ne sont pas", "n est pas"),
    duty_title=("obligation|obligations", "en cas de sinistre", "déclaration + sinistre", "devoir|devoirs", "procédure", "démarches"),
    definition_title=("définition|définitions", "glossaire", "terminologie", "lexique"),
    general_title=(
        "for", "protection des données", "prime|primes", "résiliation", "champ d application", "validité territoriale|temporelle",
        "dispositions communes|générales", "personnes assurées", "prescription", "droit applicable", "début + fin|durée", "sanctions",
        "information|informations + client|clients|clientèle|produit", "table des matières", "sommaire",
    ),
)  # fmt: skip

ENGLISH = Cues(
    grant=(
        "we will pay", "we pay", "we cover", "will pay", "pays", "covers", "is|are covered", "is|are insured", "reimburse*", "will reimburse",
        "arrange|arranges", "we provide|provides", "will provide", "indemnif*", "compensate*", "entitled to", "organise|organises|organize|organizes",
        "refund|refunds|refunded", "covered", "will cover", "advance|advances", "we help", "will help", "bears|bear the cost*", "you can claim",
        "insurer|company pays|covers", "up to",
    ),
    refuse=(
        "not covered|insured", "not cover|pay|reimburse|refund|provide|insure", "excluded", "exclusion|exclusions", "exclude|excludes",
        "no cover|coverage|benefit|claim|payment|liability|entitlement", "does not|will not|do not cover|pay|apply|include", "won t pay|cover",
        "not be covered|paid|reimbursed|liable", "not liable|entitled", "at your own expense",
    ),
    exception=("^ exception|except", "^ however + cover|covered|pay|insured", "this exclusion does not apply"),
    negation=("without", "except", "excluding", "not", "no", "excl"),
    grant_title=(
        "what is|we covered|cover|insured", "cover|coverage + !not|no|exclusion|exclusions", "benefits + !no|not", "insured benefits|services|perils|risks|costs",
        "what you are covered for", "services", "what we will pay", "scope of cover",
    ),
    event_title=("insured|covered events|event|reasons|perils", "reasons + cover|cancellation"),
    object_title=("insured|covered items|property|vehicles|vehicle|objects|trips|belongings|bicycles",),
    overview_title=("table|schedule|summary|overview + benefits|cover|limits", "sums insured"),
    limit_title=("limit|limits", "sum|sums insured", "excess|deductible", "maximum", "waiting period", "how much"),
    refuse_title=("exclusion|exclusions", "not covered|insured", "what is|we not", "restrictions", "not cover", "no cover|benefits|claim"),
    duty_title=("obligation|obligations", "duty|duties", "event of a claim", "how to claim", "claims procedure", "making a claim", "notification", "what to do", "claims conditions"),
    definition_title=("definition|definitions", "glossary", "meaning of words", "defined terms"),
    general_title=(
        "jurisdiction", "data protection", "privacy", "premium|premiums", "cancellation of the contract|policy", "territorial scope", "general provisions|conditions",
        "insured persons", "governing law", "complaints", "term of the contract", "sanctions", "contents", "product information", "common provisions",
    ),
)  # fmt: skip

CUES: Mapping[str, Cues] = {"de": GERMAN, "fr": FRENCH, "en": ENGLISH}


def cues_for(language: str) -> Cues:
    """Return the cues of a language; English where it has none of its own."""
    return CUES.get(language, ENGLISH)
