-- Somebody inspected an image of a sample: a row for the look at it, and one for each defect.
insert into inspection_rows (sample_id, image_id, inspector, operator, verdict, comment, seconds, withdrawn, "at", seq)
select sample_id, image_id, actor, operator, verdict, comment, seconds, false, "at"::timestamp, seq from event_rows where defect is null;

insert into defect_rows (image_id, field, defect, severity, comment, seq)
select image_id, field, defect, severity, comment, seq from event_rows where defect is not null;
