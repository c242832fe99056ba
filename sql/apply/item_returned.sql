-- An image of a queue was given back: what happened to it last counts.
create or replace temp table latest_turns as
select e.queue, coalesce(a.image_id, e.image_id) as image_id, e.outcome, e.holder, e.actor, e."at"::timestamp as "at", e.turn, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id
qualify row_number() over (partition by e.queue, coalesce(a.image_id, e.image_id) order by e.seq desc) = 1;

delete from queue_items using latest_turns n
where n.queue = queue_items.queue and n.image_id = queue_items.image_id;

insert into queue_items by name from latest_turns;

drop table latest_turns;
