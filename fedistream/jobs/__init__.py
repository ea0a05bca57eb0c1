"""What was promised to the outside and is carried out later: deliveries, webhooks, reactions to facts that must happen.

Begin with `job.py` (the values), then `outbox.py` (the table they are kept in) and `worker.py` (who carries them out).
May import the features and `activitypub`; only the composition imports it, but for the values in `job.py`.
"""
