"""Webhooks: events of the node, sent as signed HTTP requests to addresses that the admin chose.

Start reading at `values.py`. A fact becomes a row of the outbox in its transaction (`service.py`), a worker turns it
into deliveries (`fan_out.py`), and sends each webhook its own in their order (`delivery.py`). What is sent is made in
`payloads.py` and signed in `signing.py`; `log.py` shows the deliveries to the admin.
"""
