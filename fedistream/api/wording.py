"""The sentences for what is wrong with values, for all faces. A sentence follows the name of the field."""

import json
from collections.abc import Mapping
from typing import Final

from fedistream.access_tokens.values import AccessProblem
from fedistream.api.http.problems import RequestProblem
from fedistream.appearance.values import ImageProblem
from fedistream.channels.values import ChannelProblem
from fedistream.chat.values import ChatProblem
from fedistream.core.errors import Invalid, Problem, Refusal, ValueProblem
from fedistream.federation.values import FederationProblem
from fedistream.notices import wording
from fedistream.notices.values import Notice, SkipReason
from fedistream.people.values import PasswordProblem
from fedistream.schedule.values import ScheduleProblem
from fedistream.settings.values import SettingProblem
from fedistream.signin.values import SignInProblem
from fedistream.webhooks.values import WebhookProblem

SENTENCES: Final[Mapping[Problem, str]] = {
    ValueProblem.MISSING: "is missing",
    ValueProblem.EMPTY: "must not be empty",
    ValueProblem.NOT_TEXT: "must be a text",
    ValueProblem.TOO_LONG: "must be at most {most} characters",
    ValueProblem.LENGTH: "must be {least} to {most} characters long",
    ValueProblem.CONTROL_CHARACTERS: "must have no control characters",
    ValueProblem.CONTROL_CHARACTERS_OR_BREAKS: "must have no control characters and no line breaks",
    ValueProblem.NOT_FLAG: "must be true or false",
    ValueProblem.NOT_NUMBER: "must be a number",
    ValueProblem.NOT_WHOLE: "must be a whole number",
    ValueProblem.RANGE: "must be between {least:g} and {most:g}",
    ValueProblem.WHOLE_RANGE: "must be a whole number from {least} to {most}",
    ValueProblem.CHOICE: "must be one of {choices}",
    ValueProblem.MANY: "can be {most} at most",
    SettingProblem.LANGUAGE: "must be the tag of a language, like en or pt-BR",
    SettingProblem.TAGS: "must be a list of at most {most} tags",
    SettingProblem.WORDS: "must be a list of at most {most} texts",
    SettingProblem.DOMAINS: "must be a list of at most {most} domains",
    SettingProblem.ADDRESSES: "must be a list of at most {most} addresses",
    SettingProblem.ACCOUNTS: "must be a list of at most {most} accounts",
    SettingProblem.USERNAME: "must be 1 to 64 letters without accents, digits and _, with . and - between them",
    SettingProblem.HOST_NAME: "must be a list of host names, which {item} is not",
    SettingProblem.HANDLE: "must be a list of accounts like user@host, which {item} is not",
    SettingProblem.ACCOUNT_ADDRESS: "must be addresses like https://example.com/users/name",
    SettingProblem.PLATFORM_AND_URL: "must each have a platform and a url",
    SettingProblem.SCHEME: "must begin with one of {choices}",
    SettingProblem.SERVER_URL: "value invalid",
    SettingProblem.SERVER_URL_PATH: "value invalid: it goes no further than the name and the port",
    SettingProblem.PRIVATE_ADDRESS: "cannot be private",
    SettingProblem.PUBLIC_URL: "must be like https://name",
    SettingProblem.PUBLIC_URL_PATH: "must be like https://name or https://name:port, without a path",
    SettingProblem.OTHER_TYPE: "is of another type",
    SettingProblem.NODE_WIDE: "is a setting of the whole node",
    SettingProblem.IMAGE_FILE: "must be the name of a stored image",
    AccessProblem.TOKEN_NAME: "must be 1 to {most} printable characters",
    AccessProblem.SCOPES: "must be one or more of {choices}",
    ChannelProblem.SLUG: "must be 1 to 40 small letters, digits and hyphens, with no hyphen at either end",
    ChannelProblem.DUPLICATE_KEYS: "must differ from each other",
    ChannelProblem.KEY_CHARACTERS: "may have Latin letters, digits and signs, but no blank, slash or question mark",
    ChannelProblem.KEY_COMMENT: "must be 1 to {most} characters on one line",
    PasswordProblem.SECOND_FACTOR: "is wrong, was used already, or is of another time: type the newest one",
    PasswordProblem.PASSWORD_TOO_LONG: "must be {most} characters long at most",
    PasswordProblem.PASSWORD_ENCODING: "must be text in UTF-8",
    PasswordProblem.PASSWORD_SURROGATE: "must be text: it has half a character in it",
    ChatProblem.OWN_ADDRESS: "is this machine's own",
    ChatProblem.MANY_BANS: "can be {most} at most: ban a network instead",
    ChatProblem.IP_ADDRESS: "is none: give one address, or a network such as 192.0.2.0/24",
    ChatProblem.LARGE_NETWORK: "is a network of half the world",
    ChatProblem.EMOJI_SIZE: "must be at most {kib} KB",
    ChatProblem.EMOJI_FORMAT: "must be a PNG, GIF, WebP or JPEG picture",
    ChatProblem.EMOJI_NAME: "must be 1 to 64 Latin letters, digits, _, + and -",
    ChatProblem.MESSAGE_ID: "is none of ours",
    ChatProblem.BLANK: "must not be blank",
    ChatProblem.TOO_MANY_BYTES: "must be at most {most} bytes",
    ChatProblem.NOT_IN_CHAT: "is not in the chat",
    ChatProblem.PAGE: "must begin at 0 or later and have 1 to {most} rows",
    ChatProblem.COLOUR: "must be a number from 0 to {most}",
    ChatProblem.IDENTITY: "must be 1 to {most} characters",
    ImageProblem.LOGO_FORMAT: "must be a PNG, JPEG, GIF or WebP picture",
    ImageProblem.LOGO_SVG: "must be a PNG, JPEG, GIF or WebP picture: an SVG may contain scripts, and other servers do "
    "not show it",
    # these two are Owncast's words
    ImageProblem.FAVICON_FORMAT: "must be PNG or ICO format",
    ImageProblem.IMAGE_BYTES: "too large, max {kib}KB",
    ImageProblem.IMAGE_PIXELS: "must be at most {most} pixels wide and high",
    FederationProblem.RESOURCE: "must be acct:user@host or a URL of this node",
    FederationProblem.THIS_SERVER: "is this server itself",
    FederationProblem.BLOCKED_SERVER: "is of a server that is blocked here",
    FederationProblem.SERVER_NOT_REACHED: "is no server that lets itself be featured, or it cannot be reached",
    FederationProblem.SERVER_NOT_FEATURED: "is no server that lets itself be featured",
    FederationProblem.SERVER_ADDRESS: "must be the address of a server",
    FederationProblem.ALLOWED_HOSTS: "{detail}",
    FederationProblem.LIST_SIZE: "must have at most {lines} lines and {characters} characters",
    FederationProblem.LIST_NOT_CSV: "is no CSV: {detail}",
    FederationProblem.LIST_EMPTY: "has no domain and no account in it",
    FederationProblem.MANY_BLOCKED_DOMAINS: "would make it more than {most} blocked domains",
    FederationProblem.MANY_BLOCKED_ACCOUNTS: "would make it more than {most} blocked accounts",
    FederationProblem.HANDLE_OR_PROFILE: "must be like user@host, or the address of a profile",
    FederationProblem.HANDLE: "must be like user@example.com",
    FederationProblem.OWN_ACCOUNT: "is one of this server itself, which nobody can sign in with",
    FederationProblem.ACCOUNT_NOT_FOUND: "was not found on its server",
    FederationProblem.POST_LENGTH: "must have 1 to {most} characters",
    FederationProblem.POST_MARKS: "must have at most {most} line breaks and signs that format a text",
    FederationProblem.POST_PICTURES: "must be at most {most}",
    FederationProblem.POST_URL: "must be the URL of a post",
    FederationProblem.POST_FORMATTED: "has nothing to show, or far too much, once it is formatted",
    SignInProblem.WEBSITE: "must be the address of your website, like https://example.com/",
    SignInProblem.FRAGMENT: "must have no part after a #",
    SignInProblem.DOT_SEGMENTS: "must have no . or .. in its path",
    SignInProblem.WEBSITE_TOO_LONG: "must have at most {most} characters",
    SignInProblem.REDIRECTS: "redirects too often",
    SignInProblem.NO_ANSWER: "did not answer, or is not connected to from here: it must be https, and public",
    SignInProblem.PAGE_TOO_LARGE: "has too large a page",
    SignInProblem.PAGE_STATUS: "answered {status}",
    SignInProblem.NO_INDIEAUTH: "names no IndieAuth server on its page",
    SignInProblem.NO_ENDPOINT: "names an IndieAuth server that does not say how to reach it",
    SignInProblem.OTHER_WEBSITE: "is a website that does not name the server which spoke for it",
    SignInProblem.CODE_NOT_CHECKED: "could not be checked, as your website's server did not answer",
    SignInProblem.ISSUER: "is another server than the one that was asked",
    SignInProblem.CODE_NOT_ACCEPTED: "was not accepted by your website's server",
    SignInProblem.CLIENT_URL: "must be an http or https address",
    SignInProblem.REDIRECT_URI: "must be at the host of client_id, or be named by the page there",
    SignInProblem.CHALLENGE: "must be the SHA-256 of the code_verifier in base64url (code_challenge_method S256)",
    SignInProblem.ONE_TIME_CODE: "is not the one that was sent",
    RequestProblem.NOT_UTF8: "must be UTF-8",
    RequestProblem.NOTICE_ID: "must be the id of a notice",
    RequestProblem.JOB_IDS: "must be at most {most} numbers of jobs",
    RequestProblem.NOT_JSON: "is not valid JSON",
    RequestProblem.TOO_DEEP: "is nested deeper than {levels} levels",
    RequestProblem.NOT_OBJECT: "must be a JSON object",
    RequestProblem.STRING: "must be a string",
    RequestProblem.BOOLEAN: "must be a boolean",
    RequestProblem.LIST: "must be a list",
    RequestProblem.MEMBER_OBJECT: "must be an object",
    RequestProblem.CLIENT_NUMBER: "must be the number of a chat client",
    RequestProblem.NO_LONGER_SUPPORTED: "is no longer supported: use {instead}",
    RequestProblem.UPDATED_OUTSIDE: "is updated and restarted where it was installed: by its package or its container",
    RequestProblem.UNIX_TIME: "must be a time in seconds since 1970",
    RequestProblem.MESSAGE_IDS: "must be a list of message ids",
    RequestProblem.DATA_URL: "must be a base64 data URL",
    RequestProblem.NOT_BASE64: "is not valid base64",
    RequestProblem.STRINGS: "must be a list of strings",
    RequestProblem.KEY_AND_COMMENT: "needs a key and a comment",
    RequestProblem.PASSWORDS_DIFFER: "must be the same as the new password",
    RequestProblem.MANY_LINES: "may have at most {most} lines",
    RequestProblem.NAME_AND_VALUE: "must each be a name, a colon and a value",
    RequestProblem.LABEL_AND_ADDRESS: "needs a label and an address on each line",
    RequestProblem.NO_FOLLOW_PAGE: "is on a server without a page for this",
    RequestProblem.NOT_FORM: "is not a form",
    RequestProblem.OEMBED_FORMAT: "can only be json",
    RequestProblem.PAGE_ADDRESS: "must be the address of a page",
    RequestProblem.PIXELS: "must be a number of pixels",
    RequestProblem.WEBHOOK_ID: "must be the id of a webhook",
    RequestProblem.NOT_CMCD: "is not a dictionary of structured fields: {detail}",
    SettingProblem.IP_ADDRESS: "must be an IP address",
    SettingProblem.ABSOLUTE_PATH: "must be an absolute path",
    SettingProblem.OBJECT_SIZE: "must be an object of at most {most} members",
    SettingProblem.OBJECTS: "must be a list of at most {most} objects",
    SettingProblem.URL: "must be a URL",
    SettingProblem.URL_SCHEME: "must be a URL that begins with {choices}",
    SettingProblem.CSS_COLOUR: "must be a CSS colour",
    SettingProblem.STYLE_END: "must not contain </style or <!--",
    SettingProblem.CSS_VARIABLES: "must be an object of at most {most} variables",
    SettingProblem.CSS_VARIABLE_NAME: "must have names of CSS variables, like theme-color-action",
    SettingProblem.CSS_VARIABLE_VALUE: "must be the value of one CSS variable, without url()",
    SettingProblem.URL_OR_HTML: "needs either a url or html",
    SettingProblem.STORAGE_NEEDS: "is needed to enable the storage",
    SettingProblem.NOTICES_NEED: "is needed to enable the notices",
    WebhookProblem.LOG_PAGE: "must be 1 to {most}, and offset 0 or more",
    WebhookProblem.TEXT_LENGTH: "must have at most {most} characters",
    WebhookProblem.URL_NOT_ACCEPTED: "is not accepted: {detail}",
    WebhookProblem.PRIVATE_URL: (
        "has a private address, to which nothing is sent. Start the node with --federation-allow {host} to allow it"
    ),
    WebhookProblem.EVENTS: "must be one or more of {choices}",
    WebhookProblem.SECRET: "must have at most {most} printable characters",
    WebhookProblem.SECRET_BYTES: "must have {least} to {most} bytes in base64 after {prefix}",
    SettingProblem.ONE_OF_NUMBERS: "must be {choices}",
    # the wording of Owncast, which its clients look for
    ScheduleProblem.NAME_REQUIRED: "is required",
    ScheduleProblem.BOTH_TIMES: "are mutually exclusive",
    ScheduleProblem.START_REQUIRED: "is required for a one-off event",
    ScheduleProblem.START_PAST: "must be in the future",
    ScheduleProblem.START_FAR: "is more than ten years ahead",
    ScheduleProblem.NOT_TIME: "must be a time in the form of RFC 3339, like 2026-05-02T12:00:00Z",
    ScheduleProblem.NOT_DATE: "must be a date and a time of day",
    ScheduleProblem.DURATION: "is out of range: 1 to {most}",
    ScheduleProblem.TIMEZONE: "has an unknown timezone: give a name like Europe/Berlin",
    ScheduleProblem.TIMEZONE_FIXED: "cannot be changed on an update",
    ScheduleProblem.SERIES_START: "is wrong: a recurring series has no single start, edit its recurrence instead",
    ScheduleProblem.EVENT_RECURRENCE: (
        "is not accepted: a one-off event cannot become a recurring series, create a new series instead"
    ),
    ScheduleProblem.RANGE_ORDER: "must be after from",
    ScheduleProblem.RANGE_SIZE: "is too late: the range is too large, it can have {most} days",
    ScheduleProblem.MANY: "can be {most} at most: delete some first",
    ScheduleProblem.RULE_LENGTH: "must be at most {most} characters",
    ScheduleProblem.RULE_START: "needs one DTSTART line",
    ScheduleProblem.RULE_START_TIME: (
        "has a DTSTART that cannot be read: it must be like DTSTART;TZID=Europe/Berlin:20260502T190000, from the year"
        " 2000 on"
    ),
    ScheduleProblem.RULE_MISSING: "needs one RRULE line",
    ScheduleProblem.RULE_LINE: "can have a DTSTART line and an RRULE line, and no others",
    ScheduleProblem.RULE_PART: "has a part that is not known here, or twice: {part}",
    ScheduleProblem.RULE_VALUE: "has a wrong value of {part}",
    ScheduleProblem.RULE_FREQUENT: "comes too often: it can be DAILY or rarer, and have 300 occurrences in 90 days",
    ScheduleProblem.RULE_EMPTY: "has no occurrence in the next two years",
}


_BY_CODE = {problem.value: sentence for problem, sentence in SENTENCES.items()}


def explain(error: Invalid) -> str:
    """Return what is wrong, without the name of the field: `must be a text`."""
    return SENTENCES[error.problem].format(**error.values)


def sentence(error: Refusal) -> str:
    """Return the text of a refusal for the person who sent the request."""
    return f"{error.field} {explain(error)}" if isinstance(error, Invalid) else str(error)


def skipped(notice: Notice) -> str:
    """Return why a notice was skipped, or "" for one that was not."""
    if notice.why is not SkipReason.INVALID:
        return wording.why(notice)
    try:
        stored = json.loads(notice.detail)
        return f"{stored['field']} {_BY_CODE[stored['problem']].format(**stored['values'])}"
    except (ValueError, LookupError, TypeError):  # written by a newer version
        return notice.detail
