"""The two processes of a crash test: the provider, and `clairon serve` with what is asked of it. Standard library only."""
import http.client, json, os, shutil, signal, socket, sqlite3, subprocess, time


def wait(what, look, seconds=60):
    """Looks until it is so."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} seconds")
        time.sleep(0.005)
    return found


class Provider:
    """provider.py in a process of its own."""

    def __init__(self, folder, seed):
        self.log = f"{folder}/provider.log"
        program = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "provider.py"), self.log, str(seed)]
        self.process = subprocess.Popen(["python3", *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, method, path):
        return Server.request(self.port, method, path)[1]

    @property
    def bytes(self):
        """Of the log: grows with every request."""
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0

    def settle(self):
        """Until everything that a dead server has written to its connections is in the log."""
        wait("the provider's connections", lambda: self.ask("GET", "/state")["reading"] == 0)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Server:
    def __init__(self, folder, provider, rates):
        self.folder, self.data, self.process, self.key = folder, f"{folder}/data", None, None
        self.log = open(f"{folder}/server.log", "ab")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        pem = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True, text=True).stdout
        origin = f"http://127.0.0.1:{provider.port}"
        self.write("fcm.json", json.dumps({
            "type": "service_account", "project_id": "crash", "client_email": "crash@example.com", "private_key_id": "1",
            "private_key": pem, "token_uri": f"{origin}/token"}))
        self.write("password", "sesame")
        self.write("token", "inbound-0123456789")
        accounts = {
            "android": {"channel": "fcm", "service_account_file": "fcm.json", "base_url": origin, "rate": {"per_second": rates[0]}, "ramp": "PT0S"},
            "sms": {"channel": "sms", "provider": "kannel", "sender": "SHOP", "base_url": f"{origin}/cgi-bin/sendsms", "username": "crash",
                    "password_file": "password", "inbound_token_file": "token", "rate": {"per_second": rates[1]}}}
        self.config = self.write("config.json", json.dumps({"listen": f"127.0.0.1:{self.port}", "data_dir": self.data, "accounts": accounts,
                                                            "webhooks": {"allow_private_endpoints": True}}))

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def start(self, binary, **environment):
        self.process = subprocess.Popen([binary, "serve", "--config", self.config], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=dict(os.environ, **environment))

    def is_ready(self):
        try:
            return self.request(self.port, "GET", "/readyz")[0] == 200
        except OSError:
            return False

    def wait_until_ready(self):
        """Whether it is; false when it has ended before."""
        wait("readiness", lambda: self.process.poll() is not None or self.is_ready())
        return self.process.poll() is None

    def end(self, number=signal.SIGKILL):
        """Its exit code; a negative one is a signal."""
        self.process.send_signal(number)
        return self.process.wait()

    def create_key(self, binary):
        made = subprocess.run([binary, "keys", "create", "--config", self.config, "--scopes", "all", "--name", "crash", "--json"],
                              capture_output=True, check=True)
        self.key = json.loads(made.stdout)["key"]

    def post(self, path, body, idempotency_key=None, kind="application/json"):
        """The answer's JSON. Raises OSError when the server went away before it answered."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        status, answer = self.request(self.port, "POST", path, body if isinstance(body, str) else json.dumps(body), headers)
        if not 200 <= status < 300:
            raise RuntimeError(f"POST {path}: {status} {answer}")
        return answer

    def message_state(self, message):
        """A disk that lies loses messages whole: that is for the judge to find."""
        status, answer = self.request(self.port, "GET", f"/v1/messages/{message}", headers={"Authorization": f"Bearer {self.key}"})
        assert status in (200, 404), answer
        return answer["state"] if status == 200 else "lost"

    def campaign_states(self):
        status, page = self.request(self.port, "GET", "/v1/campaigns?limit=1000", headers={"Authorization": f"Bearer {self.key}"})
        assert status == 200 and page["next_cursor"] is None, page
        return [campaign["state"] for campaign in page["data"]]

    @staticmethod
    def request(port, method, path, body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def copy(self):
        """A connection to copies of both databases, made while no server runs; opening the originals would recover their logs."""
        folder = f"{self.folder}/copy"
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for name in os.listdir(self.data):
            if name.endswith((".db", ".db-wal")):
                shutil.copyfile(f"{self.data}/{name}", f"{folder}/{name}")
        database = sqlite3.connect(f"{folder}/ledger-1.db")
        database.execute("ATTACH ? AS app", (f"{folder}/clairon.db",))
        return database
