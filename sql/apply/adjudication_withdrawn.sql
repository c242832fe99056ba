-- Somebody took a decision between two entries back: it is open again.
delete from adjudication_rows using event_rows w
where w.task_id = adjudication_rows.task_id and w.image_id = adjudication_rows.image_id and w.field = adjudication_rows.field
  and adjudication_rows.seq < w.seq;
