"""What all tests share."""

from hypothesis import settings

settings.register_profile("course", deadline=None)  # a busy machine is slow, and no test is about time
settings.load_profile("course")
