from media.rtmp.reasons import KEPT_S, MOST, Reasons

OBS = "FMLE/3.0 (compatible; FMSc/1.0)"
WHO = ("192.0.2.1", "live", "rosebud")


def test_a_reason_is_told_once() -> None:
    reasons = Reasons()
    reasons.put(WHO, OBS, "HEVC cannot be played", 0)
    assert reasons.take(WHO, 2) == "HEVC cannot be played"
    assert reasons.take(WHO, 2) is None


def test_a_reason_is_for_the_same_encoder_only() -> None:
    reasons = Reasons()
    reasons.put(WHO, OBS, "HEVC cannot be played", 0)
    assert reasons.take(("192.0.2.2", "live", "rosebud"), 0) is None
    assert reasons.take(("192.0.2.1", "live", "other"), 0) is None


def test_an_old_reason_is_forgotten() -> None:
    reasons = Reasons()
    reasons.put(WHO, OBS, "HEVC cannot be played", 0)
    assert reasons.take(WHO, KEPT_S) is None


def test_ffmpeg_has_read_the_reason_already() -> None:
    reasons = Reasons()
    reasons.put(WHO, "FMLE/3.0 (compatible; Lavf61.7.100)", "HEVC cannot be played", 0)
    assert reasons.take(WHO, 0) is None


def test_only_so_many_reasons_are_kept_and_the_oldest_goes() -> None:
    reasons = Reasons()
    people = [(f"10.0.{n // 256}.{n % 256}", "live", "k") for n in range(MOST + 1)]
    for who in people[:-1]:
        reasons.put(who, OBS, "one", 0)
    reasons.put(people[0], OBS, "two", 1)  # young again
    reasons.put(people[-1], OBS, "one", 1)
    assert reasons.take(people[1], 1) is None
    assert reasons.take(people[0], 1) == "two"
    assert reasons.take(people[-1], 1) == "one"
