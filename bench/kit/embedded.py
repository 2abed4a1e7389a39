"""The keys of the embedded store."""

import json
import shutil
import signal
import statistics
import subprocess
import sys
import urllib.request

from . import load
from .servers import plain_figure, program, say


def versus_hello(bench, operation, combinations):
    """Runs an operation and hello-world in turns. Returns runs by combination, each with its ratio."""
    table = {}
    for customers in dict.fromkeys(c for c, _, _ in combinations):
        server, hello = bench.serve(customers), bench.start_hello()
        try:
            for _, drawn, connections in [c for c in combinations if c[0] == customers]:
                bench.wrk(server, operation, connections, drawn, seconds=1)  # warm
                runs = []
                for run in range(bench.sizes.runs):
                    base = bench.wrk(hello, "hello", connections)["per_second"]
                    mine = bench.wrk(server, operation, connections, drawn, seed=run + 1)
                    runs.append({"per_second": round(mine["per_second"]), "hello_per_second": round(base),
                                 "ratio": round(mine["per_second"] / base, 3), "p50_us": mine["p50_us"],
                                 "p99_us": mine["p99_us"]})
                name = f"{customers} customers, {'hot' if drawn == 1 else 'spread'}, {connections} connections"
                table[name] = {
                    "ratio": statistics.median(r["ratio"] for r in runs),
                    "per_second": statistics.median(r["per_second"] for r in runs),
                    "hello_per_second": statistics.median(r["hello_per_second"] for r in runs), "runs": runs}
                say(f"{operation}, {name}: {table[name]['per_second']:,.0f}/s, "
                    f"{table[name]['ratio']:.3f} of hello-world")
        finally:
            hello.end(signal.SIGKILL)
            server.end()
    return table


def measure_versus_hello(bench, operation):
    main, small = bench.sizes.main, bench.sizes.small
    combinations = [(main, main, 64), (main, main, 256), (main, 1, 64), (main, 1, 256), (small, small, 64),
                    (small, small, 256), (small, 1, 64), (small, 1, 256)]
    table = versus_hello(bench, operation, combinations)
    # The figure that the goal is about: many customers, spread, the worse of the two.
    named = {name: row for name, row in table.items() if name.startswith(f"{main} ") and "spread" in name}
    worst = min(named, key=lambda name: named[name]["ratio"])
    return {"value": named[worst]["ratio"], "baseline": named[worst]["hello_per_second"],
            "baseline_is": "hello-world per second on the same HTTP stack", "measured": worst,
            "runs": [r["ratio"] for r in named[worst]["runs"]], "all": table}


def post(server, path, body):
    request = urllib.request.Request(f"{server.url}/api/v1{path}", json.dumps(body).encode(), headers={
        "authorization": f"Bearer {server.key}", "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def make_busy(server):
    """The customer "busy": 50 purchases of five products, 10,000 ledger entries."""
    for number in range(50):
        post(server, "/customers/custom/busy/products", {"product_id": f"pack-{number % 5 + 1}"})
    for _ in range(10):
        operations = [{"item_id": "credits", "change": 1}] * 995
        post(server, "/customers/custom/busy/items/batch", {"atomic": True, "operations": operations})


def measure_busy(bench, operation):
    """Cost of a read of a customer with a long history over that of one without, in turns."""
    connections, runs, rates = 64, [], []
    server = bench.serve(bench.sizes.small)
    try:
        make_busy(server)
        for customer in ("busy", "nobody"):
            bench.wrk(server, operation, connections, seconds=1, customer=customer)  # warm
        for _ in range(bench.sizes.runs):
            rate = {c: bench.wrk(server, operation, connections, customer=c)["per_second"] for c in ("busy", "nobody")}
            runs.append(round(rate["nobody"] / rate["busy"], 3))
            rates.append({c: round(r) for c, r in rate.items()})
    finally:
        server.end()
    shutil.rmtree(bench.data(f"customers-{bench.sizes.small}"))  # the next measurement wants it as it was
    return {"value": statistics.median(runs), "baseline": statistics.median(r["nobody"] for r in rates),
            "baseline_is": "per second of a customer without anything", "runs": runs,
            "measured": f"50 purchases and 10,000 ledger entries, {connections} connections", "all": rates}


def measure_tail(bench):
    server = bench.serve(bench.sizes.main)
    try:
        return load.tail_at_half_load(bench, server)
    finally:
        server.end()


def measure_cost(bench):
    """Cost of an operation with very many customers over that with few, in turns."""
    connections, few, many = 64, bench.sizes.small, bench.sizes.large
    runs, rates = [], []
    bench.database(few), bench.database(many)
    servers = {}
    try:
        for customers in (few, many):
            servers[customers] = bench.serve(customers)
            bench.wrk(servers[customers], "try_decrease", connections, customers, seconds=2)
        for run in range(bench.sizes.runs):
            rate = {c: bench.wrk(servers[c], "try_decrease", connections, c, seed=run + 1)["per_second"]
                    for c in (few, many)}
            runs.append(round(rate[few] / rate[many], 3))
            rates.append({str(c): round(r) for c, r in rate.items()})
    finally:
        for server in servers.values():
            server.end()
    return {"value": statistics.median(runs), "baseline": statistics.median(r[str(few)] for r in rates),
            "baseline_is": f"per second with {few} customers", "runs": runs,
            "measured": f"{many} customers against {few}, spread, {connections} connections", "all": rates}


def loaded_memory(bench, customers):
    server = bench.serve(customers)
    try:
        return load.peak_memory(bench, server, customers)
    finally:
        server.end()


def measure_rss_rest(bench):
    runs = []
    for _ in range(bench.sizes.runs):
        server = bench.serve(bench.sizes.small)
        runs.append(round(server.memory("VmRSS"), 1))
        server.end()
    return plain_figure(runs, f"ready, idle, {bench.sizes.small} customers")


def measure_rss_load(bench):
    runs = [round(loaded_memory(bench, bench.sizes.main), 1) for _ in range(bench.sizes.runs)]
    return plain_figure(runs, f"the peak, {bench.sizes.main} customers, 256 connections")


def measure_rss_added(bench):
    runs, sizes = [], bench.sizes
    for _ in range(sizes.runs):
        few, many = loaded_memory(bench, sizes.small), loaded_memory(bench, sizes.large)
        runs.append(round(many - few, 1))
    return plain_figure(runs, f"the peak under load with {sizes.large} customers less that with {sizes.small}")


def measure_ready(bench):
    customers, runs = bench.sizes.large, []
    for run in range(bench.sizes.runs):
        server = bench.serve(customers)
        bench.wrk(server, "try_decrease", 64, customers, seconds=3, seed=run + 1)
        server.end(signal.SIGKILL)
        server = bench.serve(customers)
        runs.append(round(server.ready_seconds, 3))
        server.end()
    return plain_figure(runs, f"SIGKILL after 3 s of load, {customers} customers; from the start of the process")


def measure_raw(bench):
    """What SQLite does with the same statements and group sizes, without HTTP: for comparison."""
    done = subprocess.run([program("store_bench"), str(bench.sizes.main),
                           "200000" if bench.sizes.main < 1_000_000 else "500000", bench.data("raw")],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: store_bench: {done.stdout}{done.stderr}")
    return [line for line in done.stdout.splitlines() if line.strip()]
