"""Every call of our own API, and who may use it."""

from fedistream.api.admin import federation, notices, queue, replies, webhooks

ENDPOINTS = (*federation.ENDPOINTS, *notices.ENDPOINTS, *queue.ENDPOINTS, *replies.ENDPOINTS, *webhooks.ENDPOINTS)
