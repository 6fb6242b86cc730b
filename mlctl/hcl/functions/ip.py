"""Functions of IP networks: cidrhost cidrnetmask cidrsubnet cidrsubnets."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import TypeAlias

from mlctl.core.types import NUMBER, STRING, ListType
from mlctl.core.value import Value, list_of, string
from mlctl.hcl.functions.spec import Function, FunctionError, Parameter, function, whole_number

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_PREFIX = Parameter("prefix", STRING)
_LEADING_ZEROS = re.compile(r"(?<![0-9A-Fa-f:.])0+(?=[0-9])|(?<=\.)0+(?=[0-9])")


@function(
    "cidrhost",
    "The address of a host in a network, by number; negative ones count from the end.",
    _PREFIX,
    Parameter("hostnum", NUMBER),
    returns=STRING,
)
def _cidrhost(prefix: Value, hostnum: Value) -> Value:
    network = _network(prefix)
    number = _big(hostnum)
    size = network.num_addresses
    if not -size <= number < size:
        raise FunctionError(
            f"prefix of {network.prefixlen} does not accommodate a host numbered {number}"
        )
    return string(_text(network.network_address + (number if number >= 0 else size + number)))


@function("cidrnetmask", "The mask of an IPv4 network.", _PREFIX, returns=STRING)
def _cidrnetmask(prefix: Value) -> Value:
    network = _network(prefix)
    if network.version == 6:
        raise FunctionError(f"IPv6 addresses cannot have a netmask: {prefix.as_string()}")
    return string(str(network.netmask))


@function(
    "cidrsubnet",
    "A network inside a network, by number.",
    _PREFIX,
    Parameter("newbits", NUMBER),
    Parameter("netnum", NUMBER),
    returns=STRING,
)
def _cidrsubnet(prefix: Value, newbits: Value, netnum: Value) -> Value:
    network = _network(prefix)
    added, number = whole_number(newbits), _big(netnum)
    length = network.prefixlen + added
    if not 0 <= length <= network.max_prefixlen:
        raise FunctionError(
            f"insufficient address space to extend prefix of {network.prefixlen} by {added}"
        )
    if number < 0 or (added >= 0 and number >= 2**added):
        raise FunctionError(
            f"prefix extension of {added} does not accommodate a subnet numbered {number}"
        )
    start = network.network_address + (number << (network.max_prefixlen - length))
    return string(_network_text(start, length))


@function(
    "cidrsubnets",
    "Consecutive networks inside a network, by the bits they add to its prefix.",
    _PREFIX,
    variadic=Parameter("newbits", NUMBER),
    returns=ListType(STRING),
)
def _cidrsubnets(prefix: Value, *newbits: Value) -> Value:
    try:
        network = _network(prefix)
    except FunctionError as error:
        raise FunctionError(error.message, 0) from error
    return list_of(map(string, _consecutive(network, newbits)), STRING)


def functions() -> tuple[Function, ...]:
    """The functions of this family."""
    return (_cidrhost, _cidrnetmask, _cidrsubnet, _cidrsubnets)


def _consecutive(network: Network, newbits: Sequence[Value]) -> list[str]:
    made: list[str] = []
    free = int(network.network_address)
    end = int(network.broadcast_address)
    for i, value in enumerate(newbits, 1):
        length = _subnet_length(network, value, i)
        size = 1 << (network.max_prefixlen - length)
        start = -(-free // size) * size
        if start + size - 1 > end:
            before = made[-1] if made else str(network)
            raise FunctionError(
                "not enough remaining address space for a subnet with a prefix of "
                f"{length} bits after {before}",
                i,
            )
        made.append(_network_text(_address(network, start), length))
        free = start + size
    return made


def _subnet_length(network: Network, value: Value, argument: int) -> int:
    added = whole_number(value, argument=argument)
    if added < 1:
        raise FunctionError("must extend prefix by at least one bit", argument)
    if added > 32:
        raise FunctionError("may not extend prefix by more than 32 bits", argument)
    length = network.prefixlen + added
    if length > network.max_prefixlen:
        raise FunctionError(
            f"would extend prefix to {length} bits, which is too long for an "
            f"IPv{network.version} address",
            argument,
        )
    return length


def _network(prefix: Value) -> Network:
    """The network, its address cut to the prefix; leading zeros in IPv4 are decimal.

    Raises:
        FunctionError: It is not an address with a prefix length.
    """
    text = prefix.as_string()
    address, slash, length = text.partition("/")
    try:
        if not (slash and length.isascii() and length.isdecimal()):
            raise ValueError(text)
        plain = address if ":" in address else _LEADING_ZEROS.sub("", address)
        return ipaddress.ip_network(f"{plain}/{length}", strict=False)
    except ValueError:
        raise FunctionError(f"invalid CIDR expression: invalid CIDR address: {text}") from None


def _big(value: Value) -> int:
    n = value.as_number()
    if not isinstance(n, int):
        raise FunctionError("value must be a whole number")
    return n


def _address(network: Network, number: int) -> Address:
    return ipaddress.IPv4Address(number) if network.version == 4 else ipaddress.IPv6Address(number)


def _text(address: Address) -> str:
    """The address; an IPv6 one that stands for one of IPv4 is written as this."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _network_text(start: Address, length: int) -> str:
    text = _text(start)
    return f"{text}/{length - 96 if start.version == 6 and '.' in text else length}"
