-- A batch was accepted or rejected by its sample, or needs a second one.
insert into lot_judgements (sample_id, verdict, reason, defectives, n, actor, "at", seq)
select sample_id, verdict, reason, defectives, n, actor, "at"::timestamp, seq from event_rows;
