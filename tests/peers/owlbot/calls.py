"""Every call of Owlbot's two clients, made with the arguments on standard input; what each said is printed as JSON.

Runs with the interpreter that Owlbot is installed for, outside this repository's environment.
"""

import asyncio
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

from owlbot.api import owncast_admin_client as admin_api  # type: ignore[import-not-found]
from owlbot.api.http_client import HttpClient  # type: ignore[import-not-found]
from owlbot.api.owncast_client import OwncastClient  # type: ignore[import-not-found]
from owlbot.owncast_http import OwncastError  # type: ignore[import-not-found]

DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CLOSING = "set_admin_password"  # the last call, as it ends the sessions
VARIANT = admin_api.VideoVariant("720p", 2500, 128, 1280, 720, 30, 2)
STYLES = {"theme-color-palette-0": "#123456"}

Given = dict[str, Any]


Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def call(*values: Any, **named: Any) -> Arguments:
    return values, named


def arguments(given: Given) -> dict[str, Arguments]:
    """Return the arguments of the calls that need any, by the name of the call."""
    return {
        "get_viewers_over_time": call(0),
        "set_message_visibility": call([given["message"]], visible=False),
        "set_user_enabled": call(given["user"], enabled=True),
        "ban_ip_address": call("192.0.2.7"),
        "unban_ip_address": call("192.0.2.7"),
        "set_user_moderator": call(given["user"], is_mod=True),
        "approve_follower": call("https://social.example/users/nobody", approved=True),
        "upload_emoji": call("owl.png", DOT),
        "delete_emoji": call("owl.png"),
        "create_webhook": call("https://bot.example/hook", ["CHAT", "USER_JOINED"]),
        "delete_webhook": call(given["webhook"]),
        "create_access_token": call("Owl", ["CAN_SEND_MESSAGES"]),
        "delete_access_token": call(given["old_token"]),
        "send_federated_message": call("Hello, fediverse"),
        "send_system_message": call("system"),
        "send_system_message_to_client": call(1, "to one"),
        "send_message": call("hello"),
        "send_action": call("waves"),
        "get_user_details": call(given["user"]),
        **first_settings(given),
        **other_settings(),
    }


def first_settings(given: Given) -> dict[str, Arguments]:
    """Return the arguments of the first setters."""
    return {
        "set_admin_password": call(given["password"]),
        "set_stream_keys": call([admin_api.StreamKey(given["key"], "OBS")]),
        "set_page_content": call("# Welcome"),
        "set_stream_title": call("Evening locks"),
        "set_server_name": call("Locks"),
        "set_server_summary": call("Locks, mostly"),
        "set_offline_message": call("Back on Friday"),
        "set_welcome_message": call("Hello"),
        "set_chat_disabled": call(disabled=False),
        "set_chat_join_messages_enabled": call(enabled=True),
        "set_chat_established_mode": call(enabled=False),
        "set_forbidden_usernames": call(["admin"]),
        "set_suggested_usernames": call(["Owl"]),
        "set_chat_spam_protection": call(enabled=True),
        "set_chat_slur_filter": call(enabled=True),
        "set_chat_require_authentication": call(required=False),
        "set_video_codec": call("libx264"),
        "set_stream_latency": call(2),
        "set_video_variants": call([VARIANT]),
        "set_color_variables": call(STYLES),
        "set_logo": call(DOT),
        "set_favicon": call(DOT),
        "set_tags": call(["locks"]),
    }


def other_settings() -> dict[str, Arguments]:
    """Return the arguments of the other setters."""
    return {
        "set_ffmpeg_path": call("/usr/bin/ffmpeg"),
        "set_web_server_port": call(8080),
        "set_web_server_ip": call("127.0.0.1"),
        "set_rtmp_port": call(1935),
        "set_socket_host_override": call("wss://chat.example"),
        "set_video_serving_endpoint": call("https://video.example"),
        "set_nsfw": call(nsfw=False),
        "set_directory_enabled": call(enabled=True),
        "set_social_handles": call([admin_api.SocialHandle("mastodon", "https://social.example/@locks")]),
        "set_s3_config": call(enabled=False, endpoint="", access_key="", secret="", bucket="", region=""),
        "set_server_url": call("https://stream.example"),
        "set_external_actions": call([admin_api.ExternalAction("https://shop.example", "Shop")]),
        "set_custom_styles": call("body { color: #222 }"),
        "set_custom_javascript": call("console.log(1)"),
        "set_hide_viewer_count": call(hide=False),
        "set_disable_search_indexing": call(disabled=True),
        "set_federation_enabled": call(enabled=True),
        "set_federation_activity_private": call(private=False),
        "set_federation_show_engagement": call(enabled=True),
        "set_federation_username": call("locks"),
        "set_federation_go_live_message": call("We are live"),
        "set_federation_blocked_domains": call(["evil.example"]),
        "set_discord_notifications": call(enabled=False, webhook="", go_live_message="Live"),
        "set_browser_notifications": call(enabled=True, go_live_message="Live"),
    }


async def main(given: Given) -> dict[str, str]:
    http = HttpClient()
    await http._start()
    clients = {
        "admin": admin_api.OwncastAdminClient(given["url"], "admin", given["password"], http),
        "bot": OwncastClient(given["url"], given["token"], http),
    }
    known, said = arguments(given), {}
    try:
        for client_name, client in clients.items():
            names = [name for name, _ in inspect.getmembers(client, inspect.iscoroutinefunction) if name[0] != "_"]
            # settings come before what uses them, and what is deleted was made before
            for name in sorted(names, key=lambda each: (each[:4] != "set_", each[:6] == "delete", each)):
                if name != CLOSING:
                    said[f"{client_name}.{name}"] = await tried(getattr(client, name), *known.get(name, ((), {})))
        values, named = known[CLOSING]
        said[f"admin.{CLOSING}"] = await tried(clients["admin"].set_admin_password, values, named)
    finally:
        await http._close()
    return said


async def tried(call: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]) -> str:
    """Return "" for a call that succeeds, else the error."""
    try:
        await call(*values, **named)
    except OwncastError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
