"""Decrypts web push bodies with http-ece, as a browser would.

Input: a file of JSON lines {"body", "private", "auth"}, base64url without padding.
Output: one line each, the plaintext with the padding removed, in base64url.
"""
import base64
import json
import sys

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


for line in open(sys.argv[1]):
    case = json.loads(line)
    private = ec.derive_private_key(int.from_bytes(decode(case["private"]), "big"), ec.SECP256R1())
    plaintext = http_ece.decrypt(
        decode(case["body"]), private_key=private, auth_secret=decode(case["auth"]), version="aes128gcm")
    print(base64.urlsafe_b64encode(plaintext).rstrip(b"=").decode())
