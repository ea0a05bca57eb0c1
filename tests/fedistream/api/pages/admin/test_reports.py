"""Reports of other servers, and quotes."""

from fedistream.federation.models import QuoteRow
from tests.kit.adminpages import NASTY, Visitor, counts, said
from tests.kit.faces import Faces
from tests.kit.following import quote, report

PAGE = "/admin/federation/reports"


async def test_a_report_is_settled_and_opened_again(faces: Faces, admin: Visitor) -> None:
    number = str(await report(NASTY, 'javascript:alert("x")'))
    page = await admin.see(PAGE)
    assert counts(page) == {"/admin/federation/": 1, PAGE: 1}
    assert "&lt;script&gt;" in page
    assert 'href="javascript' not in page
    assert said(await admin.send(PAGE, id=number, settled="yes")) == "Report resolved."
    assert counts(await admin.see(PAGE)) == {}
    again = await admin.send(f"{PAGE}?settled=yes", id=number, settled="no", view="settled=yes&offset=0")
    assert said(again) == "Report reopened."
    assert "settled=yes" in str(again.url)
    assert said(await admin.send(PAGE, id="999", settled="yes")) == "It no longer exists."
    assert (await admin.send(PAGE, id="x", settled="yes")).status_code == 422


async def test_a_quote_is_taken_back(faces: Faces, admin: Visitor) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "quote me")
    stamp = await quote(post.id)
    assert "https://remote.example/users/ann/1" in await admin.see(PAGE)
    assert said(await admin.send(PAGE, f"{PAGE}/revoke", id=stamp)) == "Permission to quote revoked."
    assert (await QuoteRow.get(id=stamp)).revoked_at is not None
    assert "revoked" in await admin.see(PAGE)
    assert said(await admin.send(PAGE, f"{PAGE}/revoke", id="none")) == "It no longer exists."


async def test_the_page_is_there_while_federation_is_off(faces: Faces, admin: Visitor) -> None:
    await quote("p1")
    await faces.settings.change("federation.enabled", False)
    assert "No quotes yet." in await admin.see(PAGE)
