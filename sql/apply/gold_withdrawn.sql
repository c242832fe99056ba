-- An image is no known answer any more.
delete from gold_rows using event_rows w where w.image_id = gold_rows.image_id and gold_rows.seq < w.seq;
