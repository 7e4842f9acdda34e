"""syndicate: an NGO's blog goes in; clean filtered feeds and bilingual newsletters come out.

    pull → split → enrich → store → publish   → feed readers
                                  ↘ compose → deliver → newsletter recipients

Four floors; each imports only lower ones, and rooms never import each other:

    front doors  cli                                        print, exit statuses; where everything is put together
    the hall     pipeline editions people delivery          the only place where rooms meet: read, decide, write
    rooms        pull enrich store publish compose deliver consent words config samples
    ground       selection markup models errors             values, who is in what, HTML to safe HTML and blocks
"""

__version__ = "0.1.0"
