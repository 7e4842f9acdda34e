"""Who agreed to get mail, and how that is proven: addresses, signed links, the subscription's states, tables of people.

Everything here decides and nothing acts: the clock, the keys and the streams are arguments, and no file, network or
database is touched. The rule that the rest serves: nobody who left, complained or was forgotten is ever mailed again,
unless they themselves fill in the form and confirm it.
"""
