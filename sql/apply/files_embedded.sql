-- Values were written into files or beside them.
insert into embeds (seq, "at", actor, mode, image_id, uri, how, why, target, before, after, kept_as)
select e.seq, e."at"::timestamp, e.actor, e.mode, coalesce(a.image_id, e.image_id), e.uri, e.how, e.why, e.target, e.before, e.after,
       e.image_id
from event_rows e left join aliases a on a.old_id = e.image_id;
