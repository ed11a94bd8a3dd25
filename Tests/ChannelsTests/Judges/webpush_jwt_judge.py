"""Verifies signed tokens with PyJWT.

Input: a file of JSON lines {"token", "algorithm", "key" (PEM), "audience" (or null)}.
Output: one line each, {"header":…,"claims":…} with sorted keys.
"""
import json
import sys

import jwt

for line in open(sys.argv[1]):
    case = json.loads(line)
    claims = jwt.decode(
        case["token"], case["key"], algorithms=[case["algorithm"]], audience=case["audience"],
        options={"verify_exp": False, "verify_iat": False, "verify_aud": case["audience"] is not None})
    header = jwt.get_unverified_header(case["token"])
    print(json.dumps({"header": header, "claims": claims}, sort_keys=True, separators=(",", ":")))
