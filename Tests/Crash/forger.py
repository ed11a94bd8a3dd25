"""Evidence with one thing wrong in it, to see whether the judge finds it."""
from judge import ANSWERED, UP, Judgement


def unnoticed(lines, database, kills, expected):
    """What was forged and not found."""
    honest = Judgement(lines, database, kills, expected)
    state = {key: row[0] for key, row in honest.rows.items()}

    def once(channel, *states):
        """A message that was tried once, asked for once, was answered, and ended so."""
        return next(key for key, copies in honest.seen.items()
                    if key[0] == channel and state.get(key) in states and honest.rows[key][3] == 1
                    and [verdict in ANSWERED for _, verdict in copies] == [True])

    def line(key, verdict, at):
        return {"at": at, "channel": key[0], "campaign": key[1], "to": key[2], "verdict": verdict}

    def without(key):
        return [line for line in lines if (line.get("channel"), line.get("campaign"), line.get("to")) != key]

    end = max(line["at"] for line in lines) + 1
    fcm, sms, undelivered = once("fcm", *UP), once("sms", *UP), once("sms", "accepted")
    forgeries = {
        "fcm: accepted and never taken": (without(fcm), expected),
        "sms: accepted and never taken": (without(sms), expected),
        "fcm: sent twice though nothing was open": (lines + [line(fcm, "accept", end)], expected),
        "sms: sent twice though nothing was open": (lines + [line(sms, "accept", end)], expected),
        "fcm: more requests than attempts": (lines + [line(fcm, "busy", end)], expected),
        "sms: sent without a row": (lines + [line(("sms", "none", "+33600000000"), "accept", end)], expected),
        "sms: lost": (lines, expected | {("sms", "none", "+33600000000")}),
        "delivery reports acknowledged and forgotten": (lines + [{"at": end, "campaign": undelivered[1], "report": undelivered[2]}], expected),
        "webhooks delivered and never taken": ([line for line in lines if "hook" not in line], expected),
        "ends of messages that no webhook is told of": (lines, expected, """
            DELETE FROM app.webhook_delivery WHERE id = (SELECT max(id) FROM app.webhook_delivery WHERE type = 'message.delivered')"""),
        "events of messages under two names": (lines, expected, """
            INSERT INTO app.webhook_delivery (webhook, message, type, body, state, created_at, updated_at)
            SELECT webhook, 'msg_other', type, body, 'failed', 1, 1 FROM app.webhook_delivery WHERE type = 'message.delivered' LIMIT 1"""),
        "replies acknowledged and forgotten": (lines + [{"at": end, "reply": "none"}], expected),
    }
    missed = []
    for fault, (forged, wanted, *change) in forgeries.items():
        for statement in change:
            database.execute(statement)
        if not any(found.startswith(fault) for found in Judgement(forged, database, kills, wanted).faults):
            missed.append(fault)
        database.rollback()
    return missed
