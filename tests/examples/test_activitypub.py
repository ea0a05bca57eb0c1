"""The examples of the ActivityPub library, each as a program of its own."""

import asyncio
import sys
from pathlib import Path
from subprocess import PIPE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0


async def lines(name: str) -> list[str]:
    """Return what an example prints; nothing may go to the other stream."""
    async with asyncio.timeout(PATIENCE_S):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "error",
            f"examples/{name}.py",
            stdout=PIPE,
            stderr=PIPE,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        printed, complaints = await process.communicate()
    assert (process.returncode, complaints) == (0, b"")
    return printed.decode().splitlines()


async def test_a_bot_accepts_a_follower_and_answers_a_greeting() -> None:
    assert await lines("activitypub_bot") == [
        "ann: Accept from robot",
        "ann: Follow to robot: Delivered",
        "ann: Create from robot: <p>Hello, ann!</p>",
        "ann: Create to robot: Delivered",
        "robot: Accept to ann: Delivered",
        "robot: Follow from ann",
        "robot: Create to ann: Delivered",
        "robot: Create from ann: <p>Hello?</p>",
    ]


async def test_a_signature_is_verified_and_a_changed_body_is_refused() -> None:
    signed, changed = "signed by https://ann.example/users/ann", "refused with 401: the digest is not of this body"
    assert await lines("activitypub_signatures") == [
        f"{scheme}: {verdict}" for scheme in ("cavage", "rfc9421") for verdict in (signed, changed)
    ]
