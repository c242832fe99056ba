-- Somebody said what the right answers for an image are; they replace what was said of the same fields.
create or replace temp table latest_gold as
select coalesce(a.image_id, e.image_id) as image_id, e.field, e.content, e.comparator, e.options, e.category, e.comment, e.actor,
       e."at"::timestamp as said_at, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id
where e.part = 0
qualify e.seq = max(e.seq) over (partition by coalesce(a.image_id, e.image_id), e.field);

delete from gold_rows using latest_gold n where n.image_id = gold_rows.image_id and n.field = gold_rows.field;

insert into gold_rows (image_id, field, content, comparator, options, category, comment, actor, "at", seq)
select image_id, field, content, comparator, options, category, comment, actor, said_at, seq from latest_gold;

drop table latest_gold;
