"""Verifies messages with PyPI's standardwebhooks, and with the function that docs/webhooks.md shows.

Input: JSON lines {"secret", "id", "timestamp", "signature", "body"} on standard input.
Output: one line each, "true" when they belong together, "false" when not, "divided" when the two do not agree.
"""
import json
import pathlib
import re
import sys

from standardwebhooks import Webhook, WebhookVerificationError

manual = (pathlib.Path(__file__).resolve().parents[3] / "docs/webhooks.md").read_text()
shown = {}
exec(re.search(r"```python\n(.*?)```", manual, re.DOTALL).group(1), shown)

for line in sys.stdin:
    case = json.loads(line)
    headers = {"webhook-id": case["id"], "webhook-timestamp": case["timestamp"], "webhook-signature": case["signature"]}
    try:
        Webhook(case["secret"]).verify(case["body"], headers)
        verdict = True
    except WebhookVerificationError:
        verdict = False
    agrees = shown["verify"](case["secret"], headers, case["body"].encode()) == verdict
    print(str(verdict).lower() if agrees else "divided")
