"""Every call of Owncast's API that the node answers, and who may use it. `spec` is where a call first appears."""

from functools import partial

from fedistream.api.entries import Entry
from fedistream.api.owncast import admin, public, setters
from fedistream.api.owncast.envelope import SETTERS
from fedistream.settings import MAX_PAGE, SETTINGS

EARLY = "0.0.11"  # in the first complete API document, and in all after it
LATER = "0.2.0"
SETTER_LIMIT = 12 * MAX_PAGE + 1024  # bytes; JSON may write one character as two escapes of six letters each

PUBLIC = (
    Entry("GET", "/api/status", public.status, "anyone", EARLY),
    Entry("GET", "/api/config", public.config, "anyone", EARLY),
    Entry("GET", "/api/ping", public.ping, "anyone", EARLY),
    Entry("GET", "/api/video/variants", public.variants, "anyone", LATER),
    Entry("GET", "/api/socialplatforms", public.platforms, "anyone", LATER),
)

ADMIN = (
    Entry("GET", "/api/admin/status", admin.status, "admin", EARLY),
    Entry("GET", "/api/admin/serverconfig", admin.server_config, "admin", EARLY),
    Entry("GET", "/api/admin/viewers", admin.viewer_list, "admin", LATER),
    Entry("GET", "/api/admin/viewersOverTime", admin.viewers_over_time, "admin", EARLY),
    Entry("GET", "/api/admin/logs", admin.logs, "admin", EARLY),
    Entry("GET", "/api/admin/logs/warnings", admin.warnings, "admin", EARLY),
    # the documents say POST, the servers up to 0.2.5 took GET and Owlbot 1.2 sends it
    Entry("POST", "/api/admin/disconnect", admin.disconnect, "admin", EARLY),
    Entry("GET", "/api/admin/disconnect", admin.disconnect, "admin", "0.2.5", changes=True),
)

SECRETS = (
    Entry("POST", f"{SETTERS}adminpass", setters.set_admin_password, "admin", LATER),
    Entry("POST", f"{SETTERS}streamkeys", setters.set_stream_keys, "admin", LATER),
    Entry("POST", f"{SETTERS}key", setters.set_only_key, "admin", EARLY),
)

SETTINGS_ENTRIES = tuple(
    Entry(
        "POST", f"{SETTERS}{setting.owncast_path}", partial(setters.change, setting), "admin", body_limit=SETTER_LIMIT
    )
    for setting in SETTINGS
    if setting.owncast_path
)

ENTRIES = (*PUBLIC, *ADMIN, *SECRETS, *SETTINGS_ENTRIES)
