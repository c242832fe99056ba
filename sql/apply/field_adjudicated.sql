-- Somebody decided between two entries; a change beside it enters the value.
insert into adjudication_rows (task_id, image_id, field, chosen, value, comment, adjudicator, "at", seq)
select task_id, image_id, field, chosen, content, comment, actor, "at"::timestamp, seq from event_rows;
