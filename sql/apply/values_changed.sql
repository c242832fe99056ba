-- Values of many images changed at once, each to a value of its own. A row without a value clears the field; one without an
-- origin takes back what was entered, so that what the file says shows again.
create or replace temp table changed_values as
select distinct coalesce(a.image_id, e.image_id) as image_id, e.field, e.lang, e.ordinal, e.value, e.origin, e.actor,
       e."at"::timestamp as changed_at, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id;

delete from entered_values using changed_values c
where c.image_id = entered_values.image_id and c.field = entered_values.field;

insert into entered_values (image_id, field, lang, ordinal, value, origin, actor, "at", seq)
select image_id, field, lang, ordinal, value, origin, actor, changed_at, seq from changed_values where origin is not null;

insert into value_history (image_id, field, lang, ordinal, value, origin, actor, "at", seq)
select image_id, field, lang, ordinal, value, origin, actor, changed_at, seq from changed_values;

insert into stale_metadata select distinct image_id from changed_values;

drop table changed_values;
