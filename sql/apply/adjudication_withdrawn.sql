-- Somebody took a decision between two entries back: it is open again.
delete from adjudication_rows using (
    select e.task_id, coalesce(a.image_id, e.image_id) as image_id, e.field, e.seq
    from event_rows e left join aliases a on a.old_id = e.image_id
) w
where w.task_id = adjudication_rows.task_id and w.image_id = adjudication_rows.image_id and w.field = adjudication_rows.field
  and adjudication_rows.seq < w.seq;
