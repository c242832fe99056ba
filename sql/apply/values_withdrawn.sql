-- What was entered for fields of images, also that they were cleared, no longer holds: what the file says shows again.
create or replace temp table withdrawn as
select coalesce(a.image_id, e.image_id) as image_id, e.field, e.actor, e."at"::timestamp as withdrawn_at, e.seq
from event_rows e left join aliases a on a.old_id = e.image_id;

delete from entered_values using withdrawn w
where w.image_id = entered_values.image_id and w.field = entered_values.field and w.seq > entered_values.seq;

insert into value_history (image_id, field, actor, "at", seq)
select distinct image_id, field, actor, withdrawn_at, seq from withdrawn;

insert into stale_metadata select distinct image_id from withdrawn;

drop table withdrawn;
