"""The due times of scheduled tasks in the table. Any process may bring one forward."""

from fedistream.jobs.models import ScheduledRow


async def run_by(name: str, at: float) -> float | None:
    """Make a task due at this time (Unix seconds) unless it is due sooner.

    Returns when it is due, or None when there is no such task. The process that runs the scheduler notices within a
    minute.
    """
    await ScheduledRow.filter(name=name, due__gt=at).update(due=at)
    row = await ScheduledRow.get_or_none(name=name)
    return None if row is None else row.due
