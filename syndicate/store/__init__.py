"""The store: what we know, on SQLite or PostgreSQL, through SQLAlchemy Core.

    engine       opening, transactions, migrations, refusing a foreign database
    schema       the tables
    posts        posts and what was found in them
    withdrawn    what was taken back, and must not return
    published    sources' pacing, feeds and who is in them
    editions     editions, their frozen variants, each post's state per list
    people       subscribers, subscriptions, suppressions, the consent log
    audiences    who an edition is for, frozen
    ledger       deliveries and their batches
    owner        whose database it is
    copying      a whole database into another one
    locks        who is alive, on PostgreSQL

Every function takes the connection of a transaction that the hall opened: the hall says what belongs together.
"""

from sqlalchemy import Connection

from syndicate.store.engine import Store

__all__ = ["Connection", "Store"]
