-- Somebody decided between two entries; a change beside it enters the value.
insert into adjudication_rows (task_id, image_id, field, chosen, value, comment, adjudicator, "at", seq)
select e.task_id, coalesce(a.image_id, e.image_id), e.field, e.chosen, e.content, e.comment, e.actor, e."at"::timestamp, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id;
