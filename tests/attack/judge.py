"""One attack, with what happens beside it, and the verdict.

An attack is a function of a Scene that ends by itself. It is registered with @attack and may give an Outcome: how much
it got through that nobody should, and what else is wrong. What holds for every attack is looked at here: honest records
are acknowledged, probes answered, memory is bounded, people are told what is true and nothing else, and afterwards
everything is as before, without a restart.
"""

import contextlib
import dataclasses
import resource
import threading
import time
import traceback

from scene import HONEST, PATIENCE, Scene, p99

QUIET = 2.0  # seconds before the first attack
MUST_HEAL_WITHIN = 20.0


@dataclasses.dataclass
class Bars:
    """What a verdict asks for. `tests/bench/run attack` has exact ones; those of ./test leave room for a busy machine
    and still tell an attack that succeeds: those took seconds to minutes, or everything."""
    acknowledged_p99: float  # seconds
    probe: float  # seconds
    rss_mib: float


EXACT = Bars(acknowledged_p99=0.25, probe=1.0, rss_mib=512)
GENEROUS = Bars(acknowledged_p99=2.5, probe=4.0, rss_mib=768)


@dataclasses.dataclass
class Outcome:
    forged: int = 0  # what was accepted from somebody who had no right to say it
    wrong: list = dataclasses.field(default_factory=list)
    note: str = ""


@dataclasses.dataclass
class Attack:
    name: str
    group: str
    run: object
    who: str
    config: str = ""
    may_be_told: tuple = ()  # names of alerts, about nobody honest, that are true during it
    left_mib: float = 96  # what may stay in memory: what was said rightfully has to be remembered
    new_scene: bool = False  # the next attack is made on another collector: this one remembers much


@dataclasses.dataclass
class Verdict:
    attack: str
    acknowledged_p99: float = 0.0
    quiet_p99: float = 0.0
    probes: int = 0
    probe_failures: int = 0
    page_failures: int = 0
    rss_mib: float = 0.0
    forged: int = 0
    healed_after: float = 0.0
    note: str = ""
    wrong: list = dataclasses.field(default_factory=list)

    def line(self):
        said = f"{'held' if not self.wrong else 'FAILED':6} {self.attack:44} ack p99 {1000 * self.acknowledged_p99:5.0f} ms " \
               f"(quiet {1000 * self.quiet_p99:3.0f})  probes {self.probes - self.probe_failures}/{self.probes}  " \
               f"page -{self.page_failures}  rss {self.rss_mib:4.0f} MiB  healed {self.healed_after:4.1f} s  {self.note}"
        return "\n".join([said.rstrip(), *(f"       ! {wrong}" for wrong in self.wrong)])


ATTACKS = []


def attack(group, who=("stranger", "traitor"), **options):
    """Registers an attack once for each kind of attacker that makes it; the function gets the scene and who it is."""
    def register(function):
        for each in who if isinstance(who, tuple) else (who,):
            name = function.__name__ if isinstance(who, str) else f"{function.__name__}_by_a_{each}"
            ATTACKS.append(Attack(name, group, function, each, **options))
        return function
    return register


def judge(scene, one, bars):
    """Lets it happen, and says how it went."""
    verdict = Verdict(one.name)
    verdict.quiet_p99 = scene.quiet_p99
    attacked_at = time.time()
    before = {"rss": scene.rss_mib(), "files": scene.open_files()}
    kill = f"/honest/{one.name}"
    scene.true_paths.add(kill)
    killer = threading.Timer(scene.seconds / 2, scene.agents.order, ("kill", HONEST[0], kill))
    outcome = Outcome()
    scene.starts_now()
    killer.start()
    try:
        attacker = {"stranger": scene.stranger, "traitor": scene.traitor, "web": lambda: None}[one.who]()
        outcome = (one.run(scene, attacker) if attacker else one.run(scene)) or outcome
    except Exception:  # pylint: disable=broad-except
        verdict.wrong.append("the attack itself failed: " + traceback.format_exc().strip())
    killer.join()
    attacked, ended = scene.began, time.monotonic()
    verdict.forged, verdict.note = outcome.forged, outcome.note
    verdict.wrong += outcome.wrong
    if outcome.forged:
        verdict.wrong.append(f"{outcome.forged} forged statements were accepted")
    if scene.alive():
        heal(scene, verdict, ended, attacked_at, kill, before, one, bars)
    look_back(scene, verdict, attacked, ended, bars)
    if not scene.alive():
        verdict.wrong.append(f"the collector ended with status {scene.collector.process.returncode}: {scene.log()[-600:]}")
    else:
        # Nodes that an attacker invents fall silent when it ends: without tokens of a cluster they may be most of all.
        known = ("CollectorIsolated",) if one.group == "traitors" else ()
        lies = scene.lies(attacked_at, (*one.may_be_told, *known))
        verdict.wrong += [f"people were told what is not true: {lie}" for lie in lies[:3]]
    return verdict


def heal(scene, verdict, ended, attacked_at, kill, before, one, bars):
    """Waits until all is as it was, as long as it may take."""
    end = ended + MUST_HEAL_WITHIN
    conditions = {
        "honest records wait for acknowledgement": lambda: not [
            record for record in scene.agents.waiting() if scene.agents.sent[record] < ended],
        "a true OOM kill was told to nobody": lambda: scene.told_at(attacked_at, kill),
        "the page does not show the honest nodes": lambda: all(
            scene.nodes().get(name, {}).get("state") == "reporting" for name in HONEST),
        "connections stay open": lambda: scene.open_files() <= before["files"] + 24,
        f"more than {before['rss']:.0f} + {one.left_mib:.0f} MiB stay in memory": lambda: (
            scene.rss_mib() <= before["rss"] + one.left_mib),
    }
    for what, holds in conditions.items():
        while scene.alive():
            with contextlib.suppress(OSError, FileNotFoundError):
                if holds():
                    break
            if time.monotonic() > end:
                verdict.wrong.append(f"{MUST_HEAL_WITHIN:.0f} s after it {what}")
                break
            time.sleep(0.1)
    verdict.healed_after = time.monotonic() - ended
    # And now it is quick again.
    if scene.alive() and not verdict.wrong:
        again = time.monotonic()
        time.sleep(0.6)
        after = p99(scene.agents.delays(again, time.monotonic() - 0.3))
        if after > max(bars.acknowledged_p99, 3 * verdict.quiet_p99):
            verdict.wrong.append(f"after it a record is acknowledged in {1000 * after:.0f} ms")


def look_back(scene, verdict, attacked, ended, bars):
    """What the honest had while it went on."""
    verdict.acknowledged_p99 = p99(scene.agents.delays(attacked, ended))
    if verdict.acknowledged_p99 > max(bars.acknowledged_p99, 3 * verdict.quiet_p99):
        verdict.wrong.append(f"honest records waited {verdict.acknowledged_p99:.2f} s for their acknowledgement")
    seen = scene.reader.seen(attacked, ended)
    while seen["waiting"] and time.monotonic() < ended + 2 * PATIENCE:
        time.sleep(0.1)
        seen = scene.reader.seen(attacked, ended)
    failed = [entry for entry in seen["probes"] if entry[0] != 200 or entry[1] > bars.probe]
    verdict.probes, verdict.probe_failures = len(seen["probes"]), len(failed)
    if failed:
        verdict.wrong.append(f"{len(failed)} of {len(seen['probes'])} probes failed; status and seconds: " +
                             ", ".join(f"{status} {took:.2f}" for status, took in failed[:4]))
    verdict.page_failures = sum(status != 200 for status, _ in seen["page"])
    memory = scene.reader.seen(attacked, time.monotonic())["rss_mib"]
    verdict.rss_mib = max((mib for mib, _ in memory), default=0.0)
    if verdict.rss_mib > bars.rss_mib:
        verdict.wrong.append(f"memory grew to {verdict.rss_mib:.0f} MiB, more than {bars.rss_mib:.0f}")


def run(attacks, bars, seconds, say):
    """All of them, in their order; a new scene where the last does not fit or did not survive."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    verdicts, scene, config, last = [], None, None, None
    try:
        for one in attacks:
            if scene and (config != one.config or verdicts[-1].wrong or last.new_scene):
                scene.close()
                scene = None
            if not scene:
                scene, config = Scene(one.config, seconds), one.config
                scene.__enter__()
                scene.measure_quiet(QUIET)
            verdicts.append(judge(scene, one, bars))
            last = one
            say(verdicts[-1].line())
    finally:
        if scene:
            scene.close()
    return verdicts

