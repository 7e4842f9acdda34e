from datetime import UTC, date, datetime, timedelta

import pytest

from syndicate.config import values
from syndicate.models import Schedule

GOOD = [
    (values.slug, "ecpat-international", "ecpat-international"),
    (values.language, "pt-BR", "pt-BR"),
    (values.url, "http://127.0.0.1:8080/rss?x=1", "http://127.0.0.1:8080/rss?x=1"),
    (values.url, "https://[::1]/rss", "https://[::1]/rss"),
    (values.base_url, "https://iliria.al/feeds", "https://iliria.al/feeds"),
    (values.domain, "fëmijë.al", "fëmijë.al"),
    (values.address, "a.b+c@mail.iliria.al", "a.b+c@mail.iliria.al"),
    (values.zone, "Europe/Tirane", "Europe/Tirane"),
    (values.duration, "0s", timedelta(0)),
    (values.duration, "3s", timedelta(seconds=3)),
    (values.duration, "30m", timedelta(minutes=30)),
    (values.duration, "2h", timedelta(hours=2)),
    (values.duration, "7d", timedelta(days=7)),
    (values.schedule, "manual", Schedule()),
    (values.schedule, "daily 09:00", Schedule("daily", hour=9)),
    (values.schedule, " Weekly  Sunday 23:59", Schedule("weekly", weekday=6, hour=23, minute=59)),
    (values.schedule, "monthly 28 7:30", Schedule("monthly", day=28, hour=7, minute=30)),
    (values.schedule, "every 5 posts", Schedule("posts", posts=5)),
    (values.schedule, "every 1 post", Schedule("posts", posts=1)),
    (values.hashtag, "#MbrojtjaEFëmijëve", "mbrojtjaefemijeve"),
    (values.hashtag, "MbrojtjaEFe\u0308mije\u0308ve", "mbrojtjaefemijeve"),
    (values.hashtag, "Fёmijёt", "femijet"),
    (values.hashtag, "＃ＣｈｉｌｄＲｉｇｈｔｓ", "childrights"),
    (values.hashtag, "16Days", "16days"),
    (values.hashtag, "Straße", "strasse"),
]

BAD = [
    (values.slug, ["", "-a", "a-", "a--b", "A", "ë", "a_b", "a" * 61, "../x", "²"]),
    (values.language, ["", "und", "e", "engl", "EN", "en_GB", "sq-", "s1"]),
    (values.url, ["", "iliria.al", "//iliria.al", "http://", "javascript:x", "http://a b.al", "http://a.al:x", "http://u@a.al"]),
    (values.base_url, ["https://a.al/", "https://a.al/#x", "https://a.al?x"]),
    (values.domain, ["", ".al", "a..al", "a b.al", "a.al.", "a-.al", "http://a.al"]),
    (values.tag_domain, ["Iliria.al", "fëmijë.al"]),
    (values.address, ["", "a", "@a.al", "a@", "a@a", "a@b@c.al", "a b@c.al", "a@c.al\nBcc: x", "<a@c.al>", "ë@c.al", ".a@c.al"]),
    (values.zone, ["", "Tirana", "../UTC", "/etc/passwd", "europe/tirane2", "Europe"]),
    (values.duration, ["", "s", "3", "3 s", "-3s", "3w", "1.5h", "9999999d", "３s"]),
    (values.schedule, ["", "daily", "daily 24:00", "daily 9:5", "weekly 09:00", "monthly 0 09:00", "every 0 posts", "every 5"]),
    (values.hashtag, ["", "#", "a b", "\u0301"]),
    (values.line, ["", "  ", "a\nb", "a\u2028b", "a\x00"]),
    (values.prose, ["", "\n"]),
]  # fmt: skip


@pytest.mark.parametrize(("read", "text", "meant"), GOOD)
def test_what_is_right_is_read(read, text, meant):
    assert read(text) == meant


@pytest.mark.parametrize(("read", "text"), [(read, text) for read, texts in BAD for text in texts])
def test_what_is_wrong_is_refused_in_one_sentence(read, text):
    with pytest.raises(ValueError, match=r"\w") as error:
        read(text)
    assert "; write" in str(error.value) or "; did you mean" in str(error.value)


@pytest.mark.parametrize(
    "text", ["#MbrojtjaEFëmijëve", "Straße", "Đorđe", "İstanbul", "ﬁlm", "тест", "ёлка", "a\ufe0fb", "O’Neil"]
)
def test_the_key_of_a_key_is_itself(text):
    assert values.hashtag(values.hashtag(text)) == values.hashtag(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (date(2026, 1, 31), datetime(2026, 1, 30, 23, 0, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        (datetime(2026, 1, 31, 12, 0), datetime(2026, 1, 31, 11, 0, tzinfo=UTC)),  # noqa: DTZ001 as TOML gives it
        (datetime(2026, 1, 31, 12, 0, tzinfo=UTC), datetime(2026, 1, 31, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_date_is_its_first_minute_in_the_sites_zone(written, meant):
    assert values.instant(values.moment(written), "Europe/Tirane") == meant
