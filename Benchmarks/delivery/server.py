"""The built server with one FCM account that sends to the peer, on the core that is measured; and people for it."""
import http.client, json, os, re, shutil, subprocess, sys, tempfile, time
from peer import MEASURED, on

LINES = 20_000
DEFINITION = {"name": "Bench", "channels": ["fcm"],
              "content": {"default_language": "fr", "fr": {"title": "Bonjour {{ profile.first_name }}", "body": "C'est parti", "url": "https://shop.example/vp"}}}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, clairon, peer):
        self.clairon = clairon
        self.folder = tempfile.mkdtemp(prefix="clairon-bench.")
        self.config = f"{self.folder}/config.json"
        key = f"{self.folder}/key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], check=True, stderr=subprocess.DEVNULL)
        self.write("fcm.json", {"type": "service_account", "project_id": "bench", "private_key_id": "bench", "private_key": open(key).read(),
                                "client_email": "bench@bench.example", "token_uri": f"{peer.url}/token"})
        self.write("config.json", {
            "listen": "127.0.0.1:0", "data_dir": "data",
            "accounts": {"android": {"channel": "fcm", "service_account_file": "fcm.json", "base_url": peer.url, "ca_file": peer.ca_file,
                                     "rate": {"per_second": 1_000_000}, "ramp": "PT0S"}}})
        self.key = json.loads(subprocess.check_output([clairon, "keys", "create", "--config", self.config, "--name", "bench", "--json"]))["key"]
        self.starts = 0
        self.start()

    def write(self, name, what):
        with open(os.open(f"{self.folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(what, file)

    def start(self):
        """Returns when it listens."""
        self.starts += 1
        log = f"{self.folder}/log{self.starts}"
        self.process = subprocess.Popen([self.clairon, "serve", "--config", self.config], stderr=open(log, "w"), preexec_fn=on(MEASURED))
        while True:
            found = re.search(r"listening address=127\.0\.0\.1:(\d+)", open(log).read())
            if found:
                break
            if self.process.poll() is not None:
                sys.exit("the server ended:\n" + open(log).read())
            time.sleep(0.002)
        self.port = int(found[1])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)

    def kill(self):
        self.connection.close()
        self.process.kill()
        self.process.wait()

    def restart(self):
        """For the memory of a process that has imported nothing."""
        self.connection.close()
        self.process.terminate()
        self.process.wait()
        self.start()

    def close(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, path, body=None, kind="application/json", **headers):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Authorization": "Bearer " + self.key, **({"Content-Type": kind} if body is not None else {}), **headers}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text and "json" in (answer.getheader("Content-Type") or "") else text.decode()

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def rss(self):
        """Bytes."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))

    def load(self, tag, count):
        """So many people with that tag and an Android each."""
        for first in range(0, count, LINES):
            numbers = range(first, min(first + LINES, count))
            people = "".join(f'{{"external_id":"{tag}-{i}","language":"fr","tags":["{tag}"],"attributes":{{"first_name":"Zoé {i}"}}}}\n' for i in numbers)
            devices = "".join(
                f'{{"profile":"{tag}-{i}","channel":"fcm","account":"android","address":"{tag}{i:08}:APA91b{"x" * 130}","opt_in":true,'
                f'"consent":{{"source":"app_prompt"}}}}\n' for i in numbers)
            for what, lines in [("profiles", people), ("subscriptions", devices)]:
                job = self.call("POST", f"/v1/imports?kind={what}", lines.encode(), "application/x-ndjson")
                if job["rejected"]:
                    sys.exit(f"import: {job['errors'][:1]}")

    def launch(self, tag, **more):
        campaign = self.call("POST", "/v1/campaigns", {**DEFINITION, "audience": {"tag": tag}, **more})["id"]
        self.call("POST", f"/v1/campaigns/{campaign}/launch", {}, **{"Idempotency-Key": campaign})
        return campaign

    def report(self, campaign):
        return self.call("GET", f"/v1/campaigns/{campaign}/report")

    def wait(self, campaign):
        while True:
            state = self.call("GET", f"/v1/campaigns/{campaign}")["state"]
            if state == "finished":
                return self.report(campaign)
            if state != "running":
                sys.exit(f"the campaign is {state}")
            time.sleep(0.25)
