"""Machines with slow links between them, on one machine: network namespaces, joined by a relay that holds packets back.

Needs Linux, the rights of root, `ip` and /dev/net/tun; the kernel's own netem is not needed.  Each namespace has a tun
device with an address of its own; what is sent from it passes through this process, which delivers a packet of n bytes
when the sender's link has been free for 8 n/B seconds, and L seconds later.
"""

import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time
from pathlib import Path

_TUNSETIFF, _TUN, _NO_PREFIX, _NEW_NETWORK = 0x400454CA, 0x0001, 0x1000, 0x40000000
_MTU = 9000  # jumbo frames: a relay in Python passes on some thousands of packets a second


class Links:
    """Namespaces `names`, whose machine number k has the address of `address(k)`.

    rate     bits a second of each machine's link, each way
    latency  seconds from one machine to another
    """

    def __init__(self, machines):
        self.rate, self.latency = float("inf"), 0.0
        self.names = [f"link{os.getpid()}-{k}" for k in range(machines)]
        self._devices = [_device(name, self.address(k)) for k, name in enumerate(self.names)]
        self._closing, self._closed = os.pipe()
        self._relay = threading.Thread(target=self._pass_on, daemon=True)
        self._relay.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self._closed, b"x")
        self._relay.join()
        for device, name in zip(self._devices, self.names, strict=True):
            os.close(device)
            subprocess.run(["ip", "netns", "delete", name], check=True)

    @staticmethod
    def address(machine):
        return f"10.77.0.{machine + 1}"

    def launcher(self, folder):
        """A program in place of ssh: what hydra starts on an address, it starts in that namespace."""
        cases = "\n".join(f"{self.address(k)}) name={name};;" for k, name in enumerate(self.names))
        path = Path(folder) / "in_namespace"
        path.write_text(
            '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\n'
            f'case $1 in\n{cases}\nesac\nshift\nexec ip netns exec "$name" sh -c "$*"\n'
        )
        path.chmod(0o755)
        return path

    def _pass_on(self):
        waiting, free, number = [], [0.0] * len(self._devices), 0
        while True:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, device, packet = heapq.heappop(waiting)
                os.write(device, packet)
            soon = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select([*self._devices, self._closing], [], [], soon)
            if self._closing in ready:
                return
            for device in ready:
                packet = os.read(device, 1 << 16)
                receiver = packet[19] - 1 if len(packet) > 19 and packet[0] >> 4 == 4 else -1
                if not 0 <= receiver < len(self._devices):
                    continue
                sender, number = self._devices.index(device), number + 1
                free[sender] = max(time.monotonic(), free[sender]) + 8 * len(packet) / self.rate
                heapq.heappush(waiting, (free[sender] + self.latency, number, self._devices[receiver], packet))


def _device(name, address):
    """An open tun device in a new namespace."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as here, open(f"/run/netns/{name}") as there:
        if libc.setns(there.fileno(), _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            device = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"link0", _TUN | _NO_PREFIX))
        finally:
            libc.setns(here.fileno(), _NEW_NETWORK)
    for command in (
        f"link set link0 mtu {_MTU} up",
        f"address add {address}/24 dev link0",
        "link set lo up",
    ):
        subprocess.run(["ip", "-n", name, *command.split()], check=True)
    return device
