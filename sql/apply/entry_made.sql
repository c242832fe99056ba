-- Somebody entered fields of an image in blind double entry: the latest entry of a person replaces all of that field.
create or replace temp table latest_entries as
select task_id, image_id, actor, field, part, lang, ordinal, value, content, "at"::timestamp as entered_at, seq from event_rows
qualify seq = max(seq) over (partition by task_id, image_id, actor, field);

delete from entry_rows using latest_entries n
where n.task_id = entry_rows.task_id and n.image_id = entry_rows.image_id and n.actor = entry_rows.actor and n.field = entry_rows.field;

insert into entry_rows (task_id, image_id, actor, field, part, lang, ordinal, value, content, "at", seq)
select task_id, image_id, actor, field, part, lang, ordinal, value, content, entered_at, seq from latest_entries;

drop table latest_entries;
