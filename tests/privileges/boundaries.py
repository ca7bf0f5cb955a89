"""Serves the request that moto lacks, the permissions boundary of a permission set, and forwards all others."""

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

OPERATION = "SWBExternalService.GetPermissionsBoundaryForPermissionSet"


@contextmanager
def served(moto: str, boundaries: dict[str, str]):
    """Serves moto with the boundaries: ARNs of AWS managed policies by those of permission sets. Yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-Amz-Target") == OPERATION:
                self.answer(*boundary(json.loads(asked)["PermissionSetArn"]))
            else:
                self.answer(*passed_on(self, asked))

        do_GET = do_POST

        def answer(self, status, headers, body):
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def boundary(permission_set_arn):
        headers = [("Content-Type", "application/x-amz-json-1.1")]
        if permission_set_arn in boundaries:
            found = {"PermissionsBoundary": {"ManagedPolicyArn": boundaries[permission_set_arn]}}
            return 200, headers, json.dumps(found).encode()
        return 400, headers, json.dumps({"__type": "ResourceNotFoundException", "Message": "no boundary"}).encode()

    def passed_on(handler, body):
        connection = http.client.HTTPConnection(urlsplit(moto).netloc, timeout=60)
        try:
            connection.request(handler.command, handler.path, body, dict(handler.headers))
            answered = connection.getresponse()
            return answered.status, answered.getheaders(), answered.read()
        finally:
            connection.close()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
