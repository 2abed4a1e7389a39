"""What the tests with HAProxy share: nodes, HAProxy itself with a configuration of the guide, and questions."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PURSER = (ROOT / os.environ.get("PURSER_BUILD", "build/release") / "purser").resolve()
POSTGRES = ROOT / "tools/postgres"
ANNOUNCE_MS = 4000  # eight checks' intervals; a machine that stands still for longer may fail these tests


class Failed(Exception):
    pass


def wait_until(what, is_so, seconds=90):
    """A hang is a failure; no time makes a success."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise Failed(f"waited in vain until {what}")
        time.sleep(0.02)


class Node:
    def __init__(self, work, number, url):
        self.number = number
        self.work = work / f"node-{number}"
        self.work.mkdir()
        self.url = url
        self.port = 0
        self.process = None

    def serve(self, *words):
        with open(self.work / "server.log", "ab") as log:
            return subprocess.Popen([PURSER, "serve", "--data", self.work / "data", "--database", self.url,
                                     "--encryption-key-file", self.work.parent / "encryption.key", *words],
                                    stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def start(self):
        ready = self.work / "ready.json"
        ready.unlink(missing_ok=True)
        # The same port as before: it stands in HAProxy's configuration.
        self.process = self.serve("--listen", f"127.0.0.1:{self.port}", "--ready-file", ready,
                                  "--drain-announce-ms", str(ANNOUNCE_MS))
        wait_until(f"node {self.number} is ready", lambda: ready.exists() or self.process.poll() is not None)
        if not ready.exists():
            raise Failed((self.work / "server.log").read_text())
        self.port = int(json.loads(ready.read_text())["url"].rsplit(":", 1)[1])

    def drain(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Balancer:
    """HAProxy with a configuration of docs/guide, with the addresses of these nodes. `servers`: node, its name there."""

    def __init__(self, work, configuration, servers):
        self.servers = dict(servers)
        self.control = work / "haproxy.sock"
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        text = (ROOT / "docs/guide" / configuration).read_text()
        text = text.replace("global\n", f"global\n    stats socket {self.control} mode 600\n", 1)
        text = text.replace("maxconn 20000", "maxconn 1000")  # what any machine lets a process open
        text = text.replace("bind :8080", f"bind fd@{self.listener.fileno()}")
        for node, (_, name) in self.servers.items():
            text = re.sub(rf"server {name} \S+", f"server {name} 127.0.0.1:{node.port}", text)
        if "10.0.0." in text:
            raise Failed(f"{configuration} names other nodes than this test has")
        config = work / "haproxy.cfg"
        config.write_text(text)
        with open(work / "haproxy.log", "wb") as log:
            self.process = subprocess.Popen(["haproxy", "-db", "-f", config], stdout=log, stderr=log,
                                            pass_fds=[self.listener.fileno()])

    def state(self, node):
        """UP, DOWN or nothing, as HAProxy sees it."""
        if self.process.poll() is not None:
            raise Failed(f"HAProxy ended; {self.control.parent}/haproxy.log says why")
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(str(self.control))
                control.sendall(b"show stat\n")
                table = b"".join(iter(lambda: control.recv(65536), b"")).decode()
        except OSError:
            return ""
        for line in table.splitlines():
            fields = line.split(",")
            if tuple(fields[:2]) == self.servers[node]:
                return fields[17].split()[0]
        return ""

    def wait_for(self, node, state):
        wait_until(f"HAProxy sees node {node.number} {state}", lambda: self.state(node) == state)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.listener.close()


def ask(port, method, path, headers, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, "/api/v1" + path, body, headers)
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    if reply.status != 200:
        raise Failed(f"{method} {path}: {reply.status} {text!r}")
    return json.loads(text)


def set_up(node):
    made = subprocess.run([PURSER, "project", "create", "balanced", "--id", "balanced", "--json", "--data",
                           node.work / "data"], check=True, stdout=subprocess.PIPE)
    keys = json.loads(made.stdout)
    headers = {"content-type": "application/json", "x-purser-project-id": keys["project_id"]}
    admin = {**headers, "x-purser-access-type": "admin",
             "x-purser-super-secret-admin-key": keys["super_secret_admin_key"]}
    ask(node.port, "PUT", "/catalog", admin, '{"items":{"credits":{"customer_type":"custom"}}}')
    return {**headers, "x-purser-access-type": "server", "x-purser-secret-server-key": keys["secret_server_key"]}


def in_a_folder(name, test):
    """Runs a test in a folder of its own with the nodes' encryption key. The folder stays when it fails, and with --keep.
    Answers the exit status."""
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"purser-{name}-"))
    work.chmod(0o755)  # PostgreSQL runs as another user
    key = work / "encryption.key"
    key.write_text("a" * 64 + "\n")
    key.chmod(0o600)
    status = 1
    try:
        test(work)
        status = 0
    except Failed as problem:
        print(f"FAILED: {problem}", file=sys.stderr)
    if status == 0 and "--keep" not in sys.argv:
        shutil.rmtree(work)
    else:
        print(f"kept: {work}", file=sys.stderr)
    return status
