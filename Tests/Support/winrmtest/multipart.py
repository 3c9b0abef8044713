"""The multipart/encrypted body of WS-Management over HTTP, written from the protocol text and not from our Swift code."""

import re
import struct

BOUNDARY = b"--Encrypted Boundary"
CREDSSP = "application/HTTP-CredSSP-session-encrypted"
CHUNK = 16384


class MultipartError(Exception):
    pass


def encode_credssp(wrap, plaintext):
    """Wraps `plaintext` in parts of 16 384 bytes. `wrap(bytes)` returns an object with `header` and `data`."""
    chunks = [plaintext[i : i + CHUNK] for i in range(0, len(plaintext), CHUNK)] or [b""]
    body = b""
    for chunk in chunks:
        sealed = wrap(chunk)
        body += BOUNDARY + b"\r\n"
        body += b"\tContent-Type: " + CREDSSP.encode() + b"\r\n"
        body += b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(chunk)
        body += BOUNDARY + b"\r\n"
        body += b"\tContent-Type: application/octet-stream\r\n"
        body += struct.pack("<I", len(sealed.header)) + sealed.header + sealed.data
    body += BOUNDARY + b"--\r\n"
    kind = "multipart/x-multi-encrypted" if len(chunks) > 1 else "multipart/encrypted"
    return f'{kind};protocol="{CREDSSP}";boundary="Encrypted Boundary"', body


PART = re.compile(
    rb"--Encrypted Boundary\r\n"
    rb"\tContent-Type: (?P<protocol>[^\r]+)\r\n"
    rb"\tOriginalContent: type=application/soap\+xml;charset=UTF-8;Length=(?P<length>[0-9]+)\r\n"
    rb"--Encrypted Boundary\r\n"
    rb"\tContent-Type: application/octet-stream\r\n"
)


def decode_credssp(unwrap, trailer_length, content_type, body):
    """Opens a CredSSP body strictly: exact header lines, TLS records by their own lengths, the declared `Length` and the
    prefix that `trailer_length(n)` demands. Returns the plaintext parts."""
    if f'protocol="{CREDSSP}"' not in content_type or 'boundary="Encrypted Boundary"' not in content_type:
        raise MultipartError("content type " + content_type)
    parts, offset = [], 0
    while not body.startswith(BOUNDARY + b"--", offset):
        head = PART.match(body, offset)
        if head is None:
            raise MultipartError("part headers at byte %d: %r" % (offset, body[offset : offset + 80]))
        if head["protocol"].decode() != CREDSSP:
            raise MultipartError("part protocol %r" % head["protocol"])
        offset = head.end()
        (prefix,) = struct.unpack_from("<I", body, offset)
        offset += 4
        want, plaintext = int(head["length"]), b""
        if want > CHUNK:
            raise MultipartError("part of %d bytes" % want)
        if prefix != trailer_length(want):
            raise MultipartError("trailer prefix %d for %d bytes" % (prefix, want))
        while True:
            if len(body) < offset + 5 or body[offset] != 0x17:
                raise MultipartError("no TLS record at byte %d" % offset)
            end = offset + 5 + struct.unpack_from(">H", body, offset + 3)[0]
            plaintext += unwrap(body[offset:end])
            offset = end
            if len(plaintext) >= want:
                break
        if len(plaintext) != want:
            raise MultipartError("%d bytes where Length says %d" % (len(plaintext), want))
        parts.append(plaintext)
    if body[offset:] not in (BOUNDARY + b"--\r\n", BOUNDARY + b"--"):
        raise MultipartError("bytes after the last boundary")
    kind = content_type.split(";")[0].strip().lower()
    if kind != ("multipart/x-multi-encrypted" if len(parts) > 1 else "multipart/encrypted"):
        raise MultipartError("%d parts in %s" % (len(parts), kind))
    return parts
