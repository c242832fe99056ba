-- Originals were put back in the place of smaller files.
update optimised_rows set state = 'restored', actor = e.actor, "at" = e."at"::timestamp
from event_rows e
where e.job_id = optimised_rows.job_id and e.image_id = optimised_rows.image_id and optimised_rows.state = 'optimised';
