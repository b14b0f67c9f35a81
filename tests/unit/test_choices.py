"""Variables and typed values become choices, or a complaint that names them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.choices import (
    ClockPolicy,
    api_url,
    defaults_from_variables,
    parse_channel,
    parse_registration_address,
    parse_servers,
)
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput


def test_without_variables_the_quick_starts_defaults_hold():
    defaults = defaults_from_variables({})
    assert str(defaults.choices.environment) == "sugar/dev"
    assert defaults.choices.servers == 1
    assert defaults.choices.channel == "stable"
    assert defaults.sources == {}


def test_every_variable_is_honoured_and_named_as_the_source():
    defaults = defaults_from_variables(
        {
            "SUGARKUBE_ENV": "int",
            "SUGARKUBE_CLUSTER": "cane",
            "SUGARKUBE_SERVERS": "3",
            "SUGARKUBE_API_REGADDR": "https-is-not-given.example.",
            "K3S_CHANNEL": "v1.33.5+k3s1",
            "SUGARKUBE_FIX_TIME": "1",
            "SUGARKUBE_STRICT_TIME": "1",
            "SUGARKUBE_NODE_PREFIX": "pi",
        }
    )
    choices = defaults.choices
    assert (str(choices.environment), choices.servers) == ("cane/int", 3)
    assert choices.registration_address == "https-is-not-given.example"
    assert choices.version == "v1.33.5+k3s1"
    assert choices.clock is ClockPolicy.FIX_STRICT
    assert defaults.prefix == "pi"
    assert defaults.sources["servers"] == "SUGARKUBE_SERVERS"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SUGARKUBE_ENV", "de v"),
        ("SUGARKUBE_ENV", "my-env"),
        ("SUGARKUBE_CLUSTER", "-sugar"),
        ("SUGARKUBE_SERVERS", "three"),
        ("SUGARKUBE_SERVERS", "0"),
        ("SUGARKUBE_API_REGADDR", "https://10.0.0.1:6443"),
        ("K3S_CHANNEL", "stable; rm -rf /"),
        ("SUGARKUBE_FIX_TIME", "maybe"),
    ],
)
def test_a_bad_value_is_refused_with_a_remedy(variable, value):
    with pytest.raises(InvalidInput) as caught:
        defaults_from_variables({variable: value})
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.99.0.5", "10.99.0.5"),
        ("API.Sugar.Example.", "api.sugar.example"),
        ("[fd00::5]", "fd00::5"),
        ("vip", "vip"),
        ("", ""),
    ],
)
def test_addresses_are_normalised(text, address):
    assert parse_registration_address(text, "here") == address


@pytest.mark.parametrize(
    "text", ["10.99.0.256", "1.2.3", "a b", "under_score", "host:6443", "-x.example", "a..b"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_registration_address(text, "here")


@given(st.text(max_size=40))
def test_parsers_give_a_value_or_a_complaint(text):
    for parse in (parse_registration_address, parse_servers, parse_channel):
        try:
            parse(text, "here")
        except InvalidInput as error:
            assert error.where == "here"


def test_an_ipv6_address_is_bracketed_in_urls():
    assert api_url("fd00::5") == "https://[fd00::5]:6443"


def test_names_of_an_environment():
    environment = Environment("int")
    assert environment.service_type == "_k3s-sugar-int._tcp"
    assert environment.advert_path == "/etc/avahi/services/k3s-sugar-int.service"
    assert environment.token_variables == (
        "SUGARKUBE_TOKEN_INT",
        "SUGARKUBE_TOKEN_STAGING",
        "SUGARKUBE_TOKEN",
    )
    assert not environment.label_too_long
    assert Environment("staging").label_too_long
