"""The channels as ActivityPub actors: followers, engagements, replies and deliveries.

Begin with `inbox/service.py`, where a POST to an inbox becomes rows, facts and jobs; `urls.py` has all our URLs. The
protocol's documents and the verification of requests are in the package `activitypub`.
"""
