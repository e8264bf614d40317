#!/usr/bin/python3
"""The page in Chromium, as a person uses it: what it shows, that it stays up to date, and that it says so when it
cannot.

    tests/browser/page_test.py [-k WORD]      screenshots go to $LOADLINE_SCREENSHOTS when that is set
"""

import json
import os
import sys
import unittest
import urllib.request

from chromium import Page

sys.path.insert(0, "tests/support")
from handmade_server import Server  # noqa: E402

SCREENSHOTS = os.environ.get("LOADLINE_SCREENSHOTS")
VIEWS = {
    "overview": "#/",
    "workloads": "#/workloads",
    "workload": "#/workloads/shop/Deployment/checkout",
    "recommendations": "#/recommendations",
    "alerts": "#/alerts",
    "nodes": "#/nodes",
    "node": "#/nodes/aks-pool1-000002",
    "collector": "#/collector",
}


class ThePage(unittest.TestCase):
    def show(self, page, server, address):
        page.open("about:blank")
        page.open(f"{server.url}/{address}")
        page.wait_for("document.querySelector('.view')")

    def picture(self, page, name):
        if SCREENSHOTS:
            page.screenshot(os.path.join(SCREENSHOTS, f"{name}.png"))

    def test_shows_nodes_workloads_recommendations_and_alerts_with_their_reasons(self):
        wanted = {
            "overview": ["Node aks-pool1-000003 is silent", "3 of 4", "checkout", "was OOM-killed"],
            "workloads": ["checkout", "shop · Deployment", "registry", "24 workloads"],
            "workload": ["under-provisioned", "100m", "620m", "throttled in most periods", "Throttled share of periods"],
            "recommendations": ["orders-db", "8 GiB", "1.24 GiB", "The 90th percentile of 8 days"],
            "alerts": ["No heartbeat for 4 min 12 s", "slack: refused: HTTP 404", "Pending", "Resolved in the last 24 h"],
            "nodes": ["no heartbeat for 4 min 12 s", "reporting", "0.07 %", "17 MiB"],
            "node": ["this kernel has no cgroup iterator", "5.10.0-33-amd64", "No data was lost"],
            "collector": ["Frames rejected: bad token", "slack", "writable"],
        }
        with Server() as server, Page() as page:
            for name, address in VIEWS.items():
                with self.subTest(name):
                    self.show(page, server, address)
                    text = page.text()
                    for words in wanted[name]:
                        self.assertIn(words, text)
                    self.picture(page, name)
            self.assertEqual([], page.console)
            self.assertEqual([], [url for url in page.requests if not url.startswith((server.url, "about:"))])

    def test_draws_use_against_request_limit_and_target(self):
        with Server() as server, Page() as page:
            self.show(page, server, VIEWS["workload"])
            page.wait_for("document.querySelectorAll('.chart canvas').length === 3")
            self.assertEqual(["Time", "used", "request", "limit", "recommended"],
                             page.run("[...document.querySelector('.u-legend').querySelectorAll('th')]"
                                      ".map((cell) => cell.innerText.replace(':', '').trim())"))
            drawn = page.run("""(() => { const c = document.querySelector('.chart canvas');
                const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                return new Set(Array.from({length: data.length / 4}, (_, i) => data.slice(4*i, 4*i+4).join())).size })()""")
            self.assertGreater(drawn, 20)

    def test_is_updated_by_itself(self):
        with Server("--every", "0.5") as server, Page() as page:
            self.show(page, server, "#/workloads")
            page.wait_for("document.querySelector('.connection').innerText === 'live'")
            before = page.run("document.querySelector('.workloads tbody').innerText")
            page.wait_for(f"document.querySelector('.workloads tbody').innerText !== {before!r}")

    def test_keeps_what_the_reader_opened_while_it_is_updated(self):
        with Server("--every", "0.5") as server, Page() as page:
            self.show(page, server, "#/recommendations")
            page.run("document.querySelector('details.why summary').click()")
            asked = len(page.requests)
            page.wait_for("document.querySelector('details.why').open")
            for _ in range(100):
                if len([url for url in page.requests[asked:] if "/recommendations" in url]) >= 2:
                    break
                page.wait_for("new Promise((done) => setTimeout(() => done(true), 100))")
            self.assertTrue(page.run("document.querySelector('details.why').open"))

    def test_a_link_of_a_message_opens_the_alert_and_silences_it(self):
        with Server("--write-token", "opensesame", "--every", "0.5") as server, Page() as page:
            alerts = json.loads(urllib.request.urlopen(f"{server.url}/api/v1/alerts").read())["items"]
            alert = alerts[0]
            self.show(page, server, f"#/alerts/{alert['fingerprint']}")
            self.assertIn(alert["reason"], page.text())
            self.show(page, server, f"#/alerts/{alert['fingerprint']}/silence")
            page.wait_for("document.querySelector('form [name=comment]')")
            page.run("document.querySelector('form [name=author]').focus()")
            page.type("me")
            page.run("document.querySelector('form [name=comment]').focus()")
            page.type("new disk")
            page.wait_for("new Promise((done) => setTimeout(() => done(true), 3000))")
            self.assertEqual("me", page.run("document.querySelector('form [name=author]').value"), "kept over updates")
            page.run("document.querySelector('form button').click()")
            page.wait_for("!document.querySelector('form .token').hidden")
            self.assertIn("a token is needed", page.text())
            page.run("document.querySelector('form [name=token]').focus()")
            page.type("opensesame")
            self.picture(page, "silence")
            page.run("document.querySelector('form button').click()")
            page.wait_for(f"location.hash === '#/alerts/{alert['fingerprint']}'")
            silence, = json.loads(urllib.request.urlopen(f"{server.url}/api/v2/silences").read())
            self.assertEqual(("me", "new disk", "active"),
                             (silence["createdBy"], silence["comment"], silence["status"]["state"]))
            self.assertEqual({"alertname": alert["rule"], **alert["labels"]},
                             {matcher["name"]: matcher["value"] for matcher in silence["matchers"]})

    def test_says_when_the_collector_is_gone_and_recovers_when_it_is_back(self):
        server = Server()
        with Page() as page:
            self.show(page, server, "#/nodes")
            server.stop()
            page.wait_for("document.querySelector('.warning.bad')", timeout=30)
            self.assertIn("has not answered", page.text())
            self.assertIn("What you see is from", page.text())
            self.assertIn("aks-pool1-000001", page.text())
            self.picture(page, "lost")
            with Server("--port", server.port):
                page.wait_for("!document.querySelector('.warning')", timeout=30)
                page.wait_for("document.querySelector('.connection').innerText === 'live'", timeout=30)

    def test_asks_again_and_again_where_there_is_no_stream(self):
        with Server("--streams", "0", "--every", "0.5") as server, Page() as page:
            self.show(page, server, "#/workloads")
            page.wait_for("document.querySelector('.connection').innerText.startsWith('polling')")
            before = page.run("document.querySelector('.workloads tbody').innerText")
            page.wait_for(f"document.querySelector('.workloads tbody').innerText !== {before!r}", timeout=30)

    def test_holds_no_stream_while_nobody_looks(self):
        with Server() as server, Page() as page:
            # A seventh connection to one server would wait for ever in every browser.
            for _ in range(8):
                self.show(page, server, "#/nodes")

    def test_shows_and_finds_every_one_of_more_than_a_thousand_nodes(self):
        with Server("--nodes", "1500", "--every", "20") as server, Page() as page:
            self.show(page, server, "#/nodes")
            self.assertEqual(100, page.run("document.querySelectorAll('.nodes tbody tr').length"))
            self.assertIn("page 1 of 15", page.text())
            self.assertIn("aks-pool1-000003", page.run("document.querySelector('.nodes tbody tr').innerText"))
            self.picture(page, "nodes-1500")
            self.show(page, server, "#/nodes?sort=name&page=15")
            self.assertIn("aks-pool1-001499", page.text())
            page.press("/", 191, "/")
            page.type("pool1-001001")
            page.wait_for("document.querySelectorAll('.nodes tbody tr').length === 1")
            self.assertIn("1 node", page.text())
            # As links of alerts have it.
            self.show(page, server, "#/nodes/aks-pool1-001001")
            self.assertIn("aks-pool1-001001", page.run("document.querySelector('h1').innerText"))
            self.assertIn("Workloads on this node", page.text())

    def test_finds_one_of_ten_thousand_workloads(self):
        with Server("--workloads", "10000", "--every", "20") as server, Page() as page:
            self.show(page, server, "#/workloads")
            self.assertEqual(100, page.run("document.querySelectorAll('.workloads tbody tr').length"))
            self.assertIn("page 1 of 100", page.text())
            page.press("/", 191, "/")
            self.assertEqual("search", page.run("document.activeElement.id"))
            page.type("service-07777")
            page.wait_for("document.querySelectorAll('.workloads tbody tr').length === 1")
            self.assertIn("1 workload", page.text())
            self.assertIn("search=service-07777", page.run("location.hash"))

    def test_is_used_with_the_keyboard_alone(self):
        with Server() as server, Page() as page:
            self.show(page, server, "#/workloads?sort=name")
            page.press("Tab", 9)
            self.assertEqual("To the content", page.run("document.activeElement.innerText"))
            page.press("Enter", 13, "\r")
            page.wait_for("document.activeElement.id === 'content'")
            self.assertEqual("#/workloads?sort=name", page.run("location.hash"))
            for _ in range(3):
                page.press("Tab", 9)
            name = page.run("document.activeElement.innerText")
            page.press("Enter", 13, "\r")
            page.wait_for(f"document.querySelector('h1')?.innerText === {name!r}")

    def test_fits_a_phone(self):
        with Server() as server, Page() as page:
            page.resize(390, 844, mobile=True)
            for name, address in VIEWS.items():
                with self.subTest(name):
                    self.show(page, server, address)
                    self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 390)
                    place = page.run("(({left, right}) => [left, right])"
                                     "(document.querySelector('[aria-current]').getBoundingClientRect())")
                    self.assertTrue(0 <= place[0] and place[1] <= 390, place)
                    self.picture(page, f"{name}-phone")

    def test_follows_the_system_into_the_dark(self):
        with Server() as server, Page() as page:
            backgrounds = []
            for scheme in ("light", "dark"):
                page.prefer(scheme)
                self.show(page, server, VIEWS["workload"])
                backgrounds.append(page.run("getComputedStyle(document.body).backgroundColor"))
                self.picture(page, f"workload-{scheme}")
            self.assertEqual(["rgb(245, 247, 247)", "rgb(15, 21, 22)"], backgrounds)

    def test_shows_a_hostile_name_as_text(self):
        with Server() as server, Page() as page:
            self.show(page, server, "#/workloads?search=odd")
            self.assertEqual(0, page.run("document.querySelectorAll('.workloads b b, td.first b').length"))
            self.assertIn('odd "<b>name</b>', page.text())
            page.run("document.querySelector('td.first a').click()")
            page.wait_for("document.querySelector('h1')")
            self.assertIn('odd "<b>name</b>', page.run("document.querySelector('h1').innerText"))


if __name__ == "__main__":
    try:
        Page()
    except FileNotFoundError as missing:
        print(missing)
        sys.exit(77)
    unittest.main(verbosity=2)
