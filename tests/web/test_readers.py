"""Whole journeys of readers over real HTTP: signing up, confirming, leaving, choosing, one's own settings."""

import json
from html import unescape

import pytest
from often import ALL
from web.web_site import Served

HOSTILE = '"><script>alert(1)</script>@example.org'
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n'


def session_of(served: Served, address: str) -> tuple[str, str]:
    """Somebody's settings, opened by the link in a mail: the session, and the link that was used up."""
    page = served.get("/account?lang=en")
    served.clock.pass_(seconds=3)
    asked = served.post("/account", address=address, stamp=page.hidden("stamp"), lang="en")
    assert (asked.status, asked.headers["location"]) == (303, "/asked/link?lang=en")
    link = served.mailed_link("account")
    return served.post(link, lang="en").hidden("session"), link


# ---------------------------------------------------------------- signing up and confirming


@pytest.mark.parametrize(
    ("language", "title", "done"), [("sq", "Edhe një hap", "U abonuat"), ("en", "One more step", "You are subscribed")]
)
def test_signing_up_is_done_by_the_button_behind_the_mails_link(served, language, title, done):
    got = served.sign_up("Arta@example.org", lang=language)
    assert (got.status, got.headers["location"]) == (303, f"/asked?lang={language}")
    assert served.get(got.headers["location"]).status == 200
    assert served.standing("arta@example.org") == {"newsletter": "pending"}
    link = served.mailed_link("confirm")
    page = served.get(link)
    assert (page.status, page.heading) == (200, title), "the page speaks the language of the form"
    assert "arta@" not in page.text.lower()
    assert "A***@e***.org" in page.text
    assert served.standing("arta@example.org") == {"newsletter": "pending"}
    for _ in range(2):  # the second tab
        assert served.post(link).heading == done
    assert served.standing("arta@example.org") == {"newsletter": "confirmed"}
    assert served.get(link).heading == done


def test_several_lists_are_one_mail_and_one_button(served):
    served.sign_up("arta@example.org", lists=["newsletter", "calls"], languages="en+sq", mail="discreet")
    link = served.mailed_link("confirm")
    page = served.get(f"{link}?lang=en")
    assert "The iSIGURT.al newsletter" in page.text
    assert "Calls and training" in page.text
    served.post(link)
    assert served.standing("arta@example.org") == {"newsletter": "confirmed", "calls": "confirmed"}


def test_the_answer_is_the_same_whoever_is_known(served):
    served.join("known@example.org")
    left = served.join("left@example.org")
    served.post(served.link("leave", left))
    answers = [served.sign_up(address) for address in ("known@example.org", "left@example.org", "new@example.org")]
    assert len({(got.status, got.headers["location"], got.body) for got in answers}) == 1
    page = served.get("/account")
    served.clock.pass_(seconds=3)
    asked = [
        served.post("/account", address=address, stamp=page.hidden("stamp"), lang="sq")
        for address in ("known@example.org", "left@example.org", "stranger@example.org")
    ]
    assert len({(got.status, got.headers["location"], got.body) for got in asked}) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"address": ""}, "Write your mail address here."),
        ({"address": "arta at example"}, "This is no mail address."),
        ({"address": "arta@example.org\r\nBcc: x@example.org"}, "This is no mail address."),
        ({"address": "a" * 400 + "@example.org"}, "This is no mail address."),
        ({"lists": ""}, "Choose at least one."),
        ({"lists": "no-such-list"}, "Choose at least one."),
        ({"languages": "xx"}, "Choose a language."),
        ({"languages": "sq+sq"}, "Choose a language."),
        ({"website": "x"}, "A field that must stay empty was filled in"),
        ({"stamp": "forged.stamp"}, "This page was open for a long time."),
        ({"stamp": ""}, "This page was open for a long time."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(served, fields, said):
    right = {"lists": "newsletter", "languages": "en", "mail": "discreet", "lang": "en"}
    stamp = served.get("/subscribe?lang=en").hidden("stamp")
    served.clock.pass_(seconds=3)
    got = served.post("/subscribe", **{"address": "arta@example.org", "stamp": stamp} | right | fields)
    assert got.status == 400
    assert said in unescape(got.text)
    assert 'role="alert"' in got.text
    for name in set(fields) & {"address"}:
        assert f'aria-describedby="{name}-hint {name}-error"' in got.text
    assert 'value="discreet" checked' in got.text
    assert served.everything()["subscribers"] == []
    again = served.post(
        "/subscribe", address="arta@example.org", stamp=got.hidden("stamp"), **right
    )  # at once, or after two seconds where the stamp had to be a new one
    served.clock.pass_(seconds=3)
    again = (
        again
        if again.status == 303
        else served.post("/subscribe", address="arta@example.org", stamp=again.hidden("stamp"), **right)
    )
    assert again.status == 303


def test_a_form_that_comes_back_at_once_is_asked_for_again_and_then_taken(served):
    page = served.get("/subscribe/newsletter?lang=en")
    fields = {"address": "arta@example.org", "lists": "newsletter", "languages": "en", "mail": "full", "lang": "en"}
    first = served.post("/subscribe/newsletter", stamp=page.hidden("stamp"), **fields)
    assert (first.status, "That was very quick" in first.text) == (400, True)
    served.clock.pass_(seconds=3)
    assert served.post("/subscribe/newsletter", stamp=first.hidden("stamp"), **fields).status == 303


@pytest.mark.parametrize("path", ["/subscribe", "/account"])
def test_nothing_typed_comes_back_as_html(served, path):
    got = served.post(
        path, address=HOSTILE, lists=HOSTILE, languages=HOSTILE, mail=HOSTILE, stamp=HOSTILE, lang=HOSTILE
    )
    assert got.status == 400
    assert "<script" not in got.text
    got = served.get(f"{path}?lang=%22%3E%3Cscript%3E")
    assert "<script" not in got.text


def test_a_list_that_is_not_offered_has_no_form(served):
    assert served.get("/subscribe/no-such-list").status == 404
    assert served.post("/subscribe/no-such-list", address="arta@example.org").status == 404


# ---------------------------------------------------------------- leaving, as mail programs do it and as people do


@pytest.mark.parametrize(
    ("type_", "body"),
    [("application/x-www-form-urlencoded", ONE_CLICK), ("multipart/form-data; boundary=xyz", MULTIPART)],
)
def test_one_click_leaves_at_once_without_a_cookie_or_a_redirect_as_often_as_it_comes(served, type_, body):
    person = served.join("arta@example.org")
    link = served.link("leave", person)
    for _ in range(3):
        got = served.ask("POST", link, body, {"Content-Type": type_, "User-Agent": "mail program"})
        assert got.status == 200
        assert not {"location", "set-cookie"} & set(got.headers)
    assert served.standing("arta@example.org") == {"newsletter": "unsubscribed"}


def test_leaving_concerns_one_list_and_speaks_the_persons_language(served):
    person = served.join("arta@example.org", languages="en+sq")
    served.join("arta@example.org", languages="en+sq", list="calls")
    page = served.get(served.link("leave", person), Accept_Language="sq")
    assert page.heading == "Unsubscribe"
    assert served.get(f"{served.link('leave', person)}?lang=sq").heading == "Çabonohuni"
    assert served.post(served.link("leave", person), lang="sq").heading == "U çabonuat"
    assert served.standing("arta@example.org") == {"newsletter": "unsubscribed", "calls": "confirmed"}


def test_who_left_by_mistake_is_mailed_a_link_and_comes_back_by_its_button(served):
    person = served.join("arta@example.org")
    left = served.post(served.link("leave", person), lang="en")
    assert f'action="{served.link("leave", person)}/back"' in left.text
    got = served.post(f"{served.link('leave', person)}/back", lang="en")
    assert got.status == 303
    assert served.standing("arta@example.org")["newsletter"] != "confirmed"
    served.clock.pass_(seconds=5)
    served.post(served.mailed_link("confirm"))
    assert served.standing("arta@example.org") == {"newsletter": "confirmed"}


def test_a_program_that_opens_every_link_of_every_mail_changes_nothing(served):
    person = served.join("arta@example.org")
    session, _ = session_of(served, "arta@example.org")
    served.sign_up("beni@example.org")
    served.clock.pass_(minutes=6)
    served.post(f"{served.link('preferences', person)}/link")
    served.post("/account/address", session=session, address="new@example.org", lang="en")
    found = [served.link(page, person) for page in ("leave", "preferences")]
    for mail in served.mails():
        for page in ("confirm", "account", "address", "leave", "preferences"):
            found += sorted(served.links_in(mail, page))
    assert {link.split("/")[1] for link in found} >= {"confirm", "leave", "preferences", "account", "address"}
    before = served.everything()
    for link in found:
        for method in ("GET", "HEAD", "OPTIONS"):
            served.ask(method, link)
        served.ask("GET", f"{link}/back")
        served.ask("GET", f"{link}/link")
    assert served.everything() == before


# ---------------------------------------------------------------- choosing, and one's own settings


def test_a_mailed_link_changes_the_language_and_no_more(served):
    person = served.join("arta@example.org")
    link = served.link("preferences", person)
    page = served.get(link)
    assert "a***@e***.org" in page.text
    assert "arta@" not in page.text
    assert f"/leave/{served.link('leave', person).rpartition('/')[2]}" in page.text
    changed = served.post(link, languages="en+sq")
    assert (changed.heading, "Saved." in changed.text) == ("Your choices", True), "in the language just chosen"
    assert served.post(link, languages="xx").status == 400
    assert "en+sq" in served.everything()["subscribers"][0]


def test_settings_open_once_and_for_thirty_minutes(served):
    served.join("arta@example.org")
    session, link = session_of(served, "arta@example.org")
    assert served.post(link).status == 400, "the link is used up"
    again = served.post("/account/open", session=session, lang="sq")
    assert (again.status, again.heading) == (200, "Cilësimet e mia")
    served.clock.pass_(minutes=31)
    assert served.post("/account/open", session=session).status == 400


def test_an_account_link_grows_old(served):
    served.join("arta@example.org")
    served.post(f"{served.link('preferences', served.join('arta@example.org'))}/link")
    link = served.mailed_link("account")
    assert served.get(link).status == 200
    served.clock.pass_(minutes=31)
    assert served.get(link).status == 400
    assert served.post(link).status == 400


def test_lists_language_and_look_are_changed_in_the_settings(served):
    served.join("arta@example.org")
    session, _ = session_of(served, "arta@example.org")
    got = served.post("/account/lists", session=session, lists=["calls"], lang="en")
    assert "Saved." in got.text
    assert served.standing("arta@example.org") == {"newsletter": "unsubscribed", "calls": "confirmed"}
    assert served.post("/account/language", session=session, languages="en").heading == "My settings"
    assert 'value="discreet-text" checked' in served.post("/account/mail", session=session, mail="discreet-text").text
    assert served.post("/account/mail", session=session, mail="loud").status == 400
    assert served.post("/account/language", session=session, languages="").status == 400


def test_an_address_is_changed_by_the_mail_to_the_new_one(served):
    served.join("arta@example.org")
    session, _ = session_of(served, "arta@example.org")
    wrong = served.post("/account/address", session=session, address="nonsense", lang="en")
    assert (wrong.status, "This is no mail address." in wrong.text) == (400, True)
    served.post("/account/address", session=session, address="arta@new.example.org", lang="en")
    link = served.mailed_link("address")
    assert served.standing("arta@example.org") == {"newsletter": "confirmed"}
    assert served.get(link).status == 200
    assert served.post(link, lang="en").heading == "Your address is changed"
    assert served.standing("arta@new.example.org") == {"newsletter": "confirmed"}
    assert served.standing("arta@example.org") == {}


def test_ones_data_is_a_file_and_being_forgotten_needs_the_box(served):
    served.join("arta@example.org")
    session, _ = session_of(served, "arta@example.org")
    data = served.post("/account/download", session=session)
    assert "attachment" in data.headers["content-disposition"]
    assert "arta@example.org" in json.dumps(json.loads(data.body))
    unsure = served.post("/account/forget", session=session, lang="en")
    assert (unsure.status, "Tick this box first" in unsure.text) == (400, True)
    gone = served.post("/account/forget", session=session, sure="yes", lang="en")
    assert (gone.status, gone.heading) == (200, "Your data is erased")
    assert served.standing("arta@example.org") == {}
    assert "arta" not in str(served.everything())
    assert served.post("/account/open", session=session).status == 400


# ---------------------------------------------------------------- attacks on links


def test_cut_forged_and_swapped_links_do_nothing_and_say_what_to_do(served):
    person = served.join("arta@example.org")
    leave, choices = (served.link(page, person).rpartition("/")[2] for page in ("leave", "preferences"))
    session, account = session_of(served, "arta@example.org")
    account = account.rpartition("/")[2]
    before = served.everything()
    bad = {leave[:-1], leave[:10], leave + "A", leave[::-1], leave.upper(), choices, account, session, "x", "..", ".", "%00",
           "%ff", "a" * 3000, leave.partition(".")[0] + "." + choices.partition(".")[2]}  # fmt: skip
    for token in bad:
        got = served.post(f"/leave/{token}", lang="en")
        assert got.status in (400, 404), token
        assert "no longer" not in got.heading
    for page, wrong in [
        ("confirm", leave),
        ("preferences", leave),
        ("account", leave),
        ("address", choices),
        ("account", session),
    ]:
        assert served.post(f"/{page}/{wrong}", languages="en", lang="en").status in (400, 404), page
    for path in ("open", "lists", "language", "mail", "download", "forget"):
        for token in (leave, choices, account, "", "x" * 5000):
            got = served.post(f"/account/{path}", session=token, sure="yes", languages="en", mail="full", lang="en")
            assert got.status == 400, path
            assert got.heading == "This link does not work"
    assert served.everything() == before
    assert served.warnings == []


def test_a_thousand_sign_ups_from_one_network_are_held_up_and_told(served):
    many = 1000 if ALL else 120
    page = served.get("/subscribe?lang=en")
    served.clock.pass_(seconds=3)
    fields = {"lists": "newsletter", "languages": "en", "mail": "full", "lang": "en", "stamp": page.hidden("stamp")}
    found = [served.post("/subscribe", address=f"p{n}@example.org", **fields).status for n in range(many)]
    assert found == [303] * 60 + [429] * (many - 60)
    assert len(served.everything()["subscribers"]) == 60
    assert served.get("/healthz").status == 200
