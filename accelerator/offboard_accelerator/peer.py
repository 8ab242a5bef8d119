"""Who is at the other end of a connection: needed before a caller's shared memory may be touched."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Peer", "peer_of"]

_TABLES = {socket.AF_INET: "/proc/net/tcp", socket.AF_INET6: "/proc/net/tcp6"}


@dataclass(frozen=True)
class Peer:
    """A caller on this host (``uid`` is its user), or somewhere else (``uid`` is None)."""

    uid: int | None

    @property
    def local(self) -> bool:
        """Whether the caller is a process of this host whose user is known."""
        return self.uid is not None


def peer_of(address: str) -> Peer:
    """The peer of a gRPC address: ``unix:``, ``ipv4:127.0.0.1:50000``, ``ipv6:[::1]:50000``.

    The Unix socket lies in a directory of mode 0700, so its callers are this user. A loopback TCP connection is looked
    up in the kernel's table of sockets, which names the user that owns the other end.
    """
    kind, _, rest = unquote(address).partition(":")
    if kind == "unix":
        return Peer(os.geteuid())
    if kind not in ("ipv4", "ipv6"):
        return Peer(None)
    host, _, port = rest.rpartition(":")
    try:
        ip = ipaddress.ip_address(host.strip("[]").partition("%")[0])
        number = int(port)
    except ValueError:
        return Peer(None)
    return Peer(_owner(ip, number) if _is_loopback(ip) else None)


def _is_loopback(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _owner(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> int | None:
    """The uid of the established socket whose own address is ``ip:port``."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    plain = mapped or (ip if isinstance(ip, ipaddress.IPv4Address) else None)
    if plain is not None:
        # A socket of both families shows an IPv4 connection in the table of IPv6.
        wanted = [(socket.AF_INET, plain.packed), (socket.AF_INET6, b"\0" * 10 + b"\xff\xff" + plain.packed)]
    else:
        wanted = [(socket.AF_INET6, ip.packed)]
    for family, packed in wanted:
        local = f"{_kernel_hex(packed)}:{port:04X}"
        try:
            with open(_TABLES[family], encoding="ascii") as table:
                for line in table:
                    fields = line.split()
                    if len(fields) > 7 and fields[1] == local and fields[3] == "01":
                        return int(fields[7])
        except OSError:
            continue
    return None


def _kernel_hex(packed: bytes) -> str:
    """An address as /proc/net/tcp prints it: 32-bit words in the host's byte order."""
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, 'little'):08X}" for word in words)
