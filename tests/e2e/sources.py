"""Sources of warnings on loopback: an Alertmanager and other APIs, well behaved or not."""
import json
import threading
import time
import urllib.parse

import loopback

SINCE = "2026-11-28T19:00:00.000Z"


def alert(name, severity="critical", summary="it is down", **labels):
    return {"labels": {"alertname": name, "severity": severity, **labels}, "annotations": {"summary": summary},
            "startsAt": SINCE, "endsAt": SINCE, "updatedAt": SINCE, "fingerprint": "f", "receivers": [{"name": "r"}],
            "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}, "generatorURL": "http://x"}


class Sources(loopback.Loopback):
    """GET /api/v2/alerts gives `alerts`; other paths say by their name how they misbehave. `asked` keeps the targets."""

    def __init__(self):
        self.alerts, self.json, self.asked, self.headers, self.mode = [], {}, [], [], ""
        self.lock = threading.Lock()
        super().__init__()

    def count(self):
        with self.lock:
            return len(self.asked)

    def answer(self, handler, _):
        with self.lock:
            self.asked.append(handler.path)
            self.headers.append(dict(handler.headers.items()))
        path = urllib.parse.urlsplit(handler.path).path
        mode = self.mode or path.strip("/").split("/")[0]
        if mode == "hang":
            time.sleep(60)
        if mode == "trickle":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                handler.wfile.write(b" ")
                time.sleep(0.1)
        if mode == "megabytes":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n[")
            while True:
                handler.wfile.write(b'"' + b"x" * 65536 + b'",')
        status, headers, body = 200, {}, json.dumps(self.json.get(path, self.alerts)).encode()
        if mode == "redirect":
            status, headers, body = 302, {"Location": self.url + "/api/v2/alerts"}, b"[]"
        elif mode == "status":
            status, body = 503, b"[]"
        elif mode == "garbage":
            body = b"<html>\xff\x00 no alerts here"
        elif mode == "deep":
            body = b"[" * 100000
        elif mode == "type":
            body = b'{"status": 17}'
        elif mode == "empty":
            body = b""
        elif mode == "cut":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]")
            return
        elif mode == "many":
            body = json.dumps([alert(f"A{i}") for i in range(6000)]).encode()
        loopback.reply(handler, status, headers, body)
