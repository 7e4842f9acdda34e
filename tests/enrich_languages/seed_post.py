"""The post that the splitter was first built for, as Drupal's feed carries it."""

from __future__ import annotations

from html import escape

from syndicate.models import Entry

TITLE = "Perspektivat e të mbijetuarve të dhunës seksuale"
ENGLISH_TITLE = "Child sexual exploitation and abuse online: Survivors’ Perspectives"
META = ("• Jan 27, 22", "• crca-author")
ALBANIAN = (
    "ECPAT International dhe WEProtect Global Alliance, publikuan sot për herë të parë, raportin mbi "
    "perspektivat dhe opinionet e fëmijëve që i kanë mbijetuar dhunës seksuale, përfshi edhe ato të "
    "fëmijëve nga Shqipëria.",
    "Shpesh raportet dhe studimet janë përqëndruar në eksperiencat e fëmijë viktimave të dhunës seksuale. "
    "Ato kanë analizuar jo vetëm situatën, por kanë sjellë edhe rekomandimet e tyre për përmirësimin e "
    "zinxhirit të sistemit të mbrojtjes së fëmijëve, viktima të dhunës seksuale.",
    "Ndërkohë raporti që u sapo është bërë publik sot, sjell një rrjedhë të veçantë në studime, pasi ai "
    "ndan jo vetëm eskperiencën e të mbijetuarve të dhunës seksuale, por sjell edhe reagimin e tyre ndaj "
    "abuzimit dhe shfrytëzimit seksual të fëmijëve, si një mjet për të nxitur parandalimin e fenomenit "
    "dhe për të përmirësuar mbështetjen e viktimave të dhunës seksuale.",
    "Studimi, i cili është zhvilluar në gjashtë vende, përfshirë edhe Shqipërinë, bazohet në bisedat "
    "direkte me të mbijetuarit e rinj, si dhe në një sondazh me punonjës sociale të vijës së parë, "
    "përfshi edhe konsultimin me ekspertë në nivel global.",
    "Studimi u bë i mundur falë bashkëpunimit dhe partneritetit të WeProtect Global Alliance, ECPAT "
    "International dhe gjashtë organizatave anëtare të rrjetit të saj, përfshirë këtu edhe CRCA/ECPAT "
    "Shqipëri. Ai u zhvillua në Shqipëri, Bosnjë, Kolumbi, Meksikë, Moldavi dhe Peru.",
    "Nisma “Perspektivat e të mbijetuarve”, synon të përforcojë zërat e tyre dhe të mbledhë prova mbi "
    "disponueshmërinë, cilësinë dhe efektivitetin e shërbimeve mbështetëse për të mbijetuarit e "
    "shfrytëzimit dhe abuzimit seksual të fëmijëve në internet. Ai gjithashtu synon ta përkthejë këtë në "
    "veprim në të cilin qeveritë, organizatat joqeveritare dhe sektori privat mund të ofrojnë mekanizma "
    "më të mirë parandalues, raportues dhe mbështetës akoma më ndihmues dhe më të përshtatur për nevojat "
    "e fëmijëve.",
    "Studimin, mund ta gjeni të plotë në linkun bashkangjitur: https://www.weprotect.org/survivors-perspectives/",
    "Në linkun e mëposhtëm ju mund të gjeni edhe formate audio-video të aseteve të këtij raporti: "
    "https://drive.google.com/drive/u/0/folders/1C7bcmk8Txt3NzXXL5NDk9EdCpzBd5X15",
    "#VoicesofSurvivors #childsexualabuse #childabuseonline #childprotection",
)
ENGLISH = (
    "Over the last few years, research about child sexual exploitation and abuse online has received "
    "increased attention, but there has been limited research focusing on survivors’ experiences and "
    "amplifying their voices. It is crucial for survivors to contribute to shaping the response to child "
    "sexual exploitation and abuse. This would lead to improving the prevention and disruption activities "
    "and support offered to children.",
    "This new research drew on one-on-one conversations with young survivors, a survey with frontline "
    "social support workers and a global expert roundtable. This multi-country project was undertaken "
    "through a partnership of the WeProtect Global Alliance, ECPAT International and six of its network "
    "member organisations. It took place in Albania, Bosnia and Herzegovina, Colombia, Mexico, Moldova "
    "and Peru.",
    "This research aims to amplify the voices of survivors, and collect evidence on the availability, "
    "quality and effectiveness of support services for survivors of child sexual exploitation and abuse "
    "online. It also aims to translate this into action in which governments, non-governmental "
    "organisations and the private sector can provide better prevention, reporting and support mechanisms "
    "more tailored to children’s needs.",
    "The report you can find at the link below: https://www.weprotect.org/survivors-perspectives/",
    "#VoicesofSurvivors #childsexualabuse #childabuseonline #childprotection",
)


def entry(*, bold: bool) -> Entry:
    """The entry; its English title is bold, or a paragraph like any other."""
    english = f"<strong>{ENGLISH_TITLE}</strong>" if bold else ENGLISH_TITLE
    empty = "<p>&nbsp;</p>"
    lines = [*META, *map(escape, ALBANIAN), empty, empty, english, *map(escape, ENGLISH)]
    body = "\n".join(line if line == empty else f"<p>{line}</p>" for line in lines)
    html = (
        f'<span class="field field--name-title field--type-string field--label-hidden">{TITLE}</span>\n'
        '<span class="field field--name-uid field--type-entity-reference field--label-hidden">'
        '<span lang="" typeof="schema:Person">crca-author</span></span>\n'
        '<span class="field field--name-created field--type-created field--label-hidden">Thu, 01/27/2022 - 12:00</span>\n'
        '<div class="clearfix text-formatted field field--name-body field--type-text-with-summary '
        f'field--label-hidden field__item">{body}</div>'
    )
    return Entry(
        guid="5 at https://www.isigurt.al",
        url="https://www.isigurt.al/lajme/perspektivat-e-te-mbijetuarve-te-dhunes-seksuale",
        title=TITLE,
        html=html,
    )
