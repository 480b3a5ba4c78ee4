"""Headless Firefox driven over its own protocol, Marionette, with nothing but the standard library."""

import base64
import json
import shutil
import socket
import subprocess
import time

# narrower than a window of Firefox can be, a page is shown in a frame of this width
_FRAME = '<!doctype html><title>frame</title><style>body{{margin:0}}</style><iframe title="page" src="{}" '
_FRAME += 'style="border:0;width:{}px;height:{}px"></iframe>'
_NARROW = 500
_PREFERENCES = {
    "marionette.port": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


def missing():
    """Why there is no Firefox here, or None."""
    return None if shutil.which("firefox") else "no firefox (Debian: firefox-esr)"


class Firefox:
    """One window; `open` shows a page in a width and a colour scheme."""

    def __init__(self, profile):
        self._profile = profile
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        lines = (_PREFERENCES | {"marionette.port": port}).items()
        (profile / "user.js").write_text("".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in lines))
        command = [
            "firefox",
            "--headless",
            "--marionette",
            "--remote-allow-system-access",
            "--no-remote",
            "--profile",
            str(profile),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._number = 0
        try:
            self._socket = self._connected(port)
            self._read()  # what it says of itself
            self._call("WebDriver:NewSession", capabilities={"alwaysMatch": {"pageLoadStrategy": "normal"}})
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _connected(self, port):
        end = time.monotonic() + 90
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=120)
            except ConnectionError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.2)

    def _read(self):
        """A message: its length in decimals, a colon, JSON."""
        length = b""
        while not length.endswith(b":"):
            length += self._some(1)
        return json.loads(self._some(int(length[:-1])))

    def _some(self, count):
        content = b""
        while len(content) < count:
            piece = self._socket.recv(count - len(content))
            if not piece:
                raise ConnectionError("Firefox has gone")
            content += piece
        return content

    def _call(self, command, **parameters):
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:" % len(message) + message)
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result.get("value") if isinstance(result, dict) and "value" in result else result

    def _inside(self, script, *arguments):
        """In the browser's own context."""
        self._call("Marionette:SetContext", value="chrome")
        try:
            return self._call("WebDriver:ExecuteScript", script=script, args=list(arguments))
        finally:
            self._call("Marionette:SetContext", value="content")

    def open(self, path, width=1280, scheme="light", height=900):
        """Show a file; forgets what earlier pages logged."""
        dark = 0 if scheme == "dark" else 1
        self._inside(
            "Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', arguments[0]);"
            "Services.console.reset();",
            dark,
        )
        self._call("WebDriver:SwitchToFrame", id=None)
        uri = path.resolve().as_uri()
        if width >= _NARROW:
            self._call("WebDriver:SetWindowRect", width=width, height=height)
            self._call("WebDriver:Navigate", url=uri)
            extra = width - self.run("return innerWidth")
            if extra:
                self._call("WebDriver:SetWindowRect", width=width + extra, height=height)
            return
        frame = self._profile / "frame.html"
        frame.write_text(_FRAME.format(uri, width, height))
        self._call("WebDriver:Navigate", url=frame.as_uri())
        self._call("WebDriver:SwitchToFrame", id=0)

    def errors(self):
        """What the console has of pages, since `open`: errors and warnings, of this page's own files."""
        found = self._inside(
            "return Services.console.getMessageArray().filter(m => m instanceof Ci.nsIScriptError)"
            ".map(m => [m.sourceName, m.errorMessage])"
        )
        return [text for source, text in found if source.startswith("file:")]

    def run(self, script, *arguments):
        return self._call("WebDriver:ExecuteScript", script=script, args=list(arguments))

    def run_async(self, script, *arguments):
        """The script's last argument is called with the result."""
        return self._call("WebDriver:ExecuteAsyncScript", script=script, args=list(arguments))

    def screenshot(self, path):
        """The whole page as PNG; of a frame the element with all in it."""
        element = self.run("return document.documentElement")
        shot = self._call("WebDriver:TakeScreenshot", id=next(iter(element.values())), full=False)
        path.write_bytes(base64.b64decode(shot))

    def close(self):
        try:
            self._call("Marionette:Quit", flags=["eForceQuit"])
            self._socket.close()
            self._process.wait(20)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
