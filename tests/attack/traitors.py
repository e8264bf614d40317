"""Attacks by somebody who took over an agent: he has the agents' key and a token that is good for his own node."""

import time

from attacker import REFUSED, close, drain, many
from frames import frames
from judge import Outcome, attack
from scene import HONEST, POD, get, wait_for


def pour(scene, peer, records):
    """Sends them all, and takes what is answered; how many were sent when the connection ended."""
    sent = 0
    try:
        for record in records:
            peer.send(record)
            sent += 1
            if sent % 8 == 0:
                drain(peer)
    except REFUSED:
        pass
    return sent


def now_epoch():
    return time.time_ns()


# ---- too much of what he may say ------------------------------------------------------------------------------------


@attack("traitors", who="traitor", left_mib=160)
def references_downwards(scene, who):
    """Hundreds of thousands of cgroups that are named downwards, so that each has to be put before all others."""
    epoch = now_epoch()
    with who.join("evil-refs", epoch) as peer:
        sent = pour(scene, peer, frames("descending", epoch=epoch, count=30, each=20_000))
        scene.pass_time()
    return Outcome(note=f"{sent} records")


@attack("traitors", who="traitor", left_mib=700)
def two_hundred_thousand_containers(scene, who):
    """All containers that a collector keeps, of one node: another node's new container must find its place."""
    epoch = now_epoch()
    with who.join("evil-many", epoch) as peer:
        sent = pour(scene, peer, frames("containers", epoch=epoch, count=40, each=5_000))
        scene.pass_time()
        return Outcome(note=f"{sent} records", wrong=new_container_is_shown(scene) + metrics_are_answered(scene))


@attack("traitors", who="traitor", left_mib=700)
def containers_with_long_paths(scene, who):
    """Fewer, with paths of four kilobytes each."""
    epoch = now_epoch()
    with who.join("evil-long", epoch) as peer:
        sent = pour(scene, peer, frames("containers", epoch=epoch, count=60, each=200, padding=4000))
        scene.pass_time()
        return Outcome(note=f"{sent} records", wrong=new_container_is_shown(scene) + metrics_are_answered(scene))


def new_container_is_shown(scene):
    path = f"/honest/new-{time.time_ns()}"
    scene.agents.order("container", HONEST[1], path)
    try:
        wait_for(lambda: path.encode() in get(scene.target.web, f"/api/v1/workloads?search={path}")[1], 8, "")
        return []
    except TimeoutError:
        return ["a new container of an honest node is not shown"]


def metrics_are_answered(scene):
    began = time.monotonic()
    status, body = get(scene.target.web, "/metrics", timeout=10)
    took = time.monotonic() - began
    return [] if status == 200 and took < 10 and len(body) < 200 << 20 else [
        f"/metrics: status {status}, {len(body) >> 20} MiB in {took:.1f} s"]


@attack("traitors", who="traitor")
def hello_flood(scene, who):
    """Hello after Hello, each with something new in it, on one connection."""
    epoch, count = now_epoch(), 0
    hellos = who.hello(node="evil-hello", epoch=epoch, boot="boot", count=2000)
    while scene.goes_on():
        try:
            with who.connect(timeout=1) as peer:
                while scene.goes_on():
                    peer.raw(b"".join(peer.message_of(hellos[(count + i) % len(hellos)]) for i in range(20)))
                    count += 20
                    drain(peer)
        except REFUSED:
            pass
    return Outcome(note=f"{count} Hellos")


@attack("traitors", who="traitor")
def new_agent_starts_without_end(scene, who):
    """The same, and each time a new start of the agent, whose records are kept apart."""
    epoch, count = now_epoch(), 0
    hellos = who.hello(node="evil-starts", epoch=epoch, boot="boot", count=2000, each="epoch")
    while scene.goes_on():
        try:
            with who.connect(timeout=1) as peer:
                while scene.goes_on() and count < len(hellos):
                    peer.send(hellos[count])
                    peer.send(frames("windows", epoch=epoch + count)[0])
                    count += 1
                    drain(peer)
                break
        except REFUSED:
            pass
    return Outcome(note=f"{count} starts")


@attack("traitors", who="traitor", left_mib=320, new_scene=True)
def thirty_nodes_of_one_key(scene, who):
    """Thirty nodes that look honest, each of which says as much as one may."""
    epoch, held = now_epoch(), {}
    records = frames("containers", epoch=epoch, count=20, each=200) + frames("kills", epoch=epoch, first=21, count=500,
                                                                            path="/evil", apart=1)
    for number in range(30):
        try:
            held[who.join(f"evil-{number:02}", epoch)] = 0
        except REFUSED:
            pass
    joined = len(held)
    while scene.goes_on() and held:
        for peer in list(held):
            at = held[peer]
            try:
                for record in records[at:at + 5]:
                    peer.send(record)
                held[peer] = at + 5
                drain(peer)
            except REFUSED:
                del held[peer]
    sent = sum(held.values())
    close(held)
    return Outcome(note=f"{joined} nodes, {sent} records")


@attack("traitors", who="traitor", left_mib=160, new_scene=True)
def thousands_of_names(scene, who):
    """One connection that greets as another node each time."""
    epoch, count = now_epoch(), 0
    hellos = who.hello(node="evil-name-", epoch=epoch, boot="boot", count=5000, each="node")
    window = frames("windows", epoch=epoch)[0]
    while scene.goes_on() and count < len(hellos):
        try:
            with who.connect(timeout=1) as peer:
                while scene.goes_on() and count < len(hellos):
                    peer.raw(peer.message_of(hellos[count]) + peer.message_of(window))
                    count += 1
                    drain(peer)
        except REFUSED:
            count += 1
    return Outcome(note=f"{count} names")


@attack("traitors", who="traitor", left_mib=320)
def kills_without_end(scene, who):
    """OOM kills of his own node that never were, each in another cgroup; a true one of another node is told at once."""
    epoch = now_epoch()
    with who.join("evil-kills", epoch) as peer:
        sent = pour(scene, peer, frames("kills", epoch=epoch, count=6000, path="/evil", apart=1))
        scene.pass_time()
    return Outcome(note=f"{sent} kills, {sum('evil' in str(labels) for labels in scene.told(scene.began_at))} told")


@attack("traitors", who="traitor")
def kills_of_one_cgroup(scene, who):
    """The same cgroup, killed again and again."""
    epoch = now_epoch()
    with who.join("evil-again", epoch) as peer:
        sent = pour(scene, peer, frames("kills", epoch=epoch, count=6000, path="/evil/again"))
        scene.pass_time()
    return Outcome(note=f"{sent} kills")


@attack("traitors", who="traitor", left_mib=320)
def disks_without_end(scene, who):
    """Thousands of disks that are full."""
    epoch = now_epoch()
    with who.join("evil-disks", epoch) as peer:
        sent = pour(scene, peer, frames("disks", epoch=epoch, count=300, each=60))
        scene.pass_time()
    return Outcome(note=f"{sent} records")


@attack("traitors", who="traitor", left_mib=320)
def throttled_containers(scene, who):
    """Thousands of containers that are throttled, window after window."""
    epoch = now_epoch()
    records = frames("containers", epoch=epoch, count=1, each=5000, throttled=1)
    records += frames("containers", epoch=epoch, first=2, count=1, each=5000, throttled=1)
    with who.join("evil-throttled", epoch) as peer:
        sent = pour(scene, peer, records)
        scene.pass_time()
    return Outcome(note=f"{sent} records")


@attack("traitors", who="traitor", left_mib=400)
def containers_that_come_and_go(scene, who):
    """New names in each window, and the old ones gone: what is remembered of them must end somewhere."""
    epoch = now_epoch()
    with who.join("evil-churn", epoch) as peer:
        sent = pour(scene, peer, frames("containers", epoch=epoch, count=60, each=4000, churn=1))
        scene.pass_time()
    return Outcome(note=f"{sent} records")


@attack("traitors", who="traitor")
def heartbeat_flood(scene, who):
    """Heartbeats as fast as they are taken, and nobody who reads the acknowledgements."""
    epoch, count = now_epoch(), 0
    heartbeat = frames("heartbeat", epoch=epoch)[0]
    with who.join("evil-alive", epoch) as peer:
        peer.socket.settimeout(0.5)
        try:
            while scene.goes_on():
                peer.raw(b"".join(peer.message_of(heartbeat) for _ in range(200)))
                count += 200
        except REFUSED:
            pass
    return Outcome(note=f"{count} heartbeats")


@attack("traitors", who="traitor", left_mib=160)
def record_flood(scene, who):
    """Small records as fast as they are taken."""
    epoch, count = now_epoch(), 0
    records = frames("windows", epoch=epoch, count=20_000)
    with who.join("evil-fast", epoch) as peer:
        try:
            while scene.goes_on() and count < len(records):
                peer.raw(b"".join(peer.message_of(record) for record in records[count:count + 50]))
                count += 50
                drain(peer)
        except REFUSED:
            pass
    return Outcome(note=f"{count} records")


@attack("traitors", who="traitor", left_mib=300)
def large_record_flood(scene, who):
    """Records of a quarter of a megabyte, as fast as they are taken."""
    epoch, count = now_epoch(), 0
    records = frames("filler", epoch=epoch, count=600)
    with who.join("evil-large", epoch) as peer:
        try:
            for record in records:
                peer.send(record)
                count += 1
                drain(peer)
                if not scene.goes_on():
                    break
        except REFUSED:
            pass
    return Outcome(note=f"{count // 4} MB")


@attack("traitors", who="traitor", left_mib=300, config="store: {{max_size: 64MiB, snapshot_interval: 2s}}\n",
        may_be_told=("StoreFull", "StoreNotWritable"))
def a_store_filled_up(scene, who):
    """More than the store may hold: it must empty itself while it runs."""
    epoch, count = now_epoch(), 0
    records = frames("filler", epoch=epoch, count=400)
    with who.join("evil-fill", epoch) as peer:
        peer.socket.settimeout(1)
        try:
            for record in records:
                peer.send(record)
                count += 1
                drain(peer)
        except REFUSED:
            pass
        scene.pass_time()
    return Outcome(note=f"{count // 4} MB")


@attack("traitors", who="traitor", left_mib=160)
def extreme_numbers(scene, who):
    """The greatest and the least numbers in every column, and times at the ends of time."""
    epoch = 2**64 - 1
    wrong = []
    with who.join("evil-extremes", epoch) as peer:
        sent = pour(scene, peer, frames("extremes", epoch=epoch, count=200))
        scene.pass_time(1)
        for path in ("/api/v1/nodes", "/api/v1/workloads", "/api/v1/collector"):
            wrong += [] if scene.get_json(path) is not None else [f"{path} is not answered"]
        _, body = get(scene.target.web, "/metrics")
        wrong += ["NaN or infinity in /metrics"] if b" NaN" in body or b"Inf\n" in body.replace(b'le="+Inf"', b"") else []
    return Outcome(note=f"{sent} records", wrong=wrong)


@attack("traitors", who="traitor")
def gaps_and_old_records(scene, who):
    """Sequence numbers that jump to the end of all numbers and back."""
    epoch, count = now_epoch(), 0
    jumps = [frames("windows", epoch=epoch, first=first)[0] for first in (1, 5, 2**40, 3, 2**63, 2**64 - 1, 1, 7)]
    while scene.goes_on():
        try:
            with who.join("evil-gaps", epoch) as peer:
                for _ in range(50):
                    for record in jumps:
                        peer.send(record)
                        count += 1
                    drain(peer)
        except REFUSED:
            pass
    return Outcome(note=f"{count} records")


# ---- what he may not say --------------------------------------------------------------------------------------------


@attack("thieves")
def a_connection_of_a_dead_agent(scene, who):
    """An agent has just gone; somebody calls his connections as its was called, speaks for its node, and tells a kill."""
    victim = scene.honest_agents(["victim"])
    scene.true_alerts.add(("NodeSilent", "victim"))
    if not scene.welcomed(victim, 10):
        victim.kill()
        return Outcome(wrong=["the victim was not welcomed"])
    gone_at = time.time()
    victim.kill()
    epoch = 2**63
    heartbeat = frames("heartbeat", epoch=epoch)[0]
    kill = frames("kills", epoch=1, first=2**62, path="/victim", machine=1)[0]
    names = [b"\0" + (0x6B8B4567 + number).to_bytes(4, "big") for number in range(40)]
    names += [b"\0" + number.to_bytes(4, "big") for number in range(8)] + [b"victim", b""]
    held = many(len(names), lambda number: who.connect(timeout=1, Identity=names[number]))
    accepted = set()
    while scene.goes_on(2.0):  # longer than a node takes to be called silent
        for peer in held:
            try:
                peer.send(heartbeat)
                if any(answer[0] in ("ack", "welcome") for answer in drain(peer)):
                    accepted.add(peer)
                    peer.send(kill)
            except REFUSED:
                pass
        time.sleep(0.2)
    close(held)
    wrong = []
    try:
        wait_for(lambda: any(labels.get("alertname") == "NodeSilent" and labels.get("node") == "victim"
                             for labels in scene.told(gone_at)), 15, "")
    except TimeoutError:
        wrong.append("nobody was told that the victim's node is silent")
    return Outcome(forged=len(accepted), wrong=wrong, note=f"{len(held)} connections")


@attack("thieves", who="traitor")
def a_hello_for_a_living_node(scene, who):
    """Hello as a node whose agent is alive; what is said after it, all the same."""
    forged = count = 0
    kill = frames("kills", epoch=2**62, path="/stolen", machine=1)[0]
    while scene.goes_on():
        for node in HONEST:
            try:
                with who.connect(timeout=1) as peer:
                    peer.send(who.hello(node=node, epoch=2**62, boot="another")[0])
                    peer.send(frames("heartbeat", epoch=2**62)[0])
                    peer.send(kill)
                    answers = drain(peer, 0.2)
                    forged += sum(answer[0] in ("welcome", "ack") for answer in answers)
                    count += 1
            except REFUSED:
                pass
    return Outcome(forged=forged, note=f"{count} tries")


@attack("thieves", who="traitor")
def names_that_are_none(scene, who):
    """Nodes that are called nothing, or by control characters, paths and markup."""
    count = 0
    for name in ("", "../../etc/passwd", "evil<script>alert(1)</script>", "evil" + "x" * 249, "evil\u202egnp", "evil%00",
                 "evil-`id`", "evil {{7*7}}", "evil\"} 1\nfake_metric 1"):
        try:
            with who.connect(timeout=1) as peer:
                peer.send(who.hello(node=name, epoch=now_epoch(), boot="boot")[0])
                peer.send(frames("windows", epoch=now_epoch())[0])
                drain(peer, 0.1)
                count += 1
        except REFUSED:
            pass
    scene.pass_time(1)
    forged = sum(name.startswith("fake_metric") for name in scene.metrics())
    return Outcome(forged=forged, note=f"{count} names")


# ---- in a cluster ---------------------------------------------------------------------------------------------------

KUBERNETES = "kubernetes: {{mode: kubeconfig, kubeconfig: '{folder}/kubeconfig', surroundings: false}}\n"

@attack("cluster", who="traitor", config=KUBERNETES)
def a_token_of_another_node(scene, who):
    """The token of his own pod, and the name of another node."""
    forged = 0
    for node in (*HONEST, "victim"):
        with who.connect() as peer:
            for _ in range(20):  # while the API server is asked nothing is answered
                peer.send(who.hello(node=node, epoch=2**62, boot=f"boot-{node}")[0])
                answers = drain(peer, 0.2)
                forged += sum(answer[0] == "welcome" for answer in answers)
                if answers:
                    break
    return Outcome(forged=forged)


@attack("cluster", who="traitor", config=KUBERNETES)
def pods_of_another_node(scene, who):
    """Containers and OOM kills of a pod that runs elsewhere."""
    epoch = now_epoch()
    with scene.joined(who, "evil", epoch) as peer:
        pour(scene, peer, frames("containers", epoch=epoch, count=5, each=1, pod=POD["uid"], container=POD["container"]))
        pour(scene, peer, frames("kills", epoch=epoch, first=10, count=5, pod=POD["uid"], container=POD["container"],
                                 path=f"/kubepods/burstable/pod{POD['uid']}/{POD['container']}"))
        drain(peer, 1)
        scene.pass_time(2)
    lies = [labels for labels in scene.told(scene.began_at) if "pay" in str(labels) or POD["uid"] in str(labels)]
    shown = [each for each in (scene.get_json("/api/v1/workloads?search=pay") or {}).get("items", []) if "pay" in str(each)]
    return Outcome(forged=len(lies) + len(shown), note=f"{len(lies)} told, {len(shown)} shown")


@attack("cluster", who=("stranger", "traitor"), config=KUBERNETES)
def tokens_that_nobody_knows(scene, who):
    """Tokens that the API server has to be asked about, each another; newcomers are let in meanwhile."""
    hellos = frames("hello", node="evil", each="token", count=5000)
    count, newcomers = 0, None
    asked = scene.kube.reviews
    held = many(4, lambda _: who.connect(timeout=1))
    while scene.goes_on():
        for peer in held:
            try:
                peer.raw(b"".join(peer.message_of(hellos[(count + i) % len(hellos)]) for i in range(50)))
                count += 50
                drain(peer)
            except REFUSED:
                pass
        newcomers = newcomers or scene.honest_agents(["honest-new"])
        time.sleep(0.001 if held else 0.1)
    wrong = [] if scene.welcomed(newcomers, 12) else ["an honest agent that came then was not welcomed"]
    newcomers.kill()
    scene.true_alerts.add(("NodeSilent", "honest-new"))
    close(held)
    return Outcome(wrong=wrong, note=f"{count} tokens, the API server was asked {scene.kube.reviews - asked} times")

