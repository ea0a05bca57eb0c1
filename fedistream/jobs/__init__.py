"""The outbox and its workers: deliveries, webhooks and reactions to facts, stored first and done later.

Start reading at `job.py` (the values), then `outbox.py` (the table) and `worker.py`. This package may import the
features and `activitypub`; only the composition imports it, except for the values in `job.py`.
"""
