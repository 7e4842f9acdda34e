"""Partners, and texts with what must be found in them: `partner id | text`, one a line."""

from __future__ import annotations

from syndicate.enrich.sections import Anchor, Section
from syndicate.models import Partner

PARTNERS = (
    Partner("unicef", "UNICEF", aliases=("UNICEF Albania", "UNICEF Shqipëri"), domains=("unicef.org",)),
    Partner("ecpat-international", "ECPAT International", aliases=("ECPAT",), domains=("ecpat.org",)),
    Partner(
        "weprotect",
        "WeProtect Global Alliance",
        names={"sq": "Aleanca Globale WeProtect"},
        aliases=("WeProtect",),
        domains=("weprotect.org",),
    ),
    Partner(
        "crca",
        "CRCA/ECPAT Shqipëri",
        names={"en": "CRCA/ECPAT Albania"},
        aliases=("CRCA", "ECPAT Shqipëri", "ECPAT Albania", "Qendra për Mbrojtjen e të Drejtave të Fëmijëve"),
        domains=("crca.al", "isigurt.al"),
        ourselves=True,
    ),
    Partner("eurochild", "Eurochild", domains=("eurochild.org",)),
    Partner("inhope", "INHOPE", domains=("https://www.inhope.org/",)),
    Partner("save", "Save the Children", names={"sq": "Save the Children Shqipëri"}, domains=("savethechildren.net",)),
    Partner("coe", "Council of Europe", names={"sq": "Këshilli i Evropës"}, domains=("coe.int",)),
    Partner("tdh", "Terre des hommes", aliases=("Terre des hommes Shqipëri", "Tdh"), domains=("tdh.org",)),
    Partner("policia", "Albanian State Police", names={"sq": "Policia e Shtetit"}),
    Partner("drejtesia", "Ministry of Justice", names={"sq": "Ministria e Drejtësisë"}),
    Partner("arsimi", "Ministria e Arsimit dhe Sportit", names={"en": "Ministry of Education and Sports"}),
    Partner("okb", "Kombet e Bashkuara", names={"en": "United Nations"}, aliases=("OKB", "UN")),
    Partner("osbe", "OSBE", names={"en": "OSCE"}),
    Partner("avokati", "Avokati i Popullit", names={"en": "People's Advocate"}),
    Partner("bashkia", "Bashkia Tiranë", names={"en": "Municipality of Tirana"}),
    Partner(
        "obsh", "World Health Organization", names={"sq": "Organizata Botërore e Shëndetësisë"}, aliases=("WHO", "OBSH")
    ),
    Partner("aids", "AIDS Albania", aliases=("AIDS",)),
    Partner("vision", "World Vision"),
    Partner("komisioni", "European Commission", names={"sq": "Komisioni Evropian"}),
    Partner("gjykata", "Supreme Court", names={"sq": "Gjykata e Lartë"}),
    Partner("prokuroria", "Prokuroria e Përgjithshme"),
    Partner("agjencia", "Agjencia Shtetërore për të Drejtat dhe Mbrojtjen e Fëmijës", aliases=("ASHDMF",)),
    Partner("fondi", "Fondi Shqiptar për Fëmijët", aliases=("Habitat",)),
    Partner("instituti", "Instituti i Shëndetit Publik", aliases=("ISHP",)),
    Partner("linja", "ALO 116 111", names={"en": "Child Helpline Albania (CHA)"}),
    Partner("hapa", "Qendra “Hapa të Lehtë”", aliases=("Different & Equal", "Të Ndryshëm dhe të Barabartë")),
    Partner("radio", "Radio Televizioni Shqiptar", aliases=("RTSH",)),
)

INFLECTED = """
unicef | Zyra e UNICEF në Tiranë e mbështeti.
unicef | UNICEF-i dhe qeveria nënshkruan marrëveshjen.
unicef | Përfaqësuesi i UNICEF-it foli në hapje.
unicef | Fëmijët i shkruan UNICEF-it.
unicef | E ftuam UNICEF-in në tryezë.
unicef | Prej UNICEF‑ut erdhi një letër.
unicef | UNICEFit iu kërkua mendim.
unicef | Sipas UNICEF’it, numrat u rritën.
unicef | Zyra e UNICEF-it Shqipëri hapi dyert.
unicef | UNICEF Shqipërisë iu dha fjala.
unicef | Sipas unicef, një në tre fëmijë.
unicef | U.N.I.C.E.F. është organizatë.
ecpat-international | ECPAT-i publikoi raportin.
ecpat-international | Anëtarët e ECPAT-it u mblodhën.
ecpat-international | Rrjeti i ECPAT International ka 122 anëtarë.
ecpat-international | ECPAT Internationalit iu bashkua edhe Kosova.
ecpat-international | Raporti i ECPAT International-it doli sot.
ecpat-international | Bashkë me ECPAT-in nisëm fushatën.
ecpat-international | ECPATit i shkruam dje.
ecpat-international | Sipas ECPAT–it gjendja u keqësua.
weprotect | Aleanca Globale WeProtect publikoi raportin.
weprotect | Raporti i Aleancës Globale WeProtect doli sot.
weprotect | Aleancën Globale WeProtect e drejton një bord.
weprotect | Një aleancë globale WeProtect u krijua.
weprotect | Nga Aleanca Globale e WeProtect-it mësuam shumë.
weprotect | Studimi i WeProtect Global Alliance-s tregon.
weprotect | WEProtect Global Alliance shkroi.
weprotect | We Protect Global Alliance shkroi.
weprotect | We-Protect Global Alliance shkroi.
weprotect | Anëtarët e WeProtect-it u takuan.
weprotect | Aleanca Globale “WeProtect” foli.
weprotect | ALEANCA GLOBALE WEPROTECT PUBLIKOI RAPORTIN
weprotect | Aleances Globale Weprotect iu bashkua Shqipëria.
crca | CRCA-ja është anëtare.
crca | Drejtori i CRCA-së foli.
crca | CRCA/ECPAT Shqipëria nisi fushatën.
crca | Puna e CRCA/ECPAT Shqipërisë vijon.
crca | E ftuan CRCA/ECPAT Shqipërinë.
crca | ECPAT Shqipërisë iu dha çmimi.
crca | CRCA / ECPAT Shqiperi shkroi.
crca | CRCA-ECPAT Shqipëri shkroi.
crca | Qendrës për Mbrojtjen e të Drejtave të Fëmijëve iu dha çmimi.
crca | Një qendër për Mbrojtjen e të Drejtave të Fëmijëve hapi derën.
crca | Qendrën për mbrojtjen e të drejtave të fëmijëve e drejton.
crca | Qendra për Mbrojtje të të Drejtave të Fëmijës foli.
eurochild | Eurochild-i foli.
eurochild | Anëtarët e Eurochild-it u mblodhën.
eurochild | Eurochildit i shkruam.
eurochild | Me Eurochildin punojmë prej vitesh.
eurochild | EUROCHILD NË TIRANË
inhope | INHOPE-i ka 50 linja.
inhope | Rrjeti i INHOPE-it u zgjerua.
inhope | INHOPE-s iu bashkuam.
inhope | Në INHOPE-n janë shumë.
save | Save the Children-i hapi një qendër.
save | Drejtuesja e Save the Children-it foli.
save | Save The Children në Shqipëri.
save | SAVE THE CHILDREN NË SHQIPËRI
save | Save the Children Shqipërisë iu dha fjala.
save | Save-the-Children Shqipëria punon.
coe | Këshilli i Evropës miratoi konventën.
coe | Konventa e Këshillit të Evropës hyri në fuqi.
coe | Këshillin e Evropës e përfaqësoi zyra.
coe | Këshillit të Europës iu dërgua letra.
coe | Këshilli i Europës miratoi.
coe | Keshilli i Evropes miratoi konventen.
coe | KËSHILLI I EVROPËS
coe | Prej Këshillit të Evropës-it erdhi.
coe | Këshilli i Evropёs miratoi.
coe | Kёshillit tё Evropёs iu dërgua.
tdh | Terre des hommes-i punon.
tdh | Drejtuesi i Terre des hommes-it foli.
tdh | Terre des Hommes Shqipëri punon.
tdh | Terre des hommes Shqipërisë iu dha fjala.
policia | Policia e Shtetit arrestoi një person.
policia | Policisë së Shtetit iu raportua rasti.
policia | Drejtori i Policisë së Shtetit foli.
policia | Policinë e Shtetit e njoftuam menjëherë.
policia | Prej Policisë së Shtetit erdhi njoftimi.
policia | Policia e shtetit arrestoi një person.
policia | POLICIA E SHTETIT
policia | Një Polici Shteti që mbron.
drejtesia | Ministria e Drejtësisë miratoi ligjin.
drejtesia | Ministrisë së Drejtësisë iu dërgua letra.
drejtesia | Ministrinë e Drejtësisë e drejton.
drejtesia | Zyrtarë të Ministrisë së Drejtësisë folën.
drejtesia | Ministrise se Drejtesise iu dergua letra.
drejtesia | Ministria e drejtësisë miratoi ligjin.
arsimi | Ministrisë së Arsimit dhe Sportit iu dërgua letra.
arsimi | Ministria e Arsimit & Sportit njoftoi.
arsimi | Ministrinë e Arsimit e të Sportit dhe tjerët. Ministrinë e Arsimit dhe të Sportit.
okb | Kombet e Bashkuara miratuan.
okb | Komiteti i Kombeve të Bashkuara foli.
okb | OKB-ja foli.
okb | Komiteti i OKB-së foli.
okb | Kombeve të bashkuara iu raportua.
osbe | OSBE-ja vëzhgoi.
osbe | Prania e OSBE-së në Tiranë.
osbe | Me OSBE-në nënshkruam marrëveshje.
avokati | Avokati i Popullit rekomandoi.
avokati | Zyra e Avokatit të Popullit foli.
avokati | Avokatin e Popullit e zgjedh Kuvendi.
avokati | Avokatit të popullit iu ankuan.
bashkia | Bashkia Tiranë hapi qendrën.
bashkia | Bashkia e Tiranës hapi qendrën.
bashkia | Bashkisë së Tiranës iu kërkua.
bashkia | Bashkinë Tiranë e njoftuam.
obsh | Organizatës Botërore të Shëndetësisë iu dërgua.
obsh | OBSH-ja publikoi.
obsh | Udhëzimet e OBSH-së.
obsh | Organizatën Botërore të Shëndetësisë e ftuam.
vision | World Vision-i punon.
vision | Stafi i World Vision-it erdhi.
komisioni | Komisionit Evropian iu paraqit.
komisioni | Komisioni Europian publikoi.
komisioni | Komisionin Evropian e ftuam.
gjykata | Gjykatës së Lartë iu dërgua.
gjykata | Gjykatën e Lartë e njohim.
prokuroria | Prokurorisë së Përgjithshme iu dërgua.
prokuroria | Prokurorinë e Përgjithshme e njoftuam.
agjencia | Agjencisë Shtetërore për të Drejtat dhe Mbrojtjen e Fëmijës iu dërgua.
agjencia | Agjencinë Shtetërore për të Drejtat dhe Mbrojtjen e Fëmijëve e ftuam.
fondi | Fondit Shqiptar për Fëmijët iu dha.
fondi | Fondin Shqiptar për Fëmijë e ndihmuam.
instituti | Institutit të Shëndetit Publik iu kërkua.
instituti | Institutin e Shëndetit Publik e ftuam.
linja | Linja ALO 116 111 është falas.
linja | Linja ALO 116-111 është falas.
hapa | Qendrës Hapa të Lehtë iu dha.
hapa | Qendra "Hapa të Lehtë" punon.
hapa | Të Ndryshëm & të Barabartë punon.
radio | Radio Televizionit Shqiptar iu dha.
radio | Radios Televizionit Shqiptar iu dha.
"""

ENGLISH = """
unicef | UNICEF's new report is out.
unicef | A report by UNICEF’s office.
unicef | (UNICEF)
unicef | UNICEF/Albania and others
weprotect | The WeProtect Global Alliance’s report.
weprotect | WeProtect launched it.
weprotect | We Protect launched it today.
weprotect | ECPAT International, We Protect, Save the Children
weprotect | The We protect Global Alliance said so.
weprotect | weprotect global alliance
save | Save the Children's staff came.
save | SAVE THE CHILDREN ALBANIA OPENED A CENTRE
coe | The Council of Europe's convention.
coe | COUNCIL OF EUROPE
crca | CRCA/ECPAT Albania works here.
crca | ECPAT Albania works here.
ecpat-international | WeProtect/ECPAT launched it.
obsh | The WHO said so.
obsh | A WHO report on children.
obsh | World Health Organization
okb | The UN's committee met.
arsimi | the Ministry of Education & Sports
policia | The Albanian State Police said so.
aids | the AIDS Albania office
linja | Child Helpline Albania opened.
linja | Call CHA today.
hapa | Different and Equal works here.
vision | World Vision and others
vision | WorldVision and others
avokati | The People’s Advocate said so.
tdh | Terre des Hommes and others
"""

FALSE_FRIENDS = """
en | Children who tell us are brave.
en | Who is responsible?
en | WHO IS RESPONSIBLE FOR THIS?
en | It aids children in need.
en | Hearing aids for children.
en | We protect children from harm.
en | We Protect Children
en | WE PROTECT CHILDREN
en | How do we protect a global alliance?
en | We must save the children of this country.
en | Save the children first.
en | A world vision for all.
en | The council of the villages in Europe.
en | Write to info@unicef.org or ecpat.org today.
en | See https://www.weprotect.org/ECPAT/UNICEF and www.unicef.org/albania now.
en | #ECPAT #UNICEF #WeProtect #CRCA
en | Our natural habitat is online.
en | united nations are we all
en | the ministry of justice and others
en | Police of the state and the State of Albania.
en | We Unite. Nations come together.
en | The Supreme, Court of last resort.
en | World. Vision.
en | ecpat and crca in small letters
sq | un nuk e di
sq | Një këshill i ri, i qytetit. Evropa është larg.
sq | Polici. E shtetit ishte edhe makina.
sq | policia e shteteve të tjera e dinte
sq | Shteti i policisë nuk na duhet.
sq | linja e ndihmës dhe fondi shqiptar për femijët e humbur
sq | Drejtësia dhe ministria nuk flasin.
sq | Shqipëria dhe Kosova.
sq | Fëmijët shqiptarë në Evropë.
sq | kombet e bashkuara nga interneti
sq | Aleanca e re globale.
sq | avokati i popullit të thjeshtë
sq | Organizata e shëndetësisë botërore.
sq | Prokurori i përgjithshëm i kërkoi.
sq | Ne mbrojmë fëmijët.
"""


def rows(table: str) -> list[tuple[str, str]]:
    """The lines of a table as pairs, without the blanks round the bar."""
    pairs = (line.split("|", 1) for line in table.strip().splitlines())
    return [(first.strip(), rest.strip()) for first, rest in pairs]


def section(text: str, language: str = "sq", *, title: str = "", urls: tuple[str, ...] = ()) -> Section:
    """A section whose links are bare."""
    return Section(language, title, text, tuple(Anchor(url, url) for url in urls))
