"""Albanian and English forms of real organisations' names, and sentences that only look as if they named one."""

from __future__ import annotations

import pytest
from enrich_find.find_tables import rows, section
from enrich_find.forms_table import FORMS, NOT_NAMED, ORGANISATIONS

from syndicate.enrich import partners


def found(text, language):
    return partners.find([section(text, language)], ORGANISATIONS)


@pytest.mark.parametrize(("partner", "text"), rows(FORMS))
def test_a_form_names_its_organisation_and_quotes_the_whole_sentence(partner, text):
    language = "en" if text.isascii() and text.startswith("The ") else "sq"
    mentions = found(text, language)
    assert [mention.id for mention in mentions] == [partner]
    for evidence in mentions[0].evidence:
        assert evidence.found in evidence.sentence
        assert evidence.sentence in text
        assert evidence.sentence[-1] in ".!?" or evidence.sentence == text


@pytest.mark.parametrize(("language", "text"), rows(NOT_NAMED))
def test_a_sentence_that_names_nobody(language, text):
    assert not found(text, language)


QUOTED = """
E para. Prof. Dr. Hoxha foli për UNDP-në. E treta. | Prof. Dr. Hoxha foli për UNDP-në.
Mjetet, p.sh. UNDP-ja i ka, mungojnë. Fund. | Mjetet, p.sh. UNDP-ja i ka, mungojnë.
Znj. Leka nga UNDP-ja u pyet: “Pse?” Ajo heshti. | Znj. Leka nga UNDP-ja u pyet: “Pse?”
Me vendimin Nr. 5 UNDP-ja u ngarkua. Pastaj u mbyll. | Me vendimin Nr. 5 UNDP-ja u ngarkua.
Pse UNDP-ja? Sepse po! Kaq. | Pse UNDP-ja?
Takimi u mbajt më 3.5.2022 nga UNDP-ja. Të tjerët erdhën. | Takimi u mbajt më 3.5.2022 nga UNDP-ja.
Drejtoi UNDP-ja… Pastaj heshtje. | Drejtoi UNDP-ja…
"""


@pytest.mark.parametrize(("text", "sentence"), rows(QUOTED))
def test_the_sentence_quoted_is_the_one_that_names(text, sentence):
    (mention,) = found(text, "sq")
    assert [evidence.sentence for evidence in mention.evidence] == [sentence]


def test_the_tables_are_long_enough():
    assert len(rows(FORMS)) >= 100
    assert len({partner for partner, _ in rows(FORMS)}) >= 25
    assert len(rows(NOT_NAMED)) >= 60
