"""A newer program brings the database of a running daemon up to itself: the older one hands it over."""

DEFERRED = "SELECT 1 FROM delivery WHERE state = 'queued' AND refusals > 0"
LET_IT_BE_DUE = "UPDATE delivery SET due_at = '2024-01-01T00:00:00.000000Z' WHERE state = 'queued'"


def test_the_older_daemon_sends_nothing_more_and_ends_with_one_sentence(live_office, post_office):
    post_office.refused["web@sergelen.example"] = "451 later"
    daemon = live_office.start("run")
    daemon.until(lambda: "daemon.started" in daemon.err and live_office.rows(DEFERRED))
    live_office.store.write("UPDATE alembic_version SET version_num = '9999'", LET_IT_BE_DUE)
    post_office.refused.clear()
    assert daemon.ended() == 1
    assert [each.recipient for each in post_office.letters] == ["finance@sergelen.example"]
    assert live_office.rows(DEFERRED), "what waits is the newer program's to send"
    assert "newer iltod (schema 9999); run that one" in daemon.err.splitlines()[-1]
    assert "Traceback" not in daemon.err
    again = live_office.iltod("run")
    assert (again.status, again.err) == (1, daemon.err.splitlines()[-1] + "\n")
