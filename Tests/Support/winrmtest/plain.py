"""A WS-Management shell service and an HTTP proxy that share no code with this project. The service takes Basic or client certificates, over
HTTP or HTTPS; the proxy makes tunnels, passes requests on, and may want to know who asks."""

import base64
import http.client
import select
import socket
import socketserver
import ssl
import threading
import urllib.parse
import xml.etree.ElementTree as ET

from . import acceptor

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


class Seen:
    """One request: what came in its head, and its envelope."""

    def __init__(self, handler, body):
        self.path, self.headers, self.body = handler.path, handler.headers, body
        self.authorization = handler.headers.get("Authorization")
        self.envelope = ET.fromstring(body) if body else None  # the encoding is in the bytes

    def header(self, name):
        return self.envelope.findtext("s:Header/w:" + name, namespaces=acceptor.NS)


class PlainService(acceptor.CredSSPAcceptor):
    """accepts: the value of Authorization that is let in. identity: a certificate of `authority` with `chain` and `key`; over HTTP without.
    clients: the file of the authorities of client certificates, which are then demanded. silent: requests get no answer."""

    def __init__(
        self, accepts, address="127.0.0.1", identity=None, clients=None, offers=("Negotiate", 'Basic realm="WSMAN"'), silent=False, status=None
    ):
        super().__init__({}, address, identity=object())
        self.accepts, self.offers, self.silent, self.status = accepts, offers, silent, status
        self.seen, self.certificates = [], []
        self.is_tls = identity is not None
        self.server.RequestHandlerClass = type("Handler", (_Handler,), {"service": self})
        self.released = threading.Event()
        if identity:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(identity.chain, identity.key)
            if clients:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    @property
    def endpoint(self):
        return "%s://%s:%d" % ("https" if self.is_tls else "http", self.address, self.port)

    @property
    def answered(self):
        return [request for request in self.seen if request.envelope is not None]

    def __exit__(self, *details):
        self.released.set()
        super().__exit__(*details)


class _Handler(acceptor._Handler):
    service: PlainService

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        service = self.service
        seen = Seen(self, body)
        service.seen.append(seen)
        if service.is_tls:
            service.certificates.append(self.connection.getpeercert())
        if seen.authorization != service.accepts:
            return self.reply(401, headers=[("WWW-Authenticate", offer) for offer in service.offers])
        if service.status:
            return self.reply(*service.status)
        if service.silent:
            service.released.wait(30)
            self.close_connection = True
            return None
        if seen.envelope.find("s:Body/{http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd}Identify", acceptor.NS) is not None:
            return self.reply_soap(200, IDENTITY)
        action = seen.envelope.findtext("s:Header/a:Action", namespaces=acceptor.NS)
        return self.reply_soap(*self.soap(action, seen.envelope))

    def reply_soap(self, status, xml):
        self.reply(status, xml.encode(), [("Content-Type", "application/soap+xml;charset=UTF-8")])


IDENTITY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><i:IdentifyResponse>'
    "<i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion>"
    "<i:ProductVendor>Independent</i:ProductVendor><i:ProductVersion>1</i:ProductVersion>"
    "</i:IdentifyResponse></s:Body></s:Envelope>"
)


class Proxy:
    """`with Proxy(user, password) as proxy:` asks for Basic; without them it asks nobody. refuses: the status for every CONNECT."""

    def __init__(self, user=None, password=None, refuses=None, silent=False):
        self.wants = basic(user, password) if user else None
        self.refuses, self.silent = refuses, silent
        self.lines, self.heads, self.passed = [], [], b""
        self.released = threading.Event()
        proxy = self

        class Handler(_ProxyHandler):
            service = proxy

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class _ProxyHandler(socketserver.StreamRequestHandler):
    service: Proxy

    def handle(self):
        upstream = None
        while True:
            line = self.rfile.readline().decode().strip()
            if not line:
                return
            headers = http.client.parse_headers(self.rfile)
            self.service.lines.append(line)
            self.service.heads.append(headers)
            if self.service.silent:
                self.service.released.wait(30)
                return
            method, target, _ = line.split(" ")
            if self.service.wants and headers.get("Proxy-Authorization") != self.service.wants:
                self.say("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="p"')
                return
            if method == "CONNECT":
                if self.service.refuses:
                    self.say("%d Refused" % self.service.refuses)
                    return
                return self.tunnel(target)
            upstream = upstream or http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=30)  # one for one of ours
            body = self.rfile.read(int(headers.get("Content-Length", "0")))
            self.service.passed += body
            upstream.request(method, urllib.parse.urlsplit(target).path, body, dict(headers.items()))
            answer = upstream.getresponse()
            content = answer.read()
            kept = [pair for pair in answer.getheaders() if pair[0].lower() not in ("content-length", "connection")]
            self.say("%d %s" % (answer.status, answer.reason), *("%s: %s" % pair for pair in kept), body=content)

    def say(self, status, *headers, body=b""):
        head = ["HTTP/1.1 " + status, *headers, "Content-Length: %d" % len(body), "", ""]
        self.wfile.write("\r\n".join(head).encode() + body)

    def tunnel(self, target):
        host, _, port = target.rpartition(":")
        try:
            server = socket.create_connection((host.strip("[]"), int(port)), timeout=5)
        except OSError:
            return self.say("502 Bad Gateway")
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n")
        ends = {self.connection: server, server: self.connection}
        try:
            while True:
                for end in select.select(list(ends), [], [], 30)[0]:
                    data = end.recv(65536)
                    if not data:
                        return None
                    self.service.passed += data
                    ends[end].sendall(data)
        except OSError:
            return None
        finally:
            server.close()
