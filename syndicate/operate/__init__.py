"""What the operator wants to know of the site and the world around it.

verdict    what a check comes to
machine    files, disks, the clock: facts → verdicts           looking asks the system for them
tracked    people and secrets where others see them
mailing    secrets, the provider, where links lead
units      what systemd needs: P
working    cron, sources, editions, what is kept too long
dns        the sender's domain, asked of the name service
"""
