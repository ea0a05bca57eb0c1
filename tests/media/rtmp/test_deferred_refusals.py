from media.rtmp.deferred_refusals import KEPT_S, MOST, DeferredRefusals

OBS = "FMLE/3.0 (compatible; FMSc/1.0)"
WHO = ("192.0.2.1", "live", "rosebud")


def test_a_reason_is_told_once() -> None:
    deferred_refusals = DeferredRefusals()
    deferred_refusals.put(WHO, OBS, "HEVC cannot be played", 0)
    assert deferred_refusals.take(WHO, 2) == "HEVC cannot be played"
    assert deferred_refusals.take(WHO, 2) is None


def test_a_reason_is_for_the_same_encoder_only() -> None:
    deferred_refusals = DeferredRefusals()
    deferred_refusals.put(WHO, OBS, "HEVC cannot be played", 0)
    assert deferred_refusals.take(("192.0.2.2", "live", "rosebud"), 0) is None
    assert deferred_refusals.take(("192.0.2.1", "live", "other"), 0) is None


def test_an_old_reason_is_forgotten() -> None:
    deferred_refusals = DeferredRefusals()
    deferred_refusals.put(WHO, OBS, "HEVC cannot be played", 0)
    assert deferred_refusals.take(WHO, KEPT_S) is None


def test_ffmpeg_has_read_the_reason_already() -> None:
    deferred_refusals = DeferredRefusals()
    deferred_refusals.put(WHO, "FMLE/3.0 (compatible; Lavf61.7.100)", "HEVC cannot be played", 0)
    assert deferred_refusals.take(WHO, 0) is None


def test_only_so_many_reasons_are_kept_and_the_oldest_goes() -> None:
    deferred_refusals = DeferredRefusals()
    people = [(f"10.0.{n // 256}.{n % 256}", "live", "k") for n in range(MOST + 1)]
    for who in people[:-1]:
        deferred_refusals.put(who, OBS, "one", 0)
    deferred_refusals.put(people[0], OBS, "two", 1)  # young again
    deferred_refusals.put(people[-1], OBS, "one", 1)
    assert deferred_refusals.take(people[1], 1) is None
    assert deferred_refusals.take(people[0], 1) == "two"
    assert deferred_refusals.take(people[-1], 1) == "one"
