"""Network namespaces: one a node. Addresses of nodes, pods and services exist in them and nowhere else."""

import pathlib
import subprocess

from . import keys

NODE_BITS = 24


def node_address(index):
    return f"192.168.77.{index}"


def pod_range(index):
    return f"10.244.{index}.0/24"


def namespace(name, index):
    return f"{name}-{index}"


def inside(name, index):
    """Prefix of a command that runs in a node's network. `ip netns exec` would hide the cgroups by a fresh /sys."""
    return ["nsenter", f"--net=/run/netns/{namespace(name, index)}"]


def _ip(*arguments, at=None):
    subprocess.run([*(at or []), "ip", *arguments], check=True, capture_output=True, text=True)


def up(name, nodes):
    """Node 1's namespace has a bridge with its address; every other node hangs on that bridge by a pair of links."""
    for index in range(1, nodes + 1):
        _ip("netns", "add", namespace(name, index))
        at = inside(name, index)
        _ip("link", "set", "lo", "up", at=at)
        if index == 1:
            _ip("link", "add", "nodes", "type", "bridge", at=at)
            link = "nodes"
        else:
            _ip("link", "add", f"node{index}", "type", "veth", "peer", "name", "eth0", "netns", namespace(name, index),
                at=inside(name, 1))
            _ip("link", "set", f"node{index}", "master", "nodes", "up", at=inside(name, 1))
            link = "eth0"
        _ip("address", "add", f"{node_address(index)}/{NODE_BITS}", "dev", link, at=at)
        _ip("link", "set", link, "up", at=at)
        # Of this namespace alone: /proc/sys/net belongs to the network one is in.
        subprocess.run([*at, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"], check=True)
    for index in range(1, nodes + 1):
        for other in range(1, nodes + 1):
            if other != index:
                _ip("route", "add", pod_range(other), "via", node_address(other), at=inside(name, index))
        # Services are found by kube-proxy's rules on the way out, which needs some way out.
        gateway = node_address(1) if index > 1 else None
        _ip("route", "add", "default", *(["via", gateway] if gateway else ["dev", "nodes"]), at=inside(name, index))


def down(name):
    for entry in pathlib.Path("/run/netns").glob(f"{name}-*"):
        subprocess.run(["ip", "netns", "delete", entry.name], check=False)


assert node_address(1) == keys.API_ADDRESS
