-- Somebody said what the right answers for an image are; they replace what was said of the same fields.
create or replace temp table latest_gold as
select image_id, field, content, comparator, options, category, comment, actor, "at"::timestamp as said_at, seq from event_rows
where part = 0
qualify seq = max(seq) over (partition by image_id, field);

delete from gold_rows using latest_gold n where n.image_id = gold_rows.image_id and n.field = gold_rows.field;

insert into gold_rows (image_id, field, content, comparator, options, category, comment, actor, "at", seq)
select image_id, field, content, comparator, options, category, comment, actor, said_at, seq from latest_gold;

drop table latest_gold;
