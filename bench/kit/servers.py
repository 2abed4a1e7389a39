"""Programs that are measured, as child processes, and the load that is put on them."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("PURSER_BUILD", "build/release"))


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


class Sizes:
    """How much is done: all of it, or enough for a first look."""

    def __init__(self, quick, runs, seconds=None):
        self.small = 10_000
        self.main = 100_000 if quick else 1_000_000
        self.large = 300_000 if quick else 10_000_000
        self.seconds = seconds or (1.5 if quick else 5)
        self.runs = runs or 5


def program(name):
    for folder in ("", "bench"):
        path = os.path.join(BUILD, folder, name)
        if os.access(path, os.X_OK):
            return path
    sys.exit(f"bench: {name} is not built in {BUILD}")


def build():
    targets = ["purser", "hello_server", "seed_customers", "store_bench"]
    steps = [["cmake", "-B", BUILD, "-DPURSER_BENCH=ON"],
             ["cmake", "--build", BUILD, "--parallel", "2", "--target", *targets]]
    if not os.path.exists(os.path.join(BUILD, "CMakeCache.txt")):
        steps[0][1:1] = ["--preset", "release"]
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(step)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def versus(baseline, mine, runs):
    """Measures two rates in turns. Each is a function of the run's number; answers the runs."""
    table = []
    for run in range(runs):
        theirs, ours = baseline(run), mine(run)
        table.append({"per_second": round(ours), "baseline_per_second": round(theirs),
                      "ratio": round(ours / theirs, 3)})
    return table


def figure(table, baseline_is, measured):
    """What a key says of the runs that `versus` made."""
    return {"value": statistics.median(r["ratio"] for r in table),
            "baseline": statistics.median(r["baseline_per_second"] for r in table), "baseline_is": baseline_is,
            "runs": [r["ratio"] for r in table], "measured": measured, "all": table}


def plain_figure(runs, measured):
    """What a key says that has no baseline."""
    return {"value": statistics.median(runs), "baseline": None, "runs": runs, "measured": measured}


class Process:
    """A server as a child process, ready when its ready file is there."""

    key = "none"  # of the project that it measures

    def __init__(self, command, ready_file, log):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready_file)
        started = time.monotonic()
        with open(log, "ab") as output:
            self.child = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        while True:
            if self.child.poll() is not None:
                with open(log, encoding="utf-8", errors="replace") as output:
                    sys.exit(f"bench: {command[0]} ended:\n{output.read()[-2000:]}")
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
                with open(ready_file, encoding="utf-8") as f:
                    self.url = json.load(f)["url"]
                break
            time.sleep(0.002)
        self.ready_seconds = time.monotonic() - started

    def memory(self, field):
        """VmRSS or VmHWM in MiB."""
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as f:
            return int(re.search(rf"{field}:\s+(\d+) kB", f.read())[1]) / 1024

    def end(self, how=signal.SIGTERM):
        self.child.send_signal(how)
        self.child.wait()


class Bench:
    def __init__(self, sizes, folder):
        self.sizes, self.folder = sizes, folder

    def data(self, name):
        return os.path.join(self.folder, name)

    def purser(self, name, *words):
        done = subprocess.run([program("purser"), *words, "--data", self.data(name)], capture_output=True,
                              text=True)
        if done.returncode != 0:
            sys.exit(f"bench: purser {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def database(self, customers):
        """The name of a data folder with this many customers; made when it is not there."""
        name = f"customers-{customers}"
        if os.path.exists(self.data(name)):
            return name
        say(f"making {customers:,} customers")
        smaller = [int(n.split("-")[1]) for n in os.listdir(self.folder) if n.startswith("customers-")]
        smaller = [n for n in smaller if n < customers]
        if smaller:
            first = max(smaller)
            shutil.copytree(self.data(f"customers-{first}"), self.data(name))
        else:
            first = 0
            os.makedirs(self.data(name), mode=0o700)
            keys = json.loads(self.purser(name, "project", "create", "bench", "--id", "bench", "--json"))
            with open(os.path.join(self.data(name), "bench.key"), "w", encoding="utf-8") as f:
                f.write(keys["secret_server_key"])
            self.purser(name, "catalog", "apply", os.path.join(ROOT, "bench", "catalog.yaml"), "--project",
                        "bench")
        subprocess.run([program("seed_customers"), os.path.join(self.data(name), "purser.db"), "bench",
                        str(first), str(customers - first)], check=True)
        return name

    def serve(self, customers):
        name = self.database(customers)
        server = Process([program("purser"), "serve", "--data", self.data(name), "--listen", "127.0.0.1:0",
                          "--ready-file", self.data("ready.json")], self.data("ready.json"),
                         self.data("server.log"))
        with open(os.path.join(self.data(name), "bench.key"), encoding="utf-8") as f:
            server.key = f.read()
        return server

    def start_hello(self):
        return Process([program("hello_server"), self.data("hello.json")], self.data("hello.json"),
                       self.data("hello.log"))

    def wait_for_port(self, child, log):
        """Until a child listens on the port that it was given."""
        for _ in range(1500):
            if child.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", child.port), timeout=1):
                return child
            time.sleep(0.02)
        with open(log, encoding="utf-8", errors="replace") as output:
            sys.exit(f"bench: {child.args[0]} does not serve:\n{output.read()[-2000:]}")

    def start_listener(self, name, command, environment=None):
        """A server of somebody else's. `command` makes its words from the port that it shall listen on."""
        port, log = free_port(), self.data(f"{name}.log")
        with open(log, "ab") as output:
            child = subprocess.Popen(command(port), stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                     env=dict(os.environ, PORT=str(port), **(environment or {})))
        child.port, child.url, child.key = port, f"http://127.0.0.1:{port}", "none"
        return self.wait_for_port(child, log)

    def wrk(self, server, operation, connections, customers=1, seconds=None, delay_ms=0, seed=1, customer=None):
        environment = dict(os.environ, BENCH_OPERATION=operation, BENCH_CUSTOMERS=str(customers),
                           BENCH_KEY=server.key, BENCH_DELAY_MS=str(delay_ms), BENCH_SEED=str(seed))
        if customer:
            environment["BENCH_CUSTOMER"] = customer
        seconds = seconds or self.sizes.seconds
        done = subprocess.run(
            ["timeout", "-s", "INT", f"{seconds}", "wrk", "-t1", f"-c{connections}", "-d600s",
             "-s", os.path.join(ROOT, "bench", "wrk", "load.lua"), server.url],
            capture_output=True, text=True, env=environment)
        found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
        if not found:
            sys.exit(f"bench: wrk said:\n{done.stdout}{done.stderr}")
        result = json.loads(found[1])
        if result["not_2xx"] or result["broken"] or not result["requests"]:
            sys.exit(f"bench: {operation} with {connections} connections went wrong: {result}")
        result["per_second"] = result["requests"] * 1e6 / result["duration_us"]
        return result
