"""Compiled functions on disk: content-addressed, without locks, pickles or trust.

An entry is one file ``<key>.so``: a shared library, the data that goes with it, and a footer with a checksum
of both. It is written to a private temporary file, flushed and renamed, so that a reader sees all of it
or nothing; two writers of one key write the same, so nobody needs to wait. Anything unexpected - a short file,
a wrong checksum, a foreign owner - is a miss. Processes that make one entry at the same time save work where they can:
see `Cache.claim`.
"""

import contextlib
import logging
import os
import stat
import struct
import time

from theano.config import config
from theano.late import hashlib, tempfile

try:
    import fcntl
except ImportError:                         # not on Unix: nobody claims anything, work is done twice
    fcntl = None

MAGIC = b"theano2\n"
OWN_FILE = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))
FOOTER = struct.Struct("<QQ32s8s")          # bytes of library, bytes of data, checksum, magic
TRIM_EVERY = 64                             # entries written by a process between two looks at the size
MEMORY = 64 << 20                           # bytes kept where there is no folder
PATIENCE = 2.0                              # seconds for which a process looks for what another one is making


class Cache:
    """A folder of entries, or nothing but memory where no folder is safe.

    Parameters
    ----------
    folder : str or None
        Where entries go; None keeps them in memory only.
    limit : int
        Bytes that the folder may hold; the entries used longest ago go first.
    """

    def __init__(self, folder, limit=512 << 20):
        self.folder = folder
        if folder is not None:
            reason = unsafe(folder)
            if reason:
                self.folder = None
                logging.getLogger(__name__).info("compiled functions are kept in memory only: %s", reason)
        self.limit = limit
        self.memory = {}
        self._written = 0

    def path(self, key):
        """Where the entry of ``key`` lies, or None when there is no folder."""
        return None if self.folder is None else os.path.join(self.folder, key + ".so")

    @staticmethod
    def key_of(path):
        """The key of the entry that lies at ``path``, or None for another file."""
        name = os.path.basename(path)
        return name[:-3] if name.endswith(".so") else None

    @staticmethod
    def remove(path):
        """Remove a file of the folder, when it is still there."""
        _remove(path)

    def read(self, key, touch=True):
        """``(library, data)`` as bytes, or None; with ``touch`` it counts as used now."""
        if self.folder is None:
            return self.memory.get(key)
        path = self.path(key)
        try:
            fd = os.open(path, os.O_RDONLY | OWN_FILE)
        except OSError:
            return self.memory.get(key)
        try:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode) or info.st_uid != _uid() or info.st_mode & 0o022:
                return None
            with open(fd, "rb", closefd=False) as file:
                entry = unpack(file.read())
        except OSError:
            return None
        finally:
            os.close(fd)
        if entry is not None and touch:
            _touch(path)
        return entry

    def write(self, key, library, data):
        """Store an entry; where the folder can't be written it is kept in memory."""
        if self.folder is None:
            self._remember(key, library, data)
            return
        temporary = None
        try:
            fd, temporary = tempfile.mkstemp(dir=self.folder, prefix="tmp-")
            with open(fd, "wb") as file:
                file.write(pack(library, data))
                file.flush()
                os.fsync(fd)
            os.chmod(temporary, 0o700)
            os.replace(temporary, self.path(key))
        except OSError as error:
            logging.getLogger(__name__).info("a compiled function is kept in memory only: %s", error)
            self._remember(key, library, data)
            _remove(temporary)
            return
        self._written += 1
        if self._written % TRIM_EVERY == 1:
            self.trim()

    @contextlib.contextmanager
    def claim(self, key):
        """Enter before making the entry of ``key``; gives what another process made meanwhile, or None: make it.

        One who comes while another process is at it looks for the result for `PATIENCE` seconds, and then makes it as
        well. The claim is a lock that the kernel drops when its process ends, however that ends: what lies in the
        folder afterwards holds up nobody.
        """
        path = None if self.folder is None or fcntl is None else os.path.join(self.folder, "busy-" + key)
        try:
            file = None if path is None else os.open(path, os.O_RDWR | os.O_CREAT | OWN_FILE, 0o600)
        except OSError:
            file = None
        if file is None:
            yield None
            return
        try:
            yield self._await(key, file)
        finally:
            _remove(path)
            os.close(file)

    def _await(self, key, file):
        deadline, pause = time.monotonic() + PATIENCE, 0.002
        while not _locked(file) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(1.5 * pause, 0.05)
            found = self.read(key)
            if found is not None:
                return found
        return self.read(key)

    def _remember(self, key, library, data):
        self.memory[key] = (library, data)
        excess = sum(len(part) for entry in self.memory.values() for part in entry) - MEMORY
        while excess > 0:
            oldest = self.memory.pop(next(iter(self.memory)))
            excess -= sum(map(len, oldest))

    def discard(self, key):
        """Forget an entry."""
        self.memory.pop(key, None)
        _remove(self.path(key))

    def entries(self):
        """``(last use, bytes, path)`` of every entry, the one used longest ago first."""
        found = []
        try:
            names = [] if self.folder is None else os.listdir(self.folder)
        except OSError:
            names = []
        for name in names:
            path = os.path.join(self.folder, name)
            try:
                info = os.lstat(path)
            except OSError:
                continue                    # another process removed it
            found.append((info.st_mtime, info.st_size, path))
        return sorted(found)

    def trim(self, limit=None):
        """Remove entries, the ones used longest ago first, until ``limit`` bytes are left; bytes removed."""
        limit = self.limit if limit is None else limit
        found = self.entries()
        excess = sum(size for _, size, _ in found) - limit
        removed = 0
        for _, size, path in found:
            if removed >= excess:
                break
            _remove(path)
            removed += size
        return removed


def pack(library, data):
    """An entry as bytes."""
    digest = hashlib.blake2b(data, digest_size=32)
    digest.update(library)
    return b"".join([library, data, FOOTER.pack(len(library), len(data), digest.digest(), MAGIC)])


def unpack(raw):
    """``(library, data)`` of an entry, or None when it is damaged."""
    if len(raw) < FOOTER.size:
        return None
    n_library, n_data, checksum, magic = FOOTER.unpack(raw[-FOOTER.size:])
    if magic != MAGIC or n_library + n_data + FOOTER.size != len(raw):
        return None
    library, data = raw[:n_library], raw[n_library:n_library + n_data]
    digest = hashlib.blake2b(data, digest_size=32)
    digest.update(library)
    return (library, data) if digest.digest() == checksum else None


def default_folder():
    """Where the cache lies: below ``base_compiledir``; None where that flag is empty or there is no home."""
    base = os.path.expanduser(config.base_compiledir)
    home = os.path.expanduser("~")
    if not base or base.startswith("~"):
        return None
    if config.base_compiledir.startswith("~") and not os.path.isdir(home):
        return None
    return os.path.join(os.path.abspath(base), "v2")


def unsafe(folder):
    """Why compiled functions can't be kept in ``folder``, which is made if need be; None when they can.

    The folder must be ours and nobody else may write to it, and not everybody to the folder it lies in.
    """
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        info, above = os.lstat(folder), os.stat(os.path.dirname(folder))
    except OSError as error:
        return str(error)
    if not stat.S_ISDIR(info.st_mode):
        return f"{folder} is not a folder"
    if info.st_uid != _uid() or info.st_mode & 0o022:
        return f"{folder} belongs to somebody else, or others may write to it"
    if above.st_mode & 0o002 and not above.st_mode & stat.S_ISVTX:
        return f"anybody may write to {os.path.dirname(folder)}"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} can't be written"


def _locked(file):
    """Whether nobody else has the lock of an open file; then we have it, until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass                                # a file system without locks
    return True


def _uid():
    return os.getuid() if hasattr(os, "getuid") else 0


def _touch(path):
    try:
        os.utime(path)
    except OSError:
        pass


def _remove(path):
    try:
        if path is not None:
            os.unlink(path)
    except OSError:
        pass


_caches = {}


def current():
    """The cache of the folder that the flags name now."""
    folder = default_folder()
    if folder not in _caches:
        _caches[folder] = Cache(folder)
    return _caches[folder]
