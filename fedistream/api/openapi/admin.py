"""The operations of our own calls by their handlers: for the admin, moderators, supervisors and scrapers."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fedistream.api import ops, prometheus
from fedistream.api.admin import federation, notices, queue, replies, webhooks
from fedistream.api.openapi import admin_shapes, bodies
from fedistream.api.openapi.operation import Content, Operation, Query, with_status
from fedistream.api.openapi.owncast import PAGE, TEXT
from fedistream.api.openapi.owncast_shapes import Base
from fedistream.api.openapi.schema import Keywords
from fedistream.webhooks.values import State

DRY = Query("dry", Literal["true", "false"])
CSV = Content("text/csv")

FEDERATION: Mapping[object, Operation] = {
    federation.refusals: Operation("Count the refused requests to the inboxes", admin_shapes.Refusals),
    federation.rotate_keys: Operation("Make new keys for all actors", Base),
    federation.flag_list: Operation(
        "List reports from other servers", admin_shapes.Reports, (Query("settled", Literal["true", "false"]), *PAGE)
    ),
    federation.settle_flag: Operation(
        "Settle a report, or open it again", Base, body=bodies.SettledReport, others=with_status(404)
    ),
    federation.quote_list: Operation("List the quotes of our posts", admin_shapes.Quotes, PAGE),
    federation.revoke_quote: Operation(
        "Revoke the permission of a quote", Base, body=bodies.QuoteId, others=with_status(404)
    ),
    federation.import_blocks: Operation(
        "Import a block list, or say what it would bring", admin_shapes.ImportedBlocks, (DRY,), CSV
    ),
    federation.export_blocks: Operation("Export the block list", CSV),
    queue.numbers: Operation("Count the deliveries by their states", admin_shapes.Queue),
    queue.troubled: Operation(
        "List deliveries that fail",
        list[admin_shapes.QueueJob],
        (Query("state", {"type": "string", "enum": list(queue.STATES)}),),
    ),
    queue.retry: Operation("Try deliveries now", Base, body=bodies.Retry),
}

NOTICES: Mapping[object, Operation] = {
    notices.listed: Operation("List the notices, the newest first", admin_shapes.Notices, PAGE),
    notices.preview: Operation(
        "Preview a notice",
        admin_shapes.NoticePreview,
        (Query("id", Annotated[int, Keywords(minimum=1, maximum=notices.MAX_ID)]),),
        others=with_status(404),
    ),
    notices.preview_text: Operation(
        "Preview a notice with another text",
        admin_shapes.NoticePreview,
        body=bodies.NoticeDraft,
        others=with_status(404),
    ),
    notices.edit: Operation(
        "Change a notice", admin_shapes.NoticeChanged, body=bodies.NoticeText, others=with_status(404)
    ),
    notices.cancel: Operation("Cancel a notice", admin_shapes.NoticeChanged, body=bodies.Id, others=with_status(404)),
    notices.post_now: Operation(
        "Post a notice at once", admin_shapes.NoticeChanged, body=bodies.OptionalId, others=with_status(404)
    ),
    notices.withdraw: Operation(
        "Delete the post of a notice", admin_shapes.NoticeChanged, body=bodies.Id, others=with_status(404)
    ),
}

REPLIES: Mapping[object, Operation] = {
    replies.answer_message: Operation(
        "Answer a reply from the fediverse",
        admin_shapes.Answered,
        body=bodies.ReplyToMessage,
        others=with_status(404, 429),
    ),
    replies.block_author: Operation(
        "Block the author of a reply", Base, body=bodies.MessageId, others=with_status(404)
    ),
    replies.held: Operation("List the replies that wait for approval", admin_shapes.RemoteReplies, PAGE),
    replies.decide: Operation("Approve or refuse a reply", Base, body=bodies.ReplyDecision, others=with_status(404)),
    replies.answer: Operation(
        "Answer a reply by its URL", admin_shapes.Answered, body=bodies.ReplyToNote, others=with_status(404, 429)
    ),
}

WEBHOOKS: Mapping[object, Operation] = {
    webhooks.events: Operation("List the names of events", list[admin_shapes.WebhookEvent]),
    webhooks.edit: Operation(
        "Change a webhook", admin_shapes.WebhookChanged, body=bodies.ChangedWebhook, others=with_status(404)
    ),
    webhooks.set_enabled: Operation(
        "Enable or disable a webhook", admin_shapes.WebhookChanged, body=bodies.EnabledWebhook, others=with_status(404)
    ),
    webhooks.test: Operation(
        "Send a test event", admin_shapes.DeliverySent, body=bodies.Id, others=with_status(404, 429)
    ),
    webhooks.deliveries: Operation(
        "Search the deliveries, the newest first",
        admin_shapes.Deliveries,
        (
            Query("webhook", Annotated[int, Keywords(minimum=0, maximum=10**webhooks.MAX_DIGITS - 1)]),
            Query("state", {"type": "string", "enum": [each.value for each in State]}),
            Query("event"),
            Query("search"),
            *PAGE,
        ),
    ),
    webhooks.one_delivery: Operation("Get a delivery", admin_shapes.WholeDelivery),
    webhooks.resend: Operation(
        "Send a delivery once more", admin_shapes.DeliverySent, body=bodies.Id, others=with_status(404, 429)
    ),
}

OPS: Mapping[object, Operation] = {
    ops.health: Operation("Ask whether the node runs", TEXT),
    ops.ready: Operation(
        "Ask whether every part of the node works", admin_shapes.Readiness, others={503: admin_shapes.Readiness}
    ),
    ops.seen_as: Operation("Get the address that the caller has here", admin_shapes.SeenAs),
    prometheus.metrics: Operation("Get the figures under our names, for Prometheus", TEXT),
}

OPERATIONS: Mapping[object, Operation] = {**FEDERATION, **NOTICES, **REPLIES, **WEBHOOKS, **OPS}
