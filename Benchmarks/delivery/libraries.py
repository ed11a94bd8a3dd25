"""The same messages by what a developer would take from PyPI instead. Runs in a venv that has them; prints one line of JSON."""
import asyncio, json, os, resource, ssl, sys, time

LIBRARY, URL, CA_FILE, KEY_FILE, COUNT = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
HOST, PORT = URL.removeprefix("https://").split(":")
TITLE, BODY = "Bonjour Zoé", "C'est parti"
os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = CA_FILE


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def told(seconds, cpu):
    print(json.dumps({"messages": COUNT, "seconds": seconds, "cpu": cpu}))


async def aioapns():
    from aioapns import APNs, NotificationRequest
    from aioapns.connection import APNsProductionClientProtocol as Protocol
    Protocol.APNS_SERVER, Protocol.APNS_PORT = HOST, int(PORT)
    # Apple needs no ALPN; nginx does.
    context = ssl.create_default_context(cafile=CA_FILE)
    context.set_alpn_protocols(["h2"])
    client = APNs(key=open(KEY_FILE).read(), key_id="ABCDE12345", team_id="ABCDE12345", topic="com.example.app", use_sandbox=False, ssl_context=context)

    async def send(count):
        queue = asyncio.Semaphore(100)

        async def one(number):
            async with queue:
                answer = await client.send_notification(NotificationRequest(
                    device_token=f"{number:064x}", message={"aps": {"alert": {"title": f"{TITLE} {number}", "body": BODY}}}))
                if not answer.is_successful:
                    raise SystemExit(answer.description)
        await asyncio.gather(*(one(number) for number in range(count)))

    await send(20)
    start, spent = time.monotonic(), used()
    await send(COUNT)
    told(time.monotonic() - start, used() - spent)


async def firebase_admin():
    import firebase_admin
    from firebase_admin import messaging, _messaging_encoder
    from google.auth.credentials import AnonymousCredentials

    class Credential(firebase_admin.credentials.Base):
        def get_credential(self):
            return AnonymousCredentials()

    messaging._MessagingService.FCM_URL = URL + "/v1/projects/{0}/messages:send"
    firebase_admin.initialize_app(Credential(), {"projectId": "bench"})

    async def send(count):
        for first in range(0, count, 500):
            answer = await messaging.send_each_async([
                messaging.Message(token=f"bench{number:08}:APA91b{'x' * 130}", notification=messaging.Notification(f"{TITLE} {number}", BODY),
                                  data={"url": "https://shop.example/vp"}, android=messaging.AndroidConfig(collapse_key="cmp_1", priority="high"))
                for number in range(first, min(first + 500, count))])
            if answer.failure_count:
                raise SystemExit(next(str(one.exception) for one in answer.responses if one.exception))

    await send(20)
    start, spent = time.monotonic(), used()
    await send(COUNT)
    told(time.monotonic() - start, used() - spent)


def pywebpush():
    import requests
    from pywebpush import webpush
    # The receiver of RFC 8291, appendix A.
    keys = {"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}
    session = requests.Session()
    session.verify = CA_FILE

    def send(count):
        for number in range(count):
            webpush({"endpoint": f"{URL}/push/{number}", "keys": keys}, json.dumps({"title": f"{TITLE} {number}", "body": BODY}),
                    vapid_private_key=KEY_FILE, vapid_claims={"sub": "mailto:ops@example.com"}, requests_session=session)

    send(5)
    start, spent = time.monotonic(), used()
    send(COUNT)
    told(time.monotonic() - start, used() - spent)


if LIBRARY == "pywebpush":
    pywebpush()
else:
    asyncio.run({"aioapns": aioapns, "firebase-admin": firebase_admin}[LIBRARY]())
