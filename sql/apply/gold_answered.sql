-- Somebody came past an image whose answers are known.
insert into gold_answer_rows (task_id, image_id, field, expected, given, "right", distance, comparator, training, actor, "at", seq)
select e.task_id, coalesce(a.image_id, e.image_id), e.field, e.expected, e.given, e."right" = 1, e.distance, e.comparator,
       e.training = 1, e.actor, e."at"::timestamp, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id;
