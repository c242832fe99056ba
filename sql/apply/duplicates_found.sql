-- Somebody looked for duplicates: how, and how many pairs came of it. The pairs themselves are facts and can be found again.
insert into dedup_run_rows (run_id, method, settings, outcome, images, pairs, actor, "at", seq)
select run_id, method, settings, outcome, images, pairs, actor, "at"::timestamp, seq from event_rows;
