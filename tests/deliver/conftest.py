"""No deadlines: on a busy machine a slow example is not a wrong one."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
