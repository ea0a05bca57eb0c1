"""Firefox for tests, over WebDriver BiDi: what a page does is written down as for Chromium in `browser.py`.

Playwright drives builds of its own only, not the one of Debian. https://w3c.github.io/webdriver-bidi/
"""

import asyncio
import base64
import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.kit.console import Console

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
NEEDED = pytest.mark.skipif(FIREFOX is None, reason="firefox is not installed: the pages were not tried in it")

PATIENCE_S = 30  # the machine may be busy; nothing here waits for time to pass

# Autoplay stays as strict as it is for people. What else stands here keeps Firefox from asking its makers anything.
PREFERENCES: Mapping[str, object] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.volume_scale": "0.0",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "services.settings.server": "data:,#fedistream-tests",
    "toolkit.telemetry.server": "",
}

# WebDriver section 17.4.2: keys that are no characters
KEYS: Mapping[str, str] = {
    "Backspace": "\ue003",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Escape": "\ue00c",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}


class BiDiError(Exception):
    """Firefox has refused a command, or a script has thrown."""


class Firefox:
    """A running Firefox; commands go out with ids, answers come back by them, events by the tab they are about."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.heard: dict[str, Callable[[dict[str, Any]], None]] = {}  # of log entries, by context
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a command. Raises BiDiError."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        return await asyncio.wait_for(answer, PATIENCE_S)

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                self._take(json.loads(text))
        for answer in self._answers.values():
            answer.cancel()

    def _take(self, told: dict[str, Any]) -> None:
        if told["type"] == "event":
            if hear := self.heard.get(told["params"].get("source", {}).get("context")):
                hear(told["params"])
        elif (answer := self._answers.pop(told["id"] or 0, None)) is not None and not answer.done():
            if told["type"] == "success":
                answer.set_result(told["result"])
            else:
                answer.set_exception(BiDiError(f"{told['error']}: {told['message']}"))


class Witness(Console):
    """Records one tab."""

    def hear(self, entry: dict[str, Any]) -> None:
        if entry["level"] in ("error", "warn"):
            self.complained(f"{entry['level']}: {entry.get('text')}")


@dataclass(frozen=True, slots=True)
class Tab:
    """A page, or a frame in one. Its calls are named as those of Playwright's pages are, as far as there are any."""

    firefox: Firefox
    context: str

    async def goto(self, url: str) -> None:
        await self.firefox.call("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def evaluate(self, expression: str, argument: object = None) -> Any:
        """The value of an expression, or of the function that it is; what JSON cannot say is None."""
        answer = await self.firefox.call(
            "script.callFunction",
            functionDeclaration=f"""async text => {{
                const found = ({expression});
                const value = await (typeof found === "function" ? found(JSON.parse(text)) : found);
                return JSON.stringify(value ?? null) ?? "null";
            }}""",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise BiDiError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    async def until(self, expression: str, within_s: float = PATIENCE_S) -> None:
        """Wait until an expression holds; in it `v` is the video, if there is one."""
        script = f"(() => {{ const v = document.querySelector('video'); return Boolean({expression}); }})()"
        async with asyncio.timeout(within_s):
            while not await self.evaluate(script):
                await asyncio.sleep(0.05)

    async def click(self, selector: str) -> None:
        """Click with the mouse on the middle of the only such element."""
        locator = {"type": "css", "value": selector}
        (node,) = (await self.firefox.call("browsingContext.locateNodes", context=self.context, locator=locator))[
            "nodes"
        ]
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self._perform({"type": "pointer", "id": "mouse", "actions": steps})

    async def press(self, *keys: str) -> None:
        """Keys by their names, all down and then all up: `press("Shift", "Tab")`."""
        values = [KEYS.get(key, key) for key in keys]
        down = [{"type": "keyDown", "value": value} for value in values]
        up = [{"type": "keyUp", "value": value} for value in reversed(values)]
        await self._perform({"type": "key", "id": "keyboard", "actions": [*down, *up]})

    async def type(self, words: str) -> None:
        for letter in words:
            await self.press(letter)

    async def set_viewport_size(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        await self.firefox.call("browsingContext.setViewport", context=self.context, viewport=size)

    async def set_offline(self, offline: bool) -> None:
        """Cut or restore this tab's network."""
        conditions = {"type": "offline"} if offline else None
        await self.firefox.call("emulation.setNetworkConditions", networkConditions=conditions, contexts=[self.context])

    async def screenshot(self, path: Path) -> None:
        answer = await self.firefox.call("browsingContext.captureScreenshot", context=self.context)
        path.write_bytes(base64.b64decode(answer["data"]))

    async def frames(self) -> list["Tab"]:
        """Return the frames directly within this one."""
        tree = await self.firefox.call("browsingContext.getTree", root=self.context)
        return [Tab(self.firefox, child["context"]) for child in tree["contexts"][0]["children"]]

    async def _perform(self, source: dict[str, Any]) -> None:
        await self.firefox.call("input.performActions", context=self.context, actions=[source])


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Firefox]:
    """A running Firefox with a profile of its own."""
    assert FIREFOX is not None
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
        Path(profile, "user.js").write_text("".join(lines))
        command = [FIREFOX, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        pipe, output = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=output, stderr=asyncio.subprocess.STDOUT
        )
        try:
            address = await asyncio.wait_for(_listening(process), PATIENCE_S)
            async with connect(f"{address}/session", max_size=None, proxy=None) as socket:
                firefox = Firefox(socket)
                await firefox.call("session.new", capabilities={})
                await firefox.call("session.subscribe", events=["log.entryAdded"])
                try:
                    yield firefox
                finally:
                    await firefox.close()
        finally:
            process.kill()  # in order it would take seconds, and its profile is thrown away
            await process.wait()


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    printed = b""
    while (found := re.search(rb"WebDriver BiDi listening on (ws://\S+)", printed)) is None:
        line = await process.stdout.readline()
        assert line, f"Firefox ended: {printed.decode()}"
        printed += line
    return found[1].decode()


@contextlib.asynccontextmanager
async def visit(
    firefox: Firefox, url: str, viewport: Mapping[str, int] | None = None
) -> AsyncIterator[tuple[Tab, Witness]]:
    """A tab without a past with `url` open in it. Fails the test if the page complained in the console.

    It has a window of its own: behind another tab it would be hidden.
    """
    person = (await firefox.call("browser.createUserContext"))["userContext"]
    made = await firefox.call("browsingContext.create", type="window", userContext=person)
    tab, witness = Tab(firefox, made["context"]), Witness()
    firefox.heard[tab.context] = witness.hear
    try:
        if viewport is not None:
            await tab.set_viewport_size(**viewport)
        await tab.goto(url)
        yield tab, witness
    finally:
        del firefox.heard[tab.context]
        await firefox.call("browser.removeUserContext", userContext=person)
    assert not witness.complaints, "\n".join(witness.complaints)
