-- Somebody said that an image is done in blind double entry.
delete from entries_finished using event_rows n
where n.task_id = entries_finished.task_id and n.image_id = entries_finished.image_id and n.actor = entries_finished.actor;

insert into entries_finished (task_id, image_id, actor, "at", seq)
select task_id, image_id, actor, max("at")::timestamp, max(seq) from event_rows group by task_id, image_id, actor;
