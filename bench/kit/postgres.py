"""The keys of PostgreSQL: against hello-world, pgbench and a hand-written service, all on one server."""

import contextlib
import json
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import time

from . import load
from .servers import ROOT, Process, figure, plain_figure, program, say, versus

PEERS = os.path.join(ROOT, "bench", "peers")
# Until the processes of a connection have mapped the pages that they need, figures do not stand still: seconds,
# and for how many customers.
WARM_UP = 6
WARM_UP_FOR = 500_000
# What an operator gives a database of this size; the same for all who are measured.
SETTINGS = ("shared_buffers=4GB", "max_wal_size=8GB", "checkpoint_timeout=15min", "max_connections=200")


def run(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(words)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class Cluster:
    """One PostgreSQL with Purser's database and the one of the hand-written services."""

    def __init__(self, bench):
        self.bench, self.folder = bench, bench.data("pg")
        self.url = run([os.path.join(ROOT, "tools", "postgres"), "start", self.folder, *SETTINGS]).strip()
        self.environment = dict(os.environ, PGHOST=self.folder, PGUSER="purser", PGDATABASE="peers")
        run(["psql", self.url, "-qc", "CREATE DATABASE peers"])
        run(["psql", "-qv", "ON_ERROR_STOP=1", "-v", f"customers={bench.sizes.main}", "-f",
             os.path.join(PEERS, "tables.sql")], env=self.environment)
        self.key = json.loads(self.purser("project", "create", "bench", "--id", "bench", "--json"))[
            "secret_server_key"]
        self.purser("catalog", "apply", os.path.join(ROOT, "bench", "catalog.yaml"), "--project", "bench")
        self.customers = 0

    def purser(self, *words):
        os.makedirs(self.bench.data("pg-data"), mode=0o700, exist_ok=True)
        return run([program("purser"), *words, "--data", self.bench.data("pg-data"), "--database", self.url])

    def fill(self, customers):
        """At least so many customers in Purser's database."""
        if customers > self.customers:
            say(f"making {customers:,} customers in PostgreSQL")
            run([program("seed_customers"), self.url, "bench", str(self.customers),
                 str(customers - self.customers)])
            run(["psql", self.url, "-qc", "VACUUM ANALYZE"])
            self.customers = customers

    @contextlib.contextmanager
    def serving(self):
        ready = self.bench.data("ready.json")
        server = Process([program("purser"), "serve", "--data", self.bench.data("pg-data"), "--database", self.url,
                          "--listen", "127.0.0.1:0", "--ready-file", ready], ready, self.bench.data("pg.log"))
        server.key = self.key
        try:
            yield server
        finally:
            server.end()

    def pgbench(self, clients, customers, seconds):
        """Transactions per second of the same decision and ledger line, one statement each, once it is warm."""
        command = ["pgbench", "--no-vacuum", "--protocol=prepared", "--progress=1", f"--client={clients}",
                   f"--jobs={min(clients, 2)}", f"--time={WARM_UP + math.ceil(seconds)}",
                   f"--define=customers={customers}", f"--file={os.path.join(PEERS, 'pgbench', 'try_decrease.sql')}"]
        said = run(["sh", "-c", 'exec "$@" 2>&1', "sh", *command], env=self.environment)
        each_second = [float(rate) for rate in re.findall(r"^progress: [0-9.]+ s, ([0-9.]+) tps", said, re.M)]
        return statistics.mean(each_second[WARM_UP:])

    def disk_ms(self):
        """How long the disk takes to keep 8 KiB: what each commit waits for."""
        path = os.path.join(self.bench.folder, "disk")
        times = []
        with open(path, "wb", buffering=0) as file:
            file.write(bytes(200 * 8192))
            os.fsync(file.fileno())
            file.seek(0)
            for _ in range(200):
                started = time.monotonic()
                file.write(bytes(8192))
                os.fdatasync(file.fileno())
                times.append(1000 * (time.monotonic() - started))
        os.unlink(path)
        return round(statistics.median(times), 2)

    def best_pgbench(self, customers):
        """How many clients serve pgbench best, and how fast."""
        rates = {clients: self.pgbench(clients, customers, self.bench.sizes.seconds)
                 for clients in ((1, 2, 4, 16) if customers == 1 else (4, 8, 16, 32))}
        best = max(rates, key=rates.get)
        say(f"pgbench on {customers:,} rows: {', '.join(f'{c} clients {r:,.0f}/s' for c, r in rates.items())}")
        return best


@contextlib.contextmanager
def cluster(bench):
    """Made by the first key that needs it; `end` stops it."""
    if not hasattr(bench, "cluster"):
        bench.cluster = Cluster(bench)
    yield bench.cluster


def end(bench):
    if hasattr(bench, "cluster"):
        run([os.path.join(ROOT, "tools", "postgres"), "stop", bench.cluster.folder])


def worse(found):
    """The worse of several figures, with all of them."""
    for each in found:
        say(f"{each['measured']}: {each['value']} of {each['baseline']:,.0f}/s")
    return dict(min(found, key=lambda each: each["value"]), all=found)


def against(bench, server, operation, drawn, connections, baseline, name, kind):
    bench.wrk(server, operation, connections, drawn, seconds=WARM_UP)
    rows = versus(baseline, lambda run_: bench.wrk(server, operation, connections, drawn,
                                                   seed=run_ + 1)["per_second"], bench.sizes.runs)
    return figure(rows, name, f"{bench.sizes.main} customers, {kind}, {connections} connections")


def measure_versus_pgbench(bench, hot):
    with cluster(bench) as db:
        db.fill(bench.sizes.main)
        drawn = 1 if hot else bench.sizes.main
        clients, disk = db.best_pgbench(drawn), db.disk_ms()
        with db.serving() as server:
            return worse([against(bench, server, "try_decrease", drawn, connections,
                                  lambda _: db.pgbench(clients, drawn, bench.sizes.seconds),
                                  f"pgbench with {clients} clients, per second",
                                  f"{'hot' if hot else 'spread'}, {disk} ms for the disk")
                          for connections in (64, 256)])


def measure_versus_fastify(bench):
    folder = os.path.join(PEERS, "fastify")
    run([os.path.join(ROOT, "tests", "node", "install")], cwd=folder)
    with cluster(bench) as db:
        db.fill(bench.sizes.main)
        peer = bench.start_listener("fastify", lambda _: ["node", os.path.join(folder, "server.js")],
                                    dict(db.environment, API_KEY="Bearer none"))
        try:
            with db.serving() as server:
                found = []
                for connections in (64, 256):
                    bench.wrk(peer, "peer_try_decrease", connections, bench.sizes.main, seconds=WARM_UP)
                    found.append(against(
                        bench, server, "try_decrease", bench.sizes.main, connections,
                        lambda run_, c=connections: bench.wrk(peer, "peer_try_decrease", c, bench.sizes.main,
                                                              seed=run_ + 1)["per_second"],
                        "Fastify and pg, per second", "spread"))
                return worse(found)
        finally:
            peer.terminate()
            peer.wait()


def measure_get_item(bench):
    with cluster(bench) as db:
        db.fill(bench.sizes.main)
        hello = bench.start_hello()
        try:
            with db.serving() as server:
                return worse([against(bench, server, "get_item", drawn, connections,
                                      lambda _, c=connections: bench.wrk(hello, "hello", c)["per_second"],
                                      "hello-world per second on the same HTTP stack", kind)
                              for drawn, kind in ((bench.sizes.main, "spread"), (1, "hot"))
                              for connections in (64, 256)])
        finally:
            hello.end(signal.SIGKILL)


def measure_tail(bench):
    with cluster(bench) as db:
        db.fill(bench.sizes.main)
        with db.serving() as server:
            bench.wrk(server, "try_decrease", 64, bench.sizes.main, seconds=WARM_UP)
            return load.tail_at_half_load(bench, server)


def measure_rss(bench):
    runs = []
    with cluster(bench) as db:
        db.fill(bench.sizes.main)
        for _ in range(bench.sizes.runs):
            with db.serving() as server:
                runs.append(round(load.peak_memory(bench, server, bench.sizes.main), 1))
    return plain_figure(runs, f"the peak, {bench.sizes.main} customers, 256 connections")


def measure_ready(bench):
    runs = []
    with cluster(bench) as db:
        db.fill(bench.sizes.main)
        for run_ in range(bench.sizes.runs):
            with db.serving() as server:
                bench.wrk(server, "try_decrease", 64, bench.sizes.main, seconds=3, seed=run_ + 1)
                server.end(signal.SIGKILL)
            with db.serving() as server:
                runs.append(round(server.ready_seconds, 3))
    return plain_figure(runs, f"SIGKILL after 3 s of load, {bench.sizes.main} customers; from the start of the process")


def measure_cost(bench):
    """Cost of an operation with very many customers over that with few; the few are among the many."""
    few, many = bench.sizes.small, bench.sizes.large
    with cluster(bench) as db:
        db.fill(many)
        with db.serving() as server:
            rates = []
            bench.wrk(server, "try_decrease", 64, many, seconds=WARM_UP * max(1, many // WARM_UP_FOR))
            for run_ in range(bench.sizes.runs):
                rates.append({n: round(bench.wrk(server, "try_decrease", 64, n, seed=run_ + 1)["per_second"])
                              for n in (few, many)})
    runs = [round(rate[few] / rate[many], 3) for rate in rates]
    return {"value": statistics.median(runs), "baseline": statistics.median(rate[few] for rate in rates),
            "baseline_is": f"per second over {few} customers of the same database", "runs": runs, "all": rates,
            "measured": f"{many} customers against {few}, spread, 64 connections"}
