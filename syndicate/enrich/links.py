"""Links: the resources that a post points to, each with its kind; and where URLs stand in running text.

Only http and https count. Links that merely share the page on a social network, and searches for a hashtag, are no
resources. A picture that only wraps its own larger copy (no words in the link) is none either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from syndicate.enrich.sections import Anchor, Section, sentence
from syndicate.models import Link, LinkKind


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


_TOP = "org|com|net|int|eu|al|info|gov|edu|me|mk|rs|uk|de|it|fr|ch|at|nl|be|gr|us|io|co|xk|ly"
_ADDRESS = re.compile(
    r"(?i:https?://)[^\s<>\"“”«»]+"  # a URL, up to a space or a quotation mark
    r"|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|www\.[^\s<>\"“”«»]+"
    rf"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:{_TOP})(?![\w-])(?:/[^\s<>\"“”«»]*)?",  # a bare domain in small letters
)
# Looking at the few words that hold one of these signs is ten times faster than trying every place of a text.
_HINT = re.compile(r"[.:@](?=[\w/])")
_EDGES = '<>"“”«»'
_REST = re.compile(rf"[^\s{_EDGES}]*")
_REMEMBERED = 256
"""Addresses whose parts are remembered: those of one post are asked for again and again, those of others hardly."""

_SOCIAL = _words(
    "facebook.com fb.com fb.me instagram.com twitter.com x.com t.co linkedin.com lnkd.in tiktok.com t.me telegram.me "
    "wa.me whatsapp.com threads.net threads.com bsky.app pinterest.com reddit.com tumblr.com snapchat.com vk.com"
)
_VIDEO = _words("youtube.com youtu.be youtube-nocookie.com vimeo.com dailymotion.com dai.ly fb.watch")
_AUDIO = _words("spotify.com soundcloud.com podcasts.apple.com mixcloud.com anchor.fm")
_FOLDERS = _words(
    "onedrive.live.com 1drv.ms sharepoint.com wetransfer.com we.tl swisstransfer.com transfernow.net mega.nz mega.io "
    "mediafire.com app.box.com pcloud.com pcloud.link terabox.com"
)
CARRIERS = frozenset(
    (
        *(*_SOCIAL, *_VIDEO, *_AUDIO, *_FOLDERS),
        *_words("docs.google.com drive.google.com maps.google.com meet.google.com photos.google.com sites.google.com"),
        *_words("dropbox.com forms.gle goo.gl bit.ly buff.ly is.gd ow.ly tinyurl.com linktr.ee mailchi.mp github.io"),
        *_words("blogspot.com wordpress.com medium.com issuu.com scribd.com slideshare.net flickr.com canva.com"),
        *_words("eventbrite.com mentimeter.com surveymonkey.com forms.office.com teams.microsoft.com zoom.us"),
        *_words("web.archive.org wikipedia.org"),
    )
)
"""Hosts that carry other people's things: whose they are says nothing of who is linked to."""

_SHARERS = _words("addtoany.com addthis.com sharethis.com")

_HOSTS: dict[str, LinkKind] = {
    **dict.fromkeys(_SOCIAL, "social"),
    **dict.fromkeys(_VIDEO, "video"),
    **dict.fromkeys(_AUDIO, "audio"),
}
_TEXTS = _words("doc docx odt rtf")
_PICTURES = _words("jpg jpeg png gif webp avif bmp svg tif tiff")
_FILES: dict[str, LinkKind] = {
    "pdf": "report",
    **dict.fromkeys(_words("xls xlsx ods csv ppt pptx pps odp zip rar 7z epub"), "document"),
    **dict.fromkeys(_TEXTS, "document"),
    **dict.fromkeys(_words("mp4 webm mov m4v avi mkv ogv"), "video"),
    **dict.fromkeys(_words("mp3 ogg oga wav m4a aac flac opus"), "audio"),
}

_CHANNEL = re.compile(r"/(?:@|channel/|c/|user/)")
_CLIP = re.compile(r"/(?:videos?|reels?|watch|tv)(?:/|$)")
_SHARING = re.compile(
    r"/(?:sharer|share\.php|dialog/(?:share|feed|send)|intent/|sharearticle|sharing/share-offsite|cws/share|pin/create"
    r"|submit$|widgets/share|share(?:/url)?/?$)"
)
_TAG_SEARCH = re.compile(r"/(?:hashtags?|explore/tags|tags?|tagged)/[^/]+")

_REPORT = re.compile(
    r"\b(?:raport(?:i|in|it|et|e|eve|esh|ë)?|(?:studim|hulumtim)(?:i|in|it|et|e|eve|esh)?|stud(?:y|ies)|reports?"
    # "Report abuse" asks the reader to act: it leads to a form, not to something to read.
    r"(?!\s(?:it|a|an|any|to|now|here|abuse|child|content|harm|crimes?|concerns?|online|illegal|csam|something)\b))\b"
)
_POINTING = re.compile(
    r"\b(?:gjeni|gjej|gjendet|lexo|lexoni|shkarko|shkarkoni|shihni|link\w*|lidhj\w+|plotë|këtu|find|found|read|download"
    r"|available|access|links?|below|here|full)\b"
)
_MUTE = re.compile(
    r"(?:kliko(?:ni)? )?(?:këtu|ketu)|(?:kliko|lexo|shiko|shih)(?:ni)?(?: më shumë| me shume)?|më shumë|me shume|"
    r"(?:click |read |see )?(?:here|more)|linku?|link(?:un)?|this link|https?://\S*|www\.\S*|"
)

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|mc_[ce]id|igsh|igshid|_ga|_gl|_hsenc|_hsmi"
    r"|mkt_tok|ref_src|ref_url|vero_\w+|oly_\w+|pk_\w+|mtm_\w+|__cft__.*|__tn__|fb_\w+|trk|usp|spm|cmpid|s_cid"
    r"|hsa_\w+|mibextid|rdid|share_url|ncid|wickedid|at_(?:medium|campaign)|xtor|srsltid|gad_\w+|epik|li_fat_id|dm_i",
    re.IGNORECASE,
)
_PLAYED = re.compile(r"/(?:shorts|live|embed)/[^/]+$")
_REDIRECTORS = {"l.facebook.com": "u", "lm.facebook.com": "u", "l.instagram.com": "u", "google.com": "q"}


# ---------------------------------------------------------------- running text


def blanked(text: str) -> str:
    """`text` with every URL, e-mail address and bare domain replaced by as many spaces, so that places stay the same."""
    pieces: list[str] = []
    done = 0
    for hint in _HINT.finditer(text):
        if hint.start() < done:
            continue
        start = hint.start()
        while start > done and not (text[start - 1].isspace() or text[start - 1] in _EDGES):
            start -= 1
        end = _REST.match(text, hint.start()).end()  # type: ignore[union-attr]  # it matches nothing, too
        pieces += (text[done:start], _ADDRESS.sub(lambda found: " " * len(found[0]), text[start:end]))
        done = end
    return "".join((*pieces, text[done:])) if pieces else text


# ---------------------------------------------------------------- addresses


def host(url: str) -> str:
    """The host of an http(s) URL in small letters, in ASCII form, without port and final dot; "" where there is none."""
    parts = _split(url)
    return _host(parts) if parts else ""


def within(name: str, domain: str) -> bool:
    """Whether the host `name` is `domain` or under it, by whole labels."""
    return name == domain or name.endswith(f".{domain}")


@lru_cache(maxsize=_REMEMBERED)
def target(url: str) -> str:
    """Where a redirector's page (of Facebook, Google, Outlook) leads to in the end; any other URL is its own target."""
    while found := _next(url):
        url = found
    return url


def _next(url: str) -> str:
    """The address that a redirector's URL carries, always shorter than itself; "" if there is none."""
    parts = _split(url)
    if not parts or not parts.query:
        return ""
    name = _host(parts).removeprefix("www.")
    if name == "google.com" and parts.path != "/url":
        return ""
    wanted = "url" if within(name, "safelinks.protection.outlook.com") else _REDIRECTORS.get(name)
    found = parse_qs(parts.query).get(wanted, []) if wanted else []
    return found[0] if found and _split(found[0]) else ""


@lru_cache(maxsize=_REMEMBERED)
def identity(url: str) -> str:
    """What tells whether two URLs are the same link; not for following.

    Scheme, host, port, "www." and a final "/" are folded, tracking parameters, the order of the query and fragments
    dropped (unless the fragment is a route: "#/…" or "#!…"), a redirector's page replaced by where it leads to, and the
    several spellings of one YouTube video or Drive folder made one. What is no http(s) URL is only stripped.
    """
    parts = _split(target(url))
    if not parts:
        return url.strip()
    name = _host(parts).removeprefix("www.").removeprefix("m.")
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._").rstrip("/")
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if _telling(name, key)]
    if name == "youtu.be" or (name == "youtube.com" and _PLAYED.match(path)):
        name, query, path = "youtube.com", [*query, ("v", path.rpartition("/")[2])], "/watch"
    if within(name, "google.com"):
        path = re.sub(r"/u/\d+(?=/)", "", path)
    name = "x.com" if name == "twitter.com" else name
    asked = f"?{urlencode(sorted(query))}" if query else ""
    route = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    return f"https://{name}{_port(parts)}{path}{asked}{route}"


def _telling(name: str, key: str) -> bool:
    if name in ("youtube.com", "youtu.be") and key in ("si", "feature", "ab_channel", "pp", "t"):
        return False
    return not _TRACKING.fullmatch(key)


@lru_cache(maxsize=_REMEMBERED)
def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) URL with a host, or None."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname
    except ValueError:
        return None
    return parts if usable else None


@lru_cache(maxsize=_REMEMBERED)
def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").lower().rstrip(".")
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        port = None
    return "" if port in (None, 80, 443) else f":{port}"


# ---------------------------------------------------------------- what a post points to


def find(sections: Sequence[Section]) -> tuple[Link, ...]:
    """The links of a post in reading order: one for each address (see `identity`) and version.

    `label` is empty where the link shows only its own address. A page counts as a `report` when its path or label says
    so ("raport", "studim", "report", "study" as nouns), or when its label says nothing ("këtu", a bare URL) and the
    sentence both names a report and points the reader to it. What one version says of an address holds in all.
    """
    found: dict[tuple[str, str], Link] = {}
    for section in sections:
        for anchor, context in _in_context(section):
            link = _link(anchor, context, section.language)
            if link:
                key = (identity(link.url), link.language)
                found[key] = _better(found.get(key), link)
    told = {address: link.kind for (address, _), link in found.items() if link.kind != "page"}
    return tuple(
        replace(link, kind=told[address]) if link.kind == "page" and address in told else link
        for (address, _), link in found.items()
    )


def _in_context(section: Section) -> Iterator[tuple[Anchor, _Context]]:
    """Each anchor with the sentence that it stands in; anchors come in reading order, so the search goes on from the last."""
    place = 0
    for anchor in section.anchors:
        shown = anchor.label or anchor.url
        at = section.text.find(shown, place)
        if at < 0:
            yield anchor, str
        else:
            place = at + len(shown)
            yield anchor, partial(sentence, section.text, at, place, at_most=400)


_Context = Callable[[], str]
"""Gives the sentence round a link, which few links are asked for."""


def _link(anchor: Anchor, context: _Context, language: str) -> Link | None:
    url, label = anchor.url.strip(), " ".join(anchor.label.split())
    bare = label.rstrip("/") in (url.rstrip("/"), url.rstrip("/").split("://", 1)[-1])
    if bare:
        url, label = url.rstrip(".,;:!?»”’\"'"), ""
    parts = _split(target(url))
    if not parts or _is_sharing(parts) or _is_tag_search(parts):
        return None
    if not label and not bare and _extension(parts) in _PICTURES:
        return None
    return Link(url=url, kind=_kind(parts, label, context), language=language, label=label)


def _better(known: Link | None, link: Link) -> Link:
    """One link of two to the same address: the first, with whatever the second alone says."""
    if known is None:
        return link
    kind = link.kind if known.kind == "page" else known.kind
    return Link(known.url, kind, known.language, known.label or link.label)


def _is_sharing(parts: SplitResult) -> bool:
    name, path = _host(parts), parts.path.lower()
    if any(within(name, sharer) for sharer in _SHARERS):
        return True
    if _kind_of_host(name) != "social":
        return False
    given = parse_qs(parts.query)
    if within(name, "wa.me") or within(name, "whatsapp.com"):
        return "text" in given and "phone" not in given and path.rstrip("/") in ("", "/send")
    return bool(_SHARING.search(path))


def _is_tag_search(parts: SplitResult) -> bool:
    if _kind_of_host(_host(parts)) not in ("social", "video"):
        return False
    asked = parse_qs(parts.query)
    words = [*asked.get("q", []), *asked.get("keywords", []), *asked.get("search_query", [])]
    return bool(_TAG_SEARCH.search(parts.path.lower())) or any(word.strip().startswith("#") for word in words)


@lru_cache(maxsize=_REMEMBERED)
def _kind_of_host(name: str) -> LinkKind | None:
    labels = name.split(".")
    tails = (".".join(labels[at:]) for at in range(len(labels) - 1))
    return next((_HOSTS[tail] for tail in tails if tail in _HOSTS), None)


def _kind_of_post(name: str, path: str) -> LinkKind | None:
    """The kind of what stands on a network: also a social one shows videos, and a video one has people's own pages."""
    kind = _kind_of_host(name)
    if kind == "social" and _CLIP.search(path):
        return "video"
    return "social" if kind == "video" and _CHANNEL.match(path) else kind


def _extension(parts: SplitResult) -> str:
    """The ending of the file that is pointed to: of the path, else of a value in the query (`?file=raport.pdf`)."""
    asked = parse_qsl(parts.query) if "." in parts.query or "%2" in parts.query else []
    names = [parts.path, *(value for _, value in asked)]
    endings = (name.rstrip("/").rsplit("/", 1)[-1].rpartition(".")[2].lower() for name in names if "." in name)
    return next((ending for ending in endings if ending in _FILES or ending in _PICTURES), "")


def _kind(parts: SplitResult, label: str, context: _Context) -> LinkKind:
    name, extension = _host(parts), _extension(parts)
    known = _kind_of_post(name, parts.path) or _kind_of_store(name, parts.path)
    if known:
        return known
    if extension in _FILES and extension not in _TEXTS:
        return _FILES[extension]
    words = " ".join(re.split(r"[\W_]+", unquote(parts.path).lower()))
    if _REPORT.search(words) or _REPORT.search(label.lower()) or _sent_to_report(label, context):
        return "report"
    return "document" if extension in _TEXTS or extension in _PICTURES else "page"


def _kind_of_store(name: str, path: str) -> LinkKind | None:
    """The kind of what stands in one of the shared stores for files; None for any other host, or when the name tells."""
    if any(within(name, store) for store in _FOLDERS):
        return "folder"
    if within(name, "drive.google.com"):
        return "folder" if re.search(r"/folders/|folderview", path) else "document"
    if within(name, "docs.google.com"):
        return None if path.startswith("/forms/") else "document"
    if within(name, "dropbox.com"):
        return None if re.search(r"\.\w{2,4}$", path) else "folder"
    return None


def _sent_to_report(label: str, context: _Context) -> bool:
    if not _MUTE.fullmatch(label.lower().strip(" .:>»→")):
        return False
    said = context().lower()
    return bool(_REPORT.search(said) and _POINTING.search(said))
