-- Somebody took an entry of their own back.
delete from entry_rows using (
    select e.task_id, coalesce(a.image_id, e.image_id) as image_id, e.actor, e.field, e.seq
    from event_rows e left join aliases a on a.old_id = e.image_id
) w
where w.task_id = entry_rows.task_id and w.image_id = entry_rows.image_id and w.actor = entry_rows.actor and w.field = entry_rows.field
  and entry_rows.seq < w.seq;
