"""A headless Chromium, driven over a pipe with the protocol of its own developer tools. No library is needed for it."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def program():
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """`with Browser() as browser: page = browser.open(url, width=360, height=800, dark=True)`"""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="winrm-browser-")
        commands_read, self._commands = os.pipe()
        self._answers, answers_write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands_read, answers_write)]

        def place():  # the browser expects its ends as descriptors 3 and 4
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [
                program(), "--headless=new", "--no-sandbox",
                "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
                "--remote-debugging-pipe", "--user-data-dir=" + self.directory, "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=place, pass_fds=(3, 4),
        )  # fmt: skip
        for end in (commands_read, answers_write, *ends):
            os.close(end)
        self._number, self._rest, self._events = 0, b"", []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close", seconds=5)
            self._process.wait(10)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)
        shutil.rmtree(self.directory, ignore_errors=True)

    def call(self, method, parameters=None, session=None, seconds=30):
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while True:
            answer = self._read(end)
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self._events.append(answer)

    def _read(self, end):
        while b"\0" not in self._rest:
            if not select.select([self._answers], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("the browser does not answer")
            data = os.read(self._answers, 1 << 20)
            if not data:
                raise AssertionError("the browser has ended")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def wait_for(self, method, session, seconds=30):
        end = time.monotonic() + seconds
        while True:
            for event in self._events:
                if event.get("method") == method and event.get("sessionId") == session:
                    self._events.remove(event)
                    return event["params"]
            self._events.append(self._read(end))

    def open(self, url, width, height, dark=False, mobile=False):
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Page(self, session, url, width, height, dark, mobile)

    def said(self, session):
        """What the console, the log and the network of a page complained about."""
        found = []
        for event in self._events:
            if event.get("sessionId") != session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                found.append(event["params"]["exceptionDetails"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled":
                found.append(str(event["params"]["args"]))
            elif event["method"] == "Log.entryAdded":
                found.append(event["params"]["entry"]["text"])
            elif event["method"] == "Network.requestWillBeSent":
                found.append("request: " + event["params"]["request"]["url"])
        return found


class Page:
    def __init__(self, browser, session, url, width, height, dark, mobile):
        self.browser, self.session, self.url = browser, session, url
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        )
        self.call(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
        )
        self.call("Page.navigate", {"url": url})
        browser.wait_for("Page.loadEventFired", session)

    def call(self, method, parameters=None):
        return self.browser.call(method, parameters, self.session)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def complaints(self):
        """Errors, warnings and requests beyond the page itself."""
        return [text for text in self.browser.said(self.session) if text != "request: " + self.url]

    def screenshot(self, path):
        shown = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shown["data"]))
