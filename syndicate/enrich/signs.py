"""What the splitter knows of single languages, as data: their names, flags, months, and words of signposts.

A language that is not here is split all the same, by the identifier alone.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a list written as one string."""
    return frozenset(text.split())


_NAMES = {
    "sq": "shqip shqipe shqipes shqipja shqipen albanian albanais albanisch albanese albanski албански sq al shq alb sqi",
    "en": "english anglisht anglishte anglisht inglese anglais englisch engleski енглески англиски inglés ingles en eng gb uk",
    "sr": "srpski srpska српски српска serbian serbisht serbisch serbo serbe sr srb srp rs",
    "mk": "македонски македонска makedonski macedonian maqedonisht mazedonisch macedone mk mkd mac",
    "bs": "bosanski bosanska босански bosnian boshnjakisht bosnisch bosniaco bs bos bih ba",
    "hr": "hrvatski hrvatska croatian kroatisht kroatisch croato hr hrv",
    "cnr": "crnogorski црногорски montenegrin malazezisht cnr mne",
    "it": "italiano italiana italian italisht italienisch italien talijanski it ita",
    "fr": "français francais française french frëngjisht frengjisht französisch francese francuski fr fra fre",
    "de": "deutsch deutsche german gjermanisht tedesco allemand nemački njemački nemacki njemacki германски de deu ger",
    "es": "español espanol española spanish spanjisht spagnolo espagnol spanisch castellano es esp spa",
    "tr": "türkçe turkce turkish turqisht turski турски tr tur",
    "el": "ελληνικά ελληνικα greek greqisht grčki el ell gre",
    "ro": "română romana romanian rumanisht ro ron rum",
    "pt": "português portugues portuguese portugalisht pt por",
    "nl": "nederlands dutch holandisht nl nld",
    "uk": "українська ukrainian ukrainisht uk ukr",
    "ru": "русский russian rusisht ru rus",
    "rom": "romani romanes romani romisht rom",
}
_FLAGS = {
    "sq": "AL XK", "en": "GB US IE AU CA", "sr": "RS", "mk": "MK", "bs": "BA", "hr": "HR", "cnr": "ME", "it": "IT",
    "fr": "FR", "de": "DE AT", "es": "ES", "tr": "TR", "el": "GR CY", "ro": "RO MD", "pt": "PT BR", "nl": "NL",
    "uk": "UA", "ru": "RU",
}  # fmt: skip
_MONTHS = {
    "sq": "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor",
    "en": "january february march april may june july august september october november december",
    "sr": "januar februar mart april maj jun jul avgust septembar oktobar novembar decembar јануар фебруар март април "
    "мај јун јул август септембар октобар новембар децембар",
    "bs": "januar februar mart april maj juni juli august septembar oktobar novembar decembar",
    "hr": "siječanj siječnja veljača veljače ožujak ožujka travanj travnja svibanj svibnja lipanj lipnja srpanj srpnja "
    "kolovoz kolovoza rujan rujna listopad listopada studeni studenoga prosinac prosinca",
    "mk": "јануари февруари март април мај јуни јули август септември октомври ноември декември",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
}

SIGNPOSTS = words(
    "version versioni verzija верзија версија versione fassung versión text teksti tekst texte testo texto "
    "translation përkthim përkthimi perkthim prevod превод traduction traduzione übersetzung traducción in në ne gjuhën "
    "gjuhen na на on the auf en para për per for til language langue lingua jezik јазик sprache idioma click here kliko "
    "klikoni këtu ketu read lexo lexoni verzija versionin përkthyer translated see shih shiko dhe and"
)
"""Words that may stand beside a language's name in a signpost such as "English version"."""

ELSEWHERE = words(
    "below poshtë poshte mëposhtë vijon follows down scroll further under dole ispod доле испод подолу ci-dessous "
    "plus-bas sotto abajo unten weiter above lart sipër siper"
)
"""Words of a signpost that points to another place: it says nothing about the very next text."""

_FURNITURE = {
    "sq": "njoftim njoftimi deklaratë deklarata ftesë ftesa thirrje thirrja lexo lexoni burimi kontakt shkarko shkarkoni "
    "kliko përmbledhje përmbledhja tiranë raportin shënim fotografi",
    "en": "press release statement advisory read download source summary contact click call news photo note",
    "sr": "saopštenje saopštenja poziv pročitaj opširnije izvor preuzmi sažetak саопштење позив прочитај опширније извор преузми",
    "bs": "saopćenje saopćenja poziv pročitaj opširnije izvor preuzmi sažetak",
    "hr": "priopćenje poziv pročitaj opširnije izvor preuzmi sažetak",
    "mk": "соопштение повик прочитај повеќе извор преземи резиме",
    "it": "comunicato stampa leggi fonte scarica riassunto sintesi contatti invito",
    "fr": "communiqué presse lire source télécharger résumé contact invitation",
    "de": "pressemitteilung mitteilung aufruf weiterlesen quelle herunterladen zusammenfassung kontakt einladung",
    "es": "comunicado prensa leer fuente descargar resumen contacto convocatoria",
}
"""Words of the short lines that stand round a text: press release, read more, source, download, summary."""

NOTICE = (
    r"\b(?:machine|automatic(?:ally)?|google)[\s-]+translat|\btranslat\w+\s+(?:automatically|by (?:a )?machine)|"
    r"\bpërkthy\w+\s+(?:automatikisht|me makinë)|\bpërkthim\w*\s+(?:automatik|makinerik)|\btraduzione automatica|"
    r"\btraduction automatique|\bautomatisch übersetzt|\bautomatski preveden|\bавтоматски преведен"
)
"""What a notice about machine translation says (a regular expression): it belongs to no text."""

BYLINE = (
    r"(?:submitted|posted|published|written)\s+by\b|by\s+(?:admin|[\w-]+-author)\b|(?:dërguar|postuar|publikuar|shkruar)\s+"
    r"nga\s|nga\s+(?:admin|redaksia)\b|(?:objavio|autor|автор|објавио)\s*:"
)
"""How a line begins that says who put the post on the site (a regular expression)."""

KIN = (
    frozenset({"sr", "bs", "hr", "sh", "cnr"}),
    frozenset({"no", "nb", "nn"}),
    frozenset({"mk", "bg"}),
    frozenset({"ro", "mo"}),
)
"""Languages so close that a text in one is no sign of a foreign language on a site that has another of them."""

LANGUAGE_OF_NAME: dict[str, str] = {
    name: language for language, names in reversed(_NAMES.items()) for name in names.split()
}
"""What language a signpost's word names: "shqip" → sq, "eng" → en."""

LANGUAGE_OF_FLAG: dict[str, str] = {
    "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country): language
    for language, countries in _FLAGS.items()
    for country in countries.split()
}
"""What language a flag stands for: the two regional indicators of a country → a language."""


def _by_month() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language, names in _MONTHS.items():
        for name in names.split():
            found.setdefault(name, set()).add(language)
            found.setdefault(name.translate(_UNMARKED), set()).add(language)
            if language in ("sr", "bs"):
                found.setdefault(name + "a", set()).add(language)
    return {name: frozenset(languages) for name, languages in found.items()}


def _by_furniture() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language, names in _FURNITURE.items():
        for name in names.split():
            found.setdefault(name, set()).add(language)
            found.setdefault(name.translate(_UNMARKED), set()).add(language)
    return {name: frozenset(languages) for name, languages in found.items()}


_UNMARKED = str.maketrans("ëçéûäáíóúñščćžđşğıü", "eceuaaiounsccz" + "dsgiu")
LANGUAGES_OF_MONTH: dict[str, frozenset[str]] = _by_month()
"""In which languages a word (lower case, with or without its marks) is a month."""
LANGUAGES_OF_FURNITURE: dict[str, frozenset[str]] = _by_furniture()
"""In which languages a word (lower case, with or without its marks) is such furniture."""
