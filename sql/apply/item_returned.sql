-- An image of a queue was given back: what happened to it last counts.
create or replace temp table latest_turns as
select queue, image_id, outcome, holder, actor, "at"::timestamp as "at", turn, seq from event_rows
qualify row_number() over (partition by queue, image_id order by seq desc) = 1;

delete from queue_items using latest_turns n
where n.queue = queue_items.queue and n.image_id = queue_items.image_id;

insert into queue_items by name from latest_turns;

drop table latest_turns;
