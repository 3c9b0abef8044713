"""A recording TCP relay, and what to look for in its recording."""

import base64
import binascii
import re
import socket
import struct
import threading

NTLMSSP = b"NTLMSSP\x00"


class Wire:
    """Relays connections to `target` (host, port) and keeps the bytes of both directions.

    `with Wire(("127.0.0.2", 5985), "127.0.0.3") as wire:` listens on a free port of 127.0.0.3 (or on `port`).
    `requests`, `responses`: one bytearray a connection. change: what makes of each piece of an answer another one.
    """

    def __init__(self, target, address=None, port=0, change=None):
        self.target, self.change = target, change or (lambda piece: piece)
        self.requests, self.responses = [], []
        self._live = []
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in (address or target[0]) else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address or target[0], port))
        self._listener.listen(64)
        self.address, self.port = self._listener.getsockname()[:2]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.drop()

    def drop(self, index=None):
        """Closes every connection that is open now, or the one of that number, like a server that has had enough of idle clients."""
        with self._lock:
            ends = [end for number, end in self._live if index in (None, number)]
            self._live = [(number, end) for number, end in self._live if index not in (None, number)]
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    @property
    def connections(self):
        return len(self.requests)

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            sent, received = bytearray(), bytearray()
            with self._lock:
                self.requests.append(sent)
                self.responses.append(received)
                number = len(self.requests) - 1
                self._live += [(number, near), (number, far)]
            threading.Thread(target=self._pump, args=(near, far, sent, lambda piece: piece), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, received, self.change), daemon=True).start()

    @staticmethod
    def _pump(source, sink, copy, change):
        try:
            while data := change(source.recv(65536)):
                copy += data
                sink.sendall(data)
        except OSError:
            pass
        for end in (sink, source):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    # What the recording says.

    def all_bytes(self):
        return b"\n".join(bytes(recorded) for recorded in [*self.requests, *self.responses])

    def client_tokens(self):
        """Decoded tokens of the Authorization headers, as (connection, scheme, token)."""
        found = []
        for index, sent in enumerate(self.requests):
            for scheme, token in re.findall(rb"(?im)^authorization: *([a-z]+) +([a-z0-9+/=]+)", bytes(sent)):
                found.append((index, scheme.decode().lower(), base64.b64decode(token)))
        return found

    def server_tokens(self):
        found = []
        for index, received in enumerate(self.responses):
            for scheme, token in re.findall(rb"(?im)^www-authenticate: *([a-z]+) +([a-z0-9+/=]+)\r$", bytes(received)):
                found.append((index, scheme.decode().lower(), base64.b64decode(token)))
        return found

    def ntlm_messages(self):
        """Types of the NTLM messages that the client sent in the open (Negotiate; CredSSP hides them in TLS)."""
        types = []
        for _, _, token in self.client_tokens():
            start = token.find(NTLMSSP)
            if start >= 0:
                types.append(struct.unpack_from("<I", token, start + 8)[0])
        return types

    def inner_application_records(self):
        """Number of TLS application-data records among the client's CredSSP tokens: a client that refuses before NTLM sends none."""
        stream = {}
        for index, scheme, token in self.client_tokens():
            if scheme == "credssp":
                stream[index] = stream.get(index, b"") + token
        count = 0
        for data in stream.values():
            offset = 0
            while offset + 5 <= len(data):
                count += data[offset] == 23
                offset += 5 + struct.unpack_from(">H", data, offset + 3)[0]
        return count

    def carries(self, secret):
        """Where `secret` shows on the wire: a list of descriptions, empty when it does not."""
        raw = self.all_bytes()
        tokens = b"\n".join(token for _, _, token in [*self.client_tokens(), *self.server_tokens()])
        return [
            "%s in %s" % (name, place)
            for place, haystack in (("the bytes", raw), ("the tokens", tokens))
            for name, needle in spellings(secret).items()
            if needle in haystack
        ]


def spellings(secret):
    """Forms in which a password could be found: UTF-8, UTF-16, hexadecimal, and base64 at each of the three alignments."""
    forms = {}
    for name, encoded in (("UTF-8", secret.encode()), ("UTF-16LE", secret.encode("utf-16-le"))):
        forms[name] = encoded
        forms[name + " in hex"] = binascii.hexlify(encoded)
        for shift in range(3):
            core = base64.b64encode(b"\0" * shift + encoded)
            start = 0 if shift == 0 else 4
            end = len(core) // 4 * 4 - 4
            if end - start >= 12:
                forms["%s in base64 at %d" % (name, shift)] = core[start:end]
    return forms
