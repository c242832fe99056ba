-- Somebody entered fields of an image in blind double entry: the latest entry of a person replaces all of that field.
create or replace temp table latest_entries as
select e.task_id, coalesce(a.image_id, e.image_id) as image_id, e.actor, e.field, e.part, e.lang, e.ordinal, e.value, e.content,
       e."at"::timestamp as entered_at, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id
qualify e.seq = max(e.seq) over (partition by e.task_id, coalesce(a.image_id, e.image_id), e.actor, e.field);

delete from entry_rows using latest_entries n
where n.task_id = entry_rows.task_id and n.image_id = entry_rows.image_id and n.actor = entry_rows.actor and n.field = entry_rows.field;

insert into entry_rows (task_id, image_id, actor, field, part, lang, ordinal, value, content, "at", seq)
select task_id, image_id, actor, field, part, lang, ordinal, value, content, entered_at, seq from latest_entries;

drop table latest_entries;
