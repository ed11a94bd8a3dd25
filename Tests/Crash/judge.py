"""Judges a ledger after kills, from the provider's log and the database alone."""
import bisect, collections, json

TAKEN = {"accept", "slow", "cut", "never", "garbage", "broken"}
ANSWERED = {"accept", "slow"}
UP = {"accepted", "delivered", "opened", "clicked"}
OPEN = {"pending", "leased", "sending"}
# The states of a message's delivery that webhooks are told of.
TOLD = sorted(UP | {"skipped", "expired", "rejected", "dead", "unknown"})


class Kill:
    """One end of the server: when everything that it had sent was in the log, and what the ledger then had in `sending`."""

    def __init__(self, at, sending):
        self.at, self.sending = at, sending


def rows(database, where=""):
    """State, reason, detail and attempts of each delivery, by (channel, campaign, address). A message's name is its title."""
    return {(channel, name, address): rest for channel, name, address, *rest in database.execute(f"""
        SELECT d.channel, ifnull(c.name, json_extract(m.definition, '$.content.fr.title')), s.address, d.state, d.reason, d.detail, d.attempt
        FROM delivery d JOIN run r ON r.id = d.run JOIN app.subscription s ON s.id = d.subscription
            LEFT JOIN app.campaign c ON c.id = r.campaign LEFT JOIN app.message m ON m.id = r.message {where}""")}


def sending(database):
    return set(rows(database, "WHERE d.state = 'sending'"))


class Judgement:
    """`faults` has a sentence for each thing that must not be; `table` has the figures."""

    def __init__(self, lines, database, kills, expected):
        """lines: of the provider's log. expected: the (channel, campaign, address) of every launch and message that was acknowledged."""
        self.faults, self.kills, self.expected, self.rows = [], kills, expected, rows(database)
        self.seen = collections.defaultdict(list)
        for line in lines:
            if "verdict" in line:
                self.seen[line["channel"], line["campaign"], line["to"]].append((line["at"], line["verdict"]))
        self.hits = collections.Counter(key for kill in kills for key in kill.sending)
        self.check_database(database)
        self.check_callbacks(database, lines)
        self.check_webhooks(database, lines)
        self.table = [("promise", "messages", "accepted", "rejected", "unknown", "given up", "requests", "lost", "false accepts", "duplicates", "bound", "policy resends"),
                      ("at least once", *self.channel("fcm")), ("at most once", *self.channel("sms"))]

    def fault(self, what, keys):
        keys = list(keys)
        if keys:
            name = keys[0] if isinstance(keys[0], str) else " ".join(keys[0])[:32]
            self.faults.append(f"{what}: {len(keys)}, such as {name} {self.rows.get(keys[0])} {[verdict for _, verdict in self.seen.get(keys[0], [])]}")
        return len(keys)

    def check_database(self, database):
        for schema in ("main", "app"):
            for check in ("integrity_check", "foreign_key_check"):
                found = [row for row in database.execute(f"PRAGMA {schema}.{check}") if row != ("ok",)]
                if found:
                    self.faults.append(f"{schema}.{check}: {found[:3]}")
        for run, audience, finished, counted, members in database.execute("""
                SELECT id, audience, finished_at IS NOT NULL OR kind = 'message', (SELECT count(*) FROM delivery d WHERE d.run = r.id),
                    (SELECT ifnull(sum(count), 0) FROM chunk c WHERE c.run = r.id) FROM run r"""):
            if counted != audience or members or not finished:
                self.faults.append(f"run {run}: {counted} rows and {members} members of {audience}, finished {finished}")
        for name, state in database.execute("SELECT name, state FROM app.campaign WHERE state <> 'finished'"):
            self.faults.append(f"campaign {name} is {state}")

    def check_callbacks(self, database, lines):
        """What was acknowledged to the provider is in the database."""
        reports = [("sms", line["campaign"], line["report"]) for line in lines if "report" in line]
        self.fault("delivery reports acknowledged and forgotten", [key for key in reports if self.rows.get(key, ["none"])[0] != "delivered"])
        kept = {event for event, in database.execute("SELECT event_id FROM app.inbox")}
        self.fault("replies acknowledged and forgotten", [line["reply"] for line in lines if "reply" in line and f"mo/{line['reply']}" not in kept])

    def check_webhooks(self, database, lines):
        """What became of each message is told, under one name, and what counts as told was."""
        names = collections.defaultdict(set)
        for delivery, state, name in database.execute("SELECT delivery, state, name FROM message_event"):
            names[delivery, state].add(name)
        delivered = set()
        for name, body, state in database.execute("SELECT message, body, state FROM app.webhook_delivery WHERE type LIKE 'message.%'"):
            said = json.loads(body)["data"]
            names[int(said["delivery"].split("_")[1]), said["state"]].add(name)
            if state == "delivered":
                delivered.add(name)
        ends = database.execute("SELECT d.id, d.state FROM delivery d JOIN run r ON r.id = d.run WHERE r.kind = 'message'").fetchall()
        self.fault("ends of messages that no webhook is told of", [f"delivery {end[0]} {end[1]}" for end in ends if end[1] in TOLD and not names[end]])
        self.fault("events of messages under two names", [f"delivery {event[0]} {event[1]}" for event, known in names.items() if len(known) > 1])
        self.fault("webhooks delivered and never taken", delivered - {line["hook"] for line in lines if "hook" in line})

    def channel(self, channel):
        mine = {key: row for key, row in self.rows.items() if key[0] == channel}
        seen = {key: copies for key, copies in self.seen.items() if key[0] == channel}
        taken = {key: [copy for copy in copies if copy[1] in TAKEN] for key, copies in seen.items()}
        state = {key: row[0] for key, row in mine.items()}

        def fault(what, keys):
            return self.fault(f"{channel}: {what}", keys)

        lost = fault("lost", [key for key in self.expected if key[0] == channel and state.get(key, "pending") in OPEN])
        false = fault("accepted and never taken", [key for key in mine if state[key] in UP and not taken.get(key)])
        fault("sent without a row", [key for key in seen if key not in mine])
        fault("more requests than attempts", [key for key, row in mine.items() if len(seen.get(key, ())) > row[3]])
        fault("answered and not recorded", [
            key for key, copies in taken.items() if any(verdict in ANSWERED for _, verdict in copies)
            and state.get(key) not in UP and not self.may_be_open(key, state.get(key))])
        fault("rejected without a refusal", [key for key in mine if state[key] == "rejected" and all(verdict != "refuse" for _, verdict in seen.get(key, ()))])
        fault("unknown without a cause", [key for key in mine if state[key] == "unknown" and not self.may_be_open(key, "unknown") and not (
            channel == "sms" and any(verdict in TAKEN - ANSWERED for _, verdict in seen.get(key, ())))])
        fault("another end", [key for key in mine if state[key] in ("skipped", "expired", "cancelled") or state[key] == "dead" and not self.may_be_open(key, "dead")])
        duplicates, policy = self.duplicates(channel, taken)
        bound = sum(1 for kill in self.kills for key in kill.sending if key[0] == channel) if channel == "fcm" else 0
        ends = collections.Counter("accepted" if value in UP else value for value in state.values())
        return len(mine), ends["accepted"], ends["rejected"], ends["unknown"], ends["dead"], sum(map(len, seen.values())), lost, false, duplicates, bound, policy

    def may_be_open(self, key, state):
        """Whether a crash explains that nobody knows: SMS found in `sending` at one, others at three in a row."""
        return state == "unknown" and key[0] == "sms" and self.hits[key] > 0 or state == "dead" and self.rows[key][2] == "poison" and self.hits[key] >= 3

    def duplicates(self, channel, taken):
        """Second copies: each must have been in `sending` at a kill since the first, or follow an answer that said nothing."""
        ends = [kill.at for kill in self.kills]
        by_kill, policy, unexplained = collections.Counter(), 0, []
        for key, copies in taken.items():
            for (first, verdict), (second, _) in zip(copies, copies[1:]):
                causes = [kill for kill in range(bisect.bisect_left(ends, first), bisect.bisect_left(ends, second)) if key in self.kills[kill].sending]
                if channel == "fcm" and causes:
                    by_kill[causes[-1]] += 1
                elif channel == "fcm" and verdict not in ANSWERED:
                    policy += 1
                else:
                    unexplained.append(key)
        self.fault(f"{channel}: sent twice though nothing was open", unexplained)
        for kill, count in by_kill.items():
            if count > sum(1 for key in self.kills[kill].sending if key[0] == channel):
                self.faults.append(f"{channel}: kill {kill}: {count} duplicates, more than were in `sending`")
        return sum(by_kill.values()) + len(unexplained), policy
