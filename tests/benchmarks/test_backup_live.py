import re
import tarfile
from pathlib import Path

from benchmarks import backup_live


async def test_the_chat_is_written_while_a_backup_is_made(tmp_path: Path) -> None:
    (reading,) = await backup_live.measure(tmp_path, rows=100, before_s=0.1)
    assert reading.value >= 0
    assert re.search(r"p99 \d+ ms without the backup, \d+ ms with it", reading.note)
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        assert any(name.endswith("fedistream.db") for name in archive.getnames())
