-- Somebody decided a difference in which one of the entries was their own.
select d.task_id, d.image_id, d.field, d.adjudicator, e.seq as entered, d.seq as decided
from adjudication_rows d
join entry_rows e on e.task_id = d.task_id and e.image_id = d.image_id and e.field = d.field and e.actor = d.adjudicator
where e.seq < d.seq;
