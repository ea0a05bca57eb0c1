"""Changing a setting: one call per row of the settings table, and the two secrets, which are not in it."""

from starlette.responses import Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import changed, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.setting_values import converted
from fedistream.core.errors import Invalid
from fedistream.settings.table import Setting

FROM_NEXT_START = "changed, from the next start of the node on"
DEFAULT_COMMENT = "Default stream key"  # Owncast's


async def change(setting: Setting, request: ApiRequest, services: OwncastServices) -> Response:
    """Change any setting. Errors name the setting by Owncast's path. Raises Invalid and Conflict."""
    channel_id = request.channel.id if setting.scope == "channel" else None
    value = converted(setting, request.member("value", object))
    try:
        await services.settings.change(setting.name, value, channel_id)
    except Invalid as error:
        if not error.field.startswith(setting.name):
            raise
        raise Invalid(
            setting.owncast_path + error.field.removeprefix(setting.name), error.problem, **error.values
        ) from None
    return done(FROM_NEXT_START) if setting.from_next_start else changed()


async def set_admin_password(request: ApiRequest, services: OwncastServices) -> Response:
    """Take any password that is not empty, as Owncast does; the pages warn of a weak one."""
    await services.people.set_admin_password(request.member("value", str), request.session, least=1)
    return changed()


async def set_stream_keys(request: ApiRequest, services: OwncastServices) -> Response:
    keys = [stream_key(item, n) for n, item in enumerate(request.member("value", list))]
    await services.channels.replace_stream_keys(request.channel.id, keys)
    return changed()


async def set_only_key(request: ApiRequest, services: OwncastServices) -> Response:
    """0.0.11 knew one key, which was the admin's password too; here it is the key and nothing else."""
    await services.channels.replace_stream_keys(request.channel.id, [(request.member("value", str), DEFAULT_COMMENT)])
    return changed()


def stream_key(item: object, n: int) -> tuple[str, str]:
    """Key and comment of item `n` of the list. Raises Invalid unless both are there, as Owncast does."""
    key, comment = (item.get("key"), item.get("comment")) if isinstance(item, dict) else (None, None)
    if not isinstance(key, str) or not isinstance(comment, str) or not key or not comment:
        raise Invalid(f"stream key {n + 1}", RequestProblem.KEY_AND_COMMENT)
    return key, comment
