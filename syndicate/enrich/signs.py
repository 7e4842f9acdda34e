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

_LABELS = {
    "sq": "publik publike lajme lajm lajmet aktivitet aktivitete aktiviteti ngjarje ngjarja reagim komunikatë komunikata "
    "apel opinion "
    "intervistë raport raporti raporte botim botime publikime projekt projekti projekte rreth nesh partnerët konkurs "
    "vende pune aplikoni apliko aplikim regjistrohu regjistrohuni abonohu shpërndaje ndiqni shiko shikoni vazhdo "
    "leximin galeria foto programi agjenda shkurtimisht përfundim shënime kategori etiketa autor autori afati më "
    "shumë tepër arkivi udhëzues udhëzuesi lidhje dokumente bashkëpunim takim takimi trajnim fushatë fushata janë "
    "është nuk",
    "en": "op ed news event events announcement invitation joint open opinion interview report reports publication publications "
    "project projects about partners vacancy vacancies tender apply application register sign subscribe share follow "
    "watch continue reading more find learn gallery image credit programme program agenda brief conclusion notes "
    "category tags author deadline archive guide link documents cooperation meeting training campaign immediate full "
    "story out here what",
    "sr": "vesti vest događaj događaji najava reagovanje konkurs mišljenje intervju izveštaj izveštaji publikacije projekat "
    "projekti o nama partneri prijavi prijavite prati pogledajte nastavi čitanje galerija program ukratko zaključak "
    "rok više saznaj vodič dokumenti sastanak obuka kampanja вести догађај најава реаговање конкурс мишљење интервју "
    "извештај пројекат партнери пријави погледајте настави читање програм укратко закључак рок више сазнај водич "
    "састанак обука",
    "bs": "vijesti vijest događaj događaji najava reagovanje konkurs mišljenje intervju izvještaj izvještaji publikacije "
    "projekat projekti o nama partneri prijavi prijavite pogledajte nastavi čitati čitanje program ukratko zaključak "
    "rok više saznaj saznajte vodič dokumenti sastanak obuka kampanja",
    "hr": "vijesti vijest događaj događaji najava reakcija natječaj mišljenje intervju izvješće publikacije projekt "
    "projekti o nama partneri prijavi prijavite pogledajte nastavi čitati program ukratko zaključak rok više saznajte "
    "vodič dokumenti sastanak obuka kampanja",
    "mk": "вести вест настан настани најава реакција оглас конкурс мислење интервју извештај публикации проект проекти за "
    "нас партнери пријави погледнете продолжи со читање програма накратко заклучок рок дознај покана водич документи "
    "состанок обука",
    "it": "notizie notizia evento eventi annuncio avviso bando dichiarazione congiunta opinione intervista rapporto "
    "relazione pubblicazioni progetto progetti chi siamo partner candidature iscriviti condividi segui guarda "
    "continua leggere scopri di più galleria programma breve conclusione scadenza archivio guida documenti incontro "
    "formazione campagna tutto",
    "fr": "actualités actualité événement événements annonce avis appel candidatures déclaration commune opinion entretien "
    "rapport rapports publications projet projets propos partenaires postuler inscription abonnez partager suivre "
    "voir regarder continuer lecture savoir plus galerie programme bref conclusion délai archives guide documents "
    "réunion formation suite",
    "de": "aktuelles nachrichten veranstaltung veranstaltungen ankündigung stellungnahme ausschreibung erklärung meinung "
    "interview bericht berichte veröffentlichungen projekt projekte über uns partner bewerben anmelden abonnieren "
    "teilen folgen ansehen weiter lesen mehr erfahren galerie programm kurz kurzfassung fazit frist archiv leitfaden "
    "dokumente treffen schulung kampagne jetzt zum",
    "es": "noticias noticia evento eventos anuncio aviso convocatoria declaración conjunta opinión entrevista informe "
    "informes publicaciones proyecto proyectos sobre nosotros socios solicitar inscríbete suscríbete compartir seguir "
    "ver mira leyendo más galería programa breve conclusión plazo archivo guía documentos encuentro formación campaña "
    "invitación",
}
"""More words of kickers, buttons and labels: some are of several languages, and titles are made of them too."""

_CLOSING = words(
    "lexo lexoni burimi kontakt kontaktoni shkarko shkarkoni kliko foto fotografi fotografia shiko shikoni vazhdo "
    "apliko aplikoni regjistrohu regjistrohuni ndiqni shpërndaje etiketa autor autori afati arkivi shënim më shumë "
    "tepër read download source contact click photo image credit more watch continue sign register follow subscribe "
    "share tags author deadline apply learn find here note pročitaj opširnije izvor preuzmi više saznaj saznajte "
    "pogledajte nastavi prijavi prijavite prati прочитај опширније извор преузми више сазнај погледајте настави "
    "пријави повеќе дознај погледнете продолжи преземи leggi fonte scarica scopri guarda continua iscriviti segui più "
    "lire télécharger savoir voir regarder continuer suivre plus weiterlesen quelle herunterladen mehr lesen ansehen "
    "anmelden leer fuente descargar ver seguir más"
)

_COMMON = {
    "sq": "dhe është një për të në me nga që e i së nuk do si më kjo ky kanë janë ka u ishte por tek te ose jo po duke mbi "
    "edhe pas gjatë kur ai ajo ata nëse çdo gjithë saj tij tyre shumë",
    "en": "the of and to in is that for with on was are by this from at an be have has it as not or you we they their his "
    "her our your which who will would can what when how all more also about after been were but there no i do don't",
    "sr": "je da se u i na za su od sa koji koja koje kao ili ali što nije biti bio bila će samo još kako ne o iz do svi "
    "svako njihov sve jer kada gde је да се у и на за су од са који која које као или али што није бити био била ће "
    "само још како не о из до сви свако њихов све јер када где",
    "bs": "je da se u i na za su od sa koji koja koje kao ili ali što nije biti bio bila će samo još kako ne o iz do svi "
    "svako njihov sve jer kada gdje",
    "hr": "je da se u i na za su od s sa koji koja koje kao ili ali što nije biti bio bila će samo još kako ne o iz do svi "
    "svatko njihov sve jer kada gdje",
    "mk": "и на во да се со за од е што не ја го ги како или кој која кои тоа ќе беше се сум сме има но по до овој оваа "
    "секој сите",
    "it": "di e il la che in è un una per non con sono del della le i si da al alla gli ha come anche più ma nel nella dei "
    "delle questo questa lo o loro",
    "fr": "de la le et les des en un une est que qui pour dans par sur pas au aux avec plus ne ce se il elle sont du ou "
    "nous vous cette leur son sa ses à",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat "
    "dass sie nach wird bei einer um am sind noch wie einem über",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me sin sobre "
    "este esta son todo toda",
    "tr": "ve bir bu için ile da de çok olarak daha ne o gibi var olan her ama değil",
    "ro": "și de în a la cu pe un o este care nu că din pentru mai au fost sau dar prin",
}
"""Some of the commonest words of each language; one of several languages is listed in each."""

EMBED = "wp-block-embed"
EMBEDS = words("twitter-tweet instagram-media fb-post tiktok-embed wp-embedded-content")
"""The classes of elements that hold a post of a social network; every class with EMBED in it does too."""

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


def _by_word(*lists: dict[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language, names in (item for one in lists for item in one.items()):
        for name in names.split():
            found.setdefault(name, set()).add(language)
            found.setdefault(name.translate(_UNMARKED), set()).add(language)
    return {name: frozenset(languages) for name, languages in found.items()}


_UNMARKED = str.maketrans("ëçéûäáíóúñščćžđşğıü", "eceuaaiounsccz" + "dsgiu")
LANGUAGES_OF_MONTH: dict[str, frozenset[str]] = _by_month()
"""In which languages a word (lower case, with or without its marks) is a month."""
LANGUAGES_OF_FURNITURE: dict[str, frozenset[str]] = _by_word(_FURNITURE)
"""In which languages a word (lower case, with or without its marks) is such furniture."""
LANGUAGES_OF_LABEL: dict[str, frozenset[str]] = _by_word(_FURNITURE, _LABELS)
"""In which languages a word (likewise) is of a kicker, a button or a label."""
LANGUAGES_OF_COMMON_WORD: dict[str, frozenset[str]] = _by_word(_COMMON)
"""In which languages a word (likewise) is one of the commonest."""
CLOSING: frozenset[str] = _CLOSING.union(word.translate(_UNMARKED) for word in _CLOSING)
"""Words (likewise) of the lines that end a text; other labels and kickers open one."""
EUROPEAN = frozenset(_NAMES)
"""Languages that are written in Latin, Greek or Cyrillic letters, and in no others."""
