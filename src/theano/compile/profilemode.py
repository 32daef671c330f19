"""The mode that measures every function compiled in it."""

import sys

from theano.compile.mode import Mode, register_mode
from theano.compile.profiling import ProfileStats
from theano.config import config


class ProfileMode(Mode):
    """Functions of this mode have a profile, which is printed when the program ends.

    It is the way of the first Theano: ``profile=True`` measures a single function in any mode. The flags
    ``ProfileMode.profile_memory``, ``ProfileMode.n_apply_to_print`` and ``ProfileMode.n_ops_to_print`` say what
    `print_summary` prints.

    Parameters
    ----------
    linker, optimizer : see `Mode`

    Attributes
    ----------
    profiles : list of ProfileStats
        One for each function.
    """

    def __init__(self, linker=None, optimizer="default"):
        super().__init__(linker, optimizer)
        self.profiles = []

    def new_profile(self, name):
        """The profile of a new function."""
        self.profiles.append(ProfileStats(message=name))
        return self.profiles[-1]

    def whole(self):
        """A profile of all functions of this mode."""
        found = ProfileStats(atexit_print=False, message="all functions of this ProfileMode")
        found.sources = [source for profile in self.profiles for source in profile.sources]
        found.makers = [maker for profile in self.profiles for maker in profile.makers]
        return found

    def print_summary(self, n_apply_to_print=None, n_ops_to_print=None, file=None):
        """Print each function's share, then what all of them did together; file: default stderr."""
        file = sys.stderr if file is None else file
        whole = self.whole()
        seconds = whole.fct_call_time
        print("ProfileMode.print_summary()", "---------------------------", "",
              "Theano fct summary:", "<% total fct time> <total time> <time per call> <nb call> <fct name>", sep="\n",
              file=file)
        for profile in sorted(self.profiles, key=lambda p: -p.fct_call_time):
            calls, spent = profile.fct_callcount, profile.fct_call_time
            print(f"   {100 * spent / (seconds or 1):5.1f}% {spent:9.3f}s {spent / max(calls, 1):.2e}s {calls} "
                  f"{profile.message}", file=file)
        print(file=file)
        flags = {"profile_memory": config.profile_memory or config.ProfileMode.profile_memory,
                 "profiling.min_memory_size": config.ProfileMode.min_memory_size}
        with config.change_flags(flags):
            whole.summary(file, config.ProfileMode.n_ops_to_print if n_ops_to_print is None else n_ops_to_print,
                          config.ProfileMode.n_apply_to_print if n_apply_to_print is None else n_apply_to_print)


register_mode("ProfileMode", ProfileMode())
register_mode("PROFILE_MODE", ProfileMode())
