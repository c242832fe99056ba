-- Somebody looked at pairs of a sample and said whether they are duplicates.
insert into certificate_judgements (draw_id, place, verdict, note, actor, "at", seq)
select draw_id, place, verdict, note, actor, "at"::timestamp, seq from event_rows;
