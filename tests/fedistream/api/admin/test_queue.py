"""The queue of deliveries over HTTP."""

import pytest

from fedistream.jobs.job import Dead, NewJob, Retry
from fedistream.jobs.outbox import Settled, Wanted
from tests.kit.faces import RIGHT, Faces

QUEUE = "/api/admin/federation/queue"


async def trouble(faces: Faces) -> None:
    """One job of a is dead, one of b fails."""
    for target, outcome in (("https://a.example/inbox", Dead("status 410")), ("https://b.example/", Retry(60, "late"))):
        await faces.outbox.put([NewJob("activity", {}, target)])
        jobs = await faces.outbox.lease("w", Wanted(9, ("activity",)))
        await faces.outbox.settle("w", [Settled(job, outcome) for job in jobs])


async def test_the_queue_is_told_in_numbers_and_hosts(faces: Faces) -> None:
    async with faces.client() as http:
        empty = (await http.get(QUEUE, headers=RIGHT)).json()
        assert empty == {"queued": 0, "leased": 0, "failing": 0, "done": 0, "dead": 0, "hosts": []}
        await trouble(faces)
        found = (await http.get(QUEUE, headers=RIGHT)).json()
    assert (found["queued"], found["failing"], found["dead"]) == (1, 1, 1)
    assert {(each["host"], each["queued"], each["dead"]) for each in found["hosts"]} == {
        ("a.example", 0, 1),
        ("b.example", 1, 0),
    }


async def test_jobs_in_trouble_are_listed_and_tried_again(faces: Faces) -> None:
    await trouble(faces)
    async with faces.client() as http:
        (failing,) = (await http.get(f"{QUEUE}/jobs", headers=RIGHT)).json()
        (dead,) = (await http.get(f"{QUEUE}/jobs?state=dead", headers=RIGHT)).json()
        assert (failing["lastError"], failing["target"]) == ("late", "https://b.example/")
        assert (dead["lastError"], dead["state"], dead["attempts"]) == ("status 410", "dead", 1)
        one = await http.post(f"{QUEUE}/retry", json={"ids": [dead["id"]]}, headers=RIGHT)
        assert one.json() == {"success": True, "message": "1 tried again"}
        all_of = await http.post(f"{QUEUE}/retry", json={"host": "B.example"}, headers=RIGHT)
        assert all_of.json()["message"] == "1 tried again"
        assert (await http.get(f"{QUEUE}/jobs?state=dead", headers=RIGHT)).json() == []


@pytest.mark.parametrize("ids", [None, "1", ["1"], [True], [-1], [2**63], [1.5], list(range(501))])
async def test_what_are_no_numbers_of_jobs_is_refused(faces: Faces, ids: object) -> None:
    async with faces.client() as http:
        answer = await http.post(f"{QUEUE}/retry", json={"ids": ids}, headers=RIGHT)
        assert answer.status_code == 400
        assert (await http.post(f"{QUEUE}/retry", json={"host": 5}, headers=RIGHT)).status_code == 400
        assert (await http.get(f"{QUEUE}/jobs?state=fine", headers=RIGHT)).status_code == 400
