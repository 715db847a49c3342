"""Work that takes the network: each job runs in a thread and is read by the main thread, which alone touches Blender."""

import os
import tempfile
import threading
import time

POLL_SECONDS = 0.7


class Job:
    """One thing to do. `state` is running, done, failed or stopped; `result` is for the main thread to take in."""

    def __init__(self, label, work):
        self.label = label
        self.state = "running"
        self.stage = "start"
        self.progress = 0.0
        self.message = ""
        self.result = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name=f"maquette {label}", daemon=True)
        self._thread.start()

    def _run(self, work):
        try:
            self.result = work(self)
            self.state = "done"
        except Stopped:
            self.state = "stopped"
        except Exception as error:  # Whatever it is, the user hears of it and Blender goes on.
            self.message = str(error) or type(error).__name__
            self.state = "failed"

    @property
    def running(self):
        return self.state == "running"

    def stop(self):
        """Stops following; what the server does goes on."""
        self._stop.set()

    def pause(self, seconds):
        if self._stop.wait(seconds):
            raise Stopped


class Stopped(Exception):
    """The user does not want to wait any more."""


def follow(job, server, request_id, file_format):
    """Waits for the newest version, downloads its file, and returns what importing needs."""
    while True:
        asset = server.get(request_id)
        version = asset["iterations"][-1]
        if version["status"] != "new":
            return fetch(server, asset, version, file_format)
        job.stage = version["stage"] or "queued"
        job.progress = version["progress"]
        job.pause(POLL_SECONDS)


def fetch(server, asset, version, file_format):
    if version["status"] == "dismissed":
        raise RuntimeError(version["dismissedReason"] or "The asset could not be made")
    folder = tempfile.mkdtemp(prefix="maquette-")
    name = asset["image_tags"][0]
    results = version["results"]
    path = os.path.join(folder, f"{name}.{file_format}")
    server.download(results[file_format], path)
    if file_format == "obj":
        # The OBJ names its material file, and that its texture, as they are in the zip.
        _unpack_zip(server, results["zip"], folder)
    return {
        "path": path,
        "name": name,
        "request_id": asset["requestID"],
        "iteration": version["iterationID"],
        "warnings": version["warnings"],
    }


def _unpack_zip(server, link, folder):
    import zipfile

    archive = os.path.join(folder, "all.zip")
    server.download(link, archive)
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder)


def wait(jobs):
    """For scripts and headless use: comes back when all jobs have ended."""
    while any(job.running for job in jobs):
        time.sleep(0.05)
