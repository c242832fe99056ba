-- Entries of a task were compared, up to a position of the ledger: a row for two that aren't the same to the letter.
insert into comparison_runs (task_id, upto, pairs, agreed, actor, "at", seq)
select distinct task_id, upto, pairs, agreed, actor, "at"::timestamp, seq from event_rows;

insert into compared_rows (task_id, image_id, field, seq_a, seq_b, agree, distance)
select e.task_id, coalesce(a.image_id, e.image_id), e.field, e.seq_a, e.seq_b, e.agree = 1, e.distance
from event_rows e left join aliases a on a.old_id = e.image_id
where e.image_id is not null;
