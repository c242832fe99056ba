-- An image is no known answer any more.
delete from gold_rows using (
    select coalesce(a.image_id, e.image_id) as image_id, e.seq from event_rows e left join aliases a on a.old_id = e.image_id
) w
where w.image_id = gold_rows.image_id and gold_rows.seq < w.seq;
