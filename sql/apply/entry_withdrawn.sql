-- Somebody took an entry of their own back.
delete from entry_rows using event_rows w
where w.task_id = entry_rows.task_id and w.image_id = entry_rows.image_id and w.actor = entry_rows.actor and w.field = entry_rows.field
  and entry_rows.seq < w.seq;
