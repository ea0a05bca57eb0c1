"""Every page and file for browsers, and the permission that it needs."""

from fedistream.api.http.endpoints import Endpoint, in_every_channel
from fedistream.api.http.permissions import Permission
from fedistream.api.pages import chat as chat_pages
from fedistream.api.pages import files, follow, live, oembed, pictures, site_files, watch
from fedistream.api.pages.custom import files as custom_files
from fedistream.api.pages.schedule import event_page

ENDPOINTS = (
    Endpoint("GET", "/", watch.watch, Permission.ANYONE),
    Endpoint("GET", "/live/{broadcast_id}", live.show, Permission.ANYONE),
    Endpoint("GET", "/live/{broadcast_id}/still.jpg", pictures.of_broadcast, Permission.ANYONE),
    *in_every_channel(Endpoint("GET", "/thumbnail.jpg", pictures.thumbnail, Permission.ANYONE, spec="owncast")),
    Endpoint("GET", "/preview.gif", pictures.preview, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/oembed", oembed.show, Permission.ANYONE),
    # Owncast redirects to the path with a slash, which is in frames on other sites; both are answered here
    Endpoint("GET", "/embed/video", watch.embed, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/video/", watch.embed, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat", chat_pages.to_read_only, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat/", chat_pages.to_read_only, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat/readonly", chat_pages.read_only, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat/readonly/", chat_pages.read_only, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat/readwrite", chat_pages.read_write, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat/readwrite/", chat_pages.read_write, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/embed/chat/overlay", chat_pages.overlay, Permission.ANYONE),
    Endpoint("GET", "/schedule/{event_id}", event_page.show, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/follow", follow.show, Permission.ANYONE),
    Endpoint("POST", "/follow", follow.find, Permission.ANYONE),
    Endpoint("GET", "/follow/qr.svg", follow.picture, Permission.ANYONE),
    Endpoint("GET", "/static/{edition}/{name:path}", files.file, Permission.ANYONE),
    *in_every_channel(
        Endpoint("GET", "/logo", files.logo, Permission.ANYONE, spec="owncast"),
        Endpoint("GET", "/logo/external", files.logo, Permission.ANYONE, spec="owncast"),
    ),
    Endpoint("GET", "/favicon.ico", files.favicon, Permission.ANYONE),
    Endpoint("GET", "/img/platformlogos/{file}", files.platform_logo, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/public/{path:path}", files.public, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/customstyles/{edition}.css", custom_files.stylesheet, Permission.ANYONE),
    Endpoint("GET", "/externalactions/{mark}", custom_files.action_html, Permission.ANYONE),
    Endpoint("GET", custom_files.SCRIPT, custom_files.script, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", site_files.SERVICE_WORKER, site_files.service_worker, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/robots.txt", site_files.robots, Permission.ANYONE, spec="owncast"),
    Endpoint("GET", "/manifest.json", site_files.manifest, Permission.ANYONE, spec="owncast"),
)
