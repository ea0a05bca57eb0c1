"""Block lists: of domains, as servers share them (CSV with a header, or one domain a line), and of accounts, as users
export them (`blocked_accounts.csv`: one user@host a line). Pure.

Only suspensions are imported: this node has no level between blocking and not blocking. Comments are dropped.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from fedistream.core.errors import Invalid
from fedistream.federation.values import FederationProblem
from fedistream.settings.checks import DOMAIN, HANDLE

MAX_TEXT = 1 << 20  # characters; shared lists have about 100 kB
MAX_LINES = 50_000
MAX_WRONG = 20  # invalid lines that are reported
SUSPEND = "suspend"
ACCOUNT = "account address"  # the header of muted_accounts.csv; blocked_accounts.csv has none
HEAD = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")


@dataclass(frozen=True, slots=True)
class BlockList:
    """A block list. `accounts` are handles, user@host in lower case; `milder` domains are listed with less than a
    suspension; `wrong` are the first invalid lines."""

    domains: tuple[str, ...]
    accounts: tuple[str, ...]
    milder: int
    wrong: tuple[str, ...]


def parse(text: str) -> BlockList:
    """Read a list. Raises Invalid for a list that is too long, or without any domain or account."""
    if len(text) > MAX_TEXT or text.count("\n") > MAX_LINES:
        raise Invalid("list", FederationProblem.LIST_SIZE, lines=MAX_LINES, characters=MAX_TEXT)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))]
    except csv.Error as error:
        raise Invalid("list", FederationProblem.LIST_NOT_CSV, detail=str(error)) from error
    rows = [row for row in rows if any(row)]
    columns = _columns(rows[0]) if rows else {}
    domains: dict[str, None] = {}
    accounts: dict[str, None] = {}
    milder, wrong = 0, []
    for row in rows[1:] if columns else rows:
        if not columns and row[0].startswith("#"):
            continue  # a comment
        name = _cell(row, columns.get("domain", columns.get(ACCOUNT, 0))).lower()
        if "@" in name:
            handle = name.removeprefix("@")
            if HANDLE.fullmatch(handle):
                accounts[handle] = None
            else:
                wrong.append(",".join(row)[:100])
            continue
        domain = name.strip(".").removeprefix("*.")
        # an obfuscated domain, such as b*d.example, cannot be blocked
        if not DOMAIN.fullmatch(domain) or ".." in domain or "." not in domain:
            wrong.append(",".join(row)[:100])
        elif "severity" in columns and _cell(row, columns["severity"]).lower() != SUSPEND:
            milder += 1
        else:
            domains[domain] = None
    if not domains and not accounts and not milder:
        raise Invalid("list", FederationProblem.LIST_EMPTY)
    return BlockList(tuple(domains), tuple(accounts), milder, tuple(wrong[:MAX_WRONG]))


def write(domains: Iterable[str]) -> str:
    """Return the list in the shared CSV format."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEAD)
    rows.writerows((domain, SUSPEND, "true", "true", "", "false") for domain in domains)
    return out.getvalue()


def _columns(head: list[str]) -> dict[str, int]:
    """Return the index of each column; empty without a header."""
    names = [cell.lstrip("#").strip().lower() for cell in head]
    return {name: place for place, name in enumerate(names)} if {"domain", ACCOUNT} & set(names) else {}


def _cell(row: list[str], place: int) -> str:
    return row[place] if place < len(row) else ""
