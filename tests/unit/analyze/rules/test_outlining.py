from dataclasses import replace

from functions.analyze.document.model import Document, Page
from functions.analyze.engines.rules.outline import ClauseKind, Outline
from functions.analyze.engines.rules.outlining import build_outline
from tests.support.builders.rules_pages import document


def path_of(outline: Outline, words: str) -> list[str]:
    clause = next(clause for clause in outline.clauses if words in outline.text(clause))
    return [section.title for section in reversed(list(outline.path(clause.section)))]


def test_sections_nest_by_level_and_number() -> None:
    outline = build_outline(
        document(
            """
            # Luggage
            ## B 1 Cover
            ### B 1.1 Loss
            We pay for loss.
            ### B 1.2 Delay
            We pay for delay.
            ## B 2 Exclusions
            We do not pay for cash.
            # Legal
            We pay the lawyer.
            """
        )
    )
    assert path_of(outline, "for loss") == ["Luggage", "B 1 Cover", "B 1.1 Loss"]
    assert path_of(outline, "for delay") == ["Luggage", "B 1 Cover", "B 1.2 Delay"]
    assert path_of(outline, "for cash") == ["Luggage", "B 2 Exclusions"]
    assert path_of(outline, "lawyer") == ["Legal"]


def test_a_lost_heading_does_not_hold_later_numbers() -> None:
    outline = build_outline(
        document(
            """
            ## B 1 Common
            ### B 1.3 No cover
            Nothing is paid.
            ### B 2.2 Costs
            We pay costs.
            """
        )
    )
    assert path_of(outline, "We pay costs") == ["B 2.2 Costs"]


def test_numbered_paragraphs_are_sections_without_or_with_a_title() -> None:
    outline = build_outline(
        document(
            """
            ## 2 Help
            2.1 We organise the search.
            2.2 Search and rescue. We pay the search. We pay the rescue.
            2.3 Onward journey
            We pay the train.
            """
        )
    )
    titles = [section.title for section in outline.sections if section.label]
    assert titles == ["2 Help", "2.1", "2.2 Search and rescue.", "2.3 Onward journey"]
    help_section = outline.sections[1]
    assert [outline.text(outline.clauses[number]) for number in outline.body(help_section.index)] == [
        "We organise the search."
    ]
    assert outline.titled(outline.sections[2].index) is help_section


def test_a_title_with_text_of_its_own_holds_no_numbered_chapters() -> None:
    outline = build_outline(
        document(
            "## Words we use\nA trip is a journey.\n## 1 Luggage\nWe pay for luggage.\n## 2 Delay\nWe pay."
        )
    )
    assert path_of(outline, "for luggage") == ["1 Luggage"]


def test_a_list_within_a_paragraph_gives_an_item_each() -> None:
    outline = build_outline(document("## Help\nWe pay: a) the hotel up to £5; b) the taxi up to £9."))
    items = [clause for clause in outline.clauses if clause.kind is ClauseKind.ITEM]
    assert [outline.text(item) for item in items] == ["b) the taxi up to £9."]
    assert len({clause.block for clause in outline.clauses}) == 3


def test_a_number_alone_takes_the_next_heading_as_title() -> None:
    outline = build_outline(document("## Art. 105\n## Limits\nWe pay at most CHF 5."))
    assert path_of(outline, "at most") == ["Limits"]
    heading = outline.sections[1].heading
    assert heading is not None
    assert [token.plain for token in outline.clauses[heading].tokens] == ["limits"]


def test_a_list_knows_its_lead_and_a_sentence_its_beginning() -> None:
    outline = build_outline(
        document(
            """
            We do not pay for:
            - war;
            - strikes.
            The insurer pays the costs of
            """,
            """
            the lawyer.
            Another paragraph.
            """,
        )
    )
    by_text = {outline.text(clause): clause for clause in outline.clauses}
    lead = by_text["We do not pay for:"]
    assert by_text["- war;"].lead == by_text["- strikes."].lead == lead.index
    assert by_text["- war;"].kind is ClauseKind.ITEM
    assert by_text["the lawyer."].before == by_text["The insurer pays the costs of"].index
    assert by_text["Another paragraph."].lead is None


def test_contents_are_left_out_but_name_the_chapters() -> None:
    outline = build_outline(
        document(
            """
            # Contents
            @ LEGAL PROTECTION
            @ C 1 | Disputes | 4
            @ C 2 | Benefits | 5
            """,
            """
            ## C 1 Disputes
            We represent you.
            ## C 2 Benefits
            We pay the lawyer.
            """,
        )
    )
    assert path_of(outline, "represent") == ["LEGAL PROTECTION", "C 1 Disputes"]
    assert path_of(outline, "lawyer") == ["LEGAL PROTECTION", "C 2 Benefits"]


def test_a_title_in_the_margin_heads_the_chapter_that_begins_on_its_page() -> None:
    outline = build_outline(
        document(
            """
            ### B 4 Blocking of cards
            We block cards.
            # LUGGAGE
            ### B 5 Hotline
            Call us.
            ### C 1 Things
            We insure things.
            """
        )
    )
    assert path_of(outline, "insure things") == ["LUGGAGE", "C 1 Things"]


def test_a_page_of_contents_without_marks_is_recognised() -> None:
    contents = "\n".join(f"Chapter number {number} {number + 2}" for number in range(1, 9))
    outline = build_outline(document(contents, "We pay the lawyer."))
    assert [outline.text(clause) for clause in outline.clauses] == ["We pay the lawyer."]


def test_entries_with_dot_leaders_are_left_out() -> None:
    outline = build_outline(document("Luggage ........ 1\nWe pay."))
    assert [outline.text(clause) for clause in outline.clauses] == ["We pay."]


def test_text_without_blocks_is_read_by_paragraphs() -> None:
    outline = build_outline(Document((Page(1, "First part.\n\nSecond part. Third."),), "en", "text/plain"))
    assert [outline.text(clause) for clause in outline.clauses] == ["First part.", "Second part.", "Third."]
    assert outline.sections[0].title == ""


def test_a_reference_is_never_longer_than_the_field_it_goes_into() -> None:
    outline = build_outline(document(f"# {'Long title ' * 11}\n## {'Other title ' * 10}\nText."))
    assert len(outline.reference(outline.clauses[-1].section)) <= 200


def test_a_true_level_never_holds_its_own_level() -> None:
    source = "## 1 Cover\nFirst.\n## Exclusions\nSecond."
    marked_up = replace(document(source), media_type="text/markdown")
    assert path_of(build_outline(marked_up), "Second") == ["Exclusions"]
    assert path_of(build_outline(document(source)), "Second") == ["1 Cover", "Exclusions"]


def test_a_lettered_chapter_holds_its_numbers() -> None:
    source = "# Section A – Trips\n## A1 Delay\nFirst.\n# Section B: Cars\n## B1 Towing\nSecond."
    source += "\n## § 6a Third\nLast."
    outline = build_outline(document(source))
    assert path_of(outline, "First") == ["Section A – Trips", "A1 Delay"]
    assert path_of(outline, "Second") == ["Section B: Cars", "B1 Towing"]
    assert path_of(outline, "Last")[-1] == "§ 6a Third"


def test_a_question_is_a_title() -> None:
    outline = build_outline(
        document("# Cars\nMy car broke down. Who comes?\nWe do.\nAnd at night?\nStill we do.")
    )
    assert path_of(outline, "We do") == ["Cars", "My car broke down. Who comes?"]
    assert path_of(outline, "Still") == ["Cars", "And at night?"]


def test_an_open_item_leads_the_list_below_it() -> None:
    outline = build_outline(document("# Care\n(1) We pay for\na) doctors,\nb) drugs.\n(2) You pay the rest."))
    texts = {outline.text(clause): clause.lead for clause in outline.clauses}
    lead = next(clause.index for clause in outline.clauses if "We pay for" in outline.text(clause))
    assert texts["a) doctors,"] == texts["b) drugs."] == lead
    assert texts["(2) You pay the rest."] is None


def test_parts_between_semicolons_go_on_with_the_one_before() -> None:
    outline = build_outline(document("We pay hotels; meals; taxis."))
    first, second, third = outline.clauses
    assert (first.before, second.before, third.before) == (None, first.index, second.index)
    assert outline.text(third) == "taxis."
