"""The values of signing in."""

from fedistream.core.errors import Problem


class SignInProblem(Problem):
    """The codes for what is wrong with a website or a code that somebody signs in with."""

    WEBSITE = "website"
    FRAGMENT = "fragment"
    DOT_SEGMENTS = "dot-segments"
    WEBSITE_TOO_LONG = "website-too-long"
    REDIRECTS = "redirects"
    NO_ANSWER = "no-answer"
    PAGE_TOO_LARGE = "page-too-large"
    PAGE_STATUS = "page-status"
    NO_INDIEAUTH = "no-indieauth"
    NO_ENDPOINT = "no-endpoint"
    OTHER_WEBSITE = "other-website"
    CODE_NOT_CHECKED = "code-not-checked"
    ISSUER = "issuer"
    CODE_NOT_ACCEPTED = "code-not-accepted"
    CLIENT_URL = "client-url"
    REDIRECT_URI = "redirect-uri"
    CHALLENGE = "challenge"
    ONE_TIME_CODE = "one-time-code"
