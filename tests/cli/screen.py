"""A terminal of so many columns: a command runs in it, and what it shows can be read."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios

from nntrain.cli import main
from nntrain.cli.terminal import width_of

_REST = "\0"  # the second column of a wide character
_SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """The lines of a terminal.  `wrapped`: those that were longer than it is wide."""

    def __init__(self, columns):
        self.columns = columns
        self.lines = [""]
        self.row = self.column = 0
        self.wrapped = []

    def feed(self, text):
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = _SEQUENCE.match(text, at)
                self._move(int(found[1] or 1) if found[1].isdecimal() or not found[1] else 1, found[2])
                at = found.end()
                continue
            self._put(text[at])
            at += 1

    def _put(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif wide := width_of(c):
            if self.column + wide > self.columns:
                self.wrapped.append(self.lines[self.row])
            line = self.lines[self.row].ljust(self.column)
            cell = c if wide == 1 else c + _REST
            self.lines[self.row] = line[: self.column] + cell + line[self.column + wide :]
            self.column += wide

    def _move(self, count, kind):
        if kind == "A":
            assert count <= self.row, "the cursor was moved above the first line"
            self.row -= count
        elif kind == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        else:
            assert kind == "m", kind

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).replace(_REST, "")


def show(columns, *arguments, folder, height=24, code=0, encoding="utf-8", **environment):
    """(the screen, every byte) after `nntrain …` has run in a terminal; a copy of this process runs it."""
    child, terminal = pty.fork()
    if child == 0:
        status = 1
        try:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", height, columns, 0, 0))
            for name in ("COLUMNS", "LINES", "NO_COLOR", "NNTRAIN_RUNS"):
                os.environ.pop(name, None)
            os.environ.update({"TERM": "xterm-256color", **environment})
            os.chdir(folder)
            sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding=encoding) for number in (1, 2))
            sys.argv = ["nntrain", *map(str, arguments)]
            main(sys.argv[1:], prog_name="nntrain")
        except SystemExit as end:
            status = end.code or 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            os._exit(status)
    written = b""
    try:
        while chunk := os.read(terminal, 65536):
            written += chunk
    except OSError:  # the other end was closed
        pass
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    text = written.decode()
    assert os.waitstatus_to_exitcode(status) == code, text
    screen = Screen(columns)
    screen.feed(text)
    return screen, text
