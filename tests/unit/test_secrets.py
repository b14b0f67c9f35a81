"""Secrets print as a mask and are found in text."""

from sugarkube_tui.cluster.secrets import MASK, Redactor, Secret
from tests.unit.builders import TOKEN_TEXT


def test_a_secret_does_not_print():
    secret = Secret("raspberry")
    assert "raspberry" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "raspberry"


def test_known_secrets_are_hidden():
    assert Redactor([Secret("raspberry")]).hide("password raspberry!") == f"password {MASK}!"


def test_a_token_is_hidden_even_if_unknown():
    hidden = Redactor().hide(f"K3S_TOKEN={TOKEN_TEXT} x")
    assert "5" * 32 not in hidden
    assert hidden.startswith("K3S_TOKEN=K10abab")


def test_private_keys_are_hidden_up_to_their_end():
    text = "-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nafter"
    assert Redactor().hide(text) == f"(private key {MASK})\nafter"


def test_the_longer_of_two_secrets_is_hidden_first():
    redactor = Redactor([Secret("abcd"), Secret("abcdefgh")])
    assert redactor.hide("abcdefgh") == MASK


def test_very_short_values_are_left_alone():
    assert Redactor([Secret("a")]).hide("banana") == "banana"
