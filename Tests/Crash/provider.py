#!/usr/bin/env python3
"""A provider for crash tests: FCM's HTTP v1 API with its token endpoint, Kannel's sendsms, and an endpoint of webhooks. Standard library only, nothing of Clairon's.

Each request is appended to a log and fsynced before it is answered; each callback after the server has acknowledged it. The answers are mixed by
a seed and by nothing else, so that they do not depend on the order in which requests come:

    accept   taken and answered, after a moment      slow      the same after seconds
    cut      taken; the connection ends instead      never     taken; nothing comes until the client gives up
    garbage  taken; a 200 that says nothing          broken    taken; a 500
    throttle not taken: come back later (429, 503)   busy      not taken: 503
    refuse   not taken, ever: the recipient is wrong (the same for every message to it)

Usage: provider.py LOG SEED        first line of output: {"port": N}; ends at the end of its input
    GET  /state   {"reading": connections whose request has not come, "callbacks": under way}
    POST /calm    no more faults; whoever was to get no answer is cut off
"""
import asyncio, hashlib, json, os, sys, time
from urllib.parse import parse_qsl, urlsplit

TAKEN = {"accept", "slow", "cut", "never", "garbage", "broken"}
# Of 10,000 attempts.
FCM = {"slow": 100, "cut": 200, "never": 20, "garbage": 50, "throttle": 60, "busy": 40}
SMS = {"slow": 100, "cut": 200, "never": 20, "garbage": 50, "broken": 50, "throttle": 20}
REFUSED = 100
REPORTED, REPLIED = 4_000, 1_500
MAX_SILENT = 4


def draw(*words):
    return int.from_bytes(hashlib.sha256("/".join(map(str, words)).encode()).digest()[:8], "big") % 10_000


class Provider:
    def __init__(self, log, seed):
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.seed, self.seen, self.tokens = seed, {}, set()
        self.calm, self.silent, self.reading, self.serial = asyncio.Event(), 0, 0, 0
        self.callbacks = set()

    def write(self, **line):
        os.write(self.log, json.dumps({"at": time.time_ns(), **line}).encode() + b"\n")
        os.fsync(self.log)

    def verdict(self, channel, campaign, to):
        nth = self.seen[channel, campaign, to] = self.seen.get((channel, campaign, to), 0) + 1
        if draw(self.seed, channel, to, "refuse") < REFUSED:
            return "refuse"
        place = draw(self.seed, channel, campaign, to, nth)
        for verdict, share in (FCM if channel == "fcm" else SMS).items() if not self.calm.is_set() else ():
            if place < share:
                return "cut" if verdict == "never" and self.silent >= MAX_SILENT else verdict
            place -= share
        return "accept"

    async def take(self, channel, campaign, to):
        """Writes a request down and waits as its verdict says."""
        verdict = self.verdict(channel, campaign, to)
        self.write(channel=channel, campaign=campaign, to=to, verdict=verdict)
        if verdict == "never":
            self.silent += 1
            # Longer than any client waits.
            await asyncio.wait([asyncio.create_task(self.calm.wait())], timeout=40)
            self.silent -= 1
        elif verdict == "slow":
            await asyncio.sleep(1 + draw(self.seed, to, campaign, "slow") / 10_000)
        else:
            await asyncio.sleep(0.01 + draw(self.seed, to, campaign, "pace") / 250_000)
        return verdict

    async def fcm(self, headers, body):
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
        message = json.loads(body)["message"]
        verdict = await self.take("fcm", message["notification"]["title"], message["token"])
        if verdict in ("accept", "slow"):
            self.serial += 1
            return 200, {"name": f"projects/crash/messages/{self.serial}"}
        code, status, detail, more = {
            "refuse": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", []), "busy": (503, "UNAVAILABLE", "UNAVAILABLE", []),
            "throttle": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", [{"violations": [{"subject": "device", "description": "device rate"}]}]),
        }.get(verdict, (0, "", "", []))
        if not code:
            return (200, {"what": "is this"}) if verdict == "garbage" else None
        kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        return code, {"error": {"code": code, "status": status, "details": [{"@type": kind, "errorCode": detail}] + more}}

    async def sendsms(self, query):
        fields = dict(parse_qsl(query))
        if (fields["username"], fields["password"]) != ("crash", "sesame"):
            return 403, "Authorization failed for sendsms"
        campaign, to = fields["text"].split()[0], fields["to"]
        verdict = await self.take("sms", campaign, to)
        if verdict in TAKEN:
            self.call_back(campaign, to, fields["dlr-url"])
        return {"accept": (202, "0: Accepted for delivery"), "slow": (202, "3: Queued for later delivery"), "broken": (500, "?"), "garbage": (200, "?"),
                "throttle": (503, "Temporal failure, try again later."),
                "refuse": (400, "Number(s) has/have been denied by white- and/or black-lists.")}.get(verdict)

    def call_back(self, campaign, to, url):
        base = url.split("?")[0]
        for escape, value in (("%d", "1"), ("%T", str(int(time.time()))), ("%F", "36111"), ("%A", "stat:DELIVRD"), ("%%", "%")):
            url = url.replace(escape, value)
        calls = []
        if draw(self.seed, campaign, to, "report") < REPORTED:
            calls.append(({"report": to, "campaign": campaign}, url))
        if draw(self.seed, campaign, to, "reply") < REPLIED:
            name = f"{campaign}-{to.lstrip('+')}"
            calls.append(({"reply": name}, f"{base}?token=inbound-0123456789&from={to.replace('+', '%2B')}&to=36111&text=Merci&id={name}"))
        for line, url in calls:
            task = asyncio.create_task(self.call(line, url))
            self.callbacks.add(task)
            task.add_done_callback(self.callbacks.discard)

    async def call(self, line, url):
        """Until it is acknowledged, as gateways do."""
        parts = urlsplit(url)
        while True:
            await asyncio.sleep(0.05 + draw(self.seed, url, "call") / 25_000)
            try:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
                answer = await asyncio.wait_for(reader.read(), 10)
                writer.close()
            except (OSError, asyncio.TimeoutError):
                continue
            if answer.startswith(b"HTTP/1.1 2"):
                return self.write(**line)

    async def answer(self, method, target, headers, body):
        path, _, query = target.partition("?")
        if path == "/state":
            return 200, {"reading": self.reading, "callbacks": len(self.callbacks)}
        if path == "/calm":
            self.calm.set()
            return 200, {}
        if path == "/token":
            if dict(parse_qsl(body.decode()))["assertion"].count(".") != 2:
                return 400, {"error": "invalid_grant"}
            self.tokens.add(token := f"token-{len(self.tokens)}")
            return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        if path == "/v1/projects/crash/messages:send":
            return await self.fcm(headers, body)
        if path == "/hook":
            self.write(hook=headers["webhook-id"])
            return 200, {}
        if path == "/cgi-bin/sendsms":
            return await self.sendsms(query)
        return 404, {}

    async def connection(self, reader, writer):
        try:
            while True:
                self.reading += 1
                try:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                    body = await reader.readexactly(int(headers.get("content-length", 0)))
                finally:
                    self.reading -= 1
                method, target, _ = head[0].split(" ")
                answer = await self.answer(method, target, headers, body)
                if answer is None:
                    break
                status, content = answer
                data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
                more = "Retry-After: 1\r\n" if status in (429, 503) else ""
                writer.write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(data)}\r\n\r\n".encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


async def main():
    provider = Provider(sys.argv[1], sys.argv[2])
    server = await asyncio.start_server(provider.connection, "127.0.0.1", 0, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
