-- A scan came to its end.
insert into scans (scan_id, source, batch, outcome, files, images, problems, finished_at, actor, seq)
select scan_id, source, batch, outcome, files, images, problems, "at"::timestamp, actor, seq from event_rows;
