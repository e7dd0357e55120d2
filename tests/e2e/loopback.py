"""An HTTP server on loopback, for a test that plays the other end."""
import http.server
import threading


class Loopback:
    """Who makes it answers: `answer(handler, body)`, a thread for each connection."""

    protocol = "HTTP/1.0"  # a connection for each request

    def __init__(self):
        loopback = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = loopback.protocol

            def do_GET(self):
                loopback.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            do_POST = do_GET

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who is killed hangs up
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler, body):
        raise NotImplementedError

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def reply(handler, status, headers, body):
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
