-- Somebody came past an image whose answers are known.
insert into gold_answer_rows (task_id, image_id, field, expected, given, "right", distance, comparator, training, actor, "at", seq)
select task_id, image_id, field, expected, given, "right" = 1, distance, comparator, training = 1, actor, "at"::timestamp, seq
from event_rows;
