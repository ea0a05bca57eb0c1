"""When scheduled tasks are due, as the table has it. Any process may bring a time forward."""

from fedistream.jobs.models import ScheduledRow


async def run_by(name: str, at: float) -> float | None:
    """Have a task done at this time (Unix seconds) if it is not due sooner. Return when it is due, or None when there
    is no such task. The process that runs the scheduler notices within a minute."""
    await ScheduledRow.filter(name=name, due__gt=at).update(due=at)
    row = await ScheduledRow.get_or_none(name=name)
    return None if row is None else row.due
