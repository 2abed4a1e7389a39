"""A year in the life of customers with a monthly plan, on a clock that is moved by hand."""

import calendar
import concurrent.futures
import datetime
import http.client
import json
import os
import statistics
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from .servers import Process, program, say

CATALOG = {
    "items": {"credits": {"customer_type": "custom"}},
    "products": {"plan": {
        "display_name": "Plan", "customer_type": "custom",
        "prices": {"monthly": {"amount": 900, "currency": "usd", "interval": [1, "month"]}},
        "included_items": {"credits": {"quantity": 100, "repeat": [1, "month"], "expires": "when-repeated"}}}},
}
CARD = {"number": "4242424242424242", "expiry": "12 / 99", "cvc": "123", "name": "Ada Lovelace",
        "email": "ada@example.com"}
PATIENCE_SECONDS = 120


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Shop:
    """A server with its sandbox, a project and its customers."""

    def __init__(self, bench, name):
        data = bench.data(name)
        os.makedirs(data, mode=0o700)
        keys = json.loads(bench.purser(name, "project", "create", "year", "--id", "year", "--json"))
        self.key, self.admin_key = keys["secret_server_key"], keys["super_secret_admin_key"]
        catalog = bench.data("year.json")
        with open(catalog, "w", encoding="utf-8") as f:
            json.dump(CATALOG, f)
        bench.purser(name, "catalog", "apply", catalog, "--project", "year")
        ready = bench.data("ready.json")
        self.server = Process([program("purser"), "serve", "--data", data, "--listen", "127.0.0.1:0", "--clock",
                               "manual", "--ready-file", ready], ready, bench.data("year.log"))
        with open(ready, encoding="utf-8") as f:
            self.sandbox = json.load(f)["sandbox_url"]
        with open(os.path.join(data, "root.key"), encoding="utf-8") as f:
            self.root_key = f.read().strip()
        self.now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)

    def send(self, url, body=None, headers=None, method=None):
        request = urllib.request.Request(url, body, headers or {}, method=method)
        with urllib.request.build_opener(NoRedirect).open(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.read()

    def api(self, path, body=None, key=None, headers=None):
        words = {"authorization": f"Bearer {key or self.key}", "content-type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        return json.loads(self.send(f"{self.server.url}/api/v1{path}", sent, headers or words))

    def subscribe(self, customer):
        page = self.api(f"/customers/custom/{customer}/checkout", {"product_id": "plan"})["url"]
        try:
            self.send(page, urllib.parse.urlencode(CARD).encode())
        except urllib.error.HTTPError as answer:
            if answer.code != 303:
                sys.exit(f"bench: the sandbox's page answered {answer.code}")

    def grant(self, customer):
        self.api(f"/customers/custom/{customer}/products", {"product_id": "plan"})

    def spend(self, customers):
        """All that the month brought to each, so that the next one must bring it anew; many at once."""
        self.kept = threading.local()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for status in pool.map(self.spend_of, customers):
                if status != 200:
                    sys.exit(f"bench: a month brought no credits, or they could not be spent ({status})")

    def spend_of(self, customer):
        if not hasattr(self.kept, "connection"):
            self.kept.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.server.url).netloc, timeout=60)
        self.kept.connection.request(
            "POST", f"/api/v1/customers/custom/{customer}/items/credits/try-decrease", b'{"amount": 100}',
            {"authorization": f"Bearer {self.key}", "content-type": "application/json"})
        answer = self.kept.connection.getresponse()
        answer.read()
        return answer.status

    def move_clock(self, to):
        self.now = to
        self.api("/internal/clock", {"now": to.strftime("%Y-%m-%dT%H:%M:%SZ")},
                 headers={"x-purser-root-key": self.root_key, "content-type": "application/json"})

    def settle(self):
        """Until Stripe's events have arrived and been acted on."""
        self.send(f"{self.sandbox}/_sandbox/tick", b"")
        until = time.monotonic() + PATIENCE_SECONDS
        while self.api("/webhooks/stripe/inbox?state=pending&limit=1", key=self.admin_key)["items"]:
            if time.monotonic() > until:
                sys.exit("bench: Stripe's events are not processed")
            time.sleep(0.005)

    def period_end(self, customer):
        owned = self.api(f"/customers/custom/{customer}/products")["items"]
        return datetime.datetime.fromisoformat(owned[0]["subscription"]["current_period_end"].replace("Z", "+00:00"))


def months_later(instant, months):
    """The same day of a later month, or that month's last one."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def one_year(bench, name, customers, begin):
    """Milliseconds for each customer of twelve renewals, until all that follows from them is done."""
    shop = Shop(bench, name)
    names = [f"y{n}" for n in range(customers)]
    try:
        for each in names:
            begin(shop, each)
        shop.settle()
        first = max(map(shop.period_end, names))
        started = time.monotonic()
        for month in range(12):
            # A renewal's invoice is finalized and paid an hour after its period began.
            shop.move_clock(months_later(first, month) + datetime.timedelta(hours=2))
            shop.settle()
            shop.spend(names)
        seconds = time.monotonic() - started
        if min(map(shop.period_end, names)) <= first + datetime.timedelta(days=360):
            sys.exit("bench: a year has passed and not every plan was renewed twelve times")
        return round(seconds * 1000 / customers, 1)
    finally:
        shop.server.end()


def measure_year(bench):
    customers, runs = (50 if bench.sizes.main < 1_000_000 else 200), []
    for run in range(bench.sizes.runs):
        runs.append({"granted": one_year(bench, f"granted-{run}", customers, Shop.grant),
                     "paid": one_year(bench, f"paid-{run}", customers, Shop.subscribe)})
    middle = {kind: statistics.median(run[kind] for run in runs) for kind in ("granted", "paid")}
    say(f"a customer's year: {middle['granted']} ms; paid through the sandbox, events and all: {middle['paid']} ms")
    return {"value": middle["granted"], "baseline": None, "runs": [run["granted"] for run in runs], "all": runs,
            "measured": f"{customers} customers with a granted monthly plan, who spend and are renewed twelve times"}
