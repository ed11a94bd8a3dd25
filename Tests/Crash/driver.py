"""A server that is killed while it sends campaigns, and the notes of each end."""
import json, os, random, signal, time
import disk
from judge import TOLD, Kill, sending
from server import Provider, Server, wait

# Passed once in a campaign or a start; the others many times.
RARE = ("freeze", "message", "completion", "finish", "recovery", "post", "outbox", "checkpoint")
PEOPLE, FEW = 400, 6


class Crash:
    def __init__(self, folder, options, seed):
        os.mkdir(folder)
        self.options, self.random = options, random.Random(seed)
        self.provider = Provider(folder, seed)
        self.server = Server(folder, self.provider, rates=(600, 300))
        self.kills, self.campaigns, self.expected, self.unanswered = [], 0, set(), []
        # Messages to one person: how many, those without an answer yet, those that were not at their end when last looked at.
        self.messages, self.unposted, self.unended = 0, [], []
        self.counts = {}
        # Messages that were not settled at the last end.
        self.open = 0
        self.eio, self.powerloss = disk.build("eio", folder), disk.build("powerloss", folder)

    def start(self, binary):
        self.server.start(binary)
        if not self.server.wait_until_ready():
            raise RuntimeError(f"the server ended at its start: see {self.server.folder}/server.log")

    def abandon(self):
        """After a fault of the test itself."""
        if self.server.process and self.server.process.poll() is None:
            self.server.end()
        self.provider.end()

    # Work for the server

    def load(self, binary):
        self.start(binary)
        self.server.create_key(binary)
        self.server.post("/v1/webhooks", {"url": f"http://127.0.0.1:{self.provider.port}/hook", "events": [f"message.{state}" for state in TOLD]})
        profiles, subscriptions = [], []
        self.addresses = [[("fcm", f"device-{n:04d}:{'x' * 120}"), ("sms", f"+3361200{n:04d}")] for n in range(PEOPLE)]
        for n, addresses in enumerate(self.addresses):
            profiles.append({"external_id": f"p{n}", "language": "fr", "tags": ["many"] + (["few"] if n < FEW else [])})
            subscriptions += [{"profile": f"p{n}", "channel": channel, "account": "android" if channel == "fcm" else "sms", "address": address,
                               "opt_in": True, "consent": {"source": "form"}} for channel, address in addresses]
        for kind, lines in (("profiles", profiles), ("subscriptions", subscriptions)):
            job = self.server.post(f"/v1/imports?kind={kind}", "\n".join(map(json.dumps, lines)), kind="application/x-ndjson")
            assert job["state"] == "finished" and job["rejected"] == 0, job

    def launch(self, tag):
        """Launches one more campaign, and those before whose answer a kill took: the same requests with the same keys."""
        self.campaigns += 1
        self.unanswered.append((f"c{self.campaigns}", tag))
        while self.unanswered:
            name, tag = self.unanswered[0]
            body = {"name": name, "audience": {"tag": tag}, "channels": ["fcm", "sms"],
                    "content": {"default_language": "fr", "fr": {"title": name, "body": f"{name} Bonjour. STOP au 36111"}}}
            campaign = self.server.post("/v1/campaigns", body, idempotency_key=f"create-{name}")["id"]
            self.server.post(f"/v1/campaigns/{campaign}/launch", {}, idempotency_key=f"launch-{name}")
            self.unanswered.pop(0)
            self.expected |= {(channel, name, address) for person in self.addresses[:PEOPLE if tag == "many" else FEW] for channel, address in person}

    def write(self, count):
        """Posts messages, and those before whose answer a kill took."""
        for _ in range(count):
            self.messages += 1
            self.unposted.append((f"m{self.messages}", self.random.randrange(PEOPLE)))
        while self.unposted:
            name, person = self.unposted[0]
            body = {"profile": f"p{person}", "channels": ["fcm", "sms"],
                    "content": {"default_language": "fr", "fr": {"title": name, "body": f"{name} Bonjour. STOP au 36111"}}}
            self.unended.append(self.server.post("/v1/messages", body, idempotency_key=name)["id"])
            self.unposted.pop(0)
            self.expected |= {(channel, name, address) for channel, address in self.addresses[person]}

    def supply(self, few):
        """Gives the server something to do; false when it ended meanwhile."""
        try:
            self.write(4)
            if few:
                self.launch("few")
            if self.open < PEOPLE:
                self.launch("many")
        except OSError:
            return False
        return True

    # Ends

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def note(self):
        """Writes down what was open when the server ended."""
        self.provider.settle()
        at = time.time_ns()
        database = self.server.copy()
        self.kills.append(Kill(at, sending(database)))
        self.open, = database.execute("""
            SELECT (SELECT count(*) FROM delivery WHERE state IN ('pending', 'leased', 'sending')) + (SELECT ifnull(sum(count), 0) FROM chunk)""").fetchone()
        database.close()

    def progress(self, lines):
        """Waits until the provider has got so many requests more: a row that three kills in a row find open is given up, as it should be."""
        target = self.provider.bytes + 200 * lines
        wait("progress", lambda: self.provider.bytes >= target or self.server.process.poll() is not None)

    def random_kill(self, number):
        if number % 20 == 0:
            # Another one while it starts or recovers.
            self.server.start(self.options.release)
            time.sleep(self.random.uniform(0, 0.15))
            self.server.end()
            self.count("kills at the start")
            self.note()
        self.start(self.options.release)
        if not self.supply(few=False):
            raise RuntimeError("the server ended by itself")
        if number % 5:
            self.progress(len(self.kills[-1].sending if self.kills else ()) + 20)
        time.sleep(self.random.uniform(0.02, 0.3))
        if number % 10 == 0:
            self.server.process.send_signal(signal.SIGSTOP)
            time.sleep(self.random.uniform(0.1, 0.6 if self.options.short else 3))
            if self.random.random() < 0.5:
                self.server.process.send_signal(signal.SIGCONT)
                time.sleep(self.random.uniform(0, 0.05))
            self.count("of them after SIGSTOP")
        if number % 50 == 49:
            if (code := self.server.end(signal.SIGTERM)) != 0:
                raise RuntimeError(f"SIGTERM: exit {code}")
            self.count("SIGTERM")
            self.note()
            if self.kills[-1].sending:
                raise RuntimeError(f"SIGTERM left {len(self.kills[-1].sending)} rows open")
            return
        if (code := self.server.end()) != -signal.SIGKILL:
            raise RuntimeError(f"the server had ended by itself: {code}")
        self.count("random kills")
        self.note()

    def failpoint_kill(self, name):
        """Whether the failpoint was passed; it is killed otherwise."""
        nth = 1 if name.startswith(RARE) else self.random.randint(1, 12)
        self.server.start(self.options.debug, CLAIRON_FAILPOINT=f"{name}:{nth}")
        try:
            if self.server.wait_until_ready():
                self.supply(few=True)
                wait("the failpoint", lambda: self.server.process.poll() is not None, 15)
            code = self.server.process.wait()
        except TimeoutError:
            self.server.end()
            code = None
            self.count("failpoints not passed in time")
        else:
            if code != -signal.SIGKILL:
                raise RuntimeError(f"{name}: exit {code}")
            self.count(name)
        self.note()
        return code is not None

    def disk_error(self, kind):
        """The disk fails in mid-campaign: the server must end by itself, for nobody knows what became of the commit."""
        self.server.start(self.options.release, LD_PRELOAD=self.eio, EIO=f"{kind}:{self.random.randint(20, 200)}")
        if self.server.wait_until_ready():
            self.supply(few=True)
        wait("the server's end", lambda: self.server.process.poll() is not None)
        if (code := self.server.process.returncode) != -signal.SIGABRT:
            raise RuntimeError(f"after an I/O error: exit {code}")
        self.count(f"I/O errors at a {kind}")
        self.note()

    def power_loss(self, binary, **lie):
        """Kills it, and takes away some of what was written and never synced."""
        shadow = f"{self.server.folder}/shadow"
        disk.begin_shadow(self.server.data, shadow)
        self.server.start(binary, LD_PRELOAD=self.powerloss, SHADOW=shadow, **lie)
        if self.server.wait_until_ready():
            self.supply(few=True)
            self.progress(len(self.kills[-1].sending if self.kills else ()) + 20)
        time.sleep(self.random.uniform(0, 0.3))
        self.server.end()
        self.provider.settle()
        disk.lose_power(self.server.data, shadow, (lambda: 0) if lie else self.random.random)
        self.count("power failures")
        self.note()

    def finish(self, binary):
        """Lets everything end, stops, and gives the evidence."""
        self.provider.ask("POST", "/calm")
        self.start(binary)
        self.launch("few")
        def is_over():
            time.sleep(0.2)
            self.unended = [message for message in self.unended if self.server.message_state(message) not in ("finished", "lost")]
            return not self.unended and not self.provider.ask("GET", "/state")["callbacks"] and all(
                state == "finished" for state in self.server.campaign_states())
        wait("the end of all campaigns and messages", is_over, 180)
        assert self.server.end(signal.SIGTERM) == 0
        self.provider.settle()
        self.provider.end()
        with open(self.provider.log) as file:
            return [json.loads(line) for line in file], self.server.copy(), self.kills, self.expected
