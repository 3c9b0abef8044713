"""HTTP by hand, for requests that no client library would send."""

import base64
import contextlib
import socket
import time
import uuid

import spnego

SOAP = "application/soap+xml;charset=UTF-8"


def envelope(verb="Create", body=None, resource="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd", extra=""):
    """A well-formed request: Create of a shell unless told otherwise."""
    prefix = (
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
        if verb in ("Create", "Delete", "Get", "Put")
        else "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/"
    )
    if body is None:
        body = (
            '<rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:InputStreams>stdin</rsp:InputStreams>'
            "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"
        )
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header><a:To>http://x/wsman</a:To>'
        '<w:ResourceURI s:mustUnderstand="true">%s</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">'
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
        '<a:Action s:mustUnderstand="true">%s%s</a:Action><w:MaxEnvelopeSize s:mustUnderstand="true">512000</w:MaxEnvelopeSize>'
        "<a:MessageID>uuid:%s</a:MessageID><w:OperationTimeout>PT60S</w:OperationTimeout>%s</s:Header><s:Body>%s</s:Body></s:Envelope>"
    ) % (resource, prefix, verb, str(uuid.uuid4()).upper(), extra, body)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def __repr__(self):
        return "%d %r %r" % (self.status, self.headers, self.body[:300])


class Connection:
    """One TCP connection to a service."""

    def __init__(self, host, port, timeout=10, source=None):
        self.socket = socket.create_connection((host, port), timeout=timeout, source_address=(source, 0) if source else None)
        self.host, self.buffer = host, b""

    def close(self):
        self.socket.close()

    __enter__ = lambda self: self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_what_goes(self, data):
        """Like `send`, where the service may have closed the connection already."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def post(self, body=b"", headers=(), path="/wsman", content_type=SOAP):
        if isinstance(body, str):
            body = body.encode()
        lines = ["POST %s HTTP/1.1" % path, "Host: " + self.host, "Content-Length: %d" % len(body)]
        if body:
            lines.append("Content-Type: " + content_type)
        lines += ["%s: %s" % pair for pair in headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self.answer()

    def answer(self):
        """Reads one response; None when the service closed the connection instead."""
        while b"\r\n\r\n" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = next((int(value) for name, value in headers if name == "content-length"), 0)
        while len(self.buffer) < length:
            data = self.socket.recv(65536)
            if not data:
                break
            self.buffer += data
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(int(first.split()[1]), headers, body)

    def closed(self, seconds=5):
        """Whether the service closes the connection within `seconds`."""
        self.socket.settimeout(seconds)
        end = time.monotonic() + seconds
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < end:
                try:
                    if not self.socket.recv(65536):
                        return True
                except (TimeoutError, socket.timeout):
                    return False
            return False
        return True

    def negotiate(self, user, password, protocol="ntlm"):
        """Authenticates the connection with pyspnego; returns (last answer, context). `protocol`: ntlm is raw, negotiate is SPNEGO."""
        context = spnego.client(
            user,
            password,
            hostname=self.host,
            service="http",
            protocol=protocol,
            options=spnego.NegotiateOptions.use_ntlm | spnego.NegotiateOptions.wrapping_winrm,
        )
        token, answer = context.step(), None
        for _ in range(6):
            if token is None:
                break
            answer = self.post(headers=[("Authorization", "Negotiate " + base64.b64encode(token).decode())])
            back = [value.split()[1] for value in answer.header("www-authenticate") if value.lower().startswith("negotiate ")]
            token = context.step(base64.b64decode(back[0])) if back and not context.complete else None
        return answer, context

    def sealed(self, context, plaintext, boundary="Encrypted Boundary", length=None, kind="SPNEGO", tweak=lambda body: body):
        """Sends `plaintext` encrypted under a Negotiate context."""
        if isinstance(plaintext, str):
            plaintext = plaintext.encode()
        wrapped = context.wrap_winrm(plaintext)
        protocol = "application/HTTP-%s-session-encrypted" % kind
        body = (
            b"--Encrypted Boundary\r\n\tContent-Type: %s\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n"
            b"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
            % (protocol.encode(), len(plaintext) if length is None else length)
            + len(wrapped.header).to_bytes(4, "little")
            + wrapped.header
            + wrapped.data
            + b"--Encrypted Boundary--\r\n"
        )
        return self.post(
            tweak(body), content_type='multipart/encrypted;protocol="%s";boundary="%s"' % (protocol, boundary)
        )
