"""A client of yaml-language-server: what an editor shows of a config."""

import json
import shutil
import subprocess
from pathlib import Path


def find():
    """The command of the server, where there is one: on the path, or in a node_modules of this or a higher folder."""
    if found := shutil.which("yaml-language-server"):
        return [found, "--stdio"]
    for folder in Path(__file__).resolve().parents:
        script = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
        if script.exists() and shutil.which("node"):
            return ["node", str(script), "--stdio"]
    return None


class Editor:
    """One server and the documents that are open in it."""

    def __init__(self, command, folder):
        self.folder, self.last = folder, 0
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        self._send({"method": "initialized", "params": {}})

    def ask(self, method, params):
        """The answer to a request."""
        self.last += 1
        self._send({"id": self.last, "method": method, "params": params})
        return self._until(lambda said: said.get("id") == self.last and "method" not in said)["result"]

    def open(self, text):
        """Open a document with this text; what the server finds wrong in it, as (line, message)."""
        self.uri = (self.folder / f"config_{self.last}.yaml").as_uri()
        self.last += 1
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        said = self._until(
            lambda said: said.get("method") == "textDocument/publishDiagnostics" and said["params"]["uri"] == self.uri
        )
        return [(found["range"]["start"]["line"], found["message"]) for found in said["params"]["diagnostics"]]

    def completions(self, text, line, character):
        """What is offered at a place of a text: label -> what is inserted."""
        self.open(text)
        place = {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": character}}
        items = self.ask("textDocument/completion", place)["items"]
        return {item["label"]: item.get("textEdit", {}).get("newText", item.get("insertText")) for item in items}

    def close(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            stream.close()

    def _send(self, message):
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.process.stdin.flush()

    def _until(self, wanted):
        while True:
            length = 0
            while line := self.process.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert length, "the server has ended"
            said = json.loads(self.process.stdout.read(length))
            if "id" in said and "method" in said:  # it asks something, such as the settings
                asked = said["params"].get("items", []) if isinstance(said.get("params"), dict) else []
                self._send({"id": said["id"], "result": [None] * len(asked) if asked else None})
            elif wanted(said):
                return said
