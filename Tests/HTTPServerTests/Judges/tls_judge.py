"""Looks at a TLS server from outside, with Python's ssl module.

Usage: tls_judge.py CHECK PORT CERTIFICATE. The server echoes POST /echo and greets GET /. Exits 0 when the check holds.
"""
import socket, ssl, sys, time

check, port, certificate = sys.argv[1], int(sys.argv[2]), sys.argv[3]
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def context(low=None, high=None, alpn=None):
    made = ssl.create_default_context(cafile=certificate)
    if low: made.minimum_version = low
    if high: made.maximum_version = high
    if alpn: made.set_alpn_protocols(alpn)
    return made


def connect(made=None, session=None):
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return (made or context()).wrap_socket(plain, server_hostname="localhost", session=session)


def answer(tls):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = tls.recv(65536)
        assert piece, f"ended after {data[:200]!r}"
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    while len(body) < length:
        piece = tls.recv(65536)
        assert piece, "ended inside a body"
        body += piece
    return int(head.split()[1]), body[:length], body[length:]


def ask(tls, request=GET):
    tls.sendall(request)
    return answer(tls)


def post(body):
    return b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def refused(made):
    try:
        connect(made)
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError("the handshake succeeded")


def closes(plain, within=8):
    plain.settimeout(within)
    try:
        while plain.recv(4096): pass
    except ConnectionError: pass


def tls12():
    tls = connect(context(high=ssl.TLSVersion.TLSv1_2))
    assert ask(tls)[0] == 200 and tls.version() == "TLSv1.2"
    assert tls.cipher()[0].startswith("ECDHE-") and ("GCM" in tls.cipher()[0] or "CHACHA" in tls.cipher()[0]), tls.cipher()


def tls13():
    tls = connect(context(low=ssl.TLSVersion.TLSv1_3))
    assert ask(tls)[0] == 200 and ask(tls)[0] == 200 and tls.version() == "TLSv1.3"


def tls11():
    made = context(low=ssl.TLSVersion.TLSv1, high=ssl.TLSVersion.TLSv1_1)
    made.set_ciphers("ALL:@SECLEVEL=0")
    refused(made)


def weak_ciphers():
    for name in ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384"]:
        made = context(high=ssl.TLSVersion.TLSv1_2)
        made.set_ciphers(name + ":@SECLEVEL=0")
        refused(made)


def alpn():
    tls = connect(context(alpn=["h2", "http/1.1"]))
    assert tls.selected_alpn_protocol() == "http/1.1" and ask(tls)[0] == 200
    assert connect().selected_alpn_protocol() is None
    refused(context(alpn=["h2", "spdy/3"]))


def resumption():
    for version in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
        made = context(low=version, high=version)
        first = connect(made)
        assert ask(first)[0] == 200 and not first.session_reused
        second = connect(made, first.session)
        assert ask(second)[0] == 200 and second.session_reused, version


def bodies():
    body = bytes(range(256)) * 4000
    tls = connect()
    for _ in range(3):
        status, echoed, rest = ask(tls, post(body))
        assert status == 200 and echoed == body and not rest


def pipelining():
    tls = connect()
    tls.sendall((GET + post(b"x" * 20_000)) * 20)
    data = b""
    while data.count(b"HTTP/1.1 200") < 40:
        piece = tls.recv(65536)
        assert piece, f"only {data.count(b'HTTP/1.1 200')} answers"
        data += piece


def slow_reader():
    tls = connect()
    tls.sendall(post(b"y" * 1_000_000) * 3)
    time.sleep(0.3)
    for _ in range(3):
        # What is left over belongs to the next answer: read exactly one after the other.
        head = b""
        while not head.endswith(b"\r\n\r\n"): head += tls.recv(1)
        left = 1_000_000
        while left:
            piece = tls.recv(min(left, 3_001))
            assert piece, "ended early"
            left -= len(piece)


def record_by_record(size):
    """Drives the handshake and one request, sending the ciphertext in pieces of `size` bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def flush():
        data = outgoing.read()
        for start in range(0, len(data), size): plain.sendall(data[start:start + size])

    def run(step):
        while True:
            try:
                result = step()
                flush()
                return result
            except ssl.SSLWantReadError:
                flush()
                piece = plain.recv(65536)
                assert piece, "closed"
                incoming.write(piece)

    run(tls.do_handshake)
    run(lambda: tls.write(GET))
    assert run(lambda: tls.read(65536)).startswith(b"HTTP/1.1 200")


def pieces():
    for size in [1, 2, 7, 100]: record_by_record(size)


def closing():
    tls = connect()
    status, _, _ = ask(tls, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    # An orderly end: close_notify, so that nothing can have been cut off.
    assert status == 200 and tls.recv(100) == b""
    again = connect()
    assert ask(again, b"BROKEN\r\n\r\n")[0] == 400 and again.recv(100) == b""


def truncation():
    tls = connect()
    tls.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhello")
    # Cut without close_notify: not the end of a body, and no answer to it.
    socket.socket(fileno=tls.detach()).close()
    other = connect()
    assert ask(other)[0] == 200


def not_tls():
    for data in [GET, b"\x00" * 200, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff", b"\x16\x03\x01\xff\xff" + b"\xff" * 500, b"SSH-2.0-x\r\n"]:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        plain.sendall(data)
        closes(plain)
    assert ask(connect())[0] == 200


def half_handshake():
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(20)]
    for number, plain in enumerate(silent):
        if number % 2: plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    start = time.monotonic()
    for plain in silent: closes(plain)
    assert time.monotonic() - start < 8
    assert ask(connect())[0] == 200


globals()[check]()
