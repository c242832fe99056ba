-- Files were moved back to where they were; what they hold is measured again.
update removal_rows set state = 'restored', actor = e.actor, "at" = e."at"::timestamp, seq = e.seq
from event_rows e where e.plan_id = removal_rows.plan_id and e.image_id = removal_rows.image_id;
