"""The page of deliveries: counts, servers in trouble, jobs that fail, and trying them now."""

from fedistream.jobs.circuit_breaker import DAY_S, DAYS
from fedistream.jobs.job import Dead, NewJob, Retry
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Settled, Wanted
from tests.kit.adminpages import NASTY, Visitor, counts, said
from tests.kit.faces import Faces

PAGE = "/admin/federation/deliveries"
ANN, BOB = "https://ann.example/inbox", "https://bob.example:8443/inbox"


async def put(faces: Faces, *targets: str) -> None:
    await faces.outbox.put([NewJob("activity", {}, target) for target in targets])


async def fail(faces: Faces, outcome: Retry | Dead) -> None:
    """All that is due."""
    jobs = await faces.outbox.lease("w", Wanted(100, ("activity",), share=100))
    await faces.outbox.settle("w", [Settled(job, outcome) for job in jobs])


async def test_a_queue_without_trouble_says_so(faces: Faces, admin: Visitor) -> None:
    page = await admin.see(PAGE)
    assert "No problems: all servers answer." in page
    assert "/retry" not in page


async def test_failing_and_dead_jobs_are_shown_as_text_and_tried_again_one_by_one(faces: Faces, admin: Visitor) -> None:
    await put(faces, ANN)
    await fail(faces, Dead(f"status 404 {NASTY}"))
    await put(faces, BOB)
    await fail(faces, Retry(60, "timed out"))
    page = await admin.see(PAGE)
    assert ANN in page
    assert "timed out" in page
    assert "status 404 &lt;script&gt;" in page
    rows = {row.target: row for row in await OutboxRow.all()}
    assert [rows[ANN].state, rows[BOB].state] == ["dead", "ready"]
    assert said(await admin.send(PAGE, f"{PAGE}/retry", id=str(rows[ANN].id))) == "Retrying now."
    row = await OutboxRow.get(id=rows[ANN].id)
    assert (row.state, row.attempts) == ("ready", 0)
    assert said(await admin.send(PAGE, f"{PAGE}/retry", id="999")) == "It no longer exists."


async def test_a_dead_server_is_counted_and_gets_another_chance(faces: Faces, admin: Visitor) -> None:
    for _ in range(DAYS + 1):
        await put(faces, *[ANN] * 6)
        await fail(faces, Retry(1, "refused"))
        faces.clock.advance(DAY_S)
    page = await admin.see(PAGE)
    assert "ann.example" in page
    assert counts(page)[PAGE] == 1
    assert said(await admin.send(PAGE, f"{PAGE}/retry", host=" ANN.example ")) == "Retrying now."
    assert counts(await admin.see(PAGE)) == {}
    assert await OutboxRow.filter(state="dead").count() == 0


async def test_what_names_no_job_is_refused(faces: Faces, admin: Visitor) -> None:
    for number in ("", "x", "-1", "1e3", "9" * 30):
        assert (await admin.send("/admin/", f"{PAGE}/retry", id=number)).status_code == 422
