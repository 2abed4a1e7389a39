"""Against Redis: the same decision as a Lua script, each write synced before its answer."""

import csv
import os
import subprocess
import sys

from .servers import ROOT, figure, say, versus

CREDITS = 1_000_000_000


def start(bench):
    """Redis as its manual says for not losing what was answered: `appendfsync always`."""
    folder = bench.data("redis")
    os.makedirs(folder, exist_ok=True)
    return bench.start_listener("redis", lambda port: [
        "redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--appendonly", "yes",
        "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0", "--loglevel", "warning"])


def command(redis, *words, given=None):
    done = subprocess.run(["redis-cli", "-p", str(redis.port), *words], input=given, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: redis-cli {words}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def fill(redis, customers):
    """redis-benchmark draws its keys as twelve digits."""
    lines = "".join(f"SET balance:{i:012} {CREDITS}\n" for i in range(customers))
    command(redis, "--pipe", given=lines)
    if command(redis, "DBSIZE") != str(customers):
        sys.exit("bench: Redis did not take the balances")


def rate(redis, script, connections, customers, requests):
    done = subprocess.run(
        ["redis-benchmark", "-p", str(redis.port), "-c", str(connections), "-n", str(requests), "-r",
         str(customers), "--csv", "EVALSHA", script, "1", "balance:__rand_int__", "1"],
        capture_output=True, text=True)
    rows = [row for row in csv.reader(done.stdout.splitlines()) if row and row[0] != "test"]
    if done.returncode != 0 or len(rows) != 1:
        sys.exit(f"bench: redis-benchmark said:\n{done.stdout}{done.stderr}")
    return float(rows[0][1])


def measure_versus_redis(bench):
    customers, table = bench.sizes.main, {}
    redis = start(bench)
    try:
        fill(redis, customers)
        with open(os.path.join(ROOT, "bench", "peers", "redis", "try_decrease.lua"), encoding="utf-8") as f:
            script = command(redis, "SCRIPT", "LOAD", f.read())
        server = bench.serve(customers)
        try:
            for connections in (64, 256):
                speed = rate(redis, script, connections, customers, 20_000)  # warm; and how many make a run
                bench.wrk(server, "try_decrease", connections, customers, seconds=1)
                requests = int(speed * bench.sizes.seconds)
                table[connections] = versus(
                    lambda run, c=connections, n=requests: rate(redis, script, c, customers, n),
                    lambda run, c=connections: bench.wrk(server, "try_decrease", c, customers,
                                                         seed=run + 1)["per_second"], bench.sizes.runs)
        finally:
            server.end()
    finally:
        redis.terminate()
        redis.wait()
    found = {c: figure(rows, "Redis with Lua and appendfsync always, per second",
                       f"{customers} customers, spread, {c} connections") for c, rows in table.items()}
    for each in found.values():
        say(f"{each['measured']}: {each['value']} of {each['baseline']:,.0f}/s")
    worst = min(found.values(), key=lambda each: each["value"])
    return dict(worst, all=table)
