#!/usr/bin/env python3
"""A collector under attack (tests/attack), and what those have of it who keep to the rules.

    tests/bench/attack.py [--json] [--seconds N] [GROUP or NAME]...

    attacks                   how many were made, one after the other, each as long as --seconds
    attacks_succeeded         of these; stderr says which and how
    honest_ack_p99_ms_worst   from an honest agent's record to its acknowledgement, p99 during the worst of them
    honest_ack_p99_ms_quiet   the same while nobody attacks
    probe_failures            probes that were not answered with 200 within a second
    page_failures             requests for the page that were not, within five
    rss_mib_worst             memory of the collector
    healed_s_worst            from the end of an attack until all was as before
    forged_accepted           statements taken from somebody who had no right to make them
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "attack"))
from attacks import ATTACKS  # noqa: E402
from judge import EXACT, run  # noqa: E402


def figures(verdicts):
    worst = lambda values: max(values, default=0)
    return {
        "attacks": (len(verdicts), "attacks"),
        "attacks_succeeded": (sum(bool(verdict.wrong) for verdict in verdicts), "attacks"),
        "honest_ack_p99_ms_worst": (1000 * worst(v.acknowledged_p99 for v in verdicts), "ms"),
        "honest_ack_p99_ms_quiet": (1000 * worst(v.quiet_p99 for v in verdicts), "ms"),
        "probe_failures": (sum(v.probe_failures for v in verdicts), "probes"),
        "page_failures": (sum(v.page_failures for v in verdicts), "requests"),
        "rss_mib_worst": (worst(v.rss_mib for v in verdicts), "MiB"),
        "healed_s_worst": (worst(v.healed_after for v in verdicts), "s"),
        "forged_accepted": (sum(v.forged for v in verdicts), "statements"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="groups or attacks; all without")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--seconds", type=float, default=8, help="how long each goes on")
    options = parser.parse_args()
    chosen = [one for one in ATTACKS if not options.names or {one.name, one.group} & set(options.names)]
    verdicts = run(chosen, EXACT, options.seconds, lambda line: print(line, file=sys.stderr, flush=True))
    for metric, (value, unit) in figures(verdicts).items():
        figure = {"bench": "attack", "metric": metric, "value": value, "unit": unit}
        print(json.dumps(figure) if options.json else f"{metric:<28} {value:>12.4g} {unit}", flush=True)


if __name__ == "__main__":
    main()
