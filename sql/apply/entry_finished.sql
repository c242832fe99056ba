-- Somebody said that an image is done in blind double entry.
create or replace temp table latest_finished as
select e.task_id, coalesce(a.image_id, e.image_id) as image_id, e.actor, max(e."at")::timestamp as finished_at, max(e.seq) as seq
from event_rows e left join aliases a on a.old_id = e.image_id
group by all;

delete from entries_finished using latest_finished n
where n.task_id = entries_finished.task_id and n.image_id = entries_finished.image_id and n.actor = entries_finished.actor;

insert into entries_finished (task_id, image_id, actor, "at", seq)
select task_id, image_id, actor, finished_at, seq from latest_finished;

drop table latest_finished;
