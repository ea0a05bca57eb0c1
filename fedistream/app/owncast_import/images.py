"""The logo and the favicon of an Owncast server: the names of their files are in its datastore."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fedistream.api.wording import explain
from fedistream.app.owncast_import.report import Report
from fedistream.app.owncast_import.settings import Datastore
from fedistream.appearance.service import FAVICON, LOGO, MAX_LOGO, favicon_file, logo_file
from fedistream.core.errors import Invalid

# the key in the datastore: what it is, our setting, and what checks the bytes and names the file here
_IMAGES: dict[str, tuple[str, str, Callable[[bytes], str]]] = {
    "logo_path": ("logo", LOGO, logo_file),
    "favicon_path": ("favicon", FAVICON, favicon_file),
}


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that may be shown here. `setting` gets the name of the file."""

    what: str
    setting: str
    file: str
    data: bytes


def images(data: Path, store: Datastore, report: Report) -> Iterator[FoundImage]:
    for key, (what, setting, checked) in _IMAGES.items():
        if not (name := store.text(key)):
            continue
        path = data / name
        try:
            # a name with folders in it, or a link, could lead to any file of the machine
            if Path(name).name != name or path.is_symlink() or not path.is_file():
                report.leave(what, "it is not in the folder", name)
                continue
            with path.open("rb") as file:
                found = file.read(MAX_LOGO + 1)
            yield FoundImage(what, setting, checked(found), found)
        except Invalid as error:
            report.leave(what, explain(error), name)
        except OSError as error:
            report.leave(what, f"cannot be read: {error.strerror}", name)
