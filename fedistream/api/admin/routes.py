"""Every call of our own API, with its permission."""

from fedistream.api.admin import federation, notices, queue, replies, webhooks

ENDPOINTS = (*federation.ENDPOINTS, *notices.ENDPOINTS, *queue.ENDPOINTS, *replies.ENDPOINTS, *webhooks.ENDPOINTS)
