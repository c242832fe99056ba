-- Somebody took an inspection back, and with it what was said of the image before.
update inspection_rows set withdrawn = true
from event_rows e
where inspection_rows.sample_id = e.sample_id and inspection_rows.seq <= e.inspected
  and (inspection_rows.seq = e.inspected or inspection_rows.image_id = e.image_id);
