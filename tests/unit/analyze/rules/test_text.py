from functions.analyze.engines.rules.text import plain, sentences, tokens, trim


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, 0, len(text))]


def test_a_word_is_plain_whatever_its_accents_and_line_breaks() -> None:
    assert plain("Gepäck") == "gepack"
    assert plain("Straße") == "strasse"
    assert plain("Versiche-\nrung") == "versicherung"
    assert plain("Versiche\ufffe\nrung") == "versicherung"


def test_tokens_keep_their_span_across_a_line_break() -> None:
    text = "Die Versiche-\nrung zahlt 24h."
    found = tokens(text, 0, len(text))
    assert [token.plain for token in found] == ["die", "versicherung", "zahlt", "24", "h"]
    assert text[found[1].start : found[1].end] == "Versiche-\nrung"


def test_a_hyphen_before_a_capital_parts_words() -> None:
    text = "Personen-Assistance"
    assert [token.plain for token in tokens(text, 0, len(text))] == ["personen", "assistance"]


def test_sentences_end_at_stops_only() -> None:
    assert split("Wir zahlen max. CHF 500. Das gilt z. B. für Hotels. Zugreise 1. Klasse.") == [
        "Wir zahlen max. CHF 500.",
        "Das gilt z. B. für Hotels.",
        "Zugreise 1. Klasse.",
    ]
    assert split("We pay. You claim!  Why? ") == ["We pay.", "You claim!", "Why?"]


def test_trim_leaves_out_white_space() -> None:
    assert trim("  a b ", 0, 6) == (2, 5)
    assert trim("   ", 0, 3) == (3, 3)
