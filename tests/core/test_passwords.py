"""The form of passwords, of their hashes, and of the secret of one-time codes."""

from base64 import b32encode

import pytest

from bridge.core.passwords import form_fault_of, hash_fault_of, totp_fault_of
from bridge.hashing import hash_password, is_password

HASH = "$argon2id$v=19$m=65536,t=3,p=4$A4ipXlePpowQu055cC3dwA$Gd3vOPhv8DNyufA9ieoubYtdsxMC9vyivNf5v3PR4BA"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("only-14-signs!", "fewer than 15"),
        ("kelp-noodle-" * 22, "more than 256"),
        ("kelp-noodle\torbit-fjord", "control characters"),
    ],
)
def test_a_password_of_another_form_is_refused_in_words(password: str, told: str):
    assert told in (form_fault_of(password) or "")


def test_a_hash_is_of_its_password_however_that_was_typed():
    hashed = hash_password("caf\u00e9-kelp-noodle")
    assert hash_fault_of(hashed) is None
    assert is_password(hashed, "cafe\u0301-kelp-noodle")
    assert not is_password(hashed, "cafe-kelp-noodle")


@pytest.mark.parametrize(
    "text",
    [
        "kelp-noodle-orbit-fjord",
        "$2b$12$abcdefghijklmnopqrstuv",
        HASH.replace("argon2id", "argon2i"),
        HASH[:40],
        HASH.replace("m=65536", "m=8"),
        HASH.replace("m=65536", "m=4194304"),
    ],
)
def test_what_is_no_hash_of_ours_is_a_fault(text: str):
    assert "bridge hash-password" in (hash_fault_of(text) or "")
    assert hash_fault_of(HASH) is None


@pytest.mark.parametrize("length", [16, 20, 32, 64])
def test_base32_of_128_bits_and_more_makes_codes_with_and_without_its_padding(length: int):
    text = b32encode(bytes(range(length))).decode()
    assert totp_fault_of(text) is None
    assert totp_fault_of(text.rstrip("=")) is None


@pytest.mark.parametrize(
    "text",
    [
        "kelp-noodle",
        "JBSWY3DPEHPK3PXP",
        "jbswy3dpehpk3pxpjbswy3dpehpk3pxp",
        "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
        "1" * 32,
    ],
)
def test_what_makes_no_codes_is_a_fault_that_says_how_to_make_one(text: str):
    assert "`bridge totp`" in (totp_fault_of(text) or "")
