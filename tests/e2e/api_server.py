"""The API that jit-backend-http speaks, over the example that keeps requests as files: what a client can be tried against, well
behaved or not. Who somebody is, a bearer token says ("token-NAME")."""
import http.server
import importlib.machinery
import importlib.util
import json
import os
import ssl
import subprocess
import threading
import time
import urllib.parse

SOURCE = os.environ.get("JIT_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def load_example():
    loader = importlib.machinery.SourceFileLoader("files", os.path.join(SOURCE, "examples", "jit-backend-files"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("files", loader))
    loader.exec_module(module)
    return module


FILES = load_example()
CHANGES = {"reviews": "review", "claim": "claim", "withdraw": "withdraw", "revoke": "revoke", "outcome": "report"}
STATUS = {1: 409, 2: 404}
NAMES = {1: "refused", 2: "no-such-request"}


def certificates(directory, host="localhost"):
    """An authority, and a certificate of its for the host: paths (ca, certificate with key)."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "host.key",
            "-out", "host.csr", "-subj", f"/CN={host}")
    with open(os.path.join(directory, "ext"), "w") as file:
        file.write(f"subjectAltName=DNS:{host}\n")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "ext", "-out", "host.pem")
    with open(os.path.join(directory, "both.pem"), "w") as both:
        for name in ("host.key", "host.pem"):
            with open(os.path.join(directory, name)) as file:
                both.write(file.read())
    os.chmod(os.path.join(directory, "both.pem"), 0o600)
    return os.path.join(directory, "ca.pem"), os.path.join(directory, "both.pem")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, body, kind="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def problem(self, status, name, detail, **more):
        self.reply(status, {"type": "urn:jit-run:problem:" + name, "title": name, "status": status, "detail": detail, **more},
                   "application/problem+json")

    def files(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token.startswith("token-"):
            return None
        files = FILES.Files(self.server.directory)
        files.me, files.operator = token.removeprefix("token-"), False
        return files

    def document(self, files, request_id):
        with self.server.lock:
            return files.get({"id": request_id})["request"], f'"{files.version(request_id)}"'

    def get_request(self, files, request_id):
        wait = self.headers.get("Prefer", "").removeprefix("wait=")
        deadline = time.monotonic() + float(wait or 0)
        while True:
            document, tag = self.document(files, request_id)
            if tag != self.headers.get("If-None-Match"):
                return self.reply(200, document, ETag=tag)
            if time.monotonic() > deadline:
                return self.reply(304, b"", ETag=tag)
            time.sleep(0.01)

    def events(self, files):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        known = None
        while not self.server.stopping:
            version = str(files.version(None))
            if version != known:
                known = version
                self.wfile.write(f"id: {version}\nevent: change\ndata: {{}}\n\n".encode())
                self.wfile.flush()
            time.sleep(0.02)

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.answer(self.get)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.answer(lambda files, parts: self.post(files, parts, json.loads(body)))

    def answer(self, handle):
        if self.server.misbehave and self.server.misbehave(self):
            return
        files = self.files()
        if files is None:
            return self.problem(401, "unauthorized", "there is no such token", hint="ask for one")
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        try:
            handle(files, [urllib.parse.unquote(part) for part in url.path.split("/")[2:]])
        except FILES.Refused as refused:
            code, message, *data = refused.args
            self.problem(STATUS[code], NAMES[code], message, **(data[0] if data and data[0] else {}))
        except (BrokenPipeError, ConnectionResetError):
            pass

    def get(self, files, parts):
        if parts == ["whoami"]:
            return self.reply(200, {"user": files.me, "operator": False, "now": FILES.text(FILES.now())})
        if parts == ["events"]:
            return self.events(files)
        if len(parts) == 2:
            return self.get_request(files, parts[1])
        query = self.query
        with self.server.lock:
            page = files.list({"states": [s for s in query.get("state", "").split(",") if s], "requester": query.get("requester"),
                               "prefix": query.get("prefix"), "after": query.get("cursor"), "limit": int(query["limit"])})
        return self.reply(200, page)

    def post(self, files, parts, body):
        body["key"] = self.headers["Idempotency-Key"]
        with self.server.lock:
            if parts == ["requests"]:
                return self.reply(201, files.ask(body)["request"])
            method = CHANGES[parts[2]]
            body["id"] = parts[1]
            result = getattr(files, method)(body)
        self.reply(200, result if method == "claim" else result["request"])


class Server(http.server.ThreadingHTTPServer):
    """Runs in a thread until `stop`. `misbehave(handler)` may answer in its own way, and says then that it did."""

    daemon_threads = True

    def __init__(self, directory, certificate=None, newest_tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.directory = directory
        self.lock = threading.Lock()
        self.stopping = False
        self.misbehave = None
        self.seen = []
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            if newest_tls:
                context.minimum_version = context.maximum_version = newest_tls
                context.set_ciphers("ALL:@SECLEVEL=0")
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that does not trust this server is no news

    def stop(self):
        self.stopping = True
        self.shutdown()
        self.server_close()
