-- A task of blind double entry was opened: a row an image, and a row a field.
insert into double_entry_tasks (task_id, what, batch, profile, people, start, seed, actor, "at", seq)
select distinct task_id, what, batch, profile, people, start, seed, actor, "at"::timestamp, seq from event_rows;

insert into double_entry_images (task_id, ordinal, image_id)
select e.task_id, e.ordinal, coalesce(a.image_id, e.image_id)
from event_rows e left join aliases a on a.old_id = e.image_id
where e.image_id is not null;

insert into double_entry_fields (task_id, ordinal, field, comparator, options)
select task_id, ordinal, field, comparator, options from event_rows where field is not null;
