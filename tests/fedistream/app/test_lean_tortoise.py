"""Tortoise without what nothing of ours uses: the filters of the models."""

import json
import re
import subprocess
import sys

from fedistream.app.lean_tortoise import UNUSED
from tests.house.tree import ROOT

# in a process of its own, where no model was made before
PROGRAM = """
from fedistream.app import lean_tortoise
import json
from fedistream.chat.models import MessageRow
print(json.dumps(sorted(MessageRow._meta._filters)))
"""


def test_a_models_fields_have_the_filters_that_queries_use_and_no_others() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    filters = set(json.loads(done.stdout))
    assert {"id", "pk__gt", "id__in", "hidden_at__isnull", "author__not_isnull", "body__icontains"} <= filters
    assert {"body__startswith", "id__lte", "id__not_in", "kind__not", "more", "more__isnull"} <= filters
    assert [name for name in filters if name.rpartition("__")[2] in UNUSED] == []


def test_no_query_uses_a_filter_that_is_left_out() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for folder in ("fedistream", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'\b\w+__[a-z_]+(?=[="])', path.read_text("utf-8"))
        if name.rpartition("__")[2] in UNUSED
    ]
    assert found == []
