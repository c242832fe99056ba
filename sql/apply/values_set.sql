-- Values entered for fields of images: the latest entry of a field replaces all of that field, in all languages.
-- An entry without a value clears the field: it hides what the file says. What was entered for a file that has moved since
-- belongs to the file where it is now.
create or replace temp table latest_entries as
select distinct coalesce(a.image_id, e.image_id) as image_id, e.field, e.lang, e.ordinal, e.value, e.origin, e.actor,
       e."at"::timestamp as entered_at, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id
qualify e.seq = max(e.seq) over (partition by coalesce(a.image_id, e.image_id), e.field);

delete from entered_values using latest_entries n
where n.image_id = entered_values.image_id and n.field = entered_values.field;

insert into entered_values (image_id, field, lang, ordinal, value, origin, actor, "at", seq)
select image_id, field, lang, ordinal, value, origin, actor, entered_at, seq from latest_entries;

insert into value_history (image_id, field, lang, ordinal, value, origin, actor, "at", seq)
select distinct coalesce(a.image_id, e.image_id), e.field, e.lang, e.ordinal, e.value, e.origin, e.actor, e."at"::timestamp, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id;

insert into stale_metadata select distinct image_id from latest_entries;

drop table latest_entries;
