"""Readings as people read them: lines on a terminal, a table in the documents. Pure."""

from collections.abc import Mapping, Sequence

from benchmarks.reading import Row, Spread

BEGIN, END = "<!-- measured: `make bench` writes from here -->", "<!-- to here -->"

TITLES: Mapping[str, str] = {
    "rtmp_read_128": "RTMP parser, 128-byte chunks",
    "rtmp_read_4096": "RTMP parser, 4096-byte chunks",
    "rtmp_read_60000": "RTMP parser, 60000-byte chunks",
    "rtmp_read_4096_by_packets": "RTMP parser, 4096-byte chunks, 1460 bytes a read",
    "rtmp_serve_4096": "RTMP session, 4096-byte chunks",
    "rtmp_write_4096": "RTMP writer, 4096-byte chunks",
    "sign_cavage": "signing a POST, Cavage",
    "verify_cavage": "verifying a POST, Cavage",
    "sign_rfc9421": "signing a POST, RFC 9421, RSA",
    "verify_rfc9421": "verifying a POST, RFC 9421, RSA",
    "sign_rfc9421_ed25519": "signing a POST, RFC 9421, Ed25519",
    "verify_rfc9421_ed25519": "verifying a POST, RFC 9421, Ed25519",
    "json_create": "strict JSON parser, a Create of 1.4 kB",
    "parse_create": "parsing a Create from its bytes",
    "json_like": "strict JSON parser, a Like",
    "parse_like": "parsing a Like from its bytes",
    "inbox_create": "inbox, a Create, key cached",
    "inbox_like": "inbox, a Like, key cached",
    "deliver_cpu": "a signed delivery, CPU",
    "deliver_rate": "signed deliveries, 64 at once",
    "hard_html": "worst case, 20 kB of HTML, event loop blocked",
    "hard_markdown": "worst case, 20 kB of Markdown in the chat",
    "hard_json": "worst case, 20 kB of JSON-LD",
    "hard_signatures": "worst case, 20 kB of signature headers",
    "hard_query": "worst case, 20 kB of a playlist query or a header",
    "hard_names": "worst case, 20 kB of names, handles and addresses",
    "outbox_put": "jobs put into the outbox, 10,000 at once",
    "outbox_put_one": "one job put, with its commit",
    "outbox_lease": "jobs leased, 64 at once",
    "outbox_lease_p99": "one lease of 64, p99",
    "outbox_settle": "jobs settled, 64 at once",
    "outbox_worker": "empty jobs done by one worker",
    "outbox_worker_cpu": "CPU of the outbox for each job",
    "idle_memory": "resident memory of a node just started",
    "first_playlist": "publisher's connect to first playable playlist",
    "passthrough_cpu": "CPU of one passthrough stream",
    "live_edge_mean": "age of the newest media listed, mean",
    "live_edge_most": "age of the newest media listed, greatest",
    "segment_cpu": "CPU for each segment served",
    "http_flood_memory": "memory left by 60 MB of endless request heads",
    "http_flood_wait": "longest wait of other requests meanwhile",
    "status_rate": "requests for /api/status",
    "shown_frame_p50": "publish to frame on screen, p50",
    "shown_frame_p95": "publish to frame on screen, p95",
    "shown_frame_720p_p50": "publish to frame on screen, 720p, p50",
    "shown_frame_720p_p95": "publish to frame on screen, 720p, p95",
    "first_picture": "page load to first picture",
    "chat_writer_cpu": "CPU of storing the chat, 900 messages/s",
    "chat_stored_p99": "chat message sent to stored, p99",
    "chat_history_page_p99": "history page of a million chat messages, p99",
    "import_owncast": "import of an Owncast server",
    "import_owncast_memory": "memory of the import, beside that for a tenth of the rows",
    "chat_frame_cpu": "CPU for each chat frame delivered",
    "chat_stalled_missing": "frames missing beside stalled clients",
    "chat_stalled_p99": "age of a frame beside stalled clients, p99",
    "chat_send_cpu": "CPU for 10 s of messages of a bot to 200 chat clients",
    "chat_send_p95": "age of a message of a bot, p95",
    "backup_chat_p99": "delay of storing the chat during a backup of 1 GB, p99",
    "chat_many_p99": "age of a chat message, 5000 clients, p99",
    "chat_many_memory": "resident memory with 5000 chat clients",
    "chat_edge": "delay of live media while 5000 clients chat, p99",
    "webhook_p95": "chat message sent to received by 20 webhooks, p95",
    "webhook_edge": "delay of live media meanwhile, p99",
    "guessing_first": "first sign-in of the admin during 2,000 wrong passwords",
    "guessing_most": "further sign-ins meanwhile, the slowest",
    "chat_return_memory": "added memory while 1000 clients catch up on 5000 messages",
    "chat_return_edge": "delay of live media meanwhile, p99",
    "inbox_p99": "inbox response time, 500 signed POSTs/s, p99",
    "inbox_cpu": "CPU for a signed POST to the inbox",
    "inbox_most": "signed POSTs accepted",
    "away_broadcasts": "broadcasts lost in a database outage of 30 s",
    "away_notices": "live announcements lost",
    "away_lines": "chat messages delivered and not stored",
    "away_dark": "broadcasts that could not be watched meanwhile",
    "away_refused": "time to refuse a call that needs the database",
    "burst_95": "post delivered to 95 % of the reachable inboxes",
    "burst_tried": "first attempt at all inboxes",
    "burst_cpu": "CPU for a delivery of the burst",
    "burst_worker_memory": "resident memory of the worker",
    "burst_edge": "delay of live media during the burst, p99",
    "kills_lost": "deliveries lost when the worker is killed ten times",
    "kills_strange": "deliveries under another id",
    "kills_doubles": "duplicate deliveries",
    "kills_unwritten": "time from a duplicated delivery to the kill",
}
HEADINGS = ("what", "ours", "reach", "peer", "ours / peer", "reached")


class NoPlace(Exception):
    """The document lacks the two lines between which the table belongs."""


def number(value: float) -> str:
    """Three significant digits, but all of a large one's before the point and at most three behind it."""
    size = abs(value)
    digits = 3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0
    return f"{value:.{digits}f}"


def spread(values: Spread, unit: str = "") -> str:
    """The middle, and the least and the most when there was more than one run."""
    text = f"{number(values.middle)}{unit}"
    if values.count > 1:
        text += f" ({number(values.least)} to {number(values.most)})"
    return text


def cells(row: Row) -> tuple[str, ...]:
    reading = row.first
    sign = "≤" if reading.better == "lower" else "≥"
    unit = " x" if reading.reach_of == "ratio" else f" {reading.unit}"
    return (
        TITLES.get(reading.name, reading.name),
        spread(row.values, f" {reading.unit}"),
        "" if reading.reach is None else f"{sign} {reading.reach:g}{unit}",
        f"{reading.peer} {spread(row.peers, f' {reading.unit}')}" if row.peers else "",
        spread(row.ratios, " x") if row.ratios else "",
        {True: "yes", False: "no", None: ""}[row.reached],
    )


def terminal(rows: Sequence[Row]) -> str:
    """Columns of a fixed width, and the notes below."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*texts, *_notes(rows)])


def markdown(rows: Sequence[Row], without: Sequence[str] = ()) -> str:
    """A table, and a list of the notes and of what has no row."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(cells(row) for row in rows)]
    table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
    notes = "\n".join(f"- {note}" for note in (*_notes(rows), *without))
    return f"{table}\n\n{notes}".rstrip()


def _notes(rows: Sequence[Row]) -> list[str]:
    return [f"{TITLES.get(row.first.name, row.first.name)}: {row.first.note}" for row in rows if row.first.note]


def put(document: str, text: str) -> str:
    """The document with `text` in the place of what stood between the two marks. Raises NoPlace."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
