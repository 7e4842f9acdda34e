"""The link to leave in a test mail works, is nobody's, and says so in both languages."""

import pytest

from syndicate.consent import tokens


@pytest.mark.parametrize(
    ("language", "title", "said"),
    [("sq", "Mesazh prove", "Askush nuk u çabonua"), ("en", "A test mail", "Nobody was unsubscribed")],
)
def test_a_test_mails_link_unsubscribes_nobody_and_says_so(served, language, title, said):
    served.join("reader@example.org")
    link = served.link("leave", tokens.NOBODY)
    shown = served.get(f"{link}?lang={language}")
    assert (shown.status, shown.heading) == (200, title)
    assert said in shown.text
    assert (posted := served.post(link, lang=language)).status == 200
    assert posted.heading == title
    assert served.standing("reader@example.org") == {"newsletter": "confirmed"}
