"""Thirty more organisations that Albanian posts name, in the forms that posts use: a second table, written after the rules.

`FORMS`: `partner id | text that names this partner and no other`. `NOT_NAMED`: `language | text that names nobody`.
"""

from __future__ import annotations

from syndicate.models import Partner

ORGANISATIONS = (
    Partner("msh", "Ministria e Shëndetësisë dhe Mbrojtjes Sociale", aliases=("Ministria e Shëndetësisë", "MSHMS")),
    Partner("mb", "Ministria e Brendshme", names={"en": "Ministry of Interior"}),
    Partner("kuvendi", "Kuvendi i Shqipërisë", names={"en": "Parliament of Albania"}),
    Partner("ministrat", "Këshilli i Ministrave", names={"en": "Council of Ministers"}),
    Partner("be", "Bashkimi Evropian", names={"en": "European Union"}, aliases=("EU",)),
    Partner("parlamenti", "Parlamenti Evropian", names={"en": "European Parliament"}),
    Partner("europol", "Europol"),
    Partner("interpol", "INTERPOL"),
    Partner("kmd", "Komisioneri për Mbrojtjen nga Diskriminimi", aliases=("KMD",)),
    Partner("ama", "Autoriteti i Mediave Audiovizive", aliases=("AMA",)),
    Partner("akep", "Autoriteti i Komunikimeve Elektronike dhe Postare", aliases=("AKEP",)),
    Partner("iwf", "Internet Watch Foundation", aliases=("IWF",)),
    Partner("plan", "Plan International"),
    Partner("sos", "SOS Fshatrat e Fëmijëve", names={"en": "SOS Children's Villages"}),
    Partner("kryqi", "Kryqi i Kuq Shqiptar", names={"en": "Albanian Red Cross"}),
    Partner("caritas", "Caritas Shqiptar", names={"en": "Caritas Albania"}),
    Partner("vatra", "Qendra Psiko-Sociale “Vatra”"),
    Partner("observatori", "Observatori për të Drejtat e Fëmijëve dhe të Rinjve"),
    Partner("undp", "UNDP", names={"sq": "Programi i Kombeve të Bashkuara për Zhvillim"}),
    Partner("unwomen", "UN Women"),
    Partner("vodafone", "Fondacioni Vodafone Albania", names={"en": "Vodafone Albania Foundation"}),
    Partner("spak", "SPAK", names={"sq": "Prokuroria e Posaçme"}),
    Partner("ut", "Universiteti i Tiranës", names={"en": "University of Tirana"}),
    Partner("durres", "Bashkia Durrës", names={"en": "Municipality of Durrës"}),
    Partner("suedia", "Ambasada e Suedisë", names={"en": "Embassy of Sweden"}),
    Partner("bb", "Banka Botërore", names={"en": "World Bank"}),
    Partner("gjednj", "Gjykata Evropiane e të Drejtave të Njeriut", aliases=("GJEDNJ",)),
    Partner("sherbimi", "Shërbimi Social Shtetëror"),
    Partner("mce", "Missing Children Europe"),
    Partner("amnesty", "Amnesty International"),
    Partner("birn", "Rrjeti Ballkanik i Gazetarisë Investigative", aliases=("BIRN",)),
    Partner("gjinore", "Aleanca Gjinore për Zhvillim"),
    Partner("tiktok", "TikTok"),
    Partner("itf", "Information Technology Forum", aliases=("IT", "ACT")),
)

FORMS = """
msh | Ministria e Shëndetësisë miratoi udhëzimin.
msh | Ministrisë së Shëndetësisë iu kërkua një takim.
msh | Zyrtarët e Ministrisë së Shëndetësisë dhe Mbrojtjes Sociale erdhën.
msh | Ministrinë e Shëndetësisë dhe të Mbrojtjes Sociale e falënderojmë.
msh | Prej Ministrisë së shëndetësisë erdhi një letër.
msh | MSHMS-ja shpalli thirrjen.
msh | Udhëzimi i MSHMS-së hyri në fuqi.
mb | Ministria e Brendshme nisi fushatën.
mb | Ministrisë së Brendshme iu dërgua raporti.
mb | Ministrinë e Brendshme e përfaqësoi drejtoresha.
mb | Ministria e brendshme nisi fushatën.
kuvendi | Kuvendi i Shqipërisë miratoi ligjin.
kuvendi | Kuvendit të Shqipërisë iu paraqit peticioni.
kuvendi | Kuvendin e Shqipërisë e ftuam të veprojë.
kuvendi | Në Kuvendin e Shqiperise u mbajt seanca.
ministrat | Këshilli i Ministrave miratoi vendimin.
ministrat | Vendimi i Këshillit të Ministrave u botua.
ministrat | Këshillin e Ministrave e kryeson kryeministri.
ministrat | Vendim i Këshillit te Ministrave.
be | Bashkimi Evropian financon projektin.
be | Projekti i Bashkimit Evropian vijon.
be | Bashkimin Europian e përfaqësoi ambasadori.
be | Me mbështetjen e Bashkimit Europian.
be | BASHKIMI EVROPIAN NË SHQIPËRI
parlamenti | Parlamentit Evropian iu kërkua të votojë.
parlamenti | Në Parlamentin Evropian u votua.
parlamenti | Deputetët e Parlamentit Europian votuan.
europol | Europoli publikoi vlerësimin.
europol | Raporti i Europolit flet për këtë.
europol | Europol-it iu kërkua ndihmë.
europol | Me Europolin bashkëpunojmë.
interpol | INTERPOL-i arrestoi të dyshuarin.
interpol | Sipas Interpolit, rastet u shtuan.
interpol | Interpolin e njoftuam.
kmd | Komisionerit për Mbrojtjen nga Diskriminimi iu ankuan.
kmd | Komisionerin për Mbrojtjen nga Diskriminimi e zgjedh Kuvendi.
kmd | KMD-ja vendosi në favor të saj.
kmd | Vendimi i KMD-së u respektua.
ama | Autoriteti i Mediave Audiovizive vendosi.
ama | Autoritetit të Mediave Audiovizive iu ankuam.
ama | AMA-s iu dërgua ankesa.
ama | Vendimi i AMA-së u botua.
akep | Autoritetit të Komunikimeve Elektronike dhe Postare iu kërkua.
akep | Autoritetin e Komunikimeve Elektronike e Postare nuk e prek. AKEP-in po.
akep | Sipas AKEP-it, faqja u bllokua.
akep | AKEP-i bllokoi faqen.
iwf | Internet Watch Foundation-i raportoi.
iwf | Raporti i Internet Watch Foundation-it doli.
iwf | IWF-ja hoqi mijëra faqe.
iwf | Analistët e IWF-së i hoqën.
plan | Plan International-i punon në terren.
plan | Stafi i Plan International-it erdhi.
sos | SOS Fshatrat e Fëmijëve hapën një qendër.
sos | SOS Fshatrave të Fëmijëve iu dha çmimi.
sos | Drejtuesja e SOS Fshatrave të Fëmijëve foli.
kryqi | Kryqi i Kuq Shqiptar shpërndau ndihma.
kryqi | Kryqit të Kuq Shqiptar iu dha çmimi.
kryqi | Vullnetarët e Kryqit të Kuq Shqiptar erdhën.
kryqi | Kryqin e Kuq Shqiptar e falënderojmë.
caritas | Caritasi Shqiptar hapi qendrën.
caritas | Caritasit Shqiptar iu bashkuam.
caritas | Vullnetarët e Caritas Shqiptar erdhën.
vatra | Qendra Psiko-Sociale “Vatra” strehon viktima.
vatra | Qendrës Psiko-Sociale "Vatra" iu referua rasti.
vatra | Qendrën Psiko Sociale Vatra e vizituam.
observatori | Observatorit për të Drejtat e Fëmijëve dhe të Rinjve iu kërkuan të dhënat.
observatori | Observatori për të Drejtat e Fëmijëve dhe Rinjve publikoi studimin.
observatori | Observatorin për të Drejtat e Fëmijëve dhe të Rinjve e ftuam.
undp | UNDP-ja mbështeti trajnimin.
undp | Zyra e UNDP-së në Tiranë.
undp | Programit të Kombeve të Bashkuara për Zhvillim iu bashkuam.
unwomen | UN Women-i publikoi raportin.
unwomen | Zyra e UN Women-it në Tiranë.
vodafone | Fondacioni Vodafone Albania dhuroi pajisjet.
vodafone | Fondacionit Vodafone Albania iu kërkua mbështetje.
vodafone | Fondacionin Vodafone Albania e falënderojmë.
spak | SPAK-u nisi hetimin.
spak | Hetimi i SPAK-ut vijon.
spak | SPAK-un e drejton një kryeprokuror.
spak | Prokurorisë së Posaçme iu dërgua dosja.
spak | Prokurorinë e Posaçme e njoftuam.
ut | Universiteti i Tiranës hapi programin.
ut | Studentët e Universitetit të Tiranës erdhën.
ut | Universitetin e Tiranës e ftuam.
durres | Bashkia Durrës hapi qendrën.
durres | Bashkisë Durrës iu dorëzua plani.
durres | Bashkia e Durrësit hapi qendrën.
durres | Bashkisë së Durrësit iu dorëzua plani.
suedia | Ambasada e Suedisë financon projektin.
suedia | Ambasadës së Suedisë iu shprehëm mirënjohje.
suedia | Ambasadën e Suedisë e përfaqësoi ambasadorja.
bb | Banka Botërore publikoi raportin.
bb | Raporti i Bankës Botërore doli.
bb | Bankën Botërore e përfaqësoi drejtuesi.
bb | Banka Boterore publikoi raportin.
gjednj | Gjykata Evropiane e të Drejtave të Njeriut vendosi.
gjednj | Gjykatës Evropiane të të Drejtave të Njeriut iu drejtuan.
gjednj | Vendimi i Gjykatës Europiane të të Drejtave të Njeriut.
gjednj | GJEDNJ-ja vendosi. Vendimi i GJEDNJ-së u botua.
sherbimi | Shërbimi Social Shtetëror mori masa.
sherbimi | Shërbimit Social Shtetëror iu referua rasti.
sherbimi | Shërbimin Social Shtetëror e njoftuam.
mce | Missing Children Europe-i ka anëtarë.
mce | Anëtarët e Missing Children Europe u mblodhën.
amnesty | Amnesty International-i publikoi raportin.
amnesty | Raporti i Amnesty International doli.
birn | Rrjetit Ballkanik të Gazetarisë Investigative iu dha çmimi.
birn | BIRN-i publikoi hetimin.
birn | Sipas BIRN-it, rastet u fshehën.
gjinore | Aleancës Gjinore për Zhvillim iu bashkuam.
gjinore | Aleancën Gjinore për Zhvillim e drejton një bord.
tiktok | TikTok-u fshiu videot.
tiktok | Përfaqësuesit e TikTok-ut erdhën.
tiktok | Tiktokut iu kërkua llogari.
itf | Forumi i ACT-së u mblodh.
itf | The Information Technology Forum met in Tirana.
"""

NOT_NAMED = """
en | Who do children turn to?
en | Someone who knows, tells.
en | It is not their fault.
en | IT IS NOT THEIR FAULT
en | IT'S TIME TO LISTEN
en | IT’S time to listen.
en | Do you use it at home?
en | Act now, before it is too late.
en | ACT NOW
en | act of parliament
en | The plan is international.
en | An international plan for children.
en | Plan. International partners came.
en | The world bank holidays are near.
en | A world of banks.
en | Women of the UN-led mission.
en | Women in the union, un women.
en | The internet: watch the foundation grow.
en | Watch the internet foundation course.
en | Missing children in Europe are many.
en | Europe's missing children.
en | Amnesty for international students.
en | The European idea of union.
en | A European. Union members voted.
en | The council of young ministers.
en | The parliament in Albania's capital.
en | A ministry for the interior designer.
en | Villages of SOS calls and children's homes.
en | The red cross on the map, Albanian style.
en | The embassy and Sweden's team.
en | The university in Tirana's north.
en | Information on technology, a forum.
en | Technology forum information.
en | He is on tik tok all day.
en | A tic-tok clock.
en | The municipality near Durrës.
en | A social service by the state.
en | See amnesty.org/international and birn.eu.com/news.
en | #UNDP #SPAK #BIRN #EuropeanUnion
en | Write to europol@interpol.example today.
sq | Ministria punon për shëndetësinë.
sq | Ministri i Shëndetësisë tha se po.
sq | shëndetësia dhe mbrojtja sociale
sq | Një çështje e brendshme e ministrisë.
sq | Punët e brendshme të ministrisë.
sq | Kuvendi i të Rinjve, Shqipëria.
sq | Këshilli i Prindërve dhe ministrat.
sq | këshilli i ministrave të rinj
sq | Bashkimi i familjeve evropiane.
sq | bashkimi evropian i zemrave
sq | Një parlament rinor evropian.
sq | Komisioneri për arsimin foli.
sq | mbrojtja nga diskriminimi
sq | Autoriteti i prindërve dhe media audiovizive.
sq | Nuk e ama kurrë.
sq | Kryqi i kuq në hartë, shqiptar.
sq | Fshatrat e fëmijëve në festë.
sq | Qendra sociale është vatra e qytetit.
sq | Vatra e familjes.
sq | Të drejtat e fëmijëve dhe të rinjve.
sq | Kombet e bashkuara për zhvillim.
sq | Një prokurori e posaçme do të krijohet.
sq | Universitetet në Tiranë.
sq | Qytetarët e Tiranës dhe universiteti.
sq | Bashkia dhe Durrësi.
sq | Suedia dhe ambasada e saj.
sq | Banka e re, tregu botëror.
sq | Gjykata dhe të drejtat e njeriut.
sq | shërbimi social shtetëror falas
sq | Shërbimet sociale në qytet.
sq | Aleanca për zhvillim.
sq | Barazia gjinore për zhvillim.
sq | Rrjeti i gazetarëve ballkanikë.
sq | Be, u dëgjua një zë.
sq | Ut, sa ftohtë!
"""
