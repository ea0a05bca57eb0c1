"""Characters that are invisible or change how others are shown. The only list of them, for the library and the node.

With them one name looks like another, and a word passes a filter.
"""

# Controls except tab and line breaks, bidirectional marks, zero-width characters and fillers, lone surrogates, tags.
# The joiners U+200C and U+200D stay: emoji sequences and Persian need them. This is the inside of a character class.
INVISIBLE = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f"
    "\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff\\U0001d173-\\U0001d17a\\U000e0000-\\U000e007f"
)

# For names, where a look-alike does most harm, whole categories of Unicode: control, format, surrogates, private use,
# unassigned. A test holds INVISIBLE to them.
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))

BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # shown as a space, although their category is letter or symbol
