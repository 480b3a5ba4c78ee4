"""Whether a log is damaged is known without a look at each line, where the run is finished and its lines are sealed."""

import hashlib
import json

from nntrain.runs import Run, log_reader


def finished_run(folder, lines, status="done"):
    log = b"".join(b'{"epoch":%d,"step":%d,"train":{"loss":0.5}}\n' % (i, i) for i in range(1, lines + 1))
    (folder / "metrics.jsonl").write_bytes(log)
    said = {"status": status, "lines": lines, "log_sha256": hashlib.sha256(log).hexdigest()}
    (folder / "status.json").write_text(json.dumps(said))
    return Run(folder), log


def test_sealed_lines_are_not_parsed_one_by_one(tmp_path, monkeypatch):
    run, _ = finished_run(tmp_path, 1000)
    parsed, parse = [], log_reader.parse
    monkeypatch.setattr(log_reader, "parse", lambda line: (parsed.append(line), parse(line))[1])
    assert run.log_damage() == ""
    assert len(parsed) <= 2


def test_damage_is_told_with_its_line(tmp_path):
    run, log = finished_run(tmp_path, 1000)
    (tmp_path / "metrics.jsonl").write_bytes(log.replace(b'"epoch":500,', b'"epoch":"x",'))
    assert "metrics.jsonl:500: epoch: expected a whole number" in run.log_damage()


def test_of_a_killed_run_the_lines_behind_its_last_save_alone_are_parsed_and_none_is_kept(tmp_path, monkeypatch):
    run, log = finished_run(tmp_path, 1000, "running")
    (tmp_path / "metrics.jsonl").write_bytes(log + b'{"epoch":1001,"step":1001,"train":{}}\n{"epoch"')
    parsed, parse = [], log_reader.parse
    monkeypatch.setattr(log_reader, "parse", lambda line: (parsed.append(line), parse(line))[1])
    assert (run.log_damage(), len(parsed)) == ("", 1)


def test_a_line_that_is_changed_or_lost_is_told_of_a_killed_run_too(tmp_path):
    run, log = finished_run(tmp_path, 1000, "running")
    for damaged, said in (
        (log.replace(b'"epoch":700,', b'"epoch":"x",'), "metrics.jsonl:700: epoch: expected"),
        (log.replace(b'"epoch":700,', b'"epoch":701,'), "its first 1000 lines are not those that nntrain wrote"),
        (log[: len(log) // 2], "has 5"),
        (log + b"[]\n" + log, "metrics.jsonl:1001: no line of JSON"),
    ):
        (tmp_path / "metrics.jsonl").write_bytes(damaged)
        assert said in run.log_damage()
