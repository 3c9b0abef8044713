"""Raw requests against winrmd: nothing unproven, unencrypted or malformed is dispatched, and the service survives. Test names carry
the ids of the attack list where there is one."""

import time

import pytest
from winrmtest import processes
from winrmtest.raw import Connection, envelope


@pytest.fixture
def connect(lab):
    opened = []

    def make(**options):
        opened.append(Connection(lab.a.address, lab.a.port, **options))
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()
    assert lab.a.process.poll() is None, "the service died:\n" + lab.a.log()[-2000:]
    with Connection(lab.a.address, lab.a.port) as check:
        assert check.post().status == 401, "the service no longer answers"
    assert processes.resident_megabytes(lab.a.process.pid) < 300


@pytest.fixture
def sealed(lab, connect):
    """An authenticated connection and its context."""
    connection = connect()
    answer, context = connection.negotiate(lab.user, lab.password, "negotiate")
    assert answer.status == 200, answer
    return connection, context


AUTHORIZATIONS = [
    None,
    "",
    "Negotiate",
    "Negotiate ",
    "Negotiate ====",
    "Negotiate not*base64",
    "Negotiate AAAA",
    "CredSSP",
    "CredSSP AAAA",
    "Basic YWxpY2U6eA==",
    "Kerberos AAAA",
    "Digest x",
    "Unheard-of AAAA",
    "Bearer x",
]


@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
@pytest.mark.parametrize("verb", ["Create", "Command", "Receive", "Delete", "Get"])
def test_s01_nothing_without_proof(lab, connect, verb, authorization):
    headers = [] if authorization is None else [("Authorization", authorization)]
    before = processes.children(lab.a.process.pid)
    answer = connect().post(envelope(verb), headers)
    assert answer is None or answer.status in (400, 401), answer
    if answer is not None:
        assert b"ShellId" not in answer.body and b"Envelope" not in answer.body
    assert processes.children(lab.a.process.pid) == before


def test_unauthenticated_offer_lists_the_enabled_schemes_only(connect):
    offers = connect().post().header("www-authenticate")
    assert [offer.split()[0].lower() for offer in offers] == ["negotiate", "credssp"]


def test_s02_authentication_belongs_to_its_connection(lab, connect, sealed):
    answer = connect().post(envelope())
    assert answer.status == 401
    connection, context = sealed
    assert connection.sealed(context, envelope()).status == 200


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
def test_n02_plain_body_after_authentication(lab, connect, protocol):
    connection = connect()
    answer, context = connection.negotiate(lab.user, lab.password, protocol)
    assert answer.status == 200
    answer = connection.post(envelope())
    assert answer is None or answer.status in (400, 401, 500), answer
    assert answer is None or b"ShellId" not in answer.body


def test_sealed_request_works_as_the_attacks_below_would(sealed):
    connection, context = sealed
    answer = connection.sealed(context, envelope())
    assert answer.status == 200
    assert answer.header("content-type")[0].startswith("multipart/encrypted")
    assert b"ShellId" not in answer.body, "the answer must be sealed"


def tweaks():
    yield "boundary of another name", {"boundary": "Other Boundary"}
    yield "length too long", {"length": 100_000}
    yield "length too short", {"length": 10}
    yield "length negative", {"length": -1}
    yield "length huge", {"length": 1 << 63}
    yield "kind of another scheme", {"kind": "CredSSP"}
    yield "signature length huge", {"tweak": lambda b: b.replace(b"\x10\x00\x00\x00\x01", b"\xff\xff\xff\x7f\x01", 1)}
    yield "one bit flipped", {"tweak": lambda b: b[:-40] + bytes([b[-40] ^ 1]) + b[-39:]}
    yield "cut in the middle", {"tweak": lambda b: b[: len(b) // 2]}
    yield "no closing boundary", {"tweak": lambda b: b[: b.rindex(b"--Encrypted")]}
    yield "bytes after the end", {"tweak": lambda b: b + b"x" * 1000}
    yield "body twice", {"tweak": lambda b: b + b}
    yield "only the boundary", {"tweak": lambda b: b"--Encrypted Boundary--\r\n"}
    yield "nothing but zeros", {"tweak": lambda b: bytes(len(b))}


@pytest.mark.parametrize("name,options", tweaks(), ids=lambda value: value if isinstance(value, str) else "")
def test_h07_malformed_multipart(sealed, name, options):
    connection, context = sealed
    answer = connection.sealed(context, envelope(), **options)
    assert answer is None or answer.status >= 400, (name, answer)


def test_c14_replayed_body_is_refused(sealed):
    connection, context = sealed
    kept = []
    assert connection.sealed(context, envelope(), tweak=lambda body: kept.append(body) or body).status == 200
    kind = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
    answer = connection.post(kept[0], content_type=kind)
    assert answer is None or answer.status >= 400, answer


def soap_attacks():
    deep = "<d>" * 100_000 + "</d>" * 100_000
    bomb = '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">' + "".join('<!ENTITY %s "%s">' % (chr(98 + i), "&%s;" % chr(97 + i) * 10) for i in range(9)) + "]>"
    yield "w01 billion laughs", bomb + envelope()
    yield "w01 external entity", '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + envelope(body="<d>&x;</d>")
    yield "w01 processing instruction", "<?evil x?>" + envelope()
    yield "w02 depth", envelope(body=deep)
    yield "w02 attributes", envelope(body="<d %s/>" % " ".join('a%d="1"' % i for i in range(20_000)))
    yield "w02 namespaces", envelope(body="<d %s/>" % " ".join('xmlns:n%d="u:%d"' % (i, i) for i in range(10_000)))
    yield "w02 invalid utf-8", envelope().encode().replace(b"stdin", b"\xff\xfe\xfd")
    yield "w02 nul", envelope().encode().replace(b"stdin", b"\0")
    yield "w03 no action", envelope().replace("<a:Action", "<a:Other").replace("</a:Action", "</a:Other")
    yield "w03 soap 1.1", envelope().replace("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")
    yield "w03 unknown mustUnderstand", envelope(extra='<x:y xmlns:x="urn:x" s:mustUnderstand="true"/>')
    yield "w04 envelope size", envelope().replace(">512000<", ">-1<")
    yield "w04 timeout", envelope().replace("PT60S", "PT-5S")
    yield "w05 foreign shell", envelope("Receive", "<x/>", extra='<w:SelectorSet><w:Selector Name="ShellId">00000000-0000-0000-0000-000000000000</w:Selector></w:SelectorSet>')
    yield "not xml", "hello"
    yield "empty", ""
    yield "half", envelope()[:400]


@pytest.mark.parametrize("name,message", soap_attacks(), ids=lambda value: value[:30].replace(" ", "-") if isinstance(value, str) and len(value) < 40 else "")
def test_w_malformed_envelopes(sealed, name, message):
    connection, context = sealed
    begin = time.monotonic()
    answer = connection.sealed(context, message)
    assert answer is None or answer.status >= 400, (name, answer)
    assert time.monotonic() - begin < 5
    if answer is not None and answer.body:
        assert answer.header("content-type")[0].startswith("multipart/encrypted"), "a fault to a sealed request is sealed"


def test_body_over_the_envelope_limit(connect, sealed):
    connection, context = sealed
    answer = connection.sealed(context, envelope(body="<d>%s</d>" % ("x" * 2_000_000)))
    assert answer is None or answer.status in (400, 413, 500), answer


def test_h06_declared_length_is_bounded_before_memory_is_spent(connect):
    connection = connect()
    connection.send(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\n")
    answer = connection.answer()
    assert answer is None or answer.status in (400, 401, 413), answer


@pytest.mark.parametrize(
    "head",
    [
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n" % (b"a" * 1_000_000),
        b"POST /wsman HTTP/1.1\r\nHost: x\r\n%s\r\n" % b"".join(b"X-%d: y\r\n" % i for i in range(100_000)),
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nAuthorization: Negotiate %s\r\nContent-Length: 0\r\n\r\n" % (b"A" * 900_000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
        b"GARBAGE\r\n\r\n",
    ],
    ids=["h02-long-header", "h02-many-headers", "h01-two-lengths", "h01-length-and-chunked", "h06-negative", "h01-chunk-overflow", "p04-huge-token", "tls-on-http", "garbage"],
)
def test_h_malformed_heads(connect, head):
    connection = connect()
    try:
        connection.send(head)
        answer = connection.answer()
    except (ConnectionError, TimeoutError):
        return
    assert answer is None or answer.status >= 400, answer


@pytest.mark.parametrize("request_line", ["GET /wsman", "PUT /wsman", "OPTIONS /wsman", "CONNECT x:1", "POST /other", "POST /../wsman"])
def test_other_methods_and_paths(connect, request_line):
    connection = connect()
    connection.send(request_line.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    answer = connection.answer()
    assert answer is None or answer.status in (400, 401, 404, 405), answer


def test_h03_slow_heads_of_one_address_do_not_stop_another(connect):
    """Half-open requests fill the share of their own address at most; somebody else is answered at once."""
    slow = [connect(source="127.0.0.66") for _ in range(100)]
    for connection in slow:
        connection.send_what_goes(b"POST /wsman HTTP/1.1\r\nHos")
    begin = time.monotonic()
    assert connect(source="127.0.0.67").post().status == 401
    assert time.monotonic() - begin < 2


def test_p03_endless_challenges_are_bounded(lab, connect):
    """A client that starts over and over on one connection is cut off, or at least refused each time."""
    import base64

    negotiate = base64.b64encode(b"NTLMSSP\0\x01\0\0\0\x97\x82\x08\xe2" + bytes(24)).decode()
    connection = connect()
    for _ in range(200):
        answer = connection.post(headers=[("Authorization", "Negotiate " + negotiate)])
        if answer is None:
            return
        assert answer.status in (400, 401), answer


def test_p06_identity_of_a_connection_does_not_change(lab, sealed):
    connection, context = sealed
    try:
        answer, other = connection.negotiate("mallo", "wrong", "negotiate")
    except Exception:
        return
    assert answer is None or answer.status in (400, 401), answer


@pytest.mark.parametrize("token", ["type3-first", "truncated-type1", "nested-spnego"])
def test_n10_malformed_ntlm_tokens(connect, token):
    import base64

    tokens = {
        "type3-first": b"NTLMSSP\0\x03\0\0\0" + b"\xff" * 80,
        "truncated-type1": b"NTLMSSP\0\x01\0\0",
        "nested-spnego": b"\x60\x84\xff\xff\xff\xff" + b"\x30\x80" * 2000,
    }
    answer = connect().post(headers=[("Authorization", "Negotiate " + base64.b64encode(tokens[token]).decode())])
    assert answer is None or answer.status in (400, 401), answer


def test_n05_anonymous_logon_is_refused(connect):
    """An AUTHENTICATE with empty names and responses."""
    import base64
    import struct

    connection = connect()
    negotiate = b"NTLMSSP\0\x01\0\0\0\x97\x82\x08\xe2" + bytes(24)
    answer = connection.post(headers=[("Authorization", "Negotiate " + base64.b64encode(negotiate).decode())])
    assert answer.status == 401
    anonymous = b"NTLMSSP\0\x03\0\0\0" + struct.pack("<HHI", 1, 1, 88) + struct.pack("<HHI", 0, 0, 89) * 4
    anonymous += struct.pack("<HHI", 0, 0, 89) + b"\x95\x8a\x88\xe2" + bytes(24) + b"\0"
    answer = connection.post(headers=[("Authorization", "Negotiate " + base64.b64encode(anonymous).decode())])
    assert answer is None or answer.status == 401, answer
