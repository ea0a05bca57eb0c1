"""Settings that are objects as several form fields, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import fields
from fedistream.api.pages.admin.config.sections import Field
from fedistream.api.pages.admin.frame import FormResult
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid
from fedistream.settings.table import BY_NAME


def values(request: ApiRequest, services: AdminPagesServices, shown: Sequence[Field]) -> dict[str, str]:
    """Return the texts of all fields of members. A secret is not shown."""
    return {
        each.name: "" if each.kind == "password" else _write(stored(request, services, each.setting).get(each.member))
        for each in shown
        if each.member
    }


async def save(
    request: ApiRequest, services: AdminPagesServices, submitted: Mapping[str, str], shown: Sequence[Field]
) -> FormResult:
    """Save each object with the members that the form brought. Return the rejected fields."""
    errors: dict[str, str] = {}
    for setting in dict.fromkeys(each.setting for each in shown if each.member):
        parts = [each for each in shown if each.setting == setting and each.name in submitted]
        present = stored(request, services, setting)
        changed = {each.member: _read(each, submitted[each.name], present) for each in parts}
        if not parts or {**present, **changed} == present:
            continue
        try:
            scope = request.channel.id if BY_NAME[setting].scope == "channel" else None
            await services.settings.change(setting, {**present, **changed}, scope)
        except Invalid as error:
            member = error.field.removeprefix(f"{setting}: ")
            wrong = next((each for each in parts if each.member == member), parts[0])
            errors[wrong.name] = explain(error)
        except Conflict as error:
            errors[parts[0].name] = explain(error)
    typed = {
        each.name: submitted.get(each.name, "")
        for each in shown
        if each.member and each.kind != "password" and any(name.startswith(f"{each.setting}:") for name in errors)
    }
    return FormResult(errors, typed)


def stored(request: ApiRequest, services: AdminPagesServices, setting: str) -> dict[str, Any]:
    found: dict[str, Any] = services.settings.value(setting, request.channel.id)
    return found


def _write(value: object) -> str:
    return fields.write_flag(value) if isinstance(value, bool) else str(value or "")


def _read(shown: Field, text: str, present: Mapping[str, Any]) -> object:
    if shown.kind == "check":
        return fields.read_flag(text)
    return text.strip() or (present.get(shown.member, "") if shown.kind == "password" else "")
