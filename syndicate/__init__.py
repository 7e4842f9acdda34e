"""syndicate: an NGO's blog goes in; clean filtered feeds and bilingual newsletters come out.

    pull → split → enrich → store → publish   → feed readers
                                  ↘ compose → deliver → newsletter recipients

Four floors; each imports only lower ones, and rooms never import each other:

    front doors  cli web                                    print, exit statuses, HTTP; where everything is put together
    the hall     pipeline publishing editions delivery …    the only place where rooms meet: read, decide, write
    rooms        pull enrich store publish compose deliver consent words operate config samples
    ground       selection markup models errors             values, who is in what, HTML to safe HTML and blocks

The hall's modules by what they are about:

    posts        pipeline finding corrections withdrawal publishing
    editions     editions editing pictures checking rehearsal archive schedule
    mail         delivery (the loop), office (what it works with), audience, settling, happenings, letters
    people       people importing subscribing accounts moving dossiers reception retention
    every day    chores notices overview trial
"""

__version__ = "0.3.0"
