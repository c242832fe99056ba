-- Smaller files were confirmed: their originals are kept no longer.
update optimised_rows set state = 'confirmed', actor = e.actor, "at" = e."at"::timestamp
from event_rows e
where e.job_id = optimised_rows.job_id and e.image_id = optimised_rows.image_id and optimised_rows.state = 'optimised';
