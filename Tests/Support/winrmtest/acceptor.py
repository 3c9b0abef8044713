"""A WS-Management shell service with CredSSP that shares no code with this project: TLS by OpenSSL, SPNEGO, NTLM and CredSSP by
pyspnego. It completes the handshake, opens our bodies, answers the shell verbs, and keeps the credentials that were delegated."""

import base64
import datetime
import hashlib
import http.server
import ipaddress
import os
import shutil
import tempfile
import threading
import uuid
import xml.etree.ElementTree as ET

import spnego
import spnego.tls
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from spnego import _credssp

from . import multipart

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
}
SHELL = NS["rsp"]
STATE = SHELL + "/CommandState/"


class Identity:
    """A certificate with its key. `ec_key` makes a P-256 one."""

    def __init__(self, host="credssp-acceptor", ec_key=False):
        key = ec.generate_private_key(ec.SECP256R1()) if ec_key else rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        now = datetime.datetime.now(datetime.timezone.utc)
        try:
            alternative = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.der = cert.public_bytes(serialization.Encoding.DER)
        self.certificate_pem = cert.public_bytes(serialization.Encoding.PEM)
        self.pem = self.certificate_pem + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        if ec_key:
            self.public_key = key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
        else:
            self.public_key = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)

    @property
    def sha256(self):
        return hashlib.sha256(self.der).hexdigest()

    def tls_context(self):
        context = spnego.tls.default_tls_context(usage="accept")
        directory = tempfile.mkdtemp()
        try:
            path = os.path.join(directory, "identity.pem")
            with open(path, "wb") as file:
                file.write(self.pem)
            context.context.load_cert_chain(path)
        finally:
            shutil.rmtree(directory)
        context.public_key = self.public_key
        return context


class Record:
    """What the acceptor saw, for a test to assert on."""

    def __init__(self):
        self.credentials = []  # (domain, user, password)
        self.negotiated = []  # (CredSSP version, TLS version, cipher, inner mechanism)
        self.requests = []  # (action, envelope element)
        self.parts = []  # plaintext length of each part of each body
        self.stdin = b""
        self.plain_bodies = 0  # requests with a body that was not encrypted
        self.errors = []


class CredSSPAcceptor:
    """`with CredSSPAcceptor(users={"HOST\\\\user": "password"}) as acceptor:` listens on 127.0.0.1 until the block ends.

    output: bytes of standard output for any command, or a function of (command, arguments).
    exit_code: unsigned 32 bit. waits_for_input: the command ends when its standard input has ended.
    """

    def __init__(
        self, users, address="127.0.0.1", output=b"hello from the acceptor\n", exit_code=0, identity=None, waits_for_input=False
    ):
        self.record = Record()
        self.output, self.exit_code = output, exit_code
        self.identity = identity or Identity(address)
        self.minimum_version = 5
        self.pending, self.sent = b"", 0  # one command at a time
        self.input_ended = threading.Event()
        if not waits_for_input:
            self.input_ended.set()
        self._users = users
        acceptor = self

        class Handler(_Handler):
            service = acceptor

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

        self.server = Server((address, 0), Handler)
        self.address, self.port = self.server.server_address[:2]

    @property
    def url(self):
        return "http://%s:%d/wsman" % (self.address, self.port)

    def __enter__(self):
        descriptor, self._file = tempfile.mkstemp()
        with os.fdopen(descriptor, "w") as file:
            for name, password in self._users.items():
                domain, _, user = name.rpartition("\\")
                file.write("%s:%s:%s\n" % (domain, user, password))
        self._before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = self._file
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
        if self._before is None:
            os.environ.pop("NTLM_USER_FILE", None)
        else:
            os.environ["NTLM_USER_FILE"] = self._before
        os.unlink(self._file)

    def new_context(self):
        return spnego.server(
            protocol="credssp",
            options=spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm,
            credssp_tls_context=self.identity.tls_context(),
            credssp_min_protocol=self.minimum_version,
        )


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: CredSSPAcceptor
    timeout = 30

    def setup(self):
        super().setup()
        self.context = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        record = self.service.record
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            if scheme.lower() == "credssp" and token:
                self.authenticate(base64.b64decode(token), body)
            elif self.context is not None and self.context.complete:
                self.answer(body)
            else:
                if body:
                    record.plain_bodies += 1
                self.refuse()
        except Exception as error:  # the test must see it, the client gets a plain refusal
            record.errors.append(repr(error))
            self.close_connection = True
            self.reply(500)

    def authenticate(self, token, body):
        record = self.service.record
        if self.context is None or self.context.complete:
            self.context = self.service.new_context()
        out = self.context.step(token)
        if not self.context.complete:
            if body:
                record.plain_bodies += 1
            if out is None:
                return self.refuse()
            return self.reply(401, headers=[("WWW-Authenticate", "CredSSP " + base64.b64encode(out).decode())])
        credential = self.context.get_extra_info("client_credential")
        record.credentials.append((credential.domain_name, credential.username, credential.password))
        tls = self.context.get_extra_info("ssl_object")
        record.negotiated.append(
            (self.context.get_extra_info("protocol_version"), tls.version(), tls.cipher()[0], self.context.negotiated_protocol)
        )
        if body:
            return self.answer(body)
        self.reply(200)

    def refuse(self):
        self.reply(401, headers=[("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "CredSSP")])

    def answer(self, body):
        record = self.service.record
        cipher, version, _ = self.context.get_extra_info("ssl_object").cipher()
        version = self.context.get_extra_info("ssl_object").version()
        parts = multipart.decode_credssp(
            lambda data: self.context.unwrap(data).data,
            lambda n: _credssp._tls_trailer_length(n, version, cipher),
            self.headers.get("Content-Type", ""),
            body,
        )
        record.parts.extend(len(part) for part in parts)
        envelope = ET.fromstring(b"".join(parts))
        action = envelope.findtext("s:Header/a:Action", namespaces=NS)
        record.requests.append((action, envelope))
        status, xml = self.soap(action, envelope)
        content_type, sealed = multipart.encode_credssp(self.context.wrap_winrm, xml.encode())
        self.reply(status, sealed, [("Content-Type", content_type)])

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:
            self.wfile.write(body)

    # The shell verbs, each with the least that a client needs.

    def soap(self, action, envelope):
        verb = (action or "").rsplit("/", 1)[-1]
        body = getattr(self, "on_" + verb.lower(), None)
        if body is None:
            raise ValueError("no answer to action %r" % action)
        message = envelope.findtext("s:Header/a:MessageID", namespaces=NS)
        declared = " ".join('xmlns:%s="%s"' % pair for pair in NS.items())
        return 200, (
            '<s:Envelope xml:lang="en-US" %s><s:Header><a:Action>%sResponse</a:Action><a:MessageID>uuid:%s</a:MessageID>'
            "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:RelatesTo>%s</a:RelatesTo>"
            "</s:Header><s:Body>%s</s:Body></s:Envelope>"
        ) % (declared, action, str(uuid.uuid4()).upper(), message, body(envelope))

    def on_create(self, envelope):
        shell = str(uuid.uuid4()).upper()
        return (
            "<x:ResourceCreated><a:Address>%s</a:Address><a:ReferenceParameters><w:ResourceURI>%s/cmd</w:ResourceURI>"
            '<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            "</x:ResourceCreated><rsp:Shell><rsp:ShellId>%s</rsp:ShellId><rsp:ResourceUri>%s/cmd</rsp:ResourceUri>"
            "<rsp:Owner>ACCEPTOR\\user</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP>"
            "<rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>"
            "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>"
            "<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>"
        ) % (self.service.url, SHELL, shell, shell, SHELL)

    def on_command(self, envelope):
        line = envelope.find("s:Body/rsp:CommandLine", NS)
        command = line.findtext("rsp:Command", namespaces=NS)
        arguments = [argument.text or "" for argument in line.findall("rsp:Arguments", NS)]
        output = self.service.output
        self.service.pending = output(command, arguments) if callable(output) else output
        self.service.sent = 0
        identifier = line.get("CommandId") or str(uuid.uuid4()).upper()
        return "<rsp:CommandResponse><rsp:CommandId>%s</rsp:CommandId></rsp:CommandResponse>" % identifier

    def on_receive(self, envelope):
        wanted = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", NS).get("CommandId")
        service = self.service
        block = service.pending[service.sent : service.sent + 200_000]
        service.sent += len(block)
        finished = service.sent >= len(service.pending) and service.input_ended.wait(0.5)
        streams = '<rsp:Stream Name="stdout" CommandId="%s">%s</rsp:Stream>' % (wanted, base64.b64encode(block).decode())
        if not finished:
            state = '<rsp:CommandState CommandId="%s" State="%sRunning"/>' % (wanted, STATE)
        else:
            streams += '<rsp:Stream Name="stdout" CommandId="%s" End="true"/>' % wanted
            streams += '<rsp:Stream Name="stderr" CommandId="%s" End="true"/>' % wanted
            state = '<rsp:CommandState CommandId="%s" State="%sDone"><rsp:ExitCode>%d</rsp:ExitCode></rsp:CommandState>' % (
                wanted,
                STATE,
                self.service.exit_code,
            )
        return "<rsp:ReceiveResponse>%s%s</rsp:ReceiveResponse>" % (streams, state)

    def on_send(self, envelope):
        for stream in envelope.findall("s:Body/rsp:Send/rsp:Stream", NS):
            self.service.record.stdin += base64.b64decode(stream.text or "")
            if stream.get("End") == "true":
                self.service.input_ended.set()
        return "<rsp:SendResponse/>"

    def on_signal(self, envelope):
        return "<rsp:SignalResponse/>"

    def on_delete(self, envelope):
        return ""
