"""What is run from the shell: ``python -m theano doctor``, ``theano-cache list``."""

import argparse
import time

from theano.codegen import cache
from theano.compile.doctor import doctor

MB = 2**20
ACTIONS = {
    "list": "show the entries, the one used longest ago first",
    "clear": "remove all entries",
    "trim": "remove the entries used longest ago until no more than --megabytes are left",
    "check": "remove entries that are damaged",
}
OLD = {"purge": "clear", "cleanup": "check"}            # as these were called in Theano 1.0


def cache_main(arguments=None):
    """Run ``theano-cache``; returns the status with which the program ends.

    Without an action it prints the folder of the cache.
    """
    parser = argparse.ArgumentParser("theano-cache", description="Compiled functions on disk.",
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="\n".join(f"  {name:8}{text}" for name, text in ACTIONS.items()))
    parser.add_argument("action", nargs="?", choices=[*ACTIONS, *OLD], metavar="|".join(ACTIONS))
    parser.add_argument("--megabytes", type=float, default=None, help="what trim leaves; default: the limit")
    options = parser.parse_args(arguments)
    store = cache.current()
    if store.folder is None:
        print("compiled functions are kept in memory only; python -m theano doctor tells why")
        return 1
    if options.action is None:
        print(store.folder)
        return 0
    _run(store, OLD.get(options.action, options.action), options.megabytes)
    return 0


def _run(store, action, megabytes):
    before = store.entries()
    if action == "list":
        for used, size, path in before:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(used))
            print(f"{when}  {size / 1024:9.1f} KB  {_kind(store, path):9}  {store.key_of(path) or path}")
    elif action == "clear":
        store.trim(0)
    elif action == "trim":
        store.trim(None if megabytes is None else int(megabytes * MB))
    else:
        for _, _, path in before:
            if store.key_of(path) is None or store.read(store.key_of(path)) is None:
                store.remove(path)
    after = store.entries()
    removed = f", {len(before) - len(after)} removed" if action != "list" else ""
    print(f"{store.folder}: {len(after)} entries, {sum(size for _, size, _ in after) / MB:.1f} of "
          f"{store.limit / MB:.0f} MB{removed}")


def _kind(store, path):
    entry = None if store.key_of(path) is None else store.read(store.key_of(path), touch=False)
    if entry is None:
        return "damaged"
    return "program" if entry[1] else "kernels"


def main(arguments=None):
    """Run ``python -m theano``; returns the status with which the program ends."""
    parser = argparse.ArgumentParser("python -m theano", description="Theano, from the shell.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="what works here, and why not", description=doctor.__doc__.splitlines()[0])
    commands.add_parser("cache", help="compiled functions on disk: see theano-cache --help", add_help=False)
    options, rest = parser.parse_known_args(arguments)
    if options.command == "cache":
        return cache_main(rest)
    if rest:
        parser.error(f"doctor takes no arguments, got {' '.join(rest)}")
    doctor()
    return 0
