"""Serves a driver's operations: one JSON object a line on standard input, one reply a line on standard output."""

import collections
import json
import logging
import os
import sys
import threading
import time

QUIET_S = 0.3
READ_S = 15.0
COMPLAINTS_MAX = 10


class Complaints(logging.Handler):
    """Keeps the last warnings and errors of the client library, for the state of a member that a test waits for."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(name)s: %(message)s"))
        self.lines = collections.deque(maxlen=COMPLAINTS_MAX)

    def emit(self, record):
        self.lines.append(self.format(record))


COMPLAINTS = Complaints()
logging.basicConfig(handlers=[COMPLAINTS], level=logging.WARNING)

operations, members = {}, {}


def operation(function):
    """Makes a function the answer to the operation that it is named after."""
    operations[function.__name__.replace("_", "-")] = function
    return function


def serve(version):
    """Answers requests side by side, each on a thread of its own; ends with its input."""
    lock = threading.Lock()

    def reply(request_id, body):
        with lock:
            sys.stdout.write(json.dumps({"id": request_id, **body}) + "\n")
            sys.stdout.flush()

    def answer(request):
        request_id, name, on = request.pop("id"), request.pop("op"), request.pop("on")
        try:
            if name == "version":
                reply(request_id, {"ok": version})
            elif name not in operations:
                reply(request_id, {"error": f"this driver has no operation {name}"})
            else:
                reply(request_id, {"ok": operations[name](on, **request) or {}})
        except BaseException as error:  # every failure is the client's answer
            reply(request_id, {"error": f"{type(error).__name__}: {error}"})

    for line in sys.stdin:
        threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
    sys.stdout.flush()
    # Clients may hold threads of their own; without input nobody asks any more.
    os._exit(0)


def read_until_quiet(poll, count):
    """Collects what `poll(timeout_s)` gives (a list each time) until `count` were seen and no more come."""
    found = []
    end = time.monotonic() + READ_S
    while time.monotonic() < end:
        enough = len(found) >= count
        some = poll(QUIET_S if enough else 0.1)
        found.extend(some)
        if enough and not some:
            break
    return found


class Member:
    """What a group member has seen; its own thread polls until it is told to stop."""

    def __init__(self):
        self.lock = threading.Lock()
        self.assigned, self.values, self.revoked = set(), [], []
        self.error = None
        self.stopping = threading.Event()
        self.thread = None

    def run(self, loop):
        def guarded():
            try:
                loop()
            except BaseException as error:
                self.error = f"{type(error).__name__}: {error}"

        self.thread = threading.Thread(target=guarded, daemon=True)
        self.thread.start()

    def gain(self, names):
        with self.lock:
            self.assigned |= set(names)

    def lose(self, names):
        with self.lock:
            self.assigned -= set(names)
            self.revoked.extend(names)

    def state(self):
        with self.lock:
            seen = {
                "assigned": sorted(self.assigned),
                "values": list(self.values),
                "revoked": list(self.revoked),
                "log": list(COMPLAINTS.lines),
            }
        return seen if self.error is None else {**seen, "error": self.error}

    def stop(self):
        self.stopping.set()
        self.thread.join(20)


@operation
def member_state(_, member):
    return members[member].state()


@operation
def member_stop(_, member):
    members[member].stop()


def text(data):
    return None if data is None else data if isinstance(data, str) else data.decode("utf-8")


def raw(data):
    return None if data is None else data.encode("utf-8")
