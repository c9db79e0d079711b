"""A disk whose power fails: rebuilt from what a process asked of the kernel, as it would stand after a cut.

What was synced is there. Of what was only written, each write is there or not, whole or in some of its sectors, in any
order; a file that was made or removed since its folder was synced is there or not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CALLS = "openat,pwrite64,write,ftruncate,fsync,fdatasync,link,linkat,rename,unlink"
_SECTOR = 512
_LINE = re.compile(
    r"(?P<pid>\d+) +(?:(?P<call>\w+)\((?P<args>.*)|<\.\.\. (?P<resumed>\w+) resumed>.*)", re.DOTALL
)
_HEX = re.compile(r"\\x([0-9a-f]{2})")
_FILE = re.compile(r"(\d+)<([^>]*)>")
_TEXT = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Call:
    """What a process asked for; a sync counts when it is answered, everything else when it is begun."""

    name: str
    path: str
    descriptor: int = -1
    data: bytes | None = None
    number: int = 0
    """Where it is written, or to what size the file is cut."""
    to: str = ""
    """The new name."""


def calls_of(trace: str) -> Iterator[Call]:
    """The calls in what `strace -f -y -xx -e trace=CALLS` wrote."""
    begun: dict[str, Call] = {}
    for line in trace.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        if found["resumed"]:
            if (call := begun.pop(found["pid"], None)) is not None:
                yield call
        elif (call := _call(found["call"], found["args"])) is not None:
            if call.name == "sync" and "<unfinished" in line:
                begun[found["pid"]] = call
            elif "= -1 " not in line[-80:]:
                yield call


def _call(name: str, args: str) -> Call | None:
    file, texts = _FILE.match(args), [_plain(each) for each in _TEXT.findall(args)]
    path = _plain(file[2]).decode() if file else texts[0].decode() if texts else ""
    call = None
    match name:
        case "pwrite64" if file:
            place = int(args.rpartition('"')[2].split(",")[2].split(")")[0].split()[0])
            call = Call("write", path, int(file[1]), texts[-1], place)
        case "write" if file:
            call = Call("append", path, int(file[1]), texts[-1])
        case "ftruncate" if file:
            call = Call("cut", path, number=int(re.findall(r", (\d+)", args)[0]))
        case "fsync" | "fdatasync" if file:
            call = Call("sync", path)
        case "openat" if "O_CREAT" in args:
            call = Call("create", path if not file else texts[0].decode())
        case "unlink" | "rename":
            call = Call(name, path, to=texts[-1].decode())
        case "link" | "linkat":
            call = Call("link", path, to=texts[-1].decode())
    return call


def _plain(text: str) -> bytes:
    return bytes.fromhex("".join(_HEX.findall(text))) if "\\x" in text else text.encode()


@dataclass
class _File:
    """Bytes that are safe, and what was asked since: data at a place, or a size (data is None)."""

    safe: bytes = b""
    asked: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        self.safe, self.asked = _done(self.safe, self.asked), []

    def after_a_cut(self, random: Random) -> bytes:
        share = random.choice((0.0, 0.3, 0.7, 1.0))
        kept: list[tuple[int, bytes | None]] = []
        for place, data in self.asked:
            if random.random() >= share:
                continue
            if data is not None and random.random() < 0.2:
                sectors = range(0, len(data), _SECTOR)
                kept.extend((place + n, data[n : n + _SECTOR]) for n in sectors if random.random() < 0.5)
            else:
                kept.append((place, data))
        return _done(self.safe, kept)


def _done(content: bytes, asked: list[tuple[int, bytes | None]]) -> bytes:
    found = bytearray(content)
    for place, data in asked:
        if data is None:
            found = found[:place].ljust(place, b"\0")
        else:
            found = found.ljust(place, b"\0")
            found[place : place + len(data)] = data
    return bytes(found)


@dataclass
class Disk:
    """The files whose paths begin with `database`, in one folder."""

    database: str
    syncs: bool = True
    """False: a disk that lies, which says that it has synced and has not."""
    _now: dict[str, _File] = field(default_factory=dict)
    _safe: dict[str, _File] = field(default_factory=dict)
    """The folder as it was when it was last synced."""

    def ask(self, call: Call) -> None:
        """Do what a process asks of the disk."""
        if call.name == "sync":
            self._sync(call.path)
        elif call.path.startswith(self.database):
            self._change(call)

    def _sync(self, path: str) -> None:
        if self.syncs and path == str(Path(self.database).parent):
            self._safe = dict(self._now)
        elif self.syncs and path in self._now:
            self._now[path].sync()

    def _change(self, call: Call) -> None:
        match call.name:
            case "create":
                self._now.setdefault(call.path, _File())
            case "unlink":
                self._now.pop(call.path, None)
            case "link":
                self._now[call.to] = self._now[call.path]
            case "rename":
                self._now[call.to] = self._now.pop(call.path)
            case "write" | "cut":
                self._now[call.path].asked.append((call.number, call.data))

    def after_a_cut(self, random: Random) -> dict[str, bytes]:
        """What is there when the power is back, by path."""
        found = {}
        for path in self._now.keys() | self._safe.keys():
            file = self._now.get(path)
            if file is not self._safe.get(path) and random.random() < 0.5:
                file = self._safe.get(path)
            if file is not None:
                found[path] = file.after_a_cut(random)
        return found
